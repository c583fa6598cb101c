//! TCP streams: what is written and read, ends, errors.

use super::rt;
use super::rt::net::{TcpListener, TcpSocket, TcpStream};
use super::setup::run;
use super::sockets::{once, pair, tell};
use crate::harness::{Case, Flavour, Log, cases};
use futures_util::future::join;
use std::future::poll_fn;
use std::io;
use std::io::{IoSlice, IoSliceMut};
use std::pin::pin;
// What Handcrank's streams have as methods of their own.
#[allow(unused_imports)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const CASES: &[Case] = cases![
    both: both_ends_talk, an_end_stays_an_end, half_closed_still_reads, reset_by_the_peer,
        nobody_listens, address_in_use, too_early_an_end, peeking, polling_to_peek,
        empty_buffers, trying_without_data, back_pressure, vectored, vectored_without_waiting,
        bytes_buffers, from_std_and_back, not_utf8, the_whole_as_a_string, addresses_agree,
        shown;
];

fn both_ends_talk(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        let task = rt::spawn(async move {
            let mut buf = [0; 5];
            let read = server.read_exact(&mut buf).await.unwrap();
            server.write_all(&buf[..read]).await.unwrap();
            server.flush().await.unwrap();
            buf
        });
        tell(log, "write", &client.write(b"hello").await);
        let mut buf = [0; 8];
        let mut got = 0;
        while got < 5 {
            got += client.read(&mut buf[got..]).await.unwrap();
        }
        log.note(format!("{:?}", &buf[..got]));
        log.note(format!("{:?}", task.await.unwrap()));
        tell(log, "then", &client.read(&mut buf).await);
    });
}

fn an_end_stays_an_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, server) = pair().await;
        drop(server);
        let mut buf = [0; 8];
        for _ in 0..3 {
            tell(log, "read", &client.read(&mut buf).await);
        }
        client.readable().await.unwrap();
        tell(log, "try_read", &client.try_read(&mut buf));
        tell(log, "peek", &client.peek(&mut buf).await);
    });
}

fn half_closed_still_reads(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        tell(log, "shutdown", &client.shutdown().await);
        let mut buf = [0; 8];
        tell(log, "server reads", &server.read(&mut buf).await);
        tell(log, "server writes", &server.write(b"late").await);
        drop(server);
        let mut all = Vec::new();
        tell(log, "client reads", &client.read_to_end(&mut all).await);
        log.note(format!("{all:?}"));
        tell(log, "client writes", &client.write(b"more").await);
        tell(log, "client tries", &client.try_write(b"more"));
    });
}

fn reset_by_the_peer(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, server) = pair().await;
        tell(log, "linger", &server.set_zero_linger());
        drop(server);
        let mut buf = [0; 8];
        tell(log, "read", &client.read(&mut buf).await);
        tell(log, "again", &client.read(&mut buf).await);
        tell(log, "write", &client.write(b"x").await);
        tell(log, "write_all", &client.write_all(b"x").await);
        tell(log, "shutdown", &client.shutdown().await);
        tell(log, "peer", &client.peer_addr().map(|_| "known"));
    });
}

fn nobody_listens(flavour: Flavour, log: &Log) {
    run(flavour, async {
        // Held, so that nobody else comes to listen there.
        let held = TcpSocket::new_v4().unwrap();
        held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = held.local_addr().unwrap();
        tell(log, "connect", &TcpStream::connect(address).await.map(|_| "connected"));
        let none: &[std::net::SocketAddr] = &[];
        tell(log, "nowhere", &TcpStream::connect(none).await.map(|_| "connected"));
        tell(log, "nothing", &TcpListener::bind(none).await.map(|_| "bound"));
    });
}

fn address_in_use(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tell(log, "twice", &TcpListener::bind(address).await.map(|_| "bound"));
        drop(listener);
        tell(log, "after", &TcpListener::bind(address).await.map(|_| "bound"));
        tell(log, "not ours", &TcpListener::bind("192.0.2.1:0").await.map(|_| "bound"));
    });
}

