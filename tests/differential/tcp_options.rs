//! Options of TCP sockets, and sockets that are set up before they listen or connect.

use super::rt;
use super::rt::net::{TcpListener, TcpSocket, TcpStream};
use super::setup::{builder, run};
use super::sockets::{pair, tell};
use crate::harness::{Case, Flavour, Log, cases};
use futures_util::future::join;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, IntoRawFd};
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: options_of_a_stream, options_of_a_socket, options_of_a_listener, buffer_sizes,
        reuse_of_a_port, bound_before_it_connects, listening_without_bind, listening_twice,
        a_backlog_of_any_size, the_other_family, binding_twice, taken_from_std, devices,
        type_of_service, traffic_class, descriptors, shown, panics_outside, panics_without_io,
        a_blocking_socket_is_refused, async_panics, errors_come_before_panics;
];

fn any_port() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn options_of_a_stream(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, server) = pair().await;
        tell(log, "nodelay", &client.nodelay());
        tell(log, "set", &client.set_nodelay(true));
        tell(log, "nodelay", &client.nodelay());
        tell(log, "the other end", &server.nodelay());
        tell(log, "ttl", &client.set_ttl(42));
        tell(log, "ttl", &client.ttl());
        tell(log, "bad ttl", &client.set_ttl(4200));
        tell(log, "quickack", &client.set_quickack(true));
        tell(log, "quickack", &client.quickack());
        tell(log, "linger", &client.linger());
        #[allow(deprecated)]
        {
            tell(log, "set", &client.set_linger(Some(Duration::from_secs(3))));
            tell(log, "linger", &client.linger());
            tell(log, "set", &client.set_linger(None));
        }
        tell(log, "linger", &client.linger());
        tell(log, "set", &client.set_zero_linger());
        tell(log, "linger", &client.linger());
        tell(log, "take_error", &client.take_error());
    });
}

fn options_of_a_socket(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let socket = TcpSocket::new_v4().unwrap();
        tell(log, "keepalive", &socket.keepalive());
        tell(log, "set", &socket.set_keepalive(true));
        tell(log, "keepalive", &socket.keepalive());
        tell(log, "reuseaddr", &socket.reuseaddr());
        tell(log, "set", &socket.set_reuseaddr(true));
        tell(log, "reuseaddr", &socket.reuseaddr());
        tell(log, "reuseport", &socket.reuseport());
        tell(log, "set", &socket.set_reuseport(true));
        tell(log, "reuseport", &socket.reuseport());
        tell(log, "nodelay", &socket.nodelay());
        tell(log, "set", &socket.set_nodelay(true));
        tell(log, "nodelay", &socket.nodelay());
        tell(log, "linger", &socket.linger());
        #[allow(deprecated)]
        {
            tell(log, "set", &socket.set_linger(Some(Duration::from_secs(5))));
        }
        tell(log, "linger", &socket.linger());
        tell(log, "set", &socket.set_zero_linger());
        tell(log, "linger", &socket.linger());
        tell(log, "take_error", &socket.take_error());
        tell(log, "local_addr", &socket.local_addr());
        // They last.
        socket.bind(any_port()).unwrap();
        let listener = socket.listen(8).unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpSocket::new_v4().unwrap();
        client.set_nodelay(true).unwrap();
        let (client, _server) = join(client.connect(address), listener.accept()).await;
        tell(log, "nodelay", &client.unwrap().nodelay());
    });
}

fn options_of_a_listener(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        tell(log, "set", &listener.set_ttl(42));
        tell(log, "ttl", &listener.ttl());
        tell(log, "bad ttl", &listener.set_ttl(4200));
        let socket = socket2::SockRef::from(&listener);
        tell(log, "reuse", &socket.reuse_address());
        tell(log, "reuse port", &socket.reuse_port());
        tell(log, "non-blocking", &socket.nonblocking());
        log.note(listener.local_addr().unwrap().port() != 0);
    });
}

