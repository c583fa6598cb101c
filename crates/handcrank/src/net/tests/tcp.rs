use super::tcp_pair;
use crate::io::ReadBuf;
use crate::io::{AsyncRead, AsyncWrite, Interest};
use crate::net::{TcpListener, TcpSocket, TcpStream};
use crate::runtime::Builder;
use crate::testing::{poll_once, run, run_with};
use futures_util::future::{FutureExt, join, join3, poll_fn, try_join};
use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;

#[test]
fn echoes() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        let echo = async {
            let mut buf = [0; 16];
            loop {
                match server.read(&mut buf).await.unwrap() {
                    0 => break,
                    n => server.write_all(&buf[..n]).await.unwrap(),
                }
            }
        };
        let talk = async move {
            for round in 0..100_u8 {
                client.write_all(&[round; 5]).await.unwrap();
                let mut answer = [0; 5];
                assert_eq!(client.read_exact(&mut answer).await.unwrap(), 5);
                assert_eq!(answer, [round; 5]);
            }
        };
        join(echo, talk).await;
    });
}

#[test]
fn a_closed_writing_side_leaves_reading_open() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        client.write_all(b"question").await.unwrap();
        client.shutdown().await.unwrap();
        let mut buf = [0; 64];
        assert_eq!(server.read_exact(&mut buf[..8]).await.unwrap(), 8);
        assert_eq!(server.read(&mut buf).await.unwrap(), 0);
        assert_eq!(server.read(&mut buf).await.unwrap(), 0);
        server.write_all(b"answer").await.unwrap();
        drop(server);
        assert_eq!(client.read_exact(&mut buf[..6]).await.unwrap(), 6);
        assert_eq!(&buf[..6], b"answer");
        let error = client.read_exact(&mut buf).await.unwrap_err();
        assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::UnexpectedEof, "early eof"));
        assert_eq!(client.write(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn poll_close_closes_the_writing_side() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        poll_fn(|cx| Pin::new(&mut client).poll_close(cx)).await.unwrap();
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[test]
fn peeking_takes_nothing() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        client.write_all(b"abc").await.unwrap();
        let mut buf = [0; 8];
        for _ in 0..2 {
            assert_eq!(server.peek(&mut buf).await.unwrap(), 3);
            assert_eq!(&buf[..3], b"abc");
            buf = [0; 8];
        }
        assert_eq!(
            poll_fn(|cx| server.poll_peek(cx, &mut ReadBuf::new(&mut buf))).await.unwrap(),
            3
        );
        let (mut read, _write) = server.split();
        assert_eq!(read.peek(&mut buf).await.unwrap(), 3);
        assert_eq!(server.read(&mut buf).await.unwrap(), 3);
        assert!(matches!(poll_once(&mut pin!(server.peek(&mut buf))).await, Poll::Pending));
    });
}

#[test]
fn halves_work_at_the_same_time() {
    const AMOUNT: usize = 4 << 20;
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        let (mut from, mut to) = client.split();
        let send = async {
            let block = [7; 10_000];
            let mut left = AMOUNT;
            while left > 0 {
                let length = block.len().min(left);
                to.write_all(&block[..length]).await.unwrap();
                left -= length;
            }
            to.shutdown().await.unwrap();
        };
        let receive = async {
            let mut buf = vec![0; 8192];
            let mut total = 0;
            while let n @ 1.. = from.read(&mut buf).await.unwrap() {
                assert!(buf[..n].iter().all(|byte| *byte == 7));
                total += n;
            }
            assert_eq!(total, AMOUNT);
        };
        let echo = async {
            let mut buf = vec![0; 8192];
            while let n @ 1.. = server.read(&mut buf).await.unwrap() {
                server.write_all(&buf[..n]).await.unwrap();
            }
            server.shutdown().await.unwrap();
        };
        join3(send, receive, echo).await;
    });
}

#[test]
fn owned_halves_close_and_reunite() {
    run(async {
        let (client, mut server) = tcp_pair().await;
        let (read, write) = client.into_split();
        let mut client = read.reunite(write).unwrap();
        client.write_all(b"x").await.unwrap();
        let (read, write) = client.into_split();
        write.forget();
        let mut buf = [0; 8];
        assert_eq!(server.read(&mut buf).await.unwrap(), 1);
        assert!(matches!(poll_once(&mut pin!(server.read(&mut buf))).await, Poll::Pending));
        drop(read);
        assert_eq!(server.read(&mut buf).await.unwrap(), 0);

        let (client, mut server) = tcp_pair().await;
        let (mut read, write) = client.into_split();
        drop(write);
        assert_eq!(server.read(&mut buf).await.unwrap(), 0);
        server.write_all(b"still here").await.unwrap();
        assert_eq!(read.read(&mut buf).await.unwrap(), 8);
    });
}

