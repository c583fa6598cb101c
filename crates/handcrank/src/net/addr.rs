//! What may stand where an address is wanted.

use crate::task::JoinHandle;
use sealed::{Internal, Resolve};
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What can be turned into socket addresses: addresses, pairs of a host and a port, and strings
/// like `"127.0.0.1:80"` and `"example.com:80"`.
///
/// A literal address is turned at once. A name is looked up by the system's resolver, which
/// blocks, and therefore on a thread of the runtime's blocking pool; a call that is cancelled does
/// not stop a look-up that has begun.
///
/// The trait is sealed: it says nothing that other crates could implement.
///
/// # Panics
///
/// Looking up a name outside of a runtime.
pub trait ToSocketAddrs: Resolve {}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {}
impl ToSocketAddrs for SocketAddr {}
impl ToSocketAddrs for SocketAddrV4 {}
impl ToSocketAddrs for SocketAddrV6 {}
impl ToSocketAddrs for (IpAddr, u16) {}
impl ToSocketAddrs for (Ipv4Addr, u16) {}
impl ToSocketAddrs for (Ipv6Addr, u16) {}
impl ToSocketAddrs for &[SocketAddr] {}
impl ToSocketAddrs for str {}
impl ToSocketAddrs for String {}
impl ToSocketAddrs for (&str, u16) {}
impl ToSocketAddrs for (String, u16) {}

pub(crate) mod sealed {
    /// Public in name only, so that the sealed trait may require it.
    pub trait Resolve {
        #[doc(hidden)]
        fn resolve(&self, _: Internal) -> super::Resolving;
    }

    /// Keeps other crates from calling `resolve`.
    #[derive(Debug)]
    pub struct Internal;
}

/// Turns `addr` into addresses.
pub(super) fn resolve(addr: impl ToSocketAddrs) -> Resolving {
    addr.resolve(Internal)
}

/// Tries the addresses in their order until one attempt succeeds; else the last one's error.
pub(super) async fn try_each<T, F>(
    addrs: impl ToSocketAddrs,
    mut attempt: impl FnMut(SocketAddr) -> F,
) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    let mut last = None;
    for addr in resolve(addrs).await? {
        match attempt(addr).await {
            Ok(success) => return Ok(success),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

/// The error for a name, or a slice, without a single address.
pub(super) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "could not resolve to any address")
}

/// The addresses as they come: one (or none) or a list.
#[derive(Debug)]
pub enum Addrs {
    One(std::option::IntoIter<SocketAddr>),
    Many(std::vec::IntoIter<SocketAddr>),
}

impl Iterator for Addrs {
    type Item = SocketAddr;

    fn next(&mut self) -> Option<SocketAddr> {
        match self {
            Addrs::One(addr) => addr.next(),
            Addrs::Many(addrs) => addrs.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Addrs::One(addr) => addr.size_hint(),
            Addrs::Many(addrs) => addrs.size_hint(),
        }
    }
}

/// Addresses that are known, or are being looked up.
#[derive(Debug)]
pub enum Resolving {
    Known(Option<Addrs>),
    LookUp(JoinHandle<io::Result<std::vec::IntoIter<SocketAddr>>>),
}

impl Resolving {
    fn one(addr: impl Into<SocketAddr>) -> Self {
        Self::Known(Some(Addrs::One(Some(addr.into()).into_iter())))
    }

    fn look_up<T>(name: T) -> Self
    where
        T: std::net::ToSocketAddrs<Iter = std::vec::IntoIter<SocketAddr>> + Send + 'static,
    {
        Self::LookUp(crate::task::spawn_blocking(move || name.to_socket_addrs()))
    }
}

impl Future for Resolving {
    type Output = io::Result<Addrs>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Resolving::Known(addrs) => {
                Poll::Ready(Ok(addrs.take().expect("polled after completion")))
            }
            Resolving::LookUp(job) => {
                let result = ready!(Pin::new(job).poll(cx)).map_err(io::Error::other)?;
                Poll::Ready(result.map(Addrs::Many))
            }
        }
    }
}

impl<T: Resolve + ?Sized> Resolve for &T {
    fn resolve(&self, _: Internal) -> Resolving {
        (**self).resolve(Internal)
    }
}

impl Resolve for SocketAddr {
    fn resolve(&self, _: Internal) -> Resolving {
        Resolving::one(*self)
    }
}

impl Resolve for SocketAddrV4 {
    fn resolve(&self, _: Internal) -> Resolving {
        Resolving::one(*self)
    }
}

impl Resolve for SocketAddrV6 {
    fn resolve(&self, _: Internal) -> Resolving {
        Resolving::one(*self)
    }
}

impl Resolve for (IpAddr, u16) {
    fn resolve(&self, _: Internal) -> Resolving {
        Resolving::one(*self)
    }
}

impl Resolve for (Ipv4Addr, u16) {
    fn resolve(&self, _: Internal) -> Resolving {
        Resolving::one(*self)
    }
}

impl Resolve for (Ipv6Addr, u16) {
    fn resolve(&self, _: Internal) -> Resolving {
        Resolving::one(*self)
    }
}

impl Resolve for &[SocketAddr] {
    fn resolve(&self, _: Internal) -> Resolving {
        let copy = self.to_vec();
        Resolving::Known(Some(Addrs::Many(copy.into_iter())))
    }
}

impl Resolve for str {
    fn resolve(&self, _: Internal) -> Resolving {
        match self.parse::<SocketAddr>() {
            Ok(addr) => Resolving::one(addr),
            Err(_) => Resolving::look_up(self.to_owned()),
        }
    }
}

impl Resolve for String {
    fn resolve(&self, _: Internal) -> Resolving {
        self.as_str().resolve(Internal)
    }
}

impl Resolve for (&str, u16) {
    fn resolve(&self, _: Internal) -> Resolving {
        let (host, port) = *self;
        match host.parse::<IpAddr>() {
            Ok(ip) => Resolving::one((ip, port)),
            Err(_) => Resolving::look_up((host.to_owned(), port)),
        }
    }
}

impl Resolve for (String, u16) {
    fn resolve(&self, _: Internal) -> Resolving {
        (self.0.as_str(), self.1).resolve(Internal)
    }
}
