//! UDP sockets.

use super::rt;
use super::rt::io::ReadBuf;
use super::rt::net::UdpSocket;
use super::setup::run;
use crate::harness::{Case, Flavour, Log, cases};
use bytes::{BufMut, BytesMut};
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::io;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

pub(crate) const CASES: &[Case] = cases![
    both: there_and_back, connected_hears_its_peer_alone, what_does_not_fit, an_empty_message,
        polling_into_a_buffer, polling_to_peek, peeking, who_sends, growing_buffers,
        trying_without_messages, a_refused_message_wakes, a_refused_message_ends_other_calls,
        nowhere_to_send, dropped_receives_take_nothing, two_receive, options, multicast,
        service_types, devices, bind_errors, from_std_and_back, own_attempts, too_long, no_peer,
        several_addresses, shown;
];

/// Notes a result, an error with its kind and texts.
fn tell<T: Debug>(log: &Log, what: &str, result: &io::Result<T>) {
    match result {
        Ok(value) => log.note(format!("{what}: {value:?}")),
        Err(error) => log.note(format!("{what}: {:?}, {error}, {error:?}", error.kind())),
    }
}

async fn socket() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Two sockets, connected to each other.
async fn pair() -> (UdpSocket, UdpSocket) {
    let ((a, at_a), (b, at_b)) = (socket().await, socket().await);
    a.connect(at_b).await.unwrap();
    b.connect(at_a).await.unwrap();
    (a, b)
}

async fn once<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    let mut future = Some(future);
    poll_fn(|cx| match future.take().expect("once").poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

fn there_and_back(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let ((a, at_a), (b, at_b)) = (socket().await, socket().await);
        tell(log, "send_to", &a.send_to(b"hello", at_b).await);
        let mut buf = [0; 16];
        let (length, from) = b.recv_from(&mut buf).await.unwrap();
        log.note(format!("{:?} {}", &buf[..length], from == at_a));
        tell(log, "back", &b.send_to(b"hi", &from.to_string()[..]).await);
        tell(log, "recv", &a.recv(&mut buf).await);
        tell(log, "by poll", &poll_fn(|cx| a.poll_send_to(cx, b"abc", at_b)).await);
        tell(log, "recv", &b.recv(&mut buf).await);
    });
}

fn connected_hears_its_peer_alone(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        let (stranger, _) = socket().await;
        log.note(a.peer_addr().unwrap() == b.local_addr().unwrap());
        stranger.send_to(b"not for you", b.local_addr().unwrap()).await.unwrap();
        tell(log, "send", &a.send(b"for you").await);
        let mut buf = [0; 16];
        tell(log, "recv", &b.recv(&mut buf).await);
        tell(log, "no more", &b.try_recv(&mut buf));
        tell(log, "by poll", &poll_fn(|cx| a.poll_send(cx, b"again")).await);
        let (length, from) = b.recv_from(&mut buf).await.unwrap();
        log.note(format!("{length} {}", from == a.local_addr().unwrap()));
    });
}

fn what_does_not_fit(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        a.send(b"abcdef").await.unwrap();
        a.send(b"xyz").await.unwrap();
        let mut buf = [0; 4];
        tell(log, "cut", &b.recv(&mut buf).await);
        tell(log, "whole", &b.recv(&mut buf).await);
        log.note(format!("{buf:?}"));
        a.send(b"lost").await.unwrap();
        a.send(b"kept").await.unwrap();
        tell(log, "none of it", &b.recv(&mut []).await);
        tell(log, "the next", &b.recv(&mut buf).await);
        log.note(format!("{buf:?}"));
    });
}

fn an_empty_message(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        tell(log, "send", &a.send(&[]).await);
        let mut buf = [1; 4];
        tell(log, "recv", &b.recv(&mut buf).await);
        log.note(format!("{buf:?}"));
        log.note(once(pin!(b.recv(&mut buf))).await.is_none());
    });
}