fn too_early_an_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        client.write_all(b"abc").await.unwrap();
        client.shutdown().await.unwrap();
        let mut buf = [0; 5];
        tell(log, "read_exact", &server.read_exact(&mut buf).await);
        tell(log, "nothing wanted", &server.read_exact(&mut []).await);
        tell(log, "read_buf", &server.read_buf(&mut Vec::new()).await);
    });
}

fn peeking(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        client.write_all(b"abcd").await.unwrap();
        let mut buf = [0; 3];
        for _ in 0..2 {
            tell(log, "peek", &server.peek(&mut buf).await);
            log.note(format!("{buf:?}"));
        }
        let (mut read, _write) = server.split();
        tell(log, "a half peeks", &read.peek(&mut buf).await);
        let mut buf = [0; 8];
        tell(log, "read", &server.read(&mut buf).await);
        let waits = once(pin!(server.peek(&mut buf))).await.is_none();
        log.note(format!("peek waits: {waits}"));
    });
}

fn polling_to_peek(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, server) = pair().await;
        client.write_all(b"abcd").await.unwrap();
        let mut memory = [0; 6];
        let mut buf = rt::io::ReadBuf::new(&mut memory);
        buf.put_slice(b"-");
        for _ in 0..3 {
            tell(log, "poll_peek", &poll_fn(|cx| server.poll_peek(cx, &mut buf)).await);
            log.note(format!("{buf:?} {:?}", buf.filled()));
        }
        let (mut read, write) = server.into_split();
        buf.clear();
        tell(log, "a half", &poll_fn(|cx| read.poll_peek(cx, &mut buf)).await);
        drop(write);
    });
}

fn empty_buffers(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        tell(log, "write", &client.write(&[]).await);
        tell(log, "write_all", &client.write_all(&[]).await);
        let waits = once(pin!(client.read(&mut []))).await.is_none();
        log.note(format!("an empty read waits: {waits}"));
        server.write_all(b"x").await.unwrap();
        tell(log, "read", &client.read(&mut []).await);
        tell(log, "write_vectored", &client.write_vectored(&[]).await);
        let mut buf = [0; 4];
        tell(log, "the byte", &client.read(&mut buf).await);
    });
}

fn trying_without_data(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, server) = pair().await;
        let mut buf = [0; 8];
        // The first attempt finds nothing, the second is not even made.
        tell(log, "try_read", &server.try_read(&mut buf));
        tell(log, "try_read", &server.try_read(&mut buf));
        let mut slices = [IoSliceMut::new(&mut buf)];
        tell(log, "try_read_vectored", &server.try_read_vectored(&mut slices));
        tell(log, "try_read_buf", &server.try_read_buf(&mut Vec::with_capacity(4)));
        client.write_all(b"abc").await.unwrap();
        server.readable().await.unwrap();
        tell(log, "with data", &server.try_read(&mut buf[..2]));
        tell(log, "with more", &server.try_read(&mut buf[..2]));
        tell(log, "all read", &server.try_read(&mut buf[..2]));
        tell(log, "try_write", &server.try_write(b"xyz"));
        tell(log, "nothing", &server.try_write(b""));
    });
}

fn back_pressure(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, mut server) = pair().await;
        let chunk = vec![7; 64 * 1024];
        let mut sent = 0;
        // The other side's buffers take a while to fill.
        let refused = loop {
            client.writable().await.unwrap();
            match client.try_write(&chunk) {
                Ok(written) => sent += written,
                Err(error) => break error,
            }
            if once(pin!(client.writable())).await.is_none() {
                break io::ErrorKind::WouldBlock.into();
            }
        };
        log.note(format!("{refused}, {refused:?}"));
        log.note(format!("sent some: {}", sent > 0));
        let (mut client, write) = client.into_split();
        let writer = rt::spawn(async move {
            let mut write = write;
            write.write_all(&[8; 100_000]).await.unwrap();
        });
        let (mut received, mut last) = (0, 0);
        let mut buf = vec![0; 50_000];
        while let read @ 1.. = server.read(&mut buf).await.unwrap() {
            received += read;
            last = buf[read - 1];
        }
        log.note(format!("{} and {last}", received - sent));
        writer.await.unwrap();
        drop(server);
        tell(log, "the end", &client.read(&mut buf).await);
    });
}

