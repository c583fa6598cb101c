//! Unix domain sockets: streams, their halves, listeners and datagrams.
//!
//! Wherever a path is wanted, one that begins with a zero byte names an abstract address on Linux.

mod addr;
mod cred;
mod datagram;
mod listener;
pub mod pipe;
mod socket;
mod split;
mod split_owned;
mod stream;

pub use addr::SocketAddr;
pub use cred::{UCred, gid_t, pid_t, uid_t};
pub use datagram::UnixDatagram;
pub use listener::UnixListener;
pub use socket::UnixSocket;
pub use split::{ReadHalf, WriteHalf};
pub use split_owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
pub use stream::UnixStream;