fn polling_into_a_buffer(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        let mut memory = [MaybeUninit::uninit(); 8];
        let mut buf = ReadBuf::uninit(&mut memory);
        let pending = poll_fn(|cx| Poll::Ready(b.poll_recv(cx, &mut buf).is_pending())).await;
        log.note(format!("{pending} {} {}", buf.filled().len(), buf.remaining()));
        a.send(b"abc").await.unwrap();
        tell(log, "poll_recv", &poll_fn(|cx| b.poll_recv(cx, &mut buf)).await);
        log.note(format!("{:?} {}", buf.filled(), buf.remaining()));
        a.send(b"defghijk").await.unwrap();
        let from = poll_fn(|cx| b.poll_recv_from(cx, &mut buf)).await.unwrap();
        log.note(format!("{:?} {}", buf.filled(), from == a.local_addr().unwrap()));
        a.send(b"x").await.unwrap();
        tell(log, "full", &poll_fn(|cx| b.poll_recv(cx, &mut buf)).await);
        log.note(buf.filled().len());
        tell(log, "ready to send", &poll_fn(|cx| a.poll_send_ready(cx)).await);
        a.send(b"y").await.unwrap();
        tell(log, "ready to receive", &poll_fn(|cx| b.poll_recv_ready(cx)).await);
    });
}

fn polling_to_peek(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        a.send(b"abc").await.unwrap();
        let mut memory = [0; 8];
        let mut buf = ReadBuf::new(&mut memory);
        for _ in 0..2 {
            tell(log, "poll_peek", &poll_fn(|cx| b.poll_peek(cx, &mut buf)).await);
            log.note(format!("{buf:?} {:?}", buf.filled()));
        }
        let from = poll_fn(|cx| b.poll_peek_from(cx, &mut buf)).await.unwrap();
        log.note(format!("{:?} {}", buf.filled(), from == a.local_addr().unwrap()));
        let sender = poll_fn(|cx| b.poll_peek_sender(cx)).await.unwrap();
        log.note(sender == from);
    });
}

fn peeking(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        let mut buf = [0; 4];
        tell(log, "try_peek", &b.try_peek(&mut buf));
        tell(log, "try_peek_from", &b.try_peek_from(&mut buf));
        a.send(b"abcdef").await.unwrap();
        tell(log, "peek", &b.peek(&mut buf).await);
        let (length, from) = b.peek_from(&mut buf).await.unwrap();
        log.note(format!("{length} {} {buf:?}", from == a.local_addr().unwrap()));
        tell(log, "try_peek", &b.try_peek(&mut buf));
        tell(log, "try_peek_from", &b.try_peek_from(&mut buf).map(|(length, _)| length));
        let mut buf = [0; 8];
        tell(log, "still there", &b.try_recv(&mut buf));
        tell(log, "and gone", &b.try_peek(&mut buf));
        log.note(once(pin!(b.peek(&mut buf))).await.is_none());
    });
}

fn who_sends(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let ((a, at_a), (b, at_b)) = (socket().await, socket().await);
        tell(log, "nobody", &a.try_peek_sender());
        log.note(once(pin!(a.peek_sender())).await.is_none());
        b.send_to(b"abc", at_a).await.unwrap();
        log.note(a.peek_sender().await.unwrap() == at_b);
        log.note(a.try_peek_sender().unwrap() == at_b);
        tell(log, "recv", &a.recv(&mut [0; 4]).await);
    });
}

fn growing_buffers(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        let mut bytes = BytesMut::with_capacity(32);
        bytes.put_slice(b"- ");
        a.send(b"abc").await.unwrap();
        tell(log, "recv_buf", &b.recv_buf(&mut bytes).await);
        a.send(b"def").await.unwrap();
        let (length, from) = b.recv_buf_from(&mut bytes).await.unwrap();
        log.note(format!("{length} {}", from == a.local_addr().unwrap()));
        log.note(format!("{bytes:?}"));
        // A full vector makes room for 64 bytes.
        let mut vector = Vec::new();
        a.send(&[7; 100]).await.unwrap();
        tell(log, "cut", &b.recv_buf(&mut vector).await);
        log.note(vector.len());
        let mut memory = [0; 4];
        let mut slice = &mut memory[..];
        a.send(b"vwxyz").await.unwrap();
        b.readable().await.unwrap();
        tell(log, "into a slice", &b.try_recv_buf(&mut slice));
        log.note(format!("{} left", slice.len()));
        tell(log, "nothing", &b.try_recv_buf(&mut bytes));
        a.send(b"end").await.unwrap();
        b.readable().await.unwrap();
        tell(log, "the last", &b.try_recv_buf_from(&mut bytes).map(|(length, _)| length));
        log.note(format!("{bytes:?} {memory:?}"));
        tell(log, "nothing", &b.try_recv_buf_from(&mut bytes));
    });
}