fn vectored(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        let slices = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")];
        tell(log, "write_vectored", &client.write_vectored(&slices).await);
        let (mut first, mut second) = ([0; 3], [0; 8]);
        tell(log, "read", &server.read_exact(&mut first).await);
        tell(log, "read", &server.read(&mut second).await);
        log.note(format!("{first:?} {second:?}"));
    });
}

fn vectored_without_waiting(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, server) = pair().await;
        client.writable().await.unwrap();
        let slices = [IoSlice::new(b"ab"), IoSlice::new(b"cde")];
        tell(log, "try_write_vectored", &client.try_write_vectored(&slices));
        let mut buf = [0; 5];
        while server.peek(&mut buf).await.unwrap() < 5 {}
        let (mut first, mut second) = ([0; 1], [0; 8]);
        let mut slices = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        tell(log, "try_read_vectored", &server.try_read_vectored(&mut slices));
        log.note(format!("{first:?} {second:?}"));
    });
}

fn bytes_buffers(flavour: Flavour, log: &Log) {
    use bytes::{Buf, BytesMut};
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        let mut chain = Buf::chain(&b"ab"[..], &b"cde"[..]);
        tell(log, "write_buf", &client.write_buf(&mut chain).await);
        log.note(format!("{} left", chain.remaining()));
        tell(log, "write_all_buf", &client.write_all_buf(&mut &b"fg"[..]).await);
        tell(log, "nothing", &client.write_buf(&mut &b""[..]).await);
        client.shutdown().await.unwrap();
        let mut all = BytesMut::with_capacity(4);
        while let 1.. = server.read_buf(&mut all).await.unwrap() {}
        log.note(format!("{all:?}"));
        let mut full = &mut [0; 0][..];
        tell(log, "no room", &server.read_buf(&mut full).await);
        tell(log, "try_read_buf", &server.try_read_buf(&mut all));
    });
}

fn from_std_and_back(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, server) = pair().await;
        let std = client.into_std().unwrap();
        // It stays non-blocking.
        tell(log, "std reads", &io::Read::read(&mut &std, &mut [0; 1]));
        let mut client = TcpStream::from_std(std).unwrap();
        drop(server);
        tell(log, "read", &client.read(&mut [0; 1]).await);

        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::try_from(listener).unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = join(TcpStream::connect(address), listener.accept()).await;
        log.note(client.is_ok() && accepted.is_ok());
        tell(log, "std", &listener.into_std().unwrap().accept().map(|_| "accepted"));
    });
}

fn not_utf8(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        client.write_all(b"a\xffb").await.unwrap();
        drop(client);
        let mut text = String::from("before ");
        tell(log, "read_to_string", &server.read_to_string(&mut text).await);
        log.note(text);
    });
}

fn the_whole_as_a_string(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        // A letter of two bytes, in two parts.
        client.write_all(b"a\xc3").await.unwrap();
        let mut text = String::from("before ");
        let mut whole = Box::pin(server.read_to_string(&mut text));
        log.note(once(whole.as_mut()).await.is_none());
        client.write_all(b"\xa4").await.unwrap();
        drop(client);
        tell(log, "read_to_string", &whole.await);
        log.note(text);
    });
}

fn addresses_agree(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, server) = pair().await;
        log.note(client.local_addr().unwrap() == server.peer_addr().unwrap());
        log.note(client.peer_addr().unwrap() == server.local_addr().unwrap());
        log.note(client.local_addr().unwrap().ip());
    });
}

fn shown(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        log.note(log.without_ids(&format!("{listener:?}")));
        let (client, mut server) = pair().await;
        log.note(log.without_ids(&format!("{client:?}")));
        let (read, write) = server.split();
        log.note(log.without_ids(&format!("{read:?} {write:?}")));
    });
}
