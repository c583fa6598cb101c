//! Sockets used outside of the runtime that they were made in, also after its end.

use super::rt;
use super::rt::io::Interest;
use super::rt::net::{TcpListener, TcpStream, UdpSocket, UnixStream};
use super::setup::{run, runtime};
use super::sockets::{once, pair, tell};
use crate::harness::{Case, Flavour, Log, cases};
use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;
// What Handcrank's streams have as methods of their own.
#[allow(unused_imports)]
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const CASES: &[Case] = cases![
    both: after_the_runtime, waiting_at_the_end, dropped_after_the_runtime,
        a_runtime_within_reach;
    multi_thread: used_from_another_runtime;
];

/// Shuts a runtime down and waits for that.
fn end(runtime: rt::runtime::Runtime) {
    runtime.shutdown_timeout(Duration::from_secs(30));
}

fn after_the_runtime(flavour: Flavour, log: &Log) {
    let home = runtime(flavour);
    let (client, mut server, listener, udp) = home.block_on(async {
        let (mut client, server) = pair().await;
        client.write_all(b"abc").await.unwrap();
        server.readable().await.unwrap();
        let mut buf = [0; 1];
        assert_eq!(server.try_read(&mut buf).unwrap(), 1);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        (client, server, listener, UdpSocket::bind("127.0.0.1:0").await.unwrap())
    });
    end(home);
    run(flavour, async {
        let mut buf = [0; 1];
        // What was known to be possible still is; nothing is waited for.
        tell(log, "try_read", &server.try_read(&mut buf));
        tell(log, "try_write", &client.try_write(b"x"));
        tell(log, "read", &server.read(&mut buf).await);
        tell(log, "peek", &server.peek(&mut buf).await);
        tell(log, "write", &server.write(b"x").await);
        tell(log, "write_all", &server.write_all(b"x").await);
        tell(log, "readable", &server.readable().await);
        tell(log, "ready", &server.ready(Interest::WRITABLE).await);
        tell(log, "poll", &poll_fn(|cx| server.poll_read_ready(cx)).await);
        tell(log, "shutdown", &server.shutdown().await);
        tell(log, "accept", &listener.accept().await.map(|_| "accepted"));
        tell(log, "recv", &udp.recv(&mut buf).await);
        tell(log, "send_to", &udp.send_to(b"x", "127.0.0.1:9").await);
        tell(log, "set_nodelay", &client.set_nodelay(true));
        log.note(client.local_addr().is_ok());
        let std = client.into_std();
        log.note(std.is_ok());
        // A new home.
        let mut client = TcpStream::from_std(std.unwrap()).unwrap();
        drop(server);
        tell(log, "at home", &client.read(&mut buf).await.map(|read| read <= 1));
    });
}

fn waiting_at_the_end(flavour: Flavour, log: &Log) {
    let home = runtime(flavour);
    let (_client, mut server) = home.block_on(pair());
    let (waiting, wait) = std::sync::mpsc::channel();
    let other = {
        let log = log.clone();
        std::thread::spawn(move || {
            run(flavour, async {
                let mut buf = [0; 1];
                {
                    let mut read = pin!(server.read(&mut buf));
                    log.note(once(read.as_mut()).await.is_none());
                    waiting.send(()).unwrap();
                    tell(&log, "read", &read.await);
                }
                tell(&log, "readable", &server.readable().await);
            });
        })
    };
    wait.recv().unwrap();
    end(home);
    other.join().unwrap();
}

fn dropped_after_the_runtime(flavour: Flavour, log: &Log) {
    let home = runtime(flavour);
    let (client, server) = home.block_on(pair());
    let guard_free = home.handle().clone();
    end(home);
    drop(client);
    log.note_panic(move || drop(server));
    // A runtime that was shut down makes no more sockets.
    let _guard = guard_free.enter();
    let std = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    std.set_nonblocking(true).unwrap();
    tell(log, "from_std", &UdpSocket::from_std(std).map(|_| "made"));
}

fn a_runtime_within_reach(flavour: Flavour, log: &Log) {
    let home = runtime(flavour);
    // Made outside of block_on.
    let made = {
        let _guard = home.enter();
        let (a, b) = UnixStream::pair().unwrap();
        (a, b)
    };
    home.block_on(async {
        let (mut a, mut b) = made;
        a.write_all(b"abc").await.unwrap();
        tell(log, "read", &b.read(&mut [0; 8]).await);
    });
}

fn used_from_another_runtime(flavour: Flavour, log: &Log) {
    let home = runtime(flavour);
    let (mut client, mut server) = home.block_on(pair());
    run(flavour, async {
        let mut buf = [0; 8];
        log.note(once(pin!(server.read(&mut buf))).await.is_none());
        let task = rt::spawn(async move { (server.read(&mut buf).await, server) });
        client.write_all(b"abc").await.unwrap();
        let (read, server) = task.await.unwrap();
        tell(log, "read", &read);
        // Its home gone, nobody would wake it.
        let patience = std::time::Duration::from_secs(30);
        std::thread::spawn(move || home.shutdown_timeout(patience)).join().unwrap();
        let mut buf = [0; 8];
        tell(log, "read", &client.read(&mut buf).await);
        tell(log, "readable", &client.readable().await);
        tell(log, "write", &client.write(b"x").await);
        // What was known to be possible still is.
        tell(log, "try_write", &client.try_write(b"x"));
        drop(server);
    });
}