#[test]
fn halves_of_two_streams_do_not_reunite() {
    run(async {
        let (client, server) = tcp_pair().await;
        let (read, _other_write) = client.into_split();
        let (_other_read, write) = server.into_split();
        let error = write.reunite(read).unwrap_err();
        assert_eq!(error.to_string(), "tried to reunite halves that are not from the same socket");
        let crate::net::tcp::ReuniteError(read, write) = error;
        assert_ne!(read.local_addr().unwrap(), write.local_addr().unwrap());
    });
}

#[test]
fn a_refused_connection_is_an_error() {
    run(async {
        // Held, so that nobody else comes to listen there.
        let held = TcpSocket::new_v4().unwrap();
        held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let vacant = held.local_addr().unwrap();
        let error = TcpStream::connect(vacant).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        // And the next address has its turn.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addrs = [vacant, listener.local_addr().unwrap()];
        let (stream, _) =
            try_join(TcpStream::connect(&addrs[..]), listener.accept()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addrs[1]);
        let none: &[SocketAddr] = &[];
        let error = TcpStream::connect(none).await.unwrap_err();
        assert_eq!(error.to_string(), "could not resolve to any address");
    });
}

#[test]
fn a_cancelled_read_takes_nothing() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        let mut buf = [0; 8];
        assert!(matches!(poll_once(&mut pin!(server.read(&mut buf))).await, Poll::Pending));
        client.write_all(b"abc").await.unwrap();
        assert_eq!(server.read(&mut buf).await.unwrap(), 3);
        assert_eq!(&buf[..3], b"abc");
    });
}

#[test]
fn a_short_read_spares_the_next_attempt() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        let mut buf = [0; 8];
        // The read waits first, so that the only event there is has come when it ends.
        let write = async {
            client.write_all(b"abc").await.unwrap();
        };
        let (read, ()) = join(server.read(&mut buf), write).await;
        assert_eq!(read.unwrap(), 3);
        let spared = server.try_io(Interest::READABLE, || -> std::io::Result<()> {
            unreachable!("a short read says that nothing is left")
        });
        assert_eq!(spared.unwrap_err().kind(), ErrorKind::WouldBlock);
        // Neither more data nor the end is missed for it.
        client.write_all(b"de").await.unwrap();
        drop(client);
        assert_eq!(server.read(&mut buf).await.unwrap(), 2);
        assert_eq!(server.read(&mut buf).await.unwrap(), 0);
    });
}

#[test]
fn a_full_buffer_is_waited_for() {
    run(async {
        let (client, server) = tcp_pair().await;
        client.writable().await.unwrap();
        let mut sent = 0;
        let block = vec![1; 65_536];
        let full = loop {
            match client.try_write(&block) {
                Ok(n) => sent += n,
                Err(error) => break error,
            }
        };
        assert_eq!(full.kind(), ErrorKind::WouldBlock);
        assert!(matches!(poll_once(&mut pin!(client.writable())).await, Poll::Pending));
        let drain = async {
            let mut buf = vec![0; 65_536];
            let mut received = 0;
            while received < sent {
                server.readable().await.unwrap();
                match server.try_read(&mut buf) {
                    Ok(n) => received += n,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
                }
            }
        };
        let (writable, ()) = join(client.writable(), drain).await;
        writable.unwrap();
        assert_eq!(client.try_write(b"x").unwrap(), 1);
    });
}

#[test]
fn vectored_reads_and_writes_take_one_call() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        let parts = [IoSlice::new(b"one "), IoSlice::new(b"two "), IoSlice::new(b"three")];
        assert_eq!(client.write_vectored(&parts).await.unwrap(), 13);
        let written = poll_fn(|cx| Pin::new(&mut client).poll_write_vectored(cx, &parts)).await;
        assert_eq!(written.unwrap(), 13);
        let mut all = [0; 26];
        server.peek(&mut all).await.unwrap();
        let (mut a, mut b) = ([0; 4], [0; 9]);
        for _ in 0..2 {
            let mut bufs = [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)];
            let read = poll_fn(|cx| Pin::new(&mut server).poll_read_vectored(cx, &mut bufs)).await;
            assert_eq!(read.unwrap(), 13);
            assert_eq!((&a, &b), (b"one ", b"two three"));
        }
    });
}

