//! Waiting for readiness, and what becomes of it.

use super::rt;
use super::rt::io::{Interest, Ready};
use super::rt::net::{TcpListener, TcpStream, UnixStream};
use super::setup::run;
use super::sockets::{once, pair, tell};
use crate::harness::{Case, Flavour, Log, cases};
use std::io;
use std::pin::pin;
use std::sync::Arc;
// What Handcrank's streams have as methods of their own.
#[allow(unused_imports)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const CASES: &[Case] = cases![
    both: interests, sets, a_fresh_connection, an_accepted_one, stays_until_an_attempt_fails,
        attempts_of_ones_own, attempts_without_readiness, an_error_clears_nothing,
        would_block_again_and_again, a_short_read_is_the_last, the_end_is_not_cleared,
        both_closed, several_tasks_and_interests, dropped_waits, a_listener_to_many,
        reader_and_writer_of_one_stream, wakes_once_cleared, the_budget_of_a_reader;
];

fn interests(_: Flavour, log: &Log) {
    let all = [Interest::READABLE, Interest::WRITABLE, Interest::PRIORITY, Interest::ERROR];
    for one in all {
        log.note(format!("{one:?} {:?}", one.remove(one)));
        for other in all {
            let mut both = one | other;
            log.note(format!("{both:?} {:?}", both.remove(one)));
            log.note(format!("{} {}", both.is_readable(), both.is_writable()));
            log.note(format!("{} {}", both.is_priority(), both.is_error()));
            log.note(format!("{} {:?}", both == one.add(other), one.remove(other)));
            both |= Interest::READABLE;
            log.note(format!("{both:?}"));
        }
    }
}

fn sets(_: Flavour, log: &Log) {
    let all = [
        Ready::EMPTY,
        Ready::READABLE,
        Ready::WRITABLE,
        Ready::READ_CLOSED,
        Ready::WRITE_CLOSED,
        Ready::PRIORITY,
        Ready::ERROR,
        Ready::ALL,
    ];
    for one in all {
        log.note(format!("{one:?} {}", one.is_empty()));
        for other in all {
            let mut both = one | other;
            log.note(format!("{:?} {:?}", both - one, one & other));
            both |= Ready::READABLE;
            log.note(format!("{both:?} {:?}", one.partial_cmp(&other)));
        }
    }
}

fn a_fresh_connection(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, _server) = pair().await;
        log.note(format!("{:?}", client.ready(Interest::WRITABLE).await.unwrap()));
        let both = Interest::READABLE | Interest::WRITABLE;
        log.note(format!("{:?}", client.ready(both).await.unwrap()));
        log.note(once(pin!(client.readable())).await.is_none());
        tell(log, "try_read", &client.try_read(&mut [0; 1]));
    });
}

fn an_accepted_one(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (_client, server) = pair().await;
        // A guess, which the first attempt proves wrong.
        tell(log, "readable", &server.readable().await);
        tell(log, "writable", &server.writable().await);
        tell(log, "try_read", &server.try_read(&mut [0; 1]));
        log.note(once(pin!(server.readable())).await.is_none());
        tell(log, "try_write", &server.try_write(b"x"));
    });
}

fn stays_until_an_attempt_fails(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, server) = pair().await;
        tell(log, "nothing", &server.try_read(&mut [0; 1]));
        client.write_all(b"abc").await.unwrap();
        for _ in 0..3 {
            tell(log, "readable", &server.readable().await);
        }
        for _ in 0..3 {
            tell(log, "try_read", &server.try_read(&mut [0; 1]));
            tell(log, "readable", &once(pin!(server.readable())).await.unwrap());
        }
        tell(log, "try_read", &server.try_read(&mut [0; 1]));
        log.note(once(pin!(server.readable())).await.is_none());
        client.write_all(b"d").await.unwrap();
        tell(log, "readable", &server.readable().await);
    });
}

fn attempts_of_ones_own(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, server) = pair().await;
        tell(log, "nothing", &server.try_read(&mut [0; 1]));
        client.write_all(b"abc").await.unwrap();
        let mut calls = 0;
        let result = server
            .async_io(Interest::READABLE, || {
                calls += 1;
                server.try_read(&mut [0; 2])
            })
            .await;
        tell(log, "async_io", &result);
        log.note(calls);
        tell(log, "try_io", &server.try_io(Interest::READABLE, || server.try_read(&mut [0; 2])));
        tell(log, "a value", &server.try_io(Interest::WRITABLE, || Ok("any")));
        let blocks: io::Result<()> =
            server.try_io(Interest::READABLE, || Err(io::ErrorKind::WouldBlock.into()));
        tell(log, "would block", &blocks);
        log.note(once(pin!(server.readable())).await.is_none());
        log.note(once(pin!(server.writable())).await.is_some());
    });
}

