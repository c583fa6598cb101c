//! UDP: messages sent and received.

use super::rt;
use super::rt::io::ReadBuf;
use super::rt::net::UdpSocket;
use super::setup::run;
use super::sockets::{once, tell};
use crate::harness::{Case, Flavour, Log, cases};
use bytes::{BufMut, BytesMut};
use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

pub(crate) const CASES: &[Case] = cases![
    both: there_and_back, connected_hears_its_peer_alone, what_does_not_fit, an_empty_message,
        polling_into_a_buffer, polling_to_peek, peeking, who_sends, growing_buffers,
        trying_without_messages, a_refused_message_wakes, a_refused_message_ends_other_calls,
        dropped_receives_take_nothing, two_receive, too_long;
];

pub(super) async fn socket() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Two sockets, connected to each other.
pub(super) async fn pair() -> (UdpSocket, UdpSocket) {
    let ((a, at_a), (b, at_b)) = (socket().await, socket().await);
    a.connect(at_b).await.unwrap();
    b.connect(at_a).await.unwrap();
    (a, b)
}

/// Waits until there is a message. (A socket that was readable when it was last asked counts as such; what was sent to
/// it since may still be on its way.)
async fn arrived(socket: &UdpSocket) {
    socket.peek(&mut [0; 1]).await.unwrap();
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
        arrived(&b).await;
        tell(log, "into a slice", &b.try_recv_buf(&mut slice));
        log.note(format!("{} left", slice.len()));
        tell(log, "nothing", &b.try_recv_buf(&mut bytes));
        a.send(b"end").await.unwrap();
        arrived(&b).await;
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

/// A socket connected to where nobody hears it. The other one holds that address, so that nobody else can come
/// there, and takes nothing but what it sends itself.
async fn lonely() -> (UdpSocket, UdpSocket) {
    let (a, _) = socket().await;
    let (b, at_b) = socket().await;
    a.connect(at_b).await.unwrap();
    b.connect(at_b).await.unwrap();
    (a, b)
}

fn a_refused_message_wakes(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut buf = [0; 8];
        let (a, _b) = lonely().await;
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
        let (a, _b) = lonely().await;
        a.send(b"anybody?").await.unwrap();
        let ready = a.ready(rt::io::Interest::ERROR).await.unwrap();
        log.note(ready.is_error());
        tell(log, "take_error", &a.take_error().map(|error| error.map(|error| error.kind())));
        tell(log, "take_error", &a.take_error().map(|error| error.map(|error| error.kind())));
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
