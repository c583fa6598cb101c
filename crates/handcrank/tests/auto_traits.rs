//! What may be moved and shared between threads. Nothing here runs: it compiles or it does not.

use handcrank::{io, net, runtime, signal, task, time};
use std::net::SocketAddr;
use std::panic::{RefUnwindSafe, UnwindSafe};

fn send<T: Send>(_: &T) {}
fn send_and_sync<T: Send + Sync>() {}
fn sync<T: Sync>() {}
fn unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
fn unpin<T: Unpin>() {}

#[test]
fn types() {
    send_and_sync::<net::TcpListener>();
    send_and_sync::<net::TcpSocket>();
    send_and_sync::<net::TcpStream>();
    send_and_sync::<net::tcp::ReadHalf<'_>>();
    send_and_sync::<net::tcp::WriteHalf<'_>>();
    send_and_sync::<net::tcp::OwnedReadHalf>();
    send_and_sync::<net::tcp::OwnedWriteHalf>();
    send_and_sync::<net::UdpSocket>();
    send_and_sync::<net::UnixListener>();
    send_and_sync::<net::UnixStream>();
    send_and_sync::<net::UnixDatagram>();
    send_and_sync::<net::UnixSocket>();
    send_and_sync::<net::unix::SocketAddr>();
    send_and_sync::<net::unix::UCred>();
    send_and_sync::<io::ReadBuf<'_>>();
    unwind_safe::<net::TcpListener>();
    unwind_safe::<net::TcpSocket>();
    unwind_safe::<net::TcpStream>();
    unwind_safe::<net::UdpSocket>();
    unwind_safe::<net::UnixDatagram>();
    unwind_safe::<net::UnixListener>();
    unwind_safe::<net::UnixStream>();
    send_and_sync::<net::unix::OwnedReadHalf>();
    send_and_sync::<net::unix::OwnedWriteHalf>();
    send_and_sync::<signal::unix::Signal>();
    send_and_sync::<time::Sleep>();
    send_and_sync::<time::Timeout<std::future::Ready<()>>>();
    send_and_sync::<time::Interval>();
    send_and_sync::<runtime::Builder>();
    send_and_sync::<runtime::Handle>();
    send_and_sync::<runtime::Runtime>();
    sync::<runtime::EnterGuard<'_>>();
    unwind_safe::<runtime::Handle>();
    unwind_safe::<runtime::Runtime>();
    unwind_safe::<task::JoinHandle<()>>();
    unwind_safe::<net::TcpListener>();
    unwind_safe::<net::TcpStream>();
    unwind_safe::<net::UdpSocket>();
    unwind_safe::<net::UnixStream>();
    unwind_safe::<runtime::LocalRuntime>();
    unpin::<task::LocalSet>();
    unpin::<net::TcpStream>();
    unpin::<net::UnixStream>();
    unpin::<time::Interval>();
    unpin::<signal::unix::Signal>();
}

/// What must not leave its thread is not `Send`: if it were, two implementations would fit here, and the
/// call would not compile.
#[allow(dead_code)]
fn bound_to_a_thread() {
    trait Bound<A> {
        fn holds() {}
    }
    impl<T: ?Sized> Bound<()> for T {}
    impl<T: ?Sized + Send> Bound<u8> for T {}
    <task::LocalSet as Bound<_>>::holds();
    <task::LocalEnterGuard as Bound<_>>::holds();
    <runtime::LocalRuntime as Bound<_>>::holds();
    <runtime::LocalOptions as Bound<_>>::holds();
}

/// An async fn has no name to ask about: its futures are made here, and never called for.
#[allow(dead_code)]
fn futures(
    listener: &net::TcpListener,
    unix_listener: &net::UnixListener,
    stream: &mut net::TcpStream,
    udp: &net::UdpSocket,
    addrs: &[SocketAddr],
) {
    let mut buf = [0; 8];
    send(&net::TcpListener::bind("localhost:0"));
    send(&net::TcpStream::connect(("localhost", 80)));
    send(&net::TcpStream::connect(addrs));
    send(&net::UnixStream::connect("path"));
    send(&net::lookup_host(String::from("localhost:80")));
    send(&listener.accept());
    send(&unix_listener.accept());
    send(&stream.ready(io::Interest::READABLE | io::Interest::WRITABLE));
    send(&stream.peek(&mut buf));
    send(&stream.read(&mut buf));
    send(&stream.read_exact(&mut buf));
    send(&stream.write_all(&buf));
    send(&stream.async_io(io::Interest::READABLE, || Ok(())));
    send(&udp.recv_from(&mut buf));
    send(&udp.send_to(&buf, "localhost:80"));
    send(&signal::ctrl_c());
    send(&time::advance(time::Duration::ZERO));
    send(&time::interval(time::Duration::MAX).tick());
}
