//! What every socket has: a way to be made, readiness to wait for, and the way from and to the
//! standard library.

use crate::runtime::context;
use handcrank_reactor::{Interest, Ready, Source};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use std::io;
use std::os::fd::AsFd;

/// A new socket, non-blocking and closed on exec.
pub(crate) fn open(domain: Domain, ty: Type) -> io::Result<Socket> {
    // Where the kernel can do it in one system call, it does.
    #[cfg(not(target_vendor = "apple"))]
    return Socket::new(domain, ty.nonblocking(), None);
    #[cfg(target_vendor = "apple")]
    {
        let socket = Socket::new(domain, ty, None)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

/// Accepts a connection; the new socket is non-blocking and closed on exec.
pub(crate) fn accept(listener: &impl AsFd) -> io::Result<(Socket, SockAddr)> {
    let listener = SockRef::from(listener);
    #[cfg(not(target_vendor = "apple"))]
    return listener.accept4(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC);
    #[cfg(target_vendor = "apple")]
    {
        let (socket, address) = listener.accept()?;
        socket.set_nonblocking(true)?;
        Ok((socket, address))
    }
}

/// Starts to connect, and says what to register the socket with: as writable if it is connected
/// at once, as Unix sockets are, and as not ready while that is under way.
pub(crate) fn start_connect(socket: &Socket, address: &SockAddr) -> io::Result<Ready> {
    match socket.connect(address) {
        Ok(()) => Ok(Ready::WRITABLE),
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok(Ready::EMPTY),
        Err(error) => Err(error),
    }
}

/// Gives a non-blocking socket to the current runtime, for reading and writing.
///
/// `initially` is what may be tried without waiting for the first event. Too much costs one failed
/// attempt, too little would cost a wait for what is there already.
#[track_caller]
pub(crate) fn register<T: AsFd>(socket: T, initially: Ready) -> io::Result<Source<T>> {
    context::reactor().register(socket, Interest::READABLE | Interest::WRITABLE, initially)
}

/// As [`register`], for what goes one way only.
#[track_caller]
pub(crate) fn register_for<T: AsFd>(
    io: T,
    interest: Interest,
    initially: Ready,
) -> io::Result<Source<T>> {
    context::reactor().register(io, interest, initially)
}

/// Gives a socket of the standard library to the current runtime.
///
/// A blocking socket would stop a worker, with every task on it, at the first wait; in debug builds
/// it is refused by a panic.
#[track_caller]
pub(crate) fn adopt<T: AsFd>(socket: T, interest: Interest) -> io::Result<Source<T>> {
    debug_assert!(
        SockRef::from(&socket).nonblocking()?,
        "Registering a blocking socket with the Handcrank runtime is unsupported. Call \
         `set_nonblocking(true)` on it first."
    );
    context::reactor().register(socket, interest, Ready::EMPTY)
}

/// Methods and traits of a type with a field `io: Source<$std>`.
///
/// Sockets share no trait on purpose: in the documentation each shows its whole interface, as
/// Tokio's do. So their common part is written once, here, and stamped out.
macro_rules! socket_common {
    ($Socket:ident, $std:ty) => {
        impl $Socket {
            /// Registers a socket of the standard library with the current runtime.
            ///
            /// It must be in non-blocking mode already (`set_nonblocking(true)`).
            ///
            /// # Panics
            ///
            /// Outside of a runtime, in a runtime without I/O, and in debug builds if the socket
            /// is in blocking mode.
            #[track_caller]
            pub fn from_std(socket: $std) -> std::io::Result<Self> {
                use handcrank_reactor::Interest;
                let interest = Interest::READABLE | Interest::WRITABLE;
                Ok(Self { io: $crate::net::socket::adopt(socket, interest)? })
            }

            /// Takes the socket out of the runtime. It stays in non-blocking mode.
            pub fn into_std(self) -> std::io::Result<$std> {
                self.io.into_inner()
            }

            /// Waits for any of the given kinds of readiness and says which there are.
            ///
            /// Readiness is a hint. When an attempt after it says
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock), wait again.
            ///
            /// # Cancel safety
            ///
            /// Cancel safe: waiting changes nothing. Readiness stays until an attempt fails.
            pub async fn ready(
                &self,
                interest: handcrank_reactor::Interest,
            ) -> std::io::Result<handcrank_reactor::Ready> {
                Ok(self.io.ready(interest).await?.ready())
            }

            /// Tries an operation of your own on this socket, if it is `interest`-ready.
            ///
            /// The closure must do the system call itself, on this socket, and must hand on
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock): it is what clears the readiness.
            /// Called while the socket is not ready, this returns that error without calling the
            /// closure.
            pub fn try_io<R>(
                &self,
                interest: handcrank_reactor::Interest,
                f: impl FnOnce() -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                self.io.try_io(interest, |_| f())
            }

            /// Tries an operation of your own on this socket, waiting each time it says
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock).
            ///
            /// # Cancel safety
            ///
            /// Cancel safe if the closure is: it is called only within a poll, and what it returns
            /// is returned at once.
            pub async fn async_io<R>(
                &self,
                interest: handcrank_reactor::Interest,
                mut f: impl FnMut() -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                self.io.io(interest, |_| f()).await
            }

            /// Takes the error that is pending on the socket (`SO_ERROR`), if there is one.
            pub fn take_error(&self) -> std::io::Result<Option<std::io::Error>> {
                self.io.get_ref().take_error()
            }
        }

        impl TryFrom<$std> for $Socket {
            type Error = std::io::Error;

            /// As [`from_std`](Self::from_std), with its panics.
            fn try_from(socket: $std) -> std::io::Result<Self> {
                Self::from_std(socket)
            }
        }

        $crate::net::socket::descriptor!($Socket);
    };
}

