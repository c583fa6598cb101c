//! UDP: options, addresses, and attempts of one's own.

use super::rt::io::Interest;
use super::rt::net::UdpSocket;
use super::setup::run;
use super::sockets::tell;
use super::udp::{pair, socket};
use crate::harness::{Case, Flavour, Log, cases};
use std::io;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

pub(crate) const CASES: &[Case] = cases![
    both: nowhere_to_send, options, multicast, service_types, devices, bind_errors,
        from_std_and_back, own_attempts, no_peer, several_addresses, shown;
];

fn nowhere_to_send(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, _) = socket().await;
        let none: &[SocketAddr] = &[];
        tell(log, "send_to", &a.send_to(b"x", none).await);
        tell(log, "connect", &a.connect(none).await);
        tell(log, "bind", &UdpSocket::bind(none).await.map(|_| "bound"));
        tell(log, "other family", &a.send_to(b"x", (Ipv6Addr::LOCALHOST, 1)).await);
        tell(log, "no text", &a.send_to(b"x", "nowhere").await);
    });
}

fn options(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, _) = socket().await;
        tell(log, "broadcast", &a.broadcast());
        tell(log, "not allowed", &a.send_to(b"x", "255.255.255.255:1").await);
        tell(log, "set", &a.set_broadcast(true));
        tell(log, "broadcast", &a.broadcast());
        tell(log, "set", &a.set_ttl(42));
        tell(log, "ttl", &a.ttl());
        tell(log, "bad ttl", &a.set_ttl(4200));
        tell(log, "take_error", &a.take_error());
    });
}

fn multicast(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, _) = socket().await;
        tell(log, "loop", &a.multicast_loop_v4());
        tell(log, "set", &a.set_multicast_loop_v4(false));
        tell(log, "loop", &a.multicast_loop_v4());
        tell(log, "ttl", &a.multicast_ttl_v4());
        tell(log, "set", &a.set_multicast_ttl_v4(7));
        tell(log, "ttl", &a.multicast_ttl_v4());
        let group = Ipv4Addr::new(224, 0, 0, 123);
        tell(log, "join", &a.join_multicast_v4(group, Ipv4Addr::LOCALHOST));
        tell(log, "join twice", &a.join_multicast_v4(group, Ipv4Addr::LOCALHOST));
        tell(log, "leave", &a.leave_multicast_v4(group, Ipv4Addr::LOCALHOST));
        tell(log, "leave twice", &a.leave_multicast_v4(group, Ipv4Addr::LOCALHOST));
        tell(log, "no group", &a.join_multicast_v4(Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST));
        tell(log, "v6 on v4", &a.join_multicast_v6(&Ipv6Addr::LOCALHOST, 0));
        tell(log, "v6 on v4", &a.leave_multicast_v6(&Ipv6Addr::LOCALHOST, 0));
        if let Ok(a) = UdpSocket::bind("[::1]:0").await {
            tell(log, "loop", &a.multicast_loop_v6());
            tell(log, "set", &a.set_multicast_loop_v6(false));
            tell(log, "loop", &a.multicast_loop_v6());
        }
    });
}

fn service_types(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, _) = socket().await;
        tell(log, "tos", &a.tos_v4());
        tell(log, "set", &a.set_tos_v4(0x10));
        tell(log, "tos", &a.tos_v4());
        #[allow(deprecated)]
        {
            tell(log, "set by the old name", &a.set_tos(0x08));
            tell(log, "the old name", &a.tos());
        }
        if let Ok(a) = UdpSocket::bind("[::1]:0").await {
            tell(log, "class", &a.tclass_v6());
            tell(log, "set", &a.set_tclass_v6(0x10));
            tell(log, "class", &a.tclass_v6());
        }
    });
}

fn devices(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, _) = socket().await;
        tell(log, "device", &a.device());
        tell(log, "unbind", &a.bind_device(None));
        tell(log, "no such", &a.bind_device(Some(b"nonesuch0")));
        tell(log, "device", &a.device());
    });
}

fn bind_errors(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (_a, at_a) = socket().await;
        tell(log, "in use", &UdpSocket::bind(at_a).await.map(|_| "bound"));
        tell(log, "not ours", &UdpSocket::bind("192.0.2.1:0").await.map(|_| "bound"));
        let addrs = [at_a, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))];
        tell(log, "the second", &UdpSocket::bind(&addrs[..]).await.map(|_| "bound"));
    });
}

fn from_std_and_back(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        let std = b.into_std().unwrap();
        tell(log, "std", &std.recv(&mut [0; 4]));
        let b = UdpSocket::from_std(std).unwrap();
        a.send(b"abc").await.unwrap();
        tell(log, "recv", &b.recv(&mut [0; 4]).await);
        tell(log, "try_from", &UdpSocket::try_from(b.into_std().unwrap()).map(|_| "made"));
    });
}

fn own_attempts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        let mut calls = 0;
        let result: io::Result<()> = b.try_io(Interest::READABLE, || {
            calls += 1;
            Ok(())
        });
        tell(log, "not ready", &result);
        a.send(b"abc").await.unwrap();
        let result = b
            .async_io(Interest::READABLE, || {
                calls += 1;
                socket2::SockRef::from(&b).recv(&mut [MaybeUninit::uninit(); 8])
            })
            .await;
        tell(log, "async_io", &result);
        log.note(calls > 0);
        let fails = || -> io::Result<()> { Err(io::Error::other("own")) };
        tell(log, "its error", &a.async_io(Interest::WRITABLE, fails).await);
        tell(log, "its error", &a.try_io(Interest::WRITABLE, fails));
    });
}

fn no_peer(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, _) = socket().await;
        tell(log, "send", &a.send(b"x").await);
        a.writable().await.unwrap();
        tell(log, "try_send", &a.try_send(b"x"));
        tell(log, "peer_addr", &a.peer_addr());
    });
}

fn several_addresses(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let ((a, at_a), (b, at_b)) = (socket().await, socket().await);
        // Only the first is sent to.
        tell(log, "send_to", &a.send_to(b"abc", &[at_b, at_a][..]).await);
        tell(log, "recv", &b.recv(&mut [0; 4]).await);
        tell(log, "no second", &a.try_recv(&mut [0; 4]));
        let six = SocketAddr::from((Ipv6Addr::LOCALHOST, 9));
        tell(log, "connect to the second", &a.connect(&[six, at_b][..]).await);
        log.note(a.peer_addr().unwrap() == at_b);
    });
}

fn shown(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, _) = socket().await;
        log.note(format!("{a:?}").contains("UdpSocket { addr: 127.0.0.1:"));
    });
}
