//! A TCP connection.

use super::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, TcpSocket, WriteHalf};
use crate::io::ReadBuf;
use crate::net::addr::{ToSocketAddrs, try_each};
use crate::net::datagram::fill;
use crate::net::socket::{register, socket_common};
use crate::net::stream::{read_side, whole_stream, write_side};
use handcrank_reactor::{Direction, Interest, Ready, Source};
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

/// A TCP connection.
///
/// It is read and written through its own methods, and through
/// [`AsyncRead`](crate::io::AsyncRead) and [`AsyncWrite`](crate::io::AsyncWrite). Nothing is
/// buffered; `TCP_NODELAY` is left as the system sets it (off: small writes may be held back, see
/// [`set_nodelay`](Self::set_nodelay)). Dropping the stream closes the connection.
///
/// Urgent data (`MSG_OOB`) has no support: a read ends before it, and what follows may not be seen
/// until more comes.
///
/// ```no_run
/// use handcrank::net::TcpStream;
///
/// # async fn example() -> std::io::Result<()> {
/// let mut stream = TcpStream::connect("127.0.0.1:8080").await?;
/// stream.write_all(b"hello\n").await?;
/// stream.shutdown().await?;
///
/// let mut answer = [0; 1024];
/// while let n @ 1.. = stream.read(&mut answer).await? {
///     println!("{}", String::from_utf8_lossy(&answer[..n]));
/// }
/// # Ok(())
/// # }
/// ```
pub struct TcpStream {
    pub(super) io: Source<std::net::TcpStream>,
}

socket_common!(TcpStream, std::net::TcpStream);
read_side!(TcpStream, TcpStream);
write_side!(TcpStream, TcpStream);
whole_stream!(TcpStream);

impl TcpStream {
    /// Connects to the first of the addresses that answers.
    ///
    /// # Errors
    ///
    /// Those of the last address that was tried.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it closes the socket; the peer may have seen a connection.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    pub async fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        try_each(addr, |addr| async move {
            let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.connect(addr).await
        })
        .await
    }

    /// For a non-blocking socket on which a connection is under way.
    pub(super) async fn connecting(
        stream: std::net::TcpStream,
        initially: Ready,
    ) -> io::Result<TcpStream> {
        TcpStream { io: register(stream, initially)? }.connected().await
    }

    /// For a non-blocking socket that `accept` gave out.
    ///
    /// It starts out as ready: there is room to write in a fresh connection, and more often than
    /// not the client has sent its request already. A wrong guess costs one failed read.
    pub(super) fn accepted(stream: std::net::TcpStream) -> io::Result<TcpStream> {
        let io = register(stream, Ready::READABLE | Ready::WRITABLE)?;
        Ok(TcpStream { io })
    }

    /// The address of this end.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// The address of the other end.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr()
    }

    /// Reads into `buf` without taking anything: the next read sees the same bytes again.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.io(Interest::READABLE, |stream| stream.peek(buf)).await
    }

    /// As [`peek`](Self::peek), into the unfilled part of `buf`, and says how much it found; of
    /// several tasks that read or peek with `poll_` methods only the last one is woken.
    pub fn poll_peek(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        self.io.poll_io(cx, Direction::Read, |stream| {
            fill(buf, |memory| stream.peek(memory).map(|length| (length, length)))
        })
    }

    /// Whether small writes are sent at once (`TCP_NODELAY`).
    pub fn nodelay(&self) -> io::Result<bool> {
        self.io.get_ref().nodelay()
    }

    /// Sends small writes at once (`true`), or holds them back for a moment in the hope of more
    /// (`false`, Nagle's algorithm).
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.io.get_ref().set_nodelay(nodelay)
    }

    /// Whether received data is acknowledged at once (`TCP_QUICKACK`).
    #[cfg(target_os = "linux")]
    pub fn quickack(&self) -> io::Result<bool> {
        SockRef::from(self).tcp_quickack()
    }

    /// Acknowledges received data at once. The kernel may fall back by itself.
    #[cfg(target_os = "linux")]
    pub fn set_quickack(&self, quickack: bool) -> io::Result<()> {
        SockRef::from(self).set_tcp_quickack(quickack)
    }

    /// How long closing waits for unsent data to be delivered (`SO_LINGER`).
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        SockRef::from(self).linger()
    }

    /// Makes closing drop unsent data and reset the connection (`SO_LINGER` of zero).
    pub fn set_zero_linger(&self) -> io::Result<()> {
        SockRef::from(self).set_linger(Some(Duration::ZERO))
    }

    /// Makes closing wait for unsent data to be delivered, and for so long at most (`SO_LINGER`).
    #[deprecated = "dropping the stream then blocks the thread that does it"]
    pub fn set_linger(&self, dur: Option<Duration>) -> io::Result<()> {
        SockRef::from(self).set_linger(dur)
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
