//! Nobody starves: not beside a busy stream, not beside tasks that yield for ever, not beside a
//! root future that wakes itself.

use futures_util::future::poll_fn;
use handcrank::net::{TcpListener, TcpStream, UdpSocket};
use handcrank::runtime::Handle;
use handcrank::sync::{Notify, oneshot};
use handcrank::task::{self, JoinHandle, coop};
use handcrank::time::{Duration, interval, sleep};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::task::Poll;
use std::thread;
use tests::{Flavour, block_on_each, on_each};

/// Tasks that yield until they are aborted: a few for every worker.
fn yielders() -> Vec<JoinHandle<()>> {
    let workers = Handle::current().metrics().num_workers();
    let forever = || async {
        loop {
            task::yield_now().await;
        }
    };
    (0..3 * workers).map(|_| handcrank::spawn(forever())).collect()
}

fn stop(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        task.abort();
    }
}

async fn exchange_some_datagrams() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    for round in 0..20 {
        let sender = handcrank::spawn(async move {
            let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            sender.send_to(&[round], address).await.unwrap();
        });
        let mut byte = [0];
        socket.recv(&mut byte).await.unwrap();
        assert_eq!(byte, [round]);
        sender.await.unwrap();
    }
}

#[test]
fn yielding_tasks_let_timers_and_sockets_through() {
    block_on_each(|_| async {
        let busy = yielders();
        for _ in 0..20 {
            sleep(Duration::from_millis(1)).await;
        }
        exchange_some_datagrams().await;
        handcrank::spawn(exchange_some_datagrams()).await.unwrap();
        handcrank::spawn(sleep(Duration::from_millis(1))).await.unwrap();
        stop(busy);
    });
}

#[test]
fn yielding_tasks_let_what_comes_from_outside_through() {
    on_each(|_, runtime| {
        let handle = runtime.handle().clone();
        runtime.block_on(async move {
            let busy = yielders();
            let outside = thread::spawn(move || {
                let tasks: Vec<_> = (0..100).map(|n| handle.spawn(async move { n })).collect();
                Flavour::CurrentThread.build().block_on(async move {
                    let mut sum = 0;
                    for task in tasks {
                        sum += task.await.unwrap();
                    }
                    sum
                })
            });
            let sum = task::spawn_blocking(move || outside.join().unwrap());
            assert_eq!(sum.await.unwrap(), 4950);
            stop(busy);
        });
    });
}

#[test]
fn a_root_that_wakes_itself_lets_tasks_timers_and_sockets_through() {
    block_on_each(|_| async {
        let done = Arc::new(AtomicBool::new(false));
        let work = handcrank::spawn({
            let done = done.clone();
            async move {
                sleep(Duration::from_millis(2)).await;
                exchange_some_datagrams().await;
                for _ in 0..100 {
                    task::yield_now().await;
                    handcrank::spawn(async {}).await.unwrap();
                }
                done.store(true, Relaxed);
            }
        });
        // Never pending without a wake of its own.
        poll_fn(|cx| {
            if done.load(Relaxed) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        work.await.unwrap();
    });
}

#[test]
fn two_tasks_that_wake_each_other_let_a_third_through() {
    block_on_each(|_| async {
        let (ping, pong) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        // A pair for every worker, so that no worker is left over for the neighbour.
        let workers = Handle::current().metrics().num_workers();
        let mut pairs = Vec::new();
        for _ in 0..workers {
            for (wake, wait) in [(ping.clone(), pong.clone()), (pong.clone(), ping.clone())] {
                pairs.push(handcrank::spawn(async move {
                    loop {
                        wake.notify_one();
                        wait.notified().await;
                    }
                }));
            }
        }
        for _ in 0..50 {
            handcrank::spawn(async {}).await.unwrap();
        }
        sleep(Duration::from_millis(2)).await;
        stop(pairs);
    });
}

/// A stream that always has something to say is always ready. Only the budget makes its reader
/// stand back.
#[test]
fn a_busy_stream_lets_its_neighbours_through() {
    block_on_each(|_| async {
        // One busy pair for every worker.
        let mut busy = Vec::new();
        for _ in 0..Handle::current().metrics().num_workers() {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            busy.push(handcrank::spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let block = vec![0; 32 << 10];
                loop {
                    stream.write_all(&block).await.unwrap();
                }
            }));
            busy.push(handcrank::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut byte = [0; 16];
                loop {
                    stream.read_exact(&mut byte).await.unwrap();
                }
            }));
        }
        for _ in 0..20 {
            sleep(Duration::from_millis(1)).await;
            handcrank::spawn(async {}).await.unwrap();
        }
        exchange_some_datagrams().await;
        stop(busy);
    });
}

#[test]
fn everything_that_is_always_ready_has_a_budget() {
    /// Runs `busy`, which never ends by itself, in one task with a neighbour that stops it.
    async fn beside(busy: impl Future<Output = ()> + Send + 'static) {
        let busy = handcrank::spawn(busy);
        // Without a budget a current-thread runtime would never come back here.
        for _ in 0..10 {
            task::yield_now().await;
        }
        handcrank::spawn(async {}).await.unwrap();
        busy.abort();
        assert!(busy.await.unwrap_err().is_cancelled());
    }
    block_on_each(|_| async {
        beside(async {
            loop {
                coop::consume_budget().await;
            }
        })
        .await;
        beside(async {
            loop {
                // Over as soon as it begins.
                sleep(Duration::ZERO).await;
            }
        })
        .await;
        beside(async {
            let mut ticks = interval(Duration::from_nanos(1));
            loop {
                ticks.tick().await;
            }
        })
        .await;
        beside(async {
            loop {
                let (send, receive) = oneshot::channel();
                send.send(()).unwrap();
                receive.await.unwrap();
            }
        })
        .await;
        beside(async {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let address = socket.local_addr().unwrap();
            loop {
                socket.send_to(b"x", address).await.unwrap();
                socket.recv(&mut [0]).await.unwrap();
            }
        })
        .await;
    });
}

#[test]
fn every_task_has_its_turn() {
    on_each(|_, runtime| {
        const TASKS: usize = 50;
        let turns: Arc<Vec<_>> = Arc::new((0..TASKS).map(|_| AtomicUsize::new(0)).collect());
        let tasks: Vec<_> = (0..TASKS)
            .map(|n| {
                let turns = turns.clone();
                runtime.spawn(async move {
                    loop {
                        turns[n].fetch_add(1, Relaxed);
                        task::yield_now().await;
                    }
                })
            })
            .collect();
        // However long the system lets a thread wait, in the end each has had its turns.
        runtime.block_on(async {
            while turns.iter().any(|turns| turns.load(Relaxed) < 1000) {
                task::yield_now().await;
            }
            stop(tasks);
        });
    });
}
