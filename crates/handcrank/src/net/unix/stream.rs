//! A connection between two processes of one machine.

use super::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, SocketAddr, UCred, WriteHalf, addr, cred};
use crate::net::socket::{open, register, socket_common, start_connect};
use crate::net::stream::{read_side, whole_stream, write_side};
use handcrank_reactor::{Ready, Source};
use socket2::{Domain, Type};
use std::io;
use std::path::Path;

/// A Unix domain stream: as a [`TcpStream`](crate::net::TcpStream), between two processes of one
/// machine.
///
/// ```no_run
/// use handcrank::net::UnixStream;
///
/// # async fn example() -> std::io::Result<()> {
/// let (mut ours, mut theirs) = UnixStream::pair()?;
/// ours.write_all(b"hello").await?;
/// let mut word = [0; 5];
/// theirs.read_exact(&mut word).await?;
/// # Ok(())
/// # }
/// ```
pub struct UnixStream {
    pub(super) io: Source<std::os::unix::net::UnixStream>,
}

socket_common!(UnixStream, std::os::unix::net::UnixStream);
read_side!(UnixStream, UnixStream);
write_side!(UnixStream, UnixStream);
whole_stream!(UnixStream);

impl UnixStream {
    /// Connects to the listener at `path`.
    ///
    /// # Errors
    ///
    /// On Linux also [`WouldBlock`](io::ErrorKind::WouldBlock), if the listener's backlog is full:
    /// the kernel offers nothing to wait for.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it closes the socket; the peer may have seen a connection.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    pub async fn connect<P: AsRef<Path>>(path: P) -> io::Result<UnixStream> {
        UnixStream::connect_addr(&addr::from_path(path.as_ref())?).await
    }

    /// Connects to the listener at an address; otherwise as [`connect`](Self::connect).
    pub async fn connect_addr(address: &SocketAddr) -> io::Result<UnixStream> {
        let socket = open(Domain::UNIX, Type::STREAM)?;
        let initially = start_connect(&socket, &addr::to_system(address)?)?;
        UnixStream::connecting(socket.into(), initially).await
    }

    /// For a non-blocking socket on which a connection is under way or made.
    pub(super) async fn connecting(
        socket: std::os::unix::net::UnixStream,
        initially: Ready,
    ) -> io::Result<UnixStream> {
        UnixStream { io: register(socket, initially)? }.connected().await
    }

    /// Two streams that are connected to each other.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (a, b) = std::os::unix::net::UnixStream::pair()?;
        a.set_nonblocking(true)?;
        b.set_nonblocking(true)?;
        // Nothing can be there to read yet, and there is room to write.
        let a = UnixStream { io: register(a, Ready::WRITABLE)? };
        let b = UnixStream { io: register(b, Ready::WRITABLE)? };
        Ok((a, b))
    }

    /// For a non-blocking socket that `accept` gave out; ready, as a fresh TCP stream is.
    pub(super) fn accepted(stream: std::os::unix::net::UnixStream) -> io::Result<UnixStream> {
        let io = register(stream, Ready::READABLE | Ready::WRITABLE)?;
        Ok(UnixStream { io })
    }

    /// The address of this end.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr().map(SocketAddr)
    }

    /// The address of the other end.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr().map(SocketAddr)
    }

    /// Which process made the other end: the one that called `connect`, or `listen`, or `pair`.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn peer_cred(&self) -> io::Result<UCred> {
        cred::of_peer(self.io.get_ref())
    }
}
