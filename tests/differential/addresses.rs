//! What may stand where an address is wanted, and looking up names.

use super::rt;
use super::rt::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket, lookup_host};
use super::setup::run;
use super::sockets::tell;
use crate::harness::{Case, Flavour, Log, cases};
use futures_util::FutureExt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

pub(crate) const CASES: &[Case] = cases![
    both: literals, literals_as_text, names, what_is_none, none_at_all, the_first_that_works,
        the_last_error, literals_need_no_runtime, names_need_one, cancelled_lookups,
        references, how_many, in_a_task;
];

async fn look(log: &Log, what: &str, host: impl ToSocketAddrs) {
    let found = lookup_host(host).await.map(Iterator::collect::<Vec<_>>);
    tell(log, what, &found);
}

fn literals(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (four, six) = (Ipv4Addr::new(1, 2, 3, 4), Ipv6Addr::new(1, 2, 3, 4, 5, 6, 7, 8));
        look(log, "v4", SocketAddrV4::new(four, 5)).await;
        look(log, "v6", SocketAddrV6::new(six, 5, 6, 7)).await;
        look(log, "either", SocketAddr::from((four, 5))).await;
        look(log, "pair", (IpAddr::V6(six), 5)).await;
        look(log, "pair", (four, 5)).await;
        look(log, "pair", (six, 5)).await;
        let list = [SocketAddr::from((four, 5)), SocketAddr::from((six, 6))];
        look(log, "list", &list[..]).await;
        look(log, "empty list", &[][..]).await;
    });
}

fn literals_as_text(flavour: Flavour, log: &Log) {
    run(flavour, async {
        look(log, "v4", "1.2.3.4:5").await;
        look(log, "v6", "[1:2::8]:5").await;
        look(log, "scope", "[fe80::1%3]:5").await;
        look(log, "string", String::from("1.2.3.4:5")).await;
        look(log, "pair", ("1.2.3.4", 5)).await;
        look(log, "pair", ("1:2::8", 5)).await;
        look(log, "pair", (String::from("1.2.3.4"), 5)).await;
    });
}

fn names(flavour: Flavour, log: &Log) {
    run(flavour, async {
        look(log, "text", "localhost:80").await;
        look(log, "pair", ("localhost", 80)).await;
        look(log, "string", (String::from("localhost"), 80)).await;
        look(log, "string", String::from("localhost:80")).await;
    });
}

fn what_is_none(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for text in ["", "localhost", "localhost:", ":", "localhost:70000", "localhost:-1", "a:b:c"]
        {
            look(log, text, text).await;
        }
        look(log, "in brackets", ("[::1]", 80)).await;
        look(log, "a zero byte", ("a\0b", 80)).await;
        tell(log, "bind", &TcpListener::bind("nowhere").await.map(|_| "bound"));
        tell(log, "connect", &TcpStream::connect("nowhere").await.map(|_| "connected"));
        tell(log, "udp", &UdpSocket::bind("nowhere").await.map(|_| "bound"));
    });
}

fn none_at_all(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let none: &[SocketAddr] = &[];
        tell(log, "bind", &TcpListener::bind(none).await.map(|_| "bound"));
        tell(log, "connect", &TcpStream::connect(none).await.map(|_| "connected"));
        tell(log, "udp", &UdpSocket::bind(none).await.map(|_| "bound"));
    });
}

/// An address at which nobody listens.
fn closed() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn the_first_that_works(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let stream = TcpStream::connect(&[closed(), open, closed()][..]).await.unwrap();
        log.note(stream.peer_addr().unwrap() == open);
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let second = TcpListener::bind(&[open, any][..]).await.unwrap();
        log.note(second.local_addr().unwrap() != open);
    });
}

fn the_last_error(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let used = listener.local_addr().unwrap();
        let not_ours = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 0));
        let both = [used, not_ours];
        tell(log, "bind", &TcpListener::bind(&both[..]).await.map(|_| "bound"));
        let both = [not_ours, used];
        tell(log, "bind", &TcpListener::bind(&both[..]).await.map(|_| "bound"));
    });
}

fn literals_need_no_runtime(_: Flavour, log: &Log) {
    for text in ["1.2.3.4:5", "[::1]:5"] {
        let found = lookup_host(text).now_or_never();
        tell(log, text, &found.expect("at once").map(Iterator::collect::<Vec<_>>));
    }
    let found = lookup_host(("1.2.3.4", 5)).now_or_never().expect("at once");
    tell(log, "pair", &found.map(Iterator::collect::<Vec<_>>));
}

fn names_need_one(_: Flavour, log: &Log) {
    log.note_panic(|| lookup_host("localhost:80").now_or_never().map(|_| ()));
    log.note_panic(|| lookup_host(("localhost", 80)).now_or_never().map(|_| ()));
}

fn cancelled_lookups(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for _ in 0..10 {
            drop(lookup_host("localhost:80"));
            let _ = lookup_host("localhost:80").now_or_never();
        }
        look(log, "after", "localhost:80").await;
    });
}

fn references(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let text = String::from("1.2.3.4:5");
        look(log, "once", &text).await;
        look(log, "twice", &&text).await;
        look(log, "thrice", &&&text[..]).await;
        look(log, "a pair", &("1.2.3.4", 5)).await;
        let list = [SocketAddr::from(([1, 2, 3, 4], 5))];
        look(log, "a list", &&list[..]).await;
    });
}

fn how_many(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let one = lookup_host("1.2.3.4:5").await.unwrap();
        log.note(format!("{:?}", one.size_hint()));
        let list = [SocketAddr::from(([1, 2, 3, 4], 5)); 3];
        let mut three = lookup_host(&list[..]).await.unwrap();
        log.note(format!("{:?} {:?}", three.size_hint(), three.next()));
        log.note(format!("{:?}", three.size_hint()));
    });
}

fn in_a_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let found = rt::spawn(async {
            lookup_host("localhost:80").await.map(Iterator::count).is_ok_and(|found| found > 0)
        });
        log.note(found.await.unwrap());
    });
}
