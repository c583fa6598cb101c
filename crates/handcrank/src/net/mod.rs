//! TCP, UDP and Unix sockets that wait without holding a thread.
//!
//! Each socket belongs to the runtime in whose context it was made, and is registered there once,
//! for its whole life. It may be used from any task and any runtime after that; its wake-ups come
//! from the runtime it was made in, and end when that one is shut down: pending operations then
//! fail.
//!
//! There are three ways to use a socket:
//!
//! - The `async` methods (`read`, `recv_from`, `accept`, …) do what they say and wait as long as it
//!   takes. Use these.
//! - [`readable`](TcpStream::readable), `writable` and `ready` only wait, and the `try_` methods
//!   only try. Use these to wait for several things before you decide what to do. Readiness is a
//!   hint: an attempt may still say [`WouldBlock`](std::io::ErrorKind::WouldBlock), and the next
//!   wait then really waits.
//! - The `poll_` methods are for writing futures by hand. Each direction of a socket remembers one
//!   waker for them, the last one; the `async` methods that take `&self` may be called by any number
//!   of tasks at once.
//!
//! All sockets are non-blocking and closed on exec. Options that have no method here can be set
//! through [`AsFd`](std::os::fd::AsFd), for instance with `socket2::SockRef`.
//!
//! # Differences from Tokio
//!
//! - Streams and halves have `read`, `read_exact`, `write`, `write_all`, `read_vectored`,
//!   `write_vectored` and `shutdown` of their own, so no extension trait has to be imported.
//! - A listener that runs out of file descriptors waits and tries again; see
//!   [`TcpListener::accept`].
//! - A path that begins with a zero byte names an abstract address for datagrams, too.
//! - What panics without a runtime blames its caller's line, also where Tokio blames its own
//!   (`pair`, `unbound`, `datagram`, `listen`).
//! - `FromRawFd` is missing, as it takes unsafe code; [`TcpSocket`] and [`UnixSocket`] are made
//!   `From<OwnedFd>`.

mod accept;
mod addr;
mod datagram;
mod lookup_host;
pub(crate) mod scratch;
mod socket;
mod split;
mod split_owned;
mod stream;
pub mod tcp;
#[cfg(test)]
mod tests;
mod udp;
pub mod unix;

pub use addr::ToSocketAddrs;
pub use lookup_host::lookup_host;
pub use tcp::{TcpListener, TcpSocket, TcpStream};
pub use udp::UdpSocket;
pub use unix::{UnixDatagram, UnixListener, UnixSocket, UnixStream};
