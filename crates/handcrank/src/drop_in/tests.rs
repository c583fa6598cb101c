//! Programs as a tokio user writes them. Only the next line is not theirs.
use crate::drop_in as tokio;

use std::collections::HashMap;
use std::sync::Arc;
use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, BufWriter, copy_bidirectional,
};
use tokio::net::{TcpListener, TcpStream, UnixStream, tcp::OwnedWriteHalf};
use tokio::runtime::Builder;
use tokio::sync::{Mutex, RwLock, Semaphore, broadcast, mpsc, oneshot, watch};
use tokio::time::{Duration, Instant, sleep, timeout};

/// On both kinds of runtime.
fn each<F: Future<Output = ()>>(program: impl Fn() -> F) {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(program());
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap().block_on(program());
}

#[test]
fn no_runtime_of_tokios_is_there() {
    each(async || {
        // Only what another crate built for tokio would see.
        assert!(::tokio::runtime::Handle::try_current().is_err());
        assert!(tokio::runtime::Handle::try_current().is_ok());
        let inside = tokio::spawn(async { ::tokio::runtime::Handle::try_current().is_err() });
        assert!(inside.await.unwrap());
    });
}

/// A server with shared state, a proxy before it, and clients through the proxy.
#[test]
fn a_store_behind_a_proxy() {
    type Store = Arc<RwLock<HashMap<String, String>>>;

    async fn answer(stream: TcpStream, store: Store) -> tokio::io::Result<()> {
        let (read, write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut write: BufWriter<OwnedWriteHalf> = BufWriter::new(write);
        while let Some(line) = lines.next_line().await? {
            let reply = match line.splitn(3, ' ').collect::<Vec<_>>()[..] {
                ["set", key, value] => {
                    store.write().await.insert(key.to_owned(), value.to_owned());
                    "ok".to_owned()
                }
                ["get", key] => store.read().await.get(key).cloned().unwrap_or_default(),
                _ => "what?".to_owned(),
            };
            write.write_all(reply.as_bytes()).await?;
            write.write_u8(b'\n').await?;
            write.flush().await?;
        }
        Ok(())
    }

    each(async || {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server_at = server.local_addr().unwrap();
        let store = Store::default();
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = server.accept().await.unwrap();
                tokio::spawn(answer(stream, Arc::clone(&store)));
            }
        });
        let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy_at = proxy.local_addr().unwrap();
        let proxying = tokio::spawn(async move {
            loop {
                let (mut inner, _) = proxy.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut outer = TcpStream::connect(server_at).await.unwrap();
                    copy_bidirectional(&mut inner, &mut outer).await
                });
            }
        });
        let clients: Vec<_> = (0..8)
            .map(|n| {
                tokio::spawn(async move {
                    let mut stream = BufReader::new(TcpStream::connect(proxy_at).await.unwrap());
                    let text = format!("set key{n} value {n}\nget key{n}\nsing\n");
                    stream.write_all(text.as_bytes()).await.unwrap();
                    // The end goes through the proxy, to the server and back.
                    stream.shutdown().await.unwrap();
                    let mut answers = String::new();
                    stream.read_to_string(&mut answers).await.unwrap();
                    assert_eq!(answers, format!("ok\nvalue {n}\nwhat?\n"));
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        for task in [serving, proxying] {
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        }
    });
}

#[test]
fn the_macros() {
    each(async || {
        let (send, mut receive) = mpsc::channel::<u32>(4);
        let (stop, mut stopped) = oneshot::channel::<()>();
        let adder = tokio::spawn(async move {
            let mut sum = 0;
            loop {
                tokio::select! {
                    biased;
                    Some(number) = receive.recv() => sum += number,
                    _ = &mut stopped => break sum,
                    else => break 0,
                }
            }
        });
        let (first, second) = tokio::join!(send.send(1), send.send(2));
        assert_eq!((first, second), (Ok(()), Ok(())));
        let both = tokio::try_join!(send.send(3), async { Ok(7) });
        assert_eq!(both.unwrap(), ((), 7));
        while send.capacity() < send.max_capacity() {
            tokio::task::yield_now().await;
        }
        stop.send(()).unwrap();
        assert_eq!(adder.await.unwrap(), 6);

        let late = sleep(Duration::from_mins(10));
        tokio::pin!(late);
        tokio::select! {
            () = &mut late => panic!("too early"),
            () = tokio::task::yield_now() => {}
        }
        assert!(!late.is_elapsed());
    });
}

#[test]
fn channels_and_locks() {
    each(async || {
        let (news, _) = broadcast::channel(8);
        let (state, watching) = watch::channel("starting");
        let permits = Arc::new(Semaphore::new(2));
        let total = Arc::new(Mutex::new(0));
        let mut tasks = Vec::new();
        for n in 0..5 {
            let (mut news, mut watching) = (news.subscribe(), watching.clone());
            let (permits, total) = (Arc::clone(&permits), Arc::clone(&total));
            tasks.push(tokio::spawn(async move {
                watching.wait_for(|state| *state == "started").await.unwrap();
                let number: u32 = news.recv().await.unwrap();
                let _permit = permits.acquire_owned().await.unwrap();
                sleep(Duration::from_millis(1)).await;
                *total.lock().await += n * number;
            }));
        }
        news.send(10).unwrap();
        state.send("started").unwrap();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*total.lock().await, 100);
    });
}

#[test]
fn timeouts_under_a_clock_that_stands() {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap().block_on(async {
        let start = Instant::now();
        let (mut ours, _theirs) = UnixStream::pair().unwrap();
        let read = timeout(Duration::from_mins(1), ours.read_u32()).await;
        assert_eq!(read.unwrap_err().to_string(), "deadline has elapsed");
        assert_eq!(start.elapsed(), Duration::from_mins(1));
        // tokio's own tools for I/O know no clock, and need none.
        let (mut one, mut other) = tokio::io::duplex(64);
        one.write_all(b"hello").await.unwrap();
        drop(one);
        let mut text = String::new();
        other.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "hello");
    });
}

#[test]
fn the_words_of_io() {
    // A stream is told with ours, and the traits are tokio's.
    async fn wait(stream: &UnixStream) -> tokio::io::Ready {
        stream.ready(tokio::io::Interest::READABLE).await.unwrap()
    }
    async fn any<S: tokio::io::AsyncRead + Unpin>(mut stream: S) -> u8 {
        stream.read_u8().await.unwrap()
    }
    each(async || {
        let (mut one, other) = UnixStream::pair().unwrap();
        one.write_all(b"x").await.unwrap();
        assert!(wait(&other).await.is_readable());
        assert_eq!(any(other).await, b'x');
    });
}
