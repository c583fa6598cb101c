//! A TCP socket before it listens or connects.

use super::{TcpListener, TcpStream};
use crate::net::socket::{ip_options, open, start_connect};
use socket2::{Domain, SockAddr, Socket, Type};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// A TCP socket that neither listens nor is connected yet, to set options that must be set before.
///
/// ```no_run
/// use handcrank::net::TcpSocket;
///
/// # fn example() -> std::io::Result<()> {
/// let socket = TcpSocket::new_v4()?;
/// socket.set_reuseport(true)?;
/// socket.bind("0.0.0.0:8080".parse().unwrap())?;
/// let listener = socket.listen(4096)?;
/// # Ok(())
/// # }
/// ```
pub struct TcpSocket {
    socket: Socket,
}

ip_options!(TcpSocket);

impl TcpSocket {
    /// A socket for IPv4, non-blocking and closed on exec.
    pub fn new_v4() -> io::Result<TcpSocket> {
        Ok(TcpSocket { socket: open(Domain::IPV4, Type::STREAM)? })
    }

    /// A socket for IPv6, non-blocking and closed on exec.
    pub fn new_v6() -> io::Result<TcpSocket> {
        Ok(TcpSocket { socket: open(Domain::IPV6, Type::STREAM)? })
    }

    /// Takes a socket that was made elsewhere and is not connected. It must be non-blocking.
    pub fn from_std_stream(stream: std::net::TcpStream) -> TcpSocket {
        TcpSocket { socket: stream.into() }
    }

    /// Binds the socket to a local address. Port 0 lets the system choose one.
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        self.socket.bind(&addr.into())
    }

    /// Connects to `addr`.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it closes the socket; the peer may have seen a connection.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    pub async fn connect(self, addr: SocketAddr) -> io::Result<TcpStream> {
        let initially = start_connect(&self.socket, &addr.into())?;
        TcpStream::connecting(self.socket.into(), initially).await
    }

    /// Listens, with room for `backlog` connections that wait to be accepted. The system may have
    /// a lower limit of its own (`somaxconn`).
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        self.socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        TcpListener::listening(self.socket.into())
    }

    /// The address to which the socket is bound.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        ip_addr(&self.socket.local_addr()?)
    }

    /// Takes the error that is pending on the socket (`SO_ERROR`), if there is one.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.socket.take_error()
    }

    /// Whether the kernel sends probes on an idle connection (`SO_KEEPALIVE`).
    pub fn keepalive(&self) -> io::Result<bool> {
        self.socket.keepalive()
    }

    /// Lets the kernel send probes on an idle connection (`SO_KEEPALIVE`).
    pub fn set_keepalive(&self, keepalive: bool) -> io::Result<()> {
        self.socket.set_keepalive(keepalive)
    }

    /// Whether an address may be bound that was in use a moment ago (`SO_REUSEADDR`).
    pub fn reuseaddr(&self) -> io::Result<bool> {
        self.socket.reuse_address()
    }

    /// Allows to bind an address that was in use a moment ago (`SO_REUSEADDR`).
    pub fn set_reuseaddr(&self, reuseaddr: bool) -> io::Result<()> {
        self.socket.set_reuse_address(reuseaddr)
    }

    /// Whether several sockets may be bound to the same address (`SO_REUSEPORT`).
    pub fn reuseport(&self) -> io::Result<bool> {
        self.socket.reuse_port()
    }

    /// Allows several sockets to be bound to the same address (`SO_REUSEPORT`).
    pub fn set_reuseport(&self, reuseport: bool) -> io::Result<()> {
        self.socket.set_reuse_port(reuseport)
    }

    /// The size of the kernel's send buffer in bytes (`SO_SNDBUF`). Linux says twice what was set.
    pub fn send_buffer_size(&self) -> io::Result<u32> {
        self.socket.send_buffer_size().map(|size| size as u32)
    }

    /// Asks for a size of the kernel's send buffer in bytes (`SO_SNDBUF`).
    pub fn set_send_buffer_size(&self, size: u32) -> io::Result<()> {
        self.socket.set_send_buffer_size(size as usize)
    }

    /// The size of the kernel's receive buffer in bytes (`SO_RCVBUF`). Linux says twice what was
    /// set.
    pub fn recv_buffer_size(&self) -> io::Result<u32> {
        self.socket.recv_buffer_size().map(|size| size as u32)
    }

    /// Asks for a size of the kernel's receive buffer in bytes (`SO_RCVBUF`).
    pub fn set_recv_buffer_size(&self, size: u32) -> io::Result<()> {
        self.socket.set_recv_buffer_size(size as usize)
    }

    /// How long closing waits for unsent data to be delivered (`SO_LINGER`).
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        self.socket.linger()
    }

    /// Makes closing drop unsent data and reset the connection (`SO_LINGER` of zero).
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.socket.set_linger(Some(Duration::ZERO))
    }

    /// Makes closing wait for unsent data to be delivered, and for so long at most (`SO_LINGER`).
    #[deprecated = "closing the socket then blocks the thread that does it"]
    pub fn set_linger(&self, dur: Option<Duration>) -> io::Result<()> {
        self.socket.set_linger(dur)
    }

    /// Whether small writes are sent at once (`TCP_NODELAY`).
    pub fn nodelay(&self) -> io::Result<bool> {
        self.socket.tcp_nodelay()
    }

    /// Sends small writes at once (`TCP_NODELAY`).
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.socket.set_tcp_nodelay(nodelay)
    }
}

/// The IP address in an address of any kind.
pub(super) fn ip_addr(addr: &SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket().ok_or_else(|| {
        let text = "invalid address family (not IPv4 or IPv6)";
        io::Error::new(io::ErrorKind::InvalidInput, text)
    })
}

impl fmt::Debug for TcpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket.fmt(f)
    }
}

impl From<OwnedFd> for TcpSocket {
    /// Takes a socket that was made elsewhere. It must be a TCP socket and non-blocking.
    fn from(fd: OwnedFd) -> TcpSocket {
        TcpSocket { socket: fd.into() }
    }
}

impl AsFd for TcpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for TcpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

impl IntoRawFd for TcpSocket {
    fn into_raw_fd(self) -> RawFd {
        self.socket.into_raw_fd()
    }
}
