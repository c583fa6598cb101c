//! Halves of TCP streams, several tasks at one socket, and calls that are dropped.

use super::rt;
use super::rt::net::{TcpListener, TcpStream};
use super::setup::run;
use super::sockets::{once, pair, tell};
use crate::harness::{Case, Flavour, Log, cases};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
// What Handcrank's streams have as methods of their own.
#[allow(unused_imports)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const CASES: &[Case] = cases![
    both: several_wait_to_read, halves_in_two_tasks, reunited, halves_of_two_streams,
        a_dropped_write_half_ends_the_stream, a_forgotten_one_does_not,
        borrowed_halves_end_nothing, shutting_down_twice, a_dropped_accept_takes_nothing,
        a_dropped_connect_leaves_nothing, a_dropped_read_takes_nothing, accepting_in_order,
        the_last_to_poll_is_woken;
];

fn several_wait_to_read(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, server) = pair().await;
        let server = Arc::new(server);
        tell(log, "nothing yet", &server.try_read(&mut [0; 1]));
        let (waiting, mut wait) = tokio::sync::mpsc::unbounded_channel();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (server, waiting) = (Arc::clone(&server), waiting.clone());
                rt::spawn(async move {
                    let mut readable = pin!(server.readable());
                    let early = once(readable.as_mut()).await.is_some();
                    waiting.send(early).unwrap();
                    readable.await.is_ok()
                })
            })
            .collect();
        for _ in &tasks {
            log.note(format!("early: {:?}", wait.recv().await));
        }
        client.write_all(b"x").await.unwrap();
        for task in tasks {
            log.note(format!("woken: {}", task.await.unwrap()));
        }
    });
}

fn halves_in_two_tasks(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, server) = pair().await;
        let (mut read, mut write) = server.into_split();
        let echo = rt::spawn(async move {
            let mut total = 0;
            let mut buf = [0; 1000];
            while let n @ 1.. = read.read(&mut buf).await.unwrap() {
                write.write_all(&buf[..n]).await.unwrap();
                total += n;
            }
            total
        });
        let (mut read, mut write) = client.into_split();
        let writer = rt::spawn(async move {
            for byte in 0..100 {
                write.write_all(&[byte; 3000]).await.unwrap();
            }
        });
        let mut all = Vec::new();
        tell(log, "came back", &read.read_to_end(&mut all).await);
        log.note(all.chunks(3000).zip(0..).all(|(chunk, byte)| chunk == [byte; 3000]));
        writer.await.unwrap();
        log.note(echo.await.unwrap());
    });
}

fn reunited(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, mut server) = pair().await;
        let address = client.local_addr().unwrap();
        let (read, write) = client.into_split();
        log.note(read.local_addr().unwrap() == address);
        log.note(write.peer_addr().unwrap() == server.local_addr().unwrap());
        let (read, write) = read.reunite(write).unwrap().into_split();
        let mut client = write.reunite(read).unwrap();
        tell(log, "still open", &client.write(b"abc").await);
        let mut buf = [0; 8];
        tell(log, "arrives", &server.read(&mut buf).await);
        log.note(AsRef::<TcpStream>::as_ref(&client).local_addr().unwrap() == address);
    });
}

fn halves_of_two_streams(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, server) = pair().await;
        let (read, write) = client.into_split();
        let (other_read, other_write) = server.into_split();
        let error = read.reunite(other_write).unwrap_err();
        log.note(&error);
        log.note(std::error::Error::source(&error).is_none());
        log.note(format!("{error:?}").starts_with("ReuniteError(OwnedReadHalf {"));
        let rt::net::tcp::ReuniteError(read, other_write) = error;
        log.note(write.reunite(read).is_ok());
        log.note(other_read.reunite(other_write).is_ok());
    });
}

fn a_dropped_write_half_ends_the_stream(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, mut server) = pair().await;
        let (mut read, write) = client.into_split();
        drop(write);
        let mut buf = [0; 8];
        tell(log, "the end", &server.read(&mut buf).await);
        server.write_all(b"abc").await.unwrap();
        tell(log, "reading goes on", &read.read(&mut buf).await);
        drop(read);
    });
}

