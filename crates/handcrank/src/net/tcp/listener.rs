//! A TCP socket that listens.

use super::{TcpSocket, TcpStream};
use crate::net::accept::Acceptor;
use crate::net::addr::{ToSocketAddrs, try_each};
use crate::net::socket::{self, descriptor};
use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

/// A TCP socket that listens for connections.
///
/// ```no_run
/// use handcrank::net::TcpListener;
///
/// # async fn example() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:8080").await?;
/// loop {
///     let (mut stream, peer) = listener.accept().await?;
///     handcrank::spawn(async move {
///         if let Err(error) = stream.write_all(b"hello\n").await {
///             eprintln!("{peer}: {error}");
///         }
///     });
/// }
/// # }
/// ```
pub struct TcpListener {
    io: Acceptor<std::net::TcpListener>,
}

impl TcpListener {
    /// Listens on the first of the addresses that can be had. Port 0 lets the system choose one;
    /// ask [`local_addr`](Self::local_addr) for it.
    ///
    /// The socket gets `SO_REUSEADDR`, so that a server may be started again at once, and a
    /// backlog of 1024 connections. For other settings use [`TcpSocket`].
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<TcpListener> {
        try_each(addr, |addr| ready(TcpListener::bind_addr(addr))).await
    }

    fn bind_addr(addr: SocketAddr) -> io::Result<TcpListener> {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        socket.listen(1024)
    }

    /// For [`TcpSocket::listen`]: the socket is non-blocking by construction.
    pub(super) fn listening(listener: std::net::TcpListener) -> io::Result<TcpListener> {
        Ok(TcpListener { io: Acceptor::new(listener)? })
    }

    /// Waits for a connection and returns it with the address it comes from.
    ///
    /// # When there is no room
    ///
    /// If the process or the system is out of file descriptors or of memory for sockets (`EMFILE`,
    /// `ENFILE`, `ENOBUFS`, `ENOMEM`), the connection stays in the kernel's queue and this waits:
    /// 5 ms the first time, doubling up to a second, and then tries again. That is neither an error
    /// nor a busy loop, unless the runtime has no timers; then it is an error. Connections that
    /// were aborted while they were queued are passed over.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is done, it has taken no connection.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        accepted(self.io.accept(accept).await?)
    }

    /// As [`accept`](Self::accept); of several tasks that call it only the last one is woken.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
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
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<TcpListener> {
        Ok(TcpListener { io: Acceptor::adopt(listener)? })
    }

    /// Takes the listener out of the runtime. It stays in non-blocking mode.
    pub fn into_std(self) -> io::Result<std::net::TcpListener> {
        self.io.into_inner()
    }

    /// The address on which it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// The time to live (hop limit) of packets sent from here (`IP_TTL`).
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.get_ref().ttl()
    }

    /// Sets the time to live (hop limit) of packets sent from here (`IP_TTL`).
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.get_ref().set_ttl(ttl)
    }
}

fn accept(listener: &std::net::TcpListener) -> io::Result<(std::net::TcpStream, SocketAddr)> {
    let (socket, addr) = socket::accept(listener)?;
    Ok((socket.into(), super::socket::ip_addr(&addr)?))
}

fn accepted(
    (stream, addr): (std::net::TcpStream, SocketAddr),
) -> io::Result<(TcpStream, SocketAddr)> {
    Ok((TcpStream::accepted(stream)?, addr))
}

impl TryFrom<std::net::TcpListener> for TcpListener {
    type Error = io::Error;

    /// As [`from_std`](Self::from_std), with its panics.
    fn try_from(listener: std::net::TcpListener) -> io::Result<Self> {
        Self::from_std(listener)
    }
}

descriptor!(TcpListener);
