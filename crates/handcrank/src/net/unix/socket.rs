//! A Unix socket before it listens or connects.

use super::{UnixDatagram, UnixListener, UnixStream};
use crate::net::socket::{open, start_connect};
use socket2::{Domain, SockAddr, Socket, Type};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::path::Path;

/// A Unix socket that neither listens nor is connected yet: to bind it before it connects, or to
/// choose the backlog before it listens.
///
/// ```no_run
/// use handcrank::net::UnixSocket;
///
/// # fn example() -> std::io::Result<()> {
/// let socket = UnixSocket::new_stream()?;
/// socket.bind("/tmp/example.sock")?;
/// let listener = socket.listen(64)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct UnixSocket {
    socket: Socket,
}

impl UnixSocket {
    /// A datagram socket, non-blocking and closed on exec.
    pub fn new_datagram() -> io::Result<UnixSocket> {
        Ok(UnixSocket { socket: open(Domain::UNIX, Type::DGRAM)? })
    }

    /// A stream socket, non-blocking and closed on exec.
    pub fn new_stream() -> io::Result<UnixSocket> {
        Ok(UnixSocket { socket: open(Domain::UNIX, Type::STREAM)? })
    }

    /// Binds the socket to `path`, which must not exist yet.
    pub fn bind(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.socket.bind(&SockAddr::unix(path)?)
    }

    /// Listens, with room for `backlog` connections that wait to be accepted.
    ///
    /// # Errors
    ///
    /// [`Other`](io::ErrorKind::Other) on a datagram socket.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<UnixListener> {
        if self.is(Type::DGRAM)? {
            return Err(io::Error::other("listen cannot be called on a datagram socket"));
        }
        self.socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        UnixListener::listening(self.socket.into())
    }

    /// Connects to the listener at `path`.
    ///
    /// # Errors
    ///
    /// [`Other`](io::ErrorKind::Other) on a datagram socket.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it closes the socket; the peer may have seen a connection.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    pub async fn connect(self, path: impl AsRef<Path>) -> io::Result<UnixStream> {
        if self.is(Type::DGRAM)? {
            return Err(io::Error::other("connect cannot be called on a datagram socket"));
        }
        let initially = start_connect(&self.socket, &SockAddr::unix(path)?)?;
        UnixStream::connecting(self.socket.into(), initially).await
    }

    /// Makes a datagram socket usable.
    ///
    /// # Errors
    ///
    /// [`Other`](io::ErrorKind::Other) on a stream socket.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    #[track_caller]
    pub fn datagram(self) -> io::Result<UnixDatagram> {
        if self.is(Type::STREAM)? {
            return Err(io::Error::other("datagram cannot be called on a stream socket"));
        }
        UnixDatagram::opened(self.socket.into())
    }

    fn is(&self, ty: Type) -> io::Result<bool> {
        Ok(self.socket.r#type()? == ty)
    }
}

impl From<OwnedFd> for UnixSocket {
    /// Takes a socket that was made elsewhere. It must be a Unix socket and non-blocking.
    fn from(fd: OwnedFd) -> UnixSocket {
        UnixSocket { socket: fd.into() }
    }
}

impl AsFd for UnixSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for UnixSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

impl IntoRawFd for UnixSocket {
    fn into_raw_fd(self) -> RawFd {
        self.socket.into_raw_fd()
    }
}
