//! Unix datagrams.

use super::rt::io::ReadBuf;
use super::rt::net::UnixDatagram;
use super::setup::run;
use super::sockets::{Place, once, tell};
use crate::harness::{Case, Flavour, Log, cases};
use std::future::poll_fn;
use std::net::Shutdown;
use std::pin::pin;
// What Handcrank's streams have as methods of their own.
#[allow(unused_imports)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const CASES: &[Case] = cases![
    both: datagrams_by_path, a_datagram_pair, datagrams_into_buffers,
        datagrams_without_waiting, datagrams_end, a_full_queue, a_long_datagram,
        datagrams_from_std, dropped_receives_take_nothing;
];

fn datagrams_by_path(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (at_a, at_b) = (Place::new(), Place::new());
        let (a, b) = (UnixDatagram::bind(&at_a).unwrap(), UnixDatagram::bind(&at_b).unwrap());
        tell(log, "send_to", &a.send_to(b"abc", &at_b).await);
        let mut buf = [0; 8];
        let (length, from) = b.recv_from(&mut buf).await.unwrap();
        log.note(format!("{length} {}", from.as_pathname() == Some(at_a.as_ref())));
        tell(log, "connect", &a.connect(&at_b));
        tell(log, "send", &a.send(b"abcd").await);
        log.note(a.peer_addr().unwrap().as_pathname() == Some(at_b.as_ref()));
        log.note(b.local_addr().unwrap().as_pathname() == Some(at_b.as_ref()));
        tell(log, "no peer", &b.peer_addr());
        tell(log, "recv", &b.recv(&mut buf).await);
        let sent = poll_fn(|cx| a.poll_send_to(cx, b"x", &at_b)).await;
        tell(log, "by poll", &sent);
        tell(log, "by poll", &poll_fn(|cx| a.poll_send(cx, b"yz")).await);
        tell(log, "recv", &b.recv(&mut buf).await);
        tell(log, "recv", &b.recv(&mut buf).await);
        tell(log, "not connected", &b.send(b"x").await);
    });
}

fn a_datagram_pair(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        tell(log, "at once", &a.try_send(b"abcdef"));
        tell(log, "send", &a.send(b"").await);
        let mut buf = [0; 4];
        tell(log, "cut", &b.recv(&mut buf).await);
        let (length, from) = b.recv_from(&mut buf).await.unwrap();
        log.note(format!("{length} {from:?} {buf:?}"));
        log.note(once(pin!(b.recv(&mut buf))).await.is_none());
        tell(log, "local", &a.local_addr());
        tell(log, "peer", &a.peer_addr());
        drop(b);
        tell(log, "gone", &a.send(b"x").await);
        tell(log, "still gone", &a.send(b"x").await);
    });
}

fn datagrams_into_buffers(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let mut memory = [0; 8];
        let mut buf = ReadBuf::new(&mut memory);
        a.send(b"abc").await.unwrap();
        tell(log, "poll_recv", &poll_fn(|cx| b.poll_recv(cx, &mut buf)).await);
        a.send(b"defghijk").await.unwrap();
        tell(log, "poll_recv_from", &poll_fn(|cx| b.poll_recv_from(cx, &mut buf)).await);
        log.note(format!("{:?} {}", buf.filled(), buf.remaining()));
        let mut bytes = bytes::BytesMut::with_capacity(16);
        a.send(b"lm").await.unwrap();
        tell(log, "recv_buf", &b.recv_buf(&mut bytes).await);
        a.send(b"no").await.unwrap();
        tell(log, "recv_buf_from", &b.recv_buf_from(&mut bytes).await);
        a.send(b"pq").await.unwrap();
        b.readable().await.unwrap();
        tell(log, "try_recv_buf", &b.try_recv_buf(&mut bytes));
        a.send(b"rs").await.unwrap();
        b.readable().await.unwrap();
        tell(log, "try_recv_buf_from", &b.try_recv_buf_from(&mut bytes));
        log.note(format!("{bytes:?}"));
        tell(log, "try_recv_buf", &b.try_recv_buf(&mut bytes));
        tell(log, "try_recv_buf_from", &b.try_recv_buf_from(&mut bytes));
    });
}

