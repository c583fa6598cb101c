//! A Unix socket that listens.

use super::{SocketAddr, UnixStream, addr};
use crate::net::accept::Acceptor;
use crate::net::socket::{self, descriptor};
use std::io;
use std::path::Path;
use std::task::{Context, Poll};

/// A Unix domain socket that listens for connections.
///
/// Dropping it closes the socket and leaves its file where it is.
///
/// ```no_run
/// use handcrank::net::UnixListener;
///
/// # async fn example() -> std::io::Result<()> {
/// let listener = UnixListener::bind("/tmp/example.sock")?;
/// let (mut stream, _) = listener.accept().await?;
/// stream.write_all(b"hello\n").await?;
/// # Ok(())
/// # }
/// ```
pub struct UnixListener {
    io: Acceptor<std::os::unix::net::UnixListener>,
}

impl UnixListener {
    /// Listens at `path`, which must not exist yet.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        UnixListener::bind_addr(&addr::from_path(path.as_ref())?)
    }

    /// Listens at an address; otherwise as [`bind`](Self::bind).
    #[track_caller]
    pub fn bind_addr(address: &SocketAddr) -> io::Result<UnixListener> {
        let listener = std::os::unix::net::UnixListener::bind_addr(&address.0)?;
        listener.set_nonblocking(true)?;
        Self::listening(listener)
    }

    /// For a listener that is non-blocking already.
    #[track_caller]
    pub(super) fn listening(
        listener: std::os::unix::net::UnixListener,
    ) -> io::Result<UnixListener> {
        Ok(UnixListener { io: Acceptor::new(listener)? })
    }

    /// Waits for a connection and returns it with the address it comes from, which is unnamed
    /// unless the client has bound its socket.
    ///
    /// When the process is out of file descriptors this waits and tries again, as
    /// [`TcpListener::accept`](crate::net::TcpListener::accept).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is done, it has taken no connection.
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        accepted(self.io.accept(accept).await?)
    }

    /// As [`accept`](Self::accept); of several tasks that call it only the last one is woken.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        self.io.poll_accept(cx, accept).map(|result| accepted(result?))
    }

    /// Registers a listener of the standard library with the current runtime.
    ///
    /// It must be in non-blocking mode already.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, in a runtime without I/O, and in debug builds if the listener is in
    /// blocking mode.
    #[track_caller]
    pub fn from_std(listener: std::os::unix::net::UnixListener) -> io::Result<UnixListener> {
        Ok(UnixListener { io: Acceptor::adopt(listener)? })
    }

    /// Takes the listener out of the runtime. It stays in non-blocking mode.
    pub fn into_std(self) -> io::Result<std::os::unix::net::UnixListener> {
        self.io.into_inner()
    }

    /// The address at which it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr().map(SocketAddr)
    }

    /// Takes the error that is pending on the socket (`SO_ERROR`), if there is one.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.get_ref().take_error()
    }
}

type Std = std::os::unix::net::UnixStream;

fn accept(listener: &std::os::unix::net::UnixListener) -> io::Result<(Std, SocketAddr)> {
    let (socket, address) = socket::accept(listener)?;
    Ok((socket.into(), addr::from_system(&address)?))
}

fn accepted((stream, address): (Std, SocketAddr)) -> io::Result<(UnixStream, SocketAddr)> {
    Ok((UnixStream::accepted(stream)?, address))
}

impl TryFrom<std::os::unix::net::UnixListener> for UnixListener {
    type Error = io::Error;

    /// As [`from_std`](Self::from_std), with its panics.
    fn try_from(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        Self::from_std(listener)
    }
}

descriptor!(UnixListener);