fn attempts_without_readiness(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, _server) = pair().await;
        let mut called = false;
        let result: io::Result<()> = client.try_io(Interest::READABLE, || {
            called = true;
            Ok(())
        });
        tell(log, "try_io", &result);
        log.note(called);
        let waits = once(pin!(client.async_io(Interest::READABLE, || {
            called = true;
            Ok(())
        })))
        .await
        .is_none();
        log.note(format!("{waits} {called}"));
    });
}

fn an_error_clears_nothing(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, _server) = pair().await;
        let fails = || -> io::Result<()> { Err(io::Error::other("own")) };
        tell(log, "try_io", &client.try_io(Interest::WRITABLE, fails));
        tell(log, "async_io", &client.async_io(Interest::WRITABLE, fails).await);
        let interrupted = || -> io::Result<()> { Err(io::ErrorKind::Interrupted.into()) };
        tell(log, "interrupted", &client.try_io(Interest::WRITABLE, interrupted));
        tell(log, "writable", &once(pin!(client.writable())).await.unwrap());
        tell(log, "try_write", &client.try_write(b"x"));
    });
}

fn would_block_again_and_again(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, server) = pair().await;
        tell(log, "nothing", &server.try_read(&mut [0; 1]));
        let (seen, mut calls) = tokio::sync::mpsc::unbounded_channel();
        let mut left = 3;
        let task = rt::spawn(async move {
            server
                .async_io(Interest::READABLE, || {
                    if left > 0 {
                        left -= 1;
                        seen.send(left).unwrap();
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                    Ok("done")
                })
                .await
        });
        for _ in 0..3 {
            // Each byte is an event of its own, as the one before was taken for nothing.
            client.writable().await.unwrap();
            client.try_write(b"x").unwrap();
            log.note(format!("{:?}", calls.recv().await));
        }
        client.try_write(b"x").unwrap();
        tell(log, "async_io", &task.await.unwrap());
    });
}

fn a_short_read_is_the_last(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        client.write_all(b"abc").await.unwrap();
        let mut buf = [0; 8];
        tell(log, "read", &server.read(&mut buf).await);
        log.note(once(pin!(server.readable())).await.is_none());
        tell(log, "try_read", &server.try_read(&mut buf));
        client.write_all(b"12345678").await.unwrap();
        tell(log, "read", &server.read_exact(&mut buf).await);
        log.note(once(pin!(server.read(&mut buf))).await.is_none());
        log.note(once(pin!(server.readable())).await.is_none());
    });
}

fn the_end_is_not_cleared(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        client.write_all(b"abc").await.unwrap();
        client.shutdown().await.unwrap();
        loop {
            if server.ready(Interest::READABLE).await.unwrap().is_read_closed() {
                break;
            }
            rt::task::yield_now().await;
        }
        let mut buf = [0; 8];
        tell(log, "read", &server.read(&mut buf).await);
        for _ in 0..2 {
            tell(log, "try_read", &server.try_read(&mut buf));
            let ready = server.ready(Interest::READABLE).await.unwrap();
            log.note(format!("{} {}", ready.is_readable(), ready.is_read_closed()));
        }
        let result: io::Result<()> =
            server.try_io(Interest::READABLE, || Err(io::ErrorKind::WouldBlock.into()));
        tell(log, "would block", &result);
        log.note(format!("{:?}", server.ready(Interest::READABLE).await.unwrap()));
        tell(log, "writable", &server.writable().await);
    });
}

fn both_closed(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (a, b) = UnixStream::pair().unwrap();
        drop(b);
        loop {
            let ready = a.ready(Interest::READABLE | Interest::WRITABLE).await.unwrap();
            if ready.is_read_closed() && ready.is_write_closed() {
                log.note(format!("{ready:?}"));
                break;
            }
            rt::task::yield_now().await;
        }
        tell(log, "try_read", &a.try_read(&mut [0; 1]));
        tell(log, "try_write", &a.try_write(b"x"));
        tell(log, "writable", &a.writable().await);
    });
}