/// Access to the file descriptor, and a `Debug` that shows the socket and not its registration.
macro_rules! descriptor {
    ($Socket:ident) => {
        impl std::fmt::Debug for $Socket {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.io.get_ref().fmt(f)
            }
        }

        impl std::os::fd::AsFd for $Socket {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.io.get_ref().as_fd()
            }
        }

        impl std::os::fd::AsRawFd for $Socket {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                self.io.get_ref().as_raw_fd()
            }
        }
    };
}

/// Options of the Internet protocol for a type that lends its descriptor (`AsFd`).
macro_rules! ip_options {
    ($Socket:ident) => {
        impl $Socket {
            /// The type of service of IPv4 packets sent from here (`IP_TOS`).
            pub fn tos_v4(&self) -> std::io::Result<u32> {
                socket2::SockRef::from(self).tos_v4()
            }

            /// Sets the type of service of IPv4 packets sent from here (`IP_TOS`).
            pub fn set_tos_v4(&self, tos: u32) -> std::io::Result<()> {
                socket2::SockRef::from(self).set_tos_v4(tos)
            }

            /// The older name of [`tos_v4`](Self::tos_v4).
            #[deprecated = "it is about IPv4 alone, and is called `tos_v4` now"]
            #[doc(hidden)]
            pub fn tos(&self) -> std::io::Result<u32> {
                self.tos_v4()
            }

            /// The older name of [`set_tos_v4`](Self::set_tos_v4).
            #[deprecated = "it is about IPv4 alone, and is called `set_tos_v4` now"]
            #[doc(hidden)]
            pub fn set_tos(&self, tos: u32) -> std::io::Result<()> {
                self.set_tos_v4(tos)
            }

            /// The traffic class of IPv6 packets sent from here (`IPV6_TCLASS`).
            pub fn tclass_v6(&self) -> std::io::Result<u32> {
                socket2::SockRef::from(self).tclass_v6()
            }

            /// Sets the traffic class of IPv6 packets sent from here (`IPV6_TCLASS`).
            pub fn set_tclass_v6(&self, tclass: u32) -> std::io::Result<()> {
                socket2::SockRef::from(self).set_tclass_v6(tclass)
            }

            /// The name of the network interface that the socket is bound to, if it is
            /// (`SO_BINDTODEVICE`).
            #[cfg(any(target_os = "linux", target_os = "android"))]
            pub fn device(&self) -> std::io::Result<Option<Vec<u8>>> {
                socket2::SockRef::from(self).device()
            }

            /// Binds the socket to the network interface of this name, so that it receives only
            /// what comes in there (`SO_BINDTODEVICE`). `None` and the empty name unbind it.
            #[cfg(any(target_os = "linux", target_os = "android"))]
            pub fn bind_device(&self, interface: Option<&[u8]>) -> std::io::Result<()> {
                socket2::SockRef::from(self).bind_device(interface)
            }
        }
    };
}

pub(crate) use {descriptor, ip_options, socket_common};
