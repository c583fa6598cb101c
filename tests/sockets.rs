//! Sockets: many of them, with peers that are slow, half gone, or gone.

use futures_util::future::{Either, join_all, poll_fn, select};
use futures_util::poll;
use handcrank::net::{
    TcpListener, TcpSocket, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream,
};
use handcrank::runtime::Handle;
use handcrank::sync::{Notify, oneshot};
use handcrank::task;
use handcrank::time::{Duration, sleep, timeout};
use parking_lot::Mutex;
use rustix::process::{Resource, getrlimit, setrlimit};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;
use tests::{
    Flavour, Random, Watchdog, block_on_each, cpu_time, limit_of_descriptors, rerun, was_rerun,
};

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, from) = listener.accept().await.unwrap();
    assert_eq!(from, client.local_addr().unwrap());
    (client, server)
}

fn sources() -> usize {
    Handle::current().metrics().io_driver_fd_count()
}

/// Everything that a stream still has to say, as a length and a checksum (FNV-1a).
async fn drain(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<(usize, u64)> {
    let (mut length, mut sum) = (0, FNV);
    loop {
        match stream.read(buffer).await? {
            0 => return Ok((length, sum)),
            read => {
                length += read;
                sum = checksum(sum, &buffer[..read]);
            }
        }
    }
}

const FNV: u64 = 0xcbf2_9ce4_8422_2325;

fn checksum(sum: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(sum, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..length.div_ceil(8)).flat_map(|_| random.number().to_le_bytes()).take(length).collect()
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 64];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            read => stream.write_all(&buffer[..read]).await?,
        }
    }
}

#[test]
fn ten_thousand_connections_at_once() {
    // Both ends are in this process, and other tests need a few as well.
    let fits = limit_of_descriptors().saturating_sub(600) / 2;
    let count = fits.min(10_000);
    println!("{count} connections, {} sockets", 2 * count);
    for flavour in [Flavour::CurrentThread, Flavour::MultiThread(2)] {
        let _watchdog = Watchdog::new(format!("{flavour:?}"));
        flavour.build().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = handcrank::spawn(async move {
                let mut tasks = Vec::new();
                for _ in 0..count {
                    let (stream, _) = listener.accept().await.unwrap();
                    tasks.push(handcrank::spawn(echo(stream)));
                }
                for task in tasks {
                    task.await.unwrap().unwrap();
                }
            });
            // Not more at once than a listener's queue holds.
            let mut clients = Vec::with_capacity(count);
            while clients.len() < count {
                let some = (count - clients.len()).min(100);
                let connecting = (0..some).map(|_| TcpStream::connect(address));
                clients.extend(join_all(connecting).await.into_iter().map(Result::unwrap));
            }
            // All of them are open now, and each says something of its own, twice.
            let talks: Vec<_> = clients
                .into_iter()
                .enumerate()
                .map(|(n, mut client)| {
                    handcrank::spawn(async move {
                        for round in 0..2_u64 {
                            let message = (n as u64 * 2 + round).to_le_bytes();
                            client.write_all(&message).await.unwrap();
                            let mut answer = [0; 8];
                            client.read_exact(&mut answer).await.unwrap();
                            assert_eq!(answer, message);
                        }
                        client
                    })
                })
                .collect();
            let mut open = Vec::with_capacity(count);
            for talk in talks {
                open.push(talk.await.unwrap());
            }
            assert!(sources() >= 2 * count);
            for mut client in open {
                client.shutdown().await.unwrap();
                // The server closes in turn; so the port is not left waiting.
                assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
                client.set_zero_linger().unwrap();
            }
            server.await.unwrap();
            assert_eq!(sources(), 0);
        });
    }
}

#[test]
fn a_slow_reader_holds_the_writer_back() {
    const LENGTH: usize = 4 << 20;
    block_on_each(|_| async {
        let (mut client, mut server) = pair().await;
        let data = noise(LENGTH, 1);
        let sum = checksum(FNV, &data);
        let written = Arc::new(AtomicUsize::new(0));
        let writing = handcrank::spawn({
            let written = written.clone();
            async move {
                let mut left = &data[..];
                while !left.is_empty() {
                    let wrote = client.write(left).await.unwrap();
                    written.fetch_add(wrote, Relaxed);
                    left = &left[wrote..];
                }
                client.shutdown().await.unwrap();
                client
            }
        });
        // Nobody reads: the writer must come to a stand, well before the end. The runtime then
        // has nothing to do, which is when this timer fires without the figure having moved.
        let mut before = usize::MAX;
        while before != written.load(Relaxed) {
            before = written.load(Relaxed);
            sleep(Duration::from_millis(20)).await;
        }
        assert!(!writing.is_finished(), "{LENGTH} bytes do not fit into the sockets");
        // First in drops, then in gulps.
        let mut buffer = vec![0; 64 << 10];
        let mut first = [0; 100];
        for byte in &mut first {
            server.read_exact(std::slice::from_mut(byte)).await.unwrap();
            task::yield_now().await;
        }
        let (length, _) = drain(&mut server, &mut buffer).await.unwrap();
        assert_eq!(length + first.len(), LENGTH);
        drop(writing.await.unwrap());

        // And the bytes are the right ones.
        let (mut client, mut server) = pair().await;
        let data = noise(LENGTH, 1);
        let writing = handcrank::spawn(async move { client.write_all(&data).await });
        assert_eq!(drain(&mut server, &mut buffer).await.unwrap(), (LENGTH, sum));
        writing.await.unwrap().unwrap();
    });
}