fn buffer_sizes(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let socket = TcpSocket::new_v4().unwrap();
        tell(log, "set", &socket.set_send_buffer_size(20_000));
        tell(log, "send", &socket.send_buffer_size());
        tell(log, "set", &socket.set_recv_buffer_size(30_000));
        tell(log, "recv", &socket.recv_buffer_size());
        tell(log, "nothing", &socket.set_recv_buffer_size(0));
        tell(log, "the least", &socket.recv_buffer_size());
    });
}

fn reuse_of_a_port(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let first = TcpSocket::new_v4().unwrap();
        first.set_reuseport(true).unwrap();
        first.bind(any_port()).unwrap();
        let address = first.local_addr().unwrap();
        let _first = first.listen(8).unwrap();
        let second = TcpSocket::new_v4().unwrap();
        tell(log, "in use", &second.bind(address));
        second.set_reuseport(true).unwrap();
        tell(log, "shared", &second.bind(address));
        tell(log, "listens", &second.listen(8).map(|_| "listens"));
    });
}

fn bound_before_it_connects(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(any_port()).unwrap();
        let from = socket.local_addr().unwrap();
        log.note(from.port() != 0);
        let address = listener.local_addr().unwrap();
        let (client, server) = join(socket.connect(address), listener.accept()).await;
        log.note(client.unwrap().local_addr().unwrap() == from);
        log.note(server.unwrap().1 == from);
    });
}

fn listening_without_bind(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let socket = TcpSocket::new_v4().unwrap();
        let listener = socket.listen(1).unwrap();
        log.note(listener.local_addr().unwrap().ip());
        let connected = TcpSocket::from_std_stream(pair().await.0.into_std().unwrap());
        tell(log, "connected", &connected.listen(1).map(|_| "listens"));
    });
}

fn listening_twice(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let first = TcpSocket::new_v4().unwrap();
        first.set_reuseaddr(true).unwrap();
        first.bind(any_port()).unwrap();
        let address = first.local_addr().unwrap();
        let _first = first.listen(1).unwrap();
        let second = TcpSocket::new_v4().unwrap();
        second.set_reuseaddr(true).unwrap();
        tell(log, "bind", &second.bind(address));
    });
}

fn a_backlog_of_any_size(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for backlog in [0, 1, u32::MAX] {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(any_port()).unwrap();
            let listener = socket.listen(backlog).unwrap();
            let address = listener.local_addr().unwrap();
            let (client, server) = join(TcpStream::connect(address), listener.accept()).await;
            log.note(client.is_ok() && server.is_ok());
        }
    });
}

fn the_other_family(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let six: SocketAddr = "[::1]:0".parse().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        tell(log, "bind", &socket.bind(six));
        tell(log, "connect", &socket.connect(six).await.map(|_| "connected"));
    });
}

fn binding_twice(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let socket = TcpSocket::new_v4().unwrap();
        tell(log, "bind", &socket.bind(any_port()));
        tell(log, "bind", &socket.bind(any_port()));
        tell(log, "not ours", &TcpSocket::new_v4().unwrap().bind("192.0.2.1:0".parse().unwrap()));
    });
}

fn taken_from_std(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let made =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        made.set_nonblocking(true).unwrap();
        let socket = TcpSocket::from_std_stream(made.into());
        let address = listener.local_addr().unwrap();
        let (client, server) = join(socket.connect(address), listener.accept()).await;
        log.note(client.is_ok() && server.is_ok());
    });
}

fn devices(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let socket = TcpSocket::new_v4().unwrap();
        tell(log, "device", &socket.device());
        tell(log, "unbind", &socket.bind_device(None));
        tell(log, "no such", &socket.bind_device(Some(b"nonesuch0")));
    });
}

fn type_of_service(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let socket = TcpSocket::new_v4().unwrap();
        tell(log, "tos", &socket.tos_v4());
        tell(log, "set", &socket.set_tos_v4(0x10));
        tell(log, "tos", &socket.tos_v4());
        #[allow(deprecated)]
        {
            tell(log, "set by the old name", &socket.set_tos(0x08));
            tell(log, "the old name", &socket.tos());
        }
    });
}