fn trying_without_messages(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let ((a, at_a), (b, _)) = (socket().await, socket().await);
        let mut buf = [0; 8];
        tell(log, "try_recv", &a.try_recv(&mut buf));
        tell(log, "try_recv_from", &a.try_recv_from(&mut buf));
        b.writable().await.unwrap();
        tell(log, "try_send_to", &b.try_send_to(b"abc", at_a));
        a.readable().await.unwrap();
        tell(log, "try_recv_from", &a.try_recv_from(&mut buf).map(|(length, _)| length));
        tell(log, "again", &a.try_recv_from(&mut buf).map(|(length, _)| length));
        tell(log, "and again", &a.try_recv(&mut buf));
        b.connect(at_a).await.unwrap();
        tell(log, "try_send", &b.try_send(b"abcd"));
        tell(log, "recv", &a.recv(&mut buf).await);
    });
}

/// A socket connected to where nobody is.
async fn lonely() -> UdpSocket {
    let (a, _) = socket().await;
    let (b, at_b) = socket().await;
    a.connect(at_b).await.unwrap();
    drop(b);
    a
}

fn a_refused_message_wakes(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut buf = [0; 8];
        let a = lonely().await;
        a.send(b"anybody?").await.unwrap();
        tell(log, "recv", &a.recv(&mut buf).await);
        a.send(b"anybody?").await.unwrap();
        tell(log, "recv_from", &a.recv_from(&mut buf).await);
        a.send(b"anybody?").await.unwrap();
        tell(log, "peek", &a.peek(&mut buf).await);
        a.send(b"anybody?").await.unwrap();
        tell(log, "recv_buf", &a.recv_buf(&mut Vec::new()).await);
        log.note(once(pin!(a.recv(&mut buf))).await.is_none());
    });
}

fn a_refused_message_ends_other_calls(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let a = lonely().await;
        a.send(b"anybody?").await.unwrap();
        let ready = a.ready(rt::io::Interest::ERROR).await.unwrap();
        log.note(ready.is_error());
        tell(log, "take_error", &a.take_error().map(|error| error.map(|error| error.kind())));
        tell(log, "take_error", &a.take_error().map(|error| error.map(|error| error.kind())));
    });
}

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

fn dropped_receives_take_nothing(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        let mut buf = [0; 8];
        for _ in 0..3 {
            log.note(once(pin!(b.recv(&mut buf))).await.is_none());
            log.note(once(pin!(b.recv_from(&mut buf))).await.is_none());
            log.note(once(pin!(b.readable())).await.is_none());
        }
        a.send(b"abc").await.unwrap();
        tell(log, "readable", &b.readable().await);
        tell(log, "readable", &b.readable().await);
        tell(log, "recv", &b.recv(&mut buf).await);
    });
}

fn two_receive(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        let b = Arc::new(b);
        let tasks: Vec<_> = (0..2)
            .map(|_| {
                let b = Arc::clone(&b);
                rt::spawn(async move {
                    let mut buf = [0; 8];
                    let length = b.recv(&mut buf).await.unwrap();
                    buf[..length].to_vec()
                })
            })
            .collect();
        a.send(b"abc").await.unwrap();
        a.send(b"def").await.unwrap();
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.await.unwrap());
        }
        all.sort();
        log.note(format!("{all:?}"));
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
    use rt::io::Interest;
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

fn too_long(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = pair().await;
        tell(log, "too long", &a.send(&[1; 70_000]).await);
        tell(log, "the longest", &a.send(&[2; 65_507]).await);
        let mut bytes = BytesMut::with_capacity(100_000);
        tell(log, "recv_buf", &b.recv_buf(&mut bytes).await);
        log.note(bytes.iter().all(|&byte| byte == 2));
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