#[test]
fn a_large_transfer_both_ways() {
    const LENGTH: usize = 4 << 20;
    block_on_each(|_| async {
        let (client, server) = pair().await;
        let sums = [noise(LENGTH, 2), noise(LENGTH, 3)].map(|data| checksum(FNV, &data));
        let both = [(client, 2), (server, 3)].map(|(stream, seed)| {
            handcrank::spawn(async move {
                let (mut reads, mut writes) = stream.into_split();
                let data = noise(LENGTH, seed);
                let writing = handcrank::spawn(async move {
                    // In pieces that fit nothing.
                    for piece in data.chunks(10_007) {
                        writes.write_all(piece).await.unwrap();
                    }
                    writes.shutdown().await.unwrap();
                    writes
                });
                let mut buffer = vec![0; 30_011];
                let (mut length, mut sum) = (0, FNV);
                loop {
                    let read = reads.read(&mut buffer).await.unwrap();
                    if read == 0 {
                        break;
                    }
                    length += read;
                    sum = checksum(sum, &buffer[..read]);
                }
                let writes = writing.await.unwrap();
                assert!(reads.reunite(writes).is_ok());
                (length, sum)
            })
        });
        let [first, second] = both;
        assert_eq!(first.await.unwrap(), (LENGTH, sums[1]));
        assert_eq!(second.await.unwrap(), (LENGTH, sums[0]));
        assert_eq!(sources(), 0);
    });
}

#[test]
fn half_closed_peers_still_hear() {
    block_on_each(|_| async {
        let (mut client, mut server) = pair().await;
        let serving = handcrank::spawn(async move {
            let mut question = Vec::new();
            let mut buffer = [0; 3];
            loop {
                match server.read(&mut buffer).await.unwrap() {
                    0 => break,
                    read => question.extend_from_slice(&buffer[..read]),
                }
            }
            // The other side speaks no more, but listens.
            assert_eq!(server.read(&mut buffer).await.unwrap(), 0);
            server.write_all(b"you asked: ").await.unwrap();
            server.write_all(&question).await.unwrap();
        });
        client.write_all(b"how far?").await.unwrap();
        client.shutdown().await.unwrap();
        let error = client.write_all(b"more").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        let mut answer = [0; 19];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"you asked: how far?");
        let error = client.read_exact(&mut answer).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        serving.await.unwrap();
    });
}

#[test]
fn a_peer_that_vanishes() {
    block_on_each(|_| async {
        // While it is being read from.
        let (client, mut server) = pair().await;
        let reading = handcrank::spawn(async move { server.read(&mut [0]).await });
        task::yield_now().await;
        client.set_zero_linger().unwrap();
        drop(client);
        let error = reading.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);

        // While it is being written to, and the sockets are full.
        let (client, mut server) = pair().await;
        let (full, is_full) = oneshot::channel();
        let writing = handcrank::spawn(async move {
            let block = vec![0; 64 << 10];
            let mut full = Some(full);
            loop {
                let mut write = pin!(server.write(&block));
                let polled = poll!(&mut write);
                if polled.is_pending()
                    && let Some(full) = full.take()
                {
                    full.send(()).unwrap();
                }
                let written = match polled {
                    std::task::Poll::Ready(written) => written,
                    std::task::Poll::Pending => write.await,
                };
                if let Err(error) = written {
                    return error;
                }
            }
        });
        is_full.await.unwrap();
        client.set_zero_linger().unwrap();
        drop(client);
        assert_eq!(writing.await.unwrap().kind(), ErrorKind::ConnectionReset);

        // Before it was ever there.
        let held = TcpSocket::new_v4().unwrap();
        held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        // Nobody listens there, and nobody else can come to do so.
        let error = TcpStream::connect(held.local_addr().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(sources(), 0);
    });
}

