//! Cancellation: what is left when a future is dropped, or its task aborted, in the middle.

use super::rt::net::{TcpListener, TcpStream, UdpSocket};
use super::rt::sync::{Notify, oneshot};
use super::rt::task::{self, JoinSet};
use super::rt::time::{self, Duration};
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use crate::observers::Loud;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: aborted_at_each_await, locals_go_backwards, nested_futures_go_inside_out, select_drops_the_loser,
        timeout_drops_what_it_cuts_off, notified_hands_its_permit_on, oneshot_receiver_goes,
        oneshot_receive_is_resumed, join_handle_is_resumed, accept_loses_nothing, datagram_is_not_lost,
        sleep_is_resumed, aborting_the_joiner, a_tree_of_sets, dropped_runtime_drops_once,
        abort_reaches_into_a_timeout, cancelled_before_it_ran, yield_cut_off, blocking_job_outlives_its_waiter,
        abort_in_a_join_set_by_handle, panic_while_cancelling_others;
];

/// Polls once, with a waker that does nothing.
fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Aborts a task that waits for `future`, once it does.
async fn abort_in(
    log: &Log,
    name: &'static str,
    future: impl Future<Output = ()> + Send + 'static,
) {
    let loud = Loud(log.clone(), name);
    let (entered, wait) = oneshot::channel();
    let mut entered = Some(entered);
    let task = task::spawn(async move {
        let _loud = loud;
        let mut future = Box::pin(future);
        poll_fn(|cx| {
            let polled = future.as_mut().poll(cx);
            if let Some(entered) = entered.take() {
                entered.send(polled.is_pending()).unwrap();
            }
            polled
        })
        .await;
    });
    log.note(format!("{name} waits: {}", wait.await.unwrap()));
    task.abort();
    log.note(log.without_ids(&task.await.unwrap_err()));
}

fn aborted_at_each_await(flavour: Flavour, log: &Log) {
    run(flavour, async {
        abort_in(log, "sleep", time::sleep(Duration::from_hours(1))).await;
        abort_in(log, "interval", async {
            let mut ticks = time::interval(Duration::from_hours(1));
            ticks.tick().await;
            ticks.tick().await;
        })
        .await;
        let (_send, receive) = oneshot::channel::<()>();
        abort_in(log, "oneshot", async { receive.await.unwrap() }).await;
        let (mut send, _receive) = oneshot::channel::<()>();
        abort_in(log, "closed", async move { send.closed().await }).await;
        let notify = Arc::new(Notify::new());
        let theirs = Arc::clone(&notify);
        abort_in(log, "notified", async move { theirs.notified().await }).await;
        log.note(Arc::strong_count(&notify));
        let inner = task::spawn(pending::<()>());
        let abort = inner.abort_handle();
        abort_in(log, "handle", async { inner.await.unwrap() }).await;
        log.note(abort.is_finished());
        abort.abort();
        let mut set = JoinSet::new();
        set.spawn(pending::<()>());
        abort_in(log, "set", async move { drop(set.join_next().await) }).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, _far) =
            futures_util::future::join(TcpStream::connect(address), listener.accept()).await;
        let near = near.unwrap();
        abort_in(log, "readable", async move { near.readable().await.unwrap() }).await;
        abort_in(log, "accept", async move { drop(listener.accept().await) }).await;
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        abort_in(log, "receive", async move { drop(socket.recv_from(&mut [0; 4]).await) }).await;
        let hour = Duration::from_hours(1);
        abort_in(log, "timeout", async move { drop(time::timeout(hour, pending::<()>()).await) })
            .await;
    });
}

fn locals_go_backwards(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (captured, inner) = (Loud(log.clone(), "captured"), log.clone());
        let waits = async move {
            let _captured = captured;
            let _first = Loud(inner.clone(), "first");
            let second = Loud(inner.clone(), "second");
            let _third = Loud(inner, "third");
            drop(second);
            pending::<()>().await;
        };
        abort_in(log, "task", waits).await;
    });
}

fn nested_futures_go_inside_out(flavour: Flavour, log: &Log) {
    async fn level(log: Log, depth: usize) {
        let _loud = Loud(log.clone(), ["innermost", "inner", "outer"][depth]);
        if depth > 0 {
            Box::pin(level(log, depth - 1)).await;
        } else {
            pending::<()>().await;
        }
    }
    run(flavour, async { abort_in(log, "task", level(log.clone(), 2)).await });
}

