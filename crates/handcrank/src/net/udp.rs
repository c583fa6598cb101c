//! UDP sockets.

use super::addr::{ToSocketAddrs, resolve, try_each};
use super::datagram::{datagram_common, fill};
use super::socket::{ip_options, register, socket_common};
use crate::io::ReadBuf;
use handcrank_reactor::{Direction, Interest, Ready, Source};
use socket2::SockRef;
use std::future::ready;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll};

/// A UDP socket.
///
/// All methods take `&self`: share it in an `Arc` to send and receive in different tasks.
///
/// ```no_run
/// use handcrank::net::UdpSocket;
///
/// # async fn example() -> std::io::Result<()> {
/// let socket = UdpSocket::bind("0.0.0.0:9000").await?;
/// let mut message = [0; 1500];
/// loop {
///     let (length, from) = socket.recv_from(&mut message).await?;
///     socket.send_to(&message[..length], from).await?;
/// }
/// # }
/// ```
pub struct UdpSocket {
    io: Source<Std>,
}

socket_common!(UdpSocket, std::net::UdpSocket);
datagram_common!(UdpSocket, std::net::UdpSocket, SocketAddr, RECEIVABLE);
ip_options!(UdpSocket);

/// What to wait for: also the news that an earlier message could not be delivered, which the
/// kernel reports as an error and not as something to read.
const RECEIVABLE: Interest = Interest::READABLE.add(Interest::ERROR);

impl UdpSocket {
    /// Binds to the first of the addresses that can be had. Port 0 lets the system choose one.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and in a runtime without I/O.
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<UdpSocket> {
        try_each(addr, |addr| ready(UdpSocket::bind_addr(addr))).await
    }

    fn bind_addr(addr: SocketAddr) -> io::Result<UdpSocket> {
        let socket = std::net::UdpSocket::bind(addr)?;
        socket.set_nonblocking(true)?;
        Ok(UdpSocket { io: register(socket, Ready::EMPTY)? })
    }

    /// Sets the peer: [`send`](Self::send) sends to it, and only its messages are received.
    pub async fn connect<A: ToSocketAddrs>(&self, addr: A) -> io::Result<()> {
        try_each(addr, |addr| ready(self.io.get_ref().connect(addr))).await
    }