fn datagrams_without_waiting(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let place = Place::new();
        let receiver = UnixDatagram::bind(&place).unwrap();
        let sender = UnixDatagram::unbound().unwrap();
        let mut buf = [0; 8];
        tell(log, "try_recv", &receiver.try_recv(&mut buf));
        tell(log, "try_recv_from", &receiver.try_recv_from(&mut buf));
        sender.writable().await.unwrap();
        tell(log, "try_send_to", &sender.try_send_to(b"abc", &place));
        receiver.readable().await.unwrap();
        tell(log, "try_recv_from", &receiver.try_recv_from(&mut buf));
        tell(log, "try_recv_from", &receiver.try_recv_from(&mut buf));
        sender.connect(&place).unwrap();
        tell(log, "try_send", &sender.try_send(b"abcd"));
        receiver.readable().await.unwrap();
        tell(log, "try_recv", &receiver.try_recv(&mut buf));
        tell(log, "ready", &poll_fn(|cx| sender.poll_send_ready(cx)).await);
    });
}

fn datagrams_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        a.send(b"abc").await.unwrap();
        tell(log, "shutdown", &b.shutdown(Shutdown::Read));
        tell(log, "recv", &b.recv(&mut [0; 8]).await);
        tell(log, "send", &a.send(b"x").await);
        tell(log, "shutdown", &a.shutdown(Shutdown::Both));
        tell(log, "send", &a.send(b"x").await);
        let unbound = UnixDatagram::unbound().unwrap();
        tell(log, "without a peer", &unbound.shutdown(Shutdown::Both));
    });
}

fn a_full_queue(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let mut sent = 0;
        let full = loop {
            a.writable().await.unwrap();
            match a.try_send(&[7; 1000]) {
                Ok(_) => sent += 1,
                Err(error) => break error,
            }
        };
        log.note(format!("{full}, {full:?}, {}", sent > 0));
        let mut send = Box::pin(a.send(b"last"));
        log.note(once(send.as_mut()).await.is_none());
        let mut buf = [0; 1000];
        for _ in 0..sent {
            assert_eq!(b.recv(&mut buf).await.unwrap(), 1000);
        }
        tell(log, "send", &send.await);
        tell(log, "recv", &b.recv(&mut buf).await);
    });
}

fn a_long_datagram(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let message: Vec<u8> = (0..100_000_u32).map(|number| number as u8).collect();
        tell(log, "send", &a.send(&message).await);
        tell(log, "send", &a.send(&message).await);
        let mut bytes = Vec::with_capacity(150_000);
        tell(log, "recv_buf", &b.recv_buf(&mut bytes).await);
        log.note(bytes == message);
        tell(log, "the rest of it", &b.recv_buf(&mut bytes).await);
        log.note(bytes[100_000..] == message[..50_000]);
    });
}

fn datagrams_from_std(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let std = b.into_std().unwrap();
        tell(log, "std", &std.recv(&mut [0; 4]));
        let b = UnixDatagram::from_std(std).unwrap();
        a.send(b"abc").await.unwrap();
        tell(log, "recv", &b.recv(&mut [0; 8]).await);
        tell(log, "try_from", &UnixDatagram::try_from(b.into_std().unwrap()).map(|_| "made"));
    });
}

fn dropped_receives_take_nothing(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixDatagram::pair().unwrap();
        let mut buf = [0; 8];
        for _ in 0..3 {
            log.note(once(pin!(b.recv(&mut buf))).await.is_none());
            log.note(once(pin!(b.recv_from(&mut buf))).await.is_none());
        }
        a.send(b"abc").await.unwrap();
        tell(log, "recv", &b.recv(&mut buf).await);
    });
}