fn select_drops_the_loser(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let loud = Loud(log.clone(), "loser");
        let loser = Box::pin(async move {
            let _loud = loud;
            pending::<()>().await;
        });
        let winner = Box::pin(task::yield_now());
        let left = futures_util::future::select(winner, loser).await;
        log.note("won");
        drop(left);
        log.note("after");
    });
}

fn timeout_drops_what_it_cuts_off(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let loud = Loud(log.clone(), "cut off");
        let result = time::timeout(Duration::from_millis(2), async move {
            let _loud = loud;
            pending::<()>().await;
        })
        .await;
        log.note(format!("{result:?}"));
        // Kept by reference it lives on.
        let (send, receive) = oneshot::channel();
        let mut receive = Box::pin(receive);
        log.note(time::timeout(Duration::from_millis(2), &mut receive).await.is_err());
        send.send(5).unwrap();
        log.note(format!("{:?}", time::timeout(Duration::from_hours(1), receive).await));
    });
}

fn notified_hands_its_permit_on(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let notify = Notify::new();
        let mut first = Box::pin(notify.notified());
        let mut second = Box::pin(notify.notified());
        log.note(format!("{:?} {:?}", poll(first.as_mut()), poll(second.as_mut())));
        notify.notify_one();
        drop(first);
        log.note(format!("{:?}", poll(second.as_mut())));
        // With nobody there, it stays.
        let mut third = Box::pin(notify.notified());
        log.note(format!("{:?}", poll(third.as_mut())));
        notify.notify_one();
        drop(third);
        log.note(format!("{:?}", poll(Box::pin(notify.notified()).as_mut())));
        // One that was meant for all is not handed on.
        let mut fourth = Box::pin(notify.notified());
        log.note(format!("{:?}", poll(fourth.as_mut())));
        notify.notify_waiters();
        drop(fourth);
        log.note(format!("{:?}", poll(Box::pin(notify.notified()).as_mut())));
    });
}

fn oneshot_receiver_goes(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = oneshot::channel();
        let task = task::spawn(async { receive.await.unwrap_or(0) });
        task::yield_now().await;
        task.abort();
        log.note(task.await.unwrap_err().is_cancelled());
        log.note(format!("{} {:?}", send.is_closed(), send.send(5)));
    });
}

fn oneshot_receive_is_resumed(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, mut receive) = oneshot::channel();
        for _ in 0..3 {
            log.note(poll(Pin::new(&mut (&mut receive))).is_pending());
        }
        send.send(5).unwrap();
        log.note(format!("{:?}", receive.await));
    });
}

fn join_handle_is_resumed(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = oneshot::channel::<u8>();
        let mut task = task::spawn(async { receive.await.unwrap() });
        let cut = time::timeout(Duration::from_millis(2), &mut task).await;
        log.note(cut.is_err());
        send.send(5).unwrap();
        log.note(format!("{:?}", task.await));
    });
}

fn accept_loses_nothing(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        log.note(poll(Box::pin(listener.accept()).as_mut()).is_pending());
        let near = std::net::TcpStream::connect(address).unwrap();
        let (_, peer) = listener.accept().await.unwrap();
        log.note(peer == near.local_addr().unwrap());
    });
}

fn datagram_is_not_lost(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (near, far) = (
            UdpSocket::bind("127.0.0.1:0").await.unwrap(),
            UdpSocket::bind("127.0.0.1:0").await.unwrap(),
        );
        let mut buffer = [0; 8];
        log.note(poll(Box::pin(far.recv_from(&mut buffer)).as_mut()).is_pending());
        near.send_to(b"hello", far.local_addr().unwrap()).await.unwrap();
        let (read, _) = far.recv_from(&mut buffer).await.unwrap();
        log.note(format!("{:?}", &buffer[..read]));
    });
}

fn sleep_is_resumed(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut sleep = Box::pin(time::sleep(Duration::from_millis(20)));
        log.note(poll(sleep.as_mut()).is_pending());
        let other = task::spawn(async move {
            sleep.as_mut().await;
            sleep.is_elapsed()
        });
        log.note(other.await.unwrap());
    });
}

/// The handle goes with its task; what it waited for runs on.
fn aborting_the_joiner(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = oneshot::channel::<()>();
        let (done, wait) = oneshot::channel();
        let inner = task::spawn(async move {
            receive.await.unwrap();
            done.send("ran on").unwrap();
        });
        abort_in(log, "joiner", async { inner.await.unwrap() }).await;
        send.send(()).unwrap();
        log.note(wait.await.unwrap());
    });
}