fn several_tasks_and_interests(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut a, b) = UnixStream::pair().unwrap();
        let b = Arc::new(b);
        let chunk = vec![1; 64 * 1024];
        let mut sent = 0;
        loop {
            b.writable().await.unwrap();
            match b.try_write(&chunk) {
                Ok(written) => sent += written,
                Err(_) => break,
            }
        }
        let interests = [
            Interest::READABLE,
            Interest::WRITABLE,
            Interest::READABLE | Interest::WRITABLE,
            Interest::READABLE,
        ];
        let (waiting, mut wait) = tokio::sync::mpsc::unbounded_channel();
        let tasks = interests.map(|interest| {
            let (b, waiting) = (Arc::clone(&b), waiting.clone());
            rt::spawn(async move {
                let mut ready = pin!(b.ready(interest));
                waiting.send(once(ready.as_mut()).await.is_none()).unwrap();
                ready.await.unwrap()
            })
        });
        for _ in &tasks {
            log.note(format!("waits: {:?}", wait.recv().await));
        }
        a.write_all(b"x").await.unwrap();
        let [first, second, third, fourth] = tasks;
        for task in [first, third, fourth] {
            log.note(format!("{:?}", task.await.unwrap()));
        }
        log.note(second.is_finished());
        a.read_exact(&mut vec![0; sent]).await.unwrap();
        log.note(second.await.unwrap().is_writable());
    });
}

fn dropped_waits(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, server) = pair().await;
        tell(log, "nothing", &server.try_read(&mut [0; 1]));
        let mut waits: Vec<_> = (0..5).map(|_| Box::pin(server.readable())).collect();
        for wait in &mut waits {
            log.note(once(wait.as_mut()).await.is_none());
        }
        // Those that go take nothing along.
        drop(waits.remove(3));
        drop(waits.remove(0));
        client.write_all(b"x").await.unwrap();
        for wait in waits {
            tell(log, "readable", &wait.await);
        }
        drop(server.readable());
        tell(log, "readable", &server.readable().await);
    });
}

fn a_listener_to_many(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let listener = Arc::clone(&listener);
                rt::spawn(async move { listener.accept().await.unwrap().1 })
            })
            .collect();
        let mut clients = Vec::new();
        for _ in 0..4 {
            clients.push(TcpStream::connect(address).await.unwrap());
        }
        let mut from = Vec::new();
        for task in tasks {
            from.push(task.await.unwrap());
        }
        from.sort();
        let mut ours: Vec<_> = clients.iter().map(|c| c.local_addr().unwrap()).collect();
        ours.sort();
        log.note(from == ours);
    });
}

fn reader_and_writer_of_one_stream(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, mut server) = pair().await;
        let client = Arc::new(client);
        let reader = Arc::clone(&client);
        let reader = rt::spawn(async move {
            let (mut total, mut buf) = (0, [0; 4096]);
            loop {
                reader.readable().await.unwrap();
                match reader.try_read(&mut buf) {
                    Ok(0) => return total,
                    Ok(read) => total += read,
                    Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
                }
            }
        });
        let writer = rt::spawn(async move {
            let mut left = 300_000;
            while left > 0 {
                client.writable().await.unwrap();
                match client.try_write(&[5; 4096][..left.min(4096)]) {
                    Ok(written) => left -= written,
                    Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
                }
            }
        });
        let mut buf = vec![0; 1000];
        let mut left = 300_000;
        while left > 0 {
            let read = server.read(&mut buf).await.unwrap();
            server.write_all(&buf[..read]).await.unwrap();
            left -= read;
        }
        writer.await.unwrap();
        drop(server);
        log.note(reader.await.unwrap());
    });
}

fn wakes_once_cleared(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        let reader = rt::spawn(async move {
            let mut lengths = Vec::new();
            let mut buf = [0; 16];
            loop {
                match server.read(&mut buf).await.unwrap() {
                    0 => return lengths,
                    read => {
                        lengths.push(read);
                        server.write_all(b"+").await.unwrap();
                    }
                }
            }
        });
        for length in 1..=15 {
            client.write_all(&[0; 15][..length]).await.unwrap();
            client.read_exact(&mut [0; 1]).await.unwrap();
        }
        client.shutdown().await.unwrap();
        log.note(format!("{:?}", reader.await.unwrap()));
    });
}

/// A stream that always has something must not keep the thread for itself.
fn the_budget_of_a_reader(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        client.write_all(&[0; 1000]).await.unwrap();
        let mut buf = [0; 1];
        let mut read = 0;
        // A budget is for one poll: from here on it is a fresh one.
        rt::task::yield_now().await;
        loop {
            if read == 1000 || once(pin!(server.read(&mut buf))).await.is_none() {
                break;
            }
            read += 1;
        }
        log.note(format!("before the first pause: {read}"));
    });
}