fn traffic_class(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let Ok(socket) = TcpSocket::new_v6() else { return };
        tell(log, "class", &socket.tclass_v6());
        tell(log, "set", &socket.set_tclass_v6(0x10));
        tell(log, "class", &socket.tclass_v6());
    });
}

fn descriptors(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let socket = TcpSocket::new_v4().unwrap();
        let number = socket.as_raw_fd();
        log.note(socket.as_fd().as_raw_fd() == number);
        let socket2 = socket2::SockRef::from(&socket);
        tell(log, "non-blocking", &socket2.nonblocking());
        log.note(socket.into_raw_fd() == number);
        let (client, server) = pair().await;
        for stream in [&client, &server] {
            log.note(stream.as_fd().as_raw_fd() == stream.as_raw_fd());
            let socket = socket2::SockRef::from(stream);
            tell(log, "non-blocking", &socket.nonblocking());
        }
    });
}

fn shown(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let socket = TcpSocket::new_v4().unwrap();
        log.note(log.without_ids(&format!("{socket:?}")));
    });
}

fn std_listener() -> std::net::TcpListener {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    listener
}

fn std_stream() -> std::net::TcpStream {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

fn std_udp() -> std::net::UdpSocket {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

/// What is to be done within a runtime that has I/O.
fn make(log: &Log) {
    log.note_panic(|| TcpListener::from_std(std_listener()));
    log.note_panic(|| TcpStream::from_std(std_stream()));
    log.note_panic(|| rt::net::UdpSocket::from_std(std_udp()));
}

fn panics_outside(_: Flavour, log: &Log) {
    make(log);
    // A socket alone needs nobody.
    tell(log, "a socket", &TcpSocket::new_v4().map(|_| "made"));
}

fn panics_without_io(flavour: Flavour, log: &Log) {
    let mut builder = match flavour {
        Flavour::CurrentThread => rt::runtime::Builder::new_current_thread(),
        Flavour::MultiThread => rt::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(1).enable_time().build().unwrap();
    let _guard = runtime.enter();
    make(log);
}

/// Only the place: the texts are not the same on purpose.
fn place(log: &Log, f: impl FnOnce()) {
    let own = Log::default();
    own.note_panic(f);
    for line in own.lines() {
        log.note(line.rsplit(" (").next().unwrap_or_default());
    }
}

fn a_blocking_socket_is_refused(flavour: Flavour, log: &Log) {
    let runtime = builder(flavour).build().unwrap();
    let _guard = runtime.enter();
    let listener = std_listener();
    let stream = std_stream();
    let udp = std_udp();
    listener.set_nonblocking(false).unwrap();
    stream.set_nonblocking(false).unwrap();
    udp.set_nonblocking(false).unwrap();
    place(log, || drop(TcpListener::from_std(listener)));
    place(log, || drop(TcpStream::from_std(stream)));
    place(log, || drop(rt::net::UdpSocket::from_std(udp)));
}

fn async_panics(flavour: Flavour, log: &Log) {
    let mut builder = match flavour {
        Flavour::CurrentThread => rt::runtime::Builder::new_current_thread(),
        Flavour::MultiThread => rt::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(1).build().unwrap();
    log.note_panic(|| runtime.block_on(TcpListener::bind("127.0.0.1:0")));
    log.note_panic(|| runtime.block_on(rt::net::UdpSocket::bind("127.0.0.1:0")));
    let listener = std_listener();
    let open = listener.local_addr().unwrap();
    log.note_panic(|| runtime.block_on(TcpStream::connect(open)));
    tell(log, "goes on", &runtime.block_on(async { Ok("yes") }));
}

fn errors_come_before_panics(_: Flavour, log: &Log) {
    // The system's answer comes first; only a socket that was had is registered.
    let not_ours: SocketAddr = "192.0.2.1:0".parse().unwrap();
    let bind = futures_util::FutureExt::now_or_never(TcpListener::bind(not_ours));
    tell(log, "bind", &bind.unwrap().map(|_| "bound"));
    let bind = futures_util::FutureExt::now_or_never(rt::net::UdpSocket::bind(not_ours));
    tell(log, "bind", &bind.unwrap().map(|_| "bound"));
}
