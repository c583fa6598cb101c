//! Unix domain sockets: streams, their halves, listeners and datagrams.
//!
//! Wherever a path is wanted, one that begins with a zero byte names an abstract address on Linux.

mod addr;
mod datagram;
mod listener;
mod split;
mod split_owned;
mod stream;

pub use datagram::UnixDatagram;
pub use listener::UnixListener;
pub use split::{ReadHalf, WriteHalf};
pub use split_owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
pub use std::os::unix::net::SocketAddr;
pub use stream::UnixStream;