fn a_tree_of_sets(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let held = Arc::new(());
        let (entered, wait) = oneshot::channel();
        let theirs = Arc::clone(&held);
        let task = task::spawn(async move {
            let mut outer = JoinSet::new();
            let barrier = Arc::new(tokio::sync::Barrier::new(10));
            for _ in 0..3 {
                let (theirs, barrier) = (Arc::clone(&theirs), Arc::clone(&barrier));
                outer.spawn(async move {
                    let mut inner = JoinSet::new();
                    for _ in 0..3 {
                        let (theirs, barrier) = (Arc::clone(&theirs), Arc::clone(&barrier));
                        inner.spawn(async move {
                            barrier.wait().await;
                            let _theirs = theirs;
                            pending::<()>().await;
                        });
                    }
                    while inner.join_next().await.is_some() {}
                });
            }
            barrier.wait().await;
            entered.send(()).unwrap();
            while outer.join_next().await.is_some() {}
        });
        wait.await.unwrap();
        task.abort();
        log.note(task.await.unwrap_err().is_cancelled());
        while Arc::strong_count(&held) > 1 {
            task::yield_now().await;
        }
        log.note("all gone");
    });
}

fn dropped_runtime_drops_once(flavour: Flavour, log: &Log) {
    let held = Arc::new(());
    let first = runtime(flavour);
    for n in 0..20 {
        let theirs = Arc::clone(&held);
        first.spawn(async move {
            let _theirs = theirs;
            match n % 4 {
                0 => time::sleep(Duration::from_hours(1)).await,
                1 => pending().await,
                2 => drop(task::spawn(pending::<()>()).await),
                _ => Notify::new().notified().await,
            }
        });
    }
    first.block_on(task::yield_now());
    log.note(Arc::strong_count(&held));
    drop(first);
    log.note(Arc::strong_count(&held));
}

fn abort_reaches_into_a_timeout(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let loud = Loud(log.clone(), "inside");
        let inside = async move {
            let _loud = loud;
            pending::<()>().await;
        };
        let hour = Duration::from_hours(1);
        abort_in(log, "around", async move { drop(time::timeout(hour, inside).await) }).await;
    });
}

fn cancelled_before_it_ran(flavour: Flavour, log: &Log) {
    let first = runtime(flavour);
    let handle = first.handle().clone();
    drop(first);
    let loud = Loud(log.clone(), "never ran");
    let inner = log.clone();
    let task = handle.spawn(async move {
        inner.note("ran");
        drop(loud);
    });
    run(flavour, async { log.note(task.await.unwrap_err().is_cancelled()) });
}

fn yield_cut_off(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for _ in 0..10 {
            log.note(poll(Box::pin(task::yield_now()).as_mut()).is_pending());
        }
        let mut yielding = Box::pin(task::yield_now());
        log.note(poll(yielding.as_mut()).is_pending());
        log.note(poll(yielding.as_mut()).is_ready());
    });
}

fn blocking_job_outlives_its_waiter(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (go, hold) = std::sync::mpsc::channel::<()>();
        let (done, wait) = oneshot::channel();
        let (entered, begun) = oneshot::channel();
        let job = task::spawn_blocking(move || {
            entered.send(()).unwrap();
            hold.recv().unwrap();
            done.send("ran on").unwrap();
        });
        begun.await.unwrap();
        abort_in(log, "waiter", async { job.await.unwrap() }).await;
        go.send(()).unwrap();
        log.note(wait.await.unwrap());
    });
}

fn abort_in_a_join_set_by_handle(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let aborts: Vec<_> = (0..6).map(|_| set.spawn(pending::<()>())).collect();
        for abort in aborts.iter().step_by(2) {
            abort.abort();
        }
        for _ in 0..3 {
            log.note(set.join_next().await.unwrap().unwrap_err().is_cancelled());
        }
        log.note(set.len());
        log.note(set.try_join_next().is_none());
    });
}

fn panic_while_cancelling_others(flavour: Flavour, log: &Log) {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("bomb");
        }
    }
    let held = Arc::new(());
    let first = runtime(flavour);
    let tasks: Vec<_> = (0..10)
        .map(|n| {
            let theirs = Arc::clone(&held);
            let bomb = (n % 3 == 0).then(|| Bomb);
            first.spawn(async move {
                let _held = (theirs, bomb);
                pending::<()>().await;
            })
        })
        .collect();
    first.block_on(task::yield_now());
    drop(first);
    log.note(Arc::strong_count(&held));
    run(flavour, async {
        for task in tasks {
            log.note(log.without_ids(&task.await.unwrap_err()));
        }
    });
}