    /// Sends a message to the first of the addresses and returns its length in bytes.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is done, it has sent nothing.
    pub async fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], target: A) -> io::Result<usize> {
        let target = resolve(target).await?.next().ok_or_else(no_target)?;
        self.io.io(Interest::WRITABLE, |io| io.send_to(buf, target)).await
    }

    /// As [`send_to`](Self::send_to); of several tasks that call it only the last one is woken.
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        self.io.poll_io(cx, Direction::Write, |io| io.send_to(buf, target))
    }

    /// Sends a message to `target` if there is room for it now.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none.
    pub fn try_send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.io.try_io(Interest::WRITABLE, |io| io.send_to(buf, target))
    }

    /// Receives a message of the connected peer without taking it. Cancel safe.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.io(RECEIVABLE, |io| io.peek(buf)).await
    }

    /// As [`peek`](Self::peek), into the unfilled part of `buf`; of several tasks that call it only
    /// the last one is woken.
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let peek = |io: &Std| fill(buf, |memory| Ok((io.peek(memory)?, ())));
        self.io.poll_io(cx, Direction::Read, peek)
    }

    /// As [`peek`](Self::peek), if there is a message now, else
    /// [`WouldBlock`](io::ErrorKind::WouldBlock).
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_io(Interest::READABLE, |io| io.peek(buf))
    }

    /// Receives a message without taking it, and says where it comes from. Cancel safe.
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.io(RECEIVABLE, |io| io.peek_from(buf)).await
    }

    /// As [`peek_from`](Self::peek_from), into the unfilled part of `buf`; of several tasks that
    /// call it only the last one is woken.
    pub fn poll_peek_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        let peek = |io: &Std| fill(buf, |memory| io.peek_from(memory));
        self.io.poll_io(cx, Direction::Read, peek)
    }

    /// As [`peek_from`](Self::peek_from), if there is a message now, else
    /// [`WouldBlock`](io::ErrorKind::WouldBlock).
    pub fn try_peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.try_io(Interest::READABLE, |io| io.peek_from(buf))
    }

    /// Waits for a message, leaves it there, and says where it comes from. Cancel safe.
    pub async fn peek_sender(&self) -> io::Result<SocketAddr> {
        self.io.io(RECEIVABLE, sender).await
    }

    /// As [`peek_sender`](Self::peek_sender); of several tasks that call it only the last one is
    /// woken.
    pub fn poll_peek_sender(&self, cx: &mut Context<'_>) -> Poll<io::Result<SocketAddr>> {
        self.io.poll_io(cx, Direction::Read, sender)
    }

    /// As [`peek_sender`](Self::peek_sender), if there is a message now, else
    /// [`WouldBlock`](io::ErrorKind::WouldBlock).
    pub fn try_peek_sender(&self) -> io::Result<SocketAddr> {
        self.io.try_io(Interest::READABLE, sender)
    }

    /// Whether messages may be sent to broadcast addresses (`SO_BROADCAST`).
    pub fn broadcast(&self) -> io::Result<bool> {
        self.io.get_ref().broadcast()
    }

    /// Allows messages to broadcast addresses (`SO_BROADCAST`).
    pub fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.io.get_ref().set_broadcast(on)
    }

    /// The time to live of packets sent from here (`IP_TTL`).
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.get_ref().ttl()
    }

    /// Sets the time to live of packets sent from here (`IP_TTL`).
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.get_ref().set_ttl(ttl)
    }

    /// Joins an IPv4 multicast group on the interface with the address `interface`; the
    /// unspecified address lets the system choose one.
    pub fn join_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.io.get_ref().join_multicast_v4(&multiaddr, &interface)
    }

    /// Leaves an IPv4 multicast group.
    pub fn leave_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.io.get_ref().leave_multicast_v4(&multiaddr, &interface)
    }

    /// Joins an IPv6 multicast group on the interface with the index `interface`; 0 lets the
    /// system choose one.
    pub fn join_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.io.get_ref().join_multicast_v6(multiaddr, interface)
    }

    /// Leaves an IPv6 multicast group.
    pub fn leave_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.io.get_ref().leave_multicast_v6(multiaddr, interface)
    }

    /// Whether this machine sees the IPv4 multicast messages sent from here
    /// (`IP_MULTICAST_LOOP`).
    pub fn multicast_loop_v4(&self) -> io::Result<bool> {
        self.io.get_ref().multicast_loop_v4()
    }

    /// Shows the IPv4 multicast messages sent from here to this machine, or not
    /// (`IP_MULTICAST_LOOP`).
    pub fn set_multicast_loop_v4(&self, on: bool) -> io::Result<()> {
        self.io.get_ref().set_multicast_loop_v4(on)
    }

    /// How many routers an IPv4 multicast message may pass (`IP_MULTICAST_TTL`).
    pub fn multicast_ttl_v4(&self) -> io::Result<u32> {
        self.io.get_ref().multicast_ttl_v4()
    }

    /// Sets how many routers an IPv4 multicast message may pass (`IP_MULTICAST_TTL`).
    pub fn set_multicast_ttl_v4(&self, ttl: u32) -> io::Result<()> {
        self.io.get_ref().set_multicast_ttl_v4(ttl)
    }

    /// Whether this machine sees the IPv6 multicast messages sent from here
    /// (`IPV6_MULTICAST_LOOP`).
    pub fn multicast_loop_v6(&self) -> io::Result<bool> {
        self.io.get_ref().multicast_loop_v6()
    }

    /// Shows the IPv6 multicast messages sent from here to this machine, or not
    /// (`IPV6_MULTICAST_LOOP`).
    pub fn set_multicast_loop_v6(&self, on: bool) -> io::Result<()> {
        self.io.get_ref().set_multicast_loop_v6(on)
    }
}

type Std = std::net::UdpSocket;

fn sender(socket: &Std) -> io::Result<SocketAddr> {
    let address = SockRef::from(socket).peek_sender()?;
    address.as_socket().ok_or_else(|| io::Error::other("sender not available"))
}

/// The error for a name, or a slice, without a single address.
fn no_target() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "no addresses to send data to")
}