#[test]
fn more_buffers_than_one_call_takes_are_not_a_full_socket() {
    run(async {
        let (mut client, mut server) = tcp_pair().await;
        let parts = vec![IoSlice::new(b"x"); 1500];
        let sent = client.write_vectored(&parts).await.unwrap();
        assert!(sent < parts.len());
        let rest = client.write_vectored(&parts[sent..]).now_or_never();
        assert_eq!(rest.expect("there is room").unwrap(), parts.len() - sent);

        let mut all = vec![0; parts.len()];
        while server.peek(&mut all).await.unwrap() < parts.len() {}
        all.fill(0);
        let mut bytes: Vec<_> = all.chunks_mut(1).map(IoSliceMut::new).collect();
        let read = server.read_vectored(&mut bytes).await.unwrap();
        assert!(read < parts.len());
        let rest = server.read_vectored(&mut bytes[read..]).now_or_never();
        assert_eq!(rest.expect("there is more").unwrap(), parts.len() - read);
        assert_eq!(all, [b'x'; 1500]);
    });
}

#[test]
fn several_tasks_may_wait_for_the_same_thing() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let clients = async {
            let one = std::net::TcpStream::connect(addr).unwrap();
            let two = std::net::TcpStream::connect(addr).unwrap();
            (one, two)
        };
        let (a, b, (_one, mut two)) = join3(listener.accept(), listener.accept(), clients).await;
        let (a, b) = (a.unwrap().0, b.unwrap().0);
        let second = [a, b]
            .into_iter()
            .find(|stream| stream.peer_addr().unwrap() == two.local_addr().unwrap())
            .unwrap();
        let mut byte = [0];
        let write = async { two.write_all(b"x").unwrap() };
        let (a, b, ()) = join3(second.readable(), second.peek(&mut byte), write).await;
        a.unwrap();
        assert_eq!((b.unwrap(), byte), (1, *b"x"));
    });
}

#[test]
fn streams_come_from_and_go_to_the_standard_library() {
    run(async {
        let (client, mut server) = tcp_pair().await;
        let mut client = client.into_std().unwrap();
        assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        client.write_all(b"x").unwrap();
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 1);
        let client = TcpStream::from_std(client).unwrap();
        server.write_all(b"y").await.unwrap();
        let mut buf = [0; 8];
        let mut client = pin!(client);
        let read = poll_fn(|cx| client.as_mut().poll_read(cx, &mut buf)).await;
        assert_eq!(read.unwrap(), 1);
    });
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "Registering a blocking socket with the Handcrank runtime")]
fn a_blocking_socket_is_refused() {
    run(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let _ = TcpListener::from_std(listener);
    });
}

#[test]
fn a_socket_can_be_set_up_first() {
    run(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_keepalive(true).unwrap();
        assert!(socket.reuseaddr().unwrap() && socket.nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(8).unwrap();
        let addr = listener.local_addr().unwrap();
        let client = TcpSocket::new_v4().unwrap();
        let (client, _) = try_join(client.connect(addr), listener.accept()).await.unwrap();
        assert!(!client.nodelay().unwrap(), "left as the system sets it");
        client.set_nodelay(true).unwrap();
        assert!(client.nodelay().unwrap());
        client.set_zero_linger().unwrap();
        assert_eq!(client.linger().unwrap(), Some(std::time::Duration::ZERO));
        client.set_ttl(42).unwrap();
        assert_eq!(client.ttl().unwrap(), 42);
        assert!(client.take_error().unwrap().is_none());
    });
}

#[test]
#[should_panic(
    expected = "there is no reactor running, must be called from the context of a Handcrank 1.x runtime"
)]
fn a_socket_needs_a_runtime() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let _ = TcpListener::from_std(listener);
}

#[test]
#[should_panic(expected = "A Handcrank 1.x context was found, but IO is disabled.")]
fn a_socket_needs_a_runtime_with_io() {
    run_with(Builder::new_current_thread().enable_time(), async {
        let _ = TcpListener::bind("127.0.0.1:0").await;
    });
}