#[test]
fn an_abandoned_read_loses_nothing() {
    const LENGTH: usize = 2000;
    block_on_each(|_| async {
        let (mut client, mut server) = pair().await;
        // Nothing to read yet, so this one is given up for sure.
        assert!(poll!(pin!(server.read(&mut [0; 16]))).is_pending());
        let data = noise(LENGTH, 4);
        let sent = data.clone();
        let writing = handcrank::spawn(async move {
            let mut random = Random::new(5);
            let mut left = &sent[..];
            while !left.is_empty() {
                let (now, rest) = left.split_at((1 + random.below(20)).min(left.len()));
                client.write_all(now).await.unwrap();
                left = rest;
                for _ in 0..random.below(4) {
                    task::yield_now().await;
                }
            }
            client.shutdown().await.unwrap();
            client
        });
        let mut random = Random::new(6);
        let mut received = Vec::new();
        loop {
            let mut buffer = [0; 16];
            let patience = async {
                for _ in 0..random.below(3) {
                    task::yield_now().await;
                }
            };
            let done = match select(pin!(server.read(&mut buffer)), pin!(patience)).await {
                Either::Left((read, _)) => Some(read.unwrap()),
                Either::Right(_) => None,
            };
            match done {
                Some(0) => break,
                Some(read) => received.extend_from_slice(&buffer[..read]),
                None => {}
            }
        }
        assert_eq!(received, data);
        drop(writing.await.unwrap());
        // Also when the time limit is a timer's.
        let (mut client, mut server) = pair().await;
        assert!(timeout(Duration::from_millis(1), server.read(&mut [0])).await.is_err());
        client.write_all(b"!").await.unwrap();
        let mut byte = [0];
        assert_eq!(server.read(&mut byte).await.unwrap(), 1);
        assert_eq!(&byte, b"!");
    });
}

#[test]
fn many_tasks_wait_for_one_socket() {
    const TASKS: usize = 100;
    block_on_each(|_| async {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let address = socket.local_addr().unwrap();
        let waiting = Arc::new(AtomicUsize::new(0));
        // All are told of one readiness that nobody uses up.
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (socket, waiting) = (socket.clone(), waiting.clone());
                handcrank::spawn(async move {
                    let mut readable = pin!(socket.readable());
                    assert!(poll!(&mut readable).is_pending());
                    waiting.fetch_add(1, Relaxed);
                    readable.await.unwrap();
                })
            })
            .collect();
        while waiting.load(Relaxed) < TASKS {
            task::yield_now().await;
        }
        let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        sender.send_to(b"one for all", address).await.unwrap();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(socket.recv(&mut [0; 16]).await.unwrap(), 11);

        // All compete for messages; each message is got once.
        let got = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (socket, got) = (socket.clone(), got.clone());
                handcrank::spawn(async move {
                    let mut number = [0; 8];
                    assert_eq!(socket.recv(&mut number).await.unwrap(), 8);
                    got.lock().push(u64::from_le_bytes(number));
                })
            })
            .collect();
        for number in 0..TASKS as u64 {
            sender.send_to(&number.to_le_bytes(), address).await.unwrap();
            // So that the socket's buffer does not run over.
            while got.lock().len() < number as usize / 2 {
                task::yield_now().await;
            }
        }
        for task in tasks {
            task.await.unwrap();
        }
        let mut got = std::mem::take(&mut *got.lock());
        got.sort_unstable();
        assert!(got.into_iter().eq(0..TASKS as u64));
    });
}