fn a_forgotten_one_does_not(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, mut server) = pair().await;
        let (read, write) = client.into_split();
        write.forget();
        let mut buf = [0; 8];
        tell(log, "no data", &server.try_read(&mut buf));
        log.note(once(pin!(server.read(&mut buf))).await.is_none());
        drop(read);
        tell(log, "closed", &server.read(&mut buf).await);
    });
}

fn borrowed_halves_end_nothing(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        let mut buf = [0; 8];
        {
            let (mut read, mut write) = client.split();
            tell(log, "write", &write.write(b"ab").await);
            write.writable().await.unwrap();
            tell(log, "try_write", &write.try_write(b"c"));
            log.note(once(pin!(read.read(&mut buf))).await.is_none());
            log.note(read.as_ref().local_addr().is_ok() && write.as_ref().nodelay().is_ok());
        }
        tell(log, "the stream writes", &client.write(b"de").await);
        tell(log, "all of it", &server.read_exact(&mut buf[..5]).await);
        client.split().1.shutdown().await.unwrap();
        tell(log, "the end", &server.read(&mut buf).await);
    });
}

fn shutting_down_twice(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (client, mut server) = pair().await;
        let (_read, mut write) = client.into_split();
        tell(log, "once", &write.shutdown().await);
        tell(log, "twice", &write.shutdown().await);
        tell(log, "write", &write.write(b"x").await);
        tell(log, "try_write", &write.try_write(b"x"));
        tell(log, "read", &server.read(&mut [0; 1]).await);
        tell(log, "the other", &server.shutdown().await);
        tell(log, "both closed", &write.shutdown().await);
    });
}

fn a_dropped_accept_takes_nothing(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        log.note(once(pin!(listener.accept())).await.is_none());
        let client = TcpStream::connect(address).await.unwrap();
        {
            // Polled or not, what it would have returned stays in the queue.
            let _never = listener.accept();
        }
        let (_, from) = listener.accept().await.unwrap();
        log.note(from == client.local_addr().unwrap());
        log.note(once(pin!(listener.accept())).await.is_none());
    });
}

fn a_dropped_connect_leaves_nothing(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        {
            let mut connect = Box::pin(TcpStream::connect(address));
            let _ = once(connect.as_mut()).await;
        }
        // The kernel had completed the connection; the peer sees its end.
        let (mut server, _) = listener.accept().await.unwrap();
        tell(log, "read", &server.read(&mut [0; 1]).await);
    });
}

fn a_dropped_read_takes_nothing(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, mut server) = pair().await;
        let mut buf = [0; 8];
        for _ in 0..3 {
            log.note(once(pin!(server.read(&mut buf))).await.is_none());
            log.note(once(pin!(server.peek(&mut buf))).await.is_none());
        }
        client.write_all(b"abc").await.unwrap();
        tell(log, "read", &server.read(&mut buf).await);
        log.note(format!("{buf:?}"));
    });
}

fn accepting_in_order(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut clients = Vec::new();
        for _ in 0..5 {
            clients.push(TcpStream::connect(address).await.unwrap());
        }
        for client in &clients {
            let (server, from) = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
            log.note(from == client.local_addr().unwrap());
            log.note(server.peer_addr().unwrap() == from);
        }
    });
}

fn the_last_to_poll_is_woken(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (mut client, server) = pair().await;
        tell(log, "nothing yet", &server.try_read(&mut [0; 1]));
        let first = Arc::new(Count::default());
        let second = Arc::new(Count::default());
        for count in [&first, &first, &second] {
            let waker = Arc::clone(count).into();
            let poll = server.poll_read_ready(&mut std::task::Context::from_waker(&waker));
            log.note(poll.is_pending());
        }
        client.write_all(b"x").await.unwrap();
        server.readable().await.unwrap();
        second.wait().await;
        log.note(format!("{} {}", first.get(), second.get()));
        tell(log, "ready", &poll_fn(|cx| server.poll_read_ready(cx)).await);
    });
}

/// A waker that counts.
#[derive(Default)]
struct Count(std::sync::atomic::AtomicUsize);

impl Count {
    fn get(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Until it was woken. (Several are woken one after the other, by another thread.)
    async fn wait(&self) {
        while self.get() == 0 {
            rt::task::yield_now().await;
        }
    }
}

impl std::task::Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}
