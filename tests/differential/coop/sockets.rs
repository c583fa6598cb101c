//! What sockets spend.

use super::super::sockets::pair;
use super::rt;
use super::rt::net::{TcpListener, UdpSocket, UnixDatagram, UnixStream};
use super::rt::task;
use super::setup::run;
use super::{count, left};
use crate::harness::{Case, Flavour, Log, cases};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
// Handcrank's streams have methods of their own.
#[allow(unused_imports)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const CASES: &[Case] = cases![
    both: tcp_reads, tcp_writes, tcp_peeks, tcp_accepts, tcp_readiness, udp, unix, unix_datagrams,
        async_io;
];

/// What `f` makes of one poll with a full budget.
async fn fresh<T>(mut f: impl FnMut(&mut Context<'_>) -> T) -> T {
    task::yield_now().await;
    poll_fn(|cx| Poll::Ready(f(cx))).await
}

/// How many times in a row it is ready, of so many. (What [`count`] cannot ask: a future that borrows its
/// buffer.)
fn times(most: usize, mut is_ready: impl FnMut() -> bool) -> usize {
    (0..most).take_while(|_| is_ready()).count()
}

fn tcp_reads(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut near, mut far) = pair().await;
        near.write_all(&[7; 2_000]).await.unwrap();
        far.readable().await.unwrap();
        let mut byte = [0];
        log.note(fresh(|cx| times(1_000, || pin!(far.read(&mut byte)).poll(cx).is_ready())).await);
    });
}

fn tcp_writes(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut near, _far) = pair().await;
        near.writable().await.unwrap();
        log.note(fresh(|cx| times(1_000, || pin!(near.write(&[1])).poll(cx).is_ready())).await);
    });
}

fn tcp_peeks(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut near, far) = pair().await;
        near.write_all(&[7; 100]).await.unwrap();
        far.readable().await.unwrap();
        let mut buffer = [0; 4];
        log.note(
            fresh(|cx| times(1_000, || pin!(far.peek(&mut buffer)).poll(cx).is_ready())).await,
        );
    });
}

fn tcp_accepts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // Not more than the system's queue takes.
        let _peers: Vec<_> =
            (0..100).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        let _first = listener.accept().await.unwrap();
        let seen = fresh(|cx| {
            let mut accepts = 0;
            while let Poll::Ready(accepted) = listener.poll_accept(cx) {
                accepted.unwrap();
                accepts += 1;
            }
            (accepts, left(cx))
        });
        log.note(format!("{:?}", seen.await));
    });
}

fn tcp_readiness(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut near, far) = pair().await;
        near.write_all(&[7; 100]).await.unwrap();
        far.readable().await.unwrap();
        let readable = rt::io::Interest::READABLE;
        log.note(fresh(|cx| count(cx, || far.readable())).await);
        log.note(fresh(|cx| count(cx, || far.writable())).await);
        log.note(fresh(|cx| count(cx, || far.ready(readable))).await);
        log.note(fresh(|cx| times(1_000, || far.poll_read_ready(cx).is_ready())).await);
        log.note(fresh(|cx| times(1_000, || far.poll_write_ready(cx).is_ready())).await);
    });
}

fn udp(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let near = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let far = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = far.local_addr().unwrap();
        near.connect(address).await.unwrap();
        near.writable().await.unwrap();
        log.note(fresh(|cx| count(cx, || near.send(b"x"))).await);
        far.readable().await.unwrap();
        let mut buffer = [0; 4];
        let peek = |cx: &mut Context<'_>| {
            times(1_000, || pin!(far.peek_from(&mut buffer)).poll(cx).is_ready())
        };
        log.note(fresh(peek).await);
        let receive = |cx: &mut Context<'_>| {
            let received = times(50, || pin!(far.recv_from(&mut buffer)).poll(cx).is_ready());
            (received, left(cx))
        };
        log.note(format!("{:?}", fresh(receive).await));
        let send = |cx: &mut Context<'_>| {
            let sent = (0..50).filter(|_| pin!(near.send_to(b"x", address)).poll(cx).is_ready());
            (sent.count(), left(cx))
        };
        log.note(format!("{:?}", fresh(send).await));
    });
}

fn unix(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        near.write_all(&[7; 500]).await.unwrap();
        far.readable().await.unwrap();
        let mut byte = [0];
        log.note(fresh(|cx| times(400, || pin!(far.read(&mut byte)).poll(cx).is_ready())).await);
        log.note(fresh(|cx| times(400, || pin!(near.write(&[1])).poll(cx).is_ready())).await);
    });
}

fn unix_datagrams(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (near, far) = UnixDatagram::pair().unwrap();
        near.writable().await.unwrap();
        let mut buffer = [0; 4];
        // Few at a time, as the system queues hardly any.
        let to_and_fro = |cx: &mut Context<'_>| {
            times(1_000, || {
                pin!(near.send(b"x")).poll(cx).is_ready() && far.try_recv(&mut buffer).is_ok()
            })
        };
        let _ = fresh(to_and_fro).await;
        near.send(b"y").await.unwrap();
        far.readable().await.unwrap();
        let seen = fresh(|cx| (pin!(far.recv(&mut buffer)).poll(cx).is_ready(), left(cx)));
        log.note(format!("{:?}", seen.await));
    });
}

fn async_io(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (near, _far) = pair().await;
        near.writable().await.unwrap();
        let writable = rt::io::Interest::WRITABLE;
        log.note(fresh(|cx| count(cx, || near.async_io(writable, || Ok(())))).await);
        let free = |cx: &mut Context<'_>| {
            (0..200).for_each(|_| near.try_io(writable, || Ok(())).unwrap());
            left(cx)
        };
        log.note(fresh(free).await);
    });
}