#[test]
fn datagrams() {
    block_on_each(|_| async {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let serving = handcrank::spawn(async move {
            let mut buffer = [0; 2048];
            for _ in 0..300 {
                let (length, from) = server.recv_from(&mut buffer).await.unwrap();
                server.send_to(&buffer[..length], from).await.unwrap();
            }
            server
        });
        let clients: Vec<_> = (0..3_u8)
            .map(|client| {
                handcrank::spawn(async move {
                    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                    socket.connect(address).await.unwrap();
                    let error = socket.try_recv(&mut [0; 2]).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    for round in 0..100 {
                        // A datagram has an edge, also when it holds nothing.
                        let message = vec![client; round * 11];
                        assert_eq!(socket.send(&message).await.unwrap(), message.len());
                        let mut answer = [9; 2048];
                        assert_eq!(socket.recv(&mut answer).await.unwrap(), message.len());
                        assert_eq!(answer[..message.len()], message);
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        drop(serving.await.unwrap());
        assert_eq!(sources(), 0);
    });
}

#[test]
fn unix_sockets() {
    let folder = std::env::temp_dir().join(format!("handcrank-sockets-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    block_on_each(|_| async {
        let path = folder.join("stream");
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        let serving = handcrank::spawn(async move {
            for _ in 0..50 {
                let (mut stream, _) = listener.accept().await.unwrap();
                handcrank::spawn(async move {
                    let mut buffer = [0; 5];
                    stream.read_exact(&mut buffer).await.unwrap();
                    buffer.reverse();
                    stream.write_all(&buffer).await.unwrap();
                });
            }
        });
        let clients = (0..50).map(|_| async {
            let mut stream = UnixStream::connect(&path).await.unwrap();
            stream.write_all(b"crank").await.unwrap();
            let mut answer = [0; 5];
            stream.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"knarc");
            assert_eq!(stream.read(&mut answer).await.unwrap(), 0);
        });
        join_all(clients).await;
        serving.await.unwrap();
        assert_eq!(
            UnixStream::connect(&path).await.unwrap_err().kind(),
            ErrorKind::ConnectionRefused
        );

        let (mut left, right) = UnixStream::pair().unwrap();
        drop(right);
        assert_eq!(left.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(left.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);

        let path = folder.join("datagram");
        let _ = std::fs::remove_file(&path);
        let (server, client) =
            (UnixDatagram::bind(&path).unwrap(), UnixDatagram::unbound().unwrap());
        let receiving = handcrank::spawn(async move {
            let mut buffer = [0; 16];
            let length = server.recv(&mut buffer).await.unwrap();
            buffer[..length].to_vec()
        });
        client.send_to(b"over there", &path).await.unwrap();
        assert_eq!(receiving.await.unwrap(), b"over there");
        drop((left, client));
        // The servers' tasks end by themselves.
        while sources() > 0 {
            task::yield_now().await;
        }
    });
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn sockets_made_on_one_runtime_work_on_another() {
    let _watchdog = Watchdog::new("");
    let (first, second) = (Flavour::MultiThread(1).build(), Flavour::CurrentThread.build());
    // The first one's threads watch the sockets, the second one's thread uses them.
    let (mut client, mut server) = first.block_on(pair());
    second.block_on(async move {
        let reading = handcrank::spawn(async move {
            let mut buffer = [0; 3];
            server.read_exact(&mut buffer).await.unwrap();
            buffer
        });
        task::yield_now().await;
        client.write_all(b"abc").await.unwrap();
        assert_eq!(&reading.await.unwrap(), b"abc");
        assert_eq!(sources(), 0);
    });
    assert_eq!(first.metrics().io_driver_fd_count(), 0);
}

#[test]
fn an_accept_loop_may_be_given_up_at_any_time() {
    block_on_each(|_| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        for _ in 0..20 {
            let mut accept = Box::pin(listener.accept());
            assert!(poll!(&mut accept).is_pending());
        }
        let client = TcpStream::connect(address).await.unwrap();
        // The connection is there, whoever comes for it.
        let (_, from) = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
        assert_eq!(from, client.local_addr().unwrap());
    });
}

/// When there are no descriptors, `accept` waits until there are, and takes no processor time
/// over it.
#[test]
fn accept_without_descriptors() {
    if was_rerun() {
        out_of_descriptors();
        return;
    }
    let output = rerun("accept_without_descriptors", &[]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "{said}");
}

fn out_of_descriptors() {
    const CLIENTS: usize = 5;
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(128);
    setrlimit(Resource::Nofile, limit).unwrap();
    block_on_each(|flavour| async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let connecting = (0..CLIENTS).map(|_| TcpStream::connect(address));
        let clients: Vec<_> = join_all(connecting).await.into_iter().map(Result::unwrap).collect();
        let mut hoard = Vec::new();
        let error = loop {
            match File::open("/dev/null") {
                Ok(file) => hoard.push(file),
                Err(error) => break error,
            }
        };
        // EMFILE, the same number on all systems.
        assert_eq!(error.raw_os_error(), Some(24));
        let accepted = Arc::new(AtomicUsize::new(0));
        let some = Arc::new(Notify::new());
        let accepting = handcrank::spawn({
            let (accepted, some) = (accepted.clone(), some.clone());
            async move {
                let mut streams = Vec::new();
                for _ in 0..CLIENTS {
                    streams.push(listener.accept().await.unwrap().0);
                    accepted.fetch_add(1, Relaxed);
                    some.notify_one();
                }
                streams
            }
        });
        let (cpu, begun) = (cpu_time(), Instant::now());
        sleep(Duration::from_millis(300)).await;
        let (used, passed) = (cpu_time().checked_sub(cpu).unwrap(), begun.elapsed());
        assert_eq!(accepted.load(Relaxed), 0);
        assert!(used < passed / 5, "{flavour:?} spins: {used:?} of {passed:?}");
        // Room for one.
        hoard.pop();
        some.notified().await;
        assert_eq!(accepted.load(Relaxed), 1);
        drop(hoard);
        assert_eq!(accepting.await.unwrap().len(), CLIENTS);
        drop(clients);
    });
}
