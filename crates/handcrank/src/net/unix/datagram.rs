//! Unix datagram sockets.

use super::{SocketAddr, addr};
use crate::net::datagram::datagram_common;
use crate::net::socket::{register, socket_common};
use handcrank_reactor::{Direction, Interest, Ready, Source};
use std::io;
use std::net::Shutdown;
use std::path::Path;
use std::task::{Context, Poll};

/// A Unix datagram socket: whole messages, in order and without loss, within one machine.
///
/// All methods take `&self`: share it in an `Arc` to send and receive in different tasks. Dropping
/// a bound socket leaves its file where it is.
///
/// ```no_run
/// use handcrank::net::UnixDatagram;
///
/// # async fn example() -> std::io::Result<()> {
/// let (ours, theirs) = UnixDatagram::pair()?;
/// ours.send(b"hello").await?;
/// let mut message = [0; 16];
/// assert_eq!(theirs.recv(&mut message).await?, 5);
/// # Ok(())
/// # }
/// ```
pub struct UnixDatagram {
    io: Source<std::os::unix::net::UnixDatagram>,
}

socket_common!(UnixDatagram, std::os::unix::net::UnixDatagram);
datagram_common!(UnixDatagram, std::os::unix::net::UnixDatagram, SocketAddr, Interest::READABLE);

impl UnixDatagram {
    /// A socket at `path`, which must not exist yet.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixDatagram> {
        let address = addr::from_path(path.as_ref())?;
        Self::of(std::os::unix::net::UnixDatagram::bind_addr(&address.0)?, Ready::EMPTY)
    }

    /// A socket without an address, which can send and cannot be sent to.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    #[track_caller]
    pub fn unbound() -> io::Result<UnixDatagram> {
        Self::of(std::os::unix::net::UnixDatagram::unbound()?, Ready::EMPTY)
    }

    /// Two sockets that are connected to each other.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (a, b) = std::os::unix::net::UnixDatagram::pair()?;
        // Nothing can be there to receive yet, and there is room to send.
        Ok((Self::of(a, Ready::WRITABLE)?, Self::of(b, Ready::WRITABLE)?))
    }

    /// For a socket that is non-blocking already.
    #[track_caller]
    pub(super) fn opened(socket: std::os::unix::net::UnixDatagram) -> io::Result<UnixDatagram> {
        Ok(UnixDatagram { io: register(socket, Ready::EMPTY)? })
    }

    #[track_caller]
    fn of(socket: std::os::unix::net::UnixDatagram, initially: Ready) -> io::Result<UnixDatagram> {
        socket.set_nonblocking(true)?;
        Ok(UnixDatagram { io: register(socket, initially)? })
    }

    /// Sets the peer: [`send`](Self::send) sends to it, and only its messages are received.
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        self.io.get_ref().connect_addr(&addr::from_path(path.as_ref())?.0)
    }

    /// Sends a message to the socket at `target` and returns its length in bytes.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is done, it has sent nothing.
    pub async fn send_to<P: AsRef<Path>>(&self, buf: &[u8], target: P) -> io::Result<usize> {
        let target = addr::from_path(target.as_ref())?;
        self.io.io(Interest::WRITABLE, |io| io.send_to_addr(buf, &target.0)).await
    }

    /// As [`send_to`](Self::send_to); of several tasks that call it only the last one is woken.
    pub fn poll_send_to<P: AsRef<Path>>(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: P,
    ) -> Poll<io::Result<usize>> {
        let target = addr::from_path(target.as_ref())?;
        self.io.poll_io(cx, Direction::Write, |io| io.send_to_addr(buf, &target.0))
    }

    /// Sends a message to the socket at `target` if there is room for it now.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none.
    pub fn try_send_to<P: AsRef<Path>>(&self, buf: &[u8], target: P) -> io::Result<usize> {
        let target = addr::from_path(target.as_ref())?;
        self.io.try_io(Interest::WRITABLE, |io| io.send_to_addr(buf, &target.0))
    }

    /// Closes one or both directions: pending and later calls in them return at once.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.get_ref().shutdown(how)
    }
}
