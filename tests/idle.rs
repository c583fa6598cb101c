//! A runtime with nothing to do takes no processor time, whatever it did before and whatever waits
//! on it.
//!
//! The tests of this file run one at a time, because processor time belongs to the whole process.

use futures_util::future::{join_all, pending, poll_fn};
use handcrank::net::{TcpListener, TcpStream, UdpSocket};
use handcrank::runtime::Runtime;
use handcrank::task;
use handcrank::time::{Duration, Instant, sleep};
use std::sync::mpsc;
use std::thread;
use tests::{FLAVOURS, Flavour, Watchdog, alone, cpu_time, on_each};

/// How long a runtime is watched at doing nothing.
const WATCHED: Duration = Duration::from_millis(500);

/// Less than a hundredth of the processor while `f` lets time pass.
///
/// The system may put on our bill what it does for others, so there is a second look, and some more. A runtime that is
/// not idle is so each time.
#[track_caller]
fn takes_no_time(what: &str, f: impl Fn()) {
    let mut seen = Vec::new();
    for _ in 0..5 {
        // The real clock, as one test stops the runtime's.
        let (cpu, begun) = (cpu_time(), std::time::Instant::now());
        f();
        let (used, passed) = (cpu_time().checked_sub(cpu).unwrap(), begun.elapsed());
        assert!(passed >= WATCHED);
        if used < passed / 100 {
            return;
        }
        seen.push(format!("{used:?} of {passed:?}"));
    }
    panic!("{what}: {seen:?}");
}

/// With somebody in `block_on` who waits for a timer.
#[track_caller]
fn is_idle(runtime: &Runtime, what: &str) {
    takes_no_time(what, || runtime.block_on(async { sleep(WATCHED).await }));
}

#[test]
fn fresh_and_after_a_burst() {
    let _alone = alone();
    on_each(|flavour, runtime| {
        is_idle(&runtime, &format!("fresh {flavour:?}"));
        runtime.block_on(async {
            // Messages, timers, steals, blocking jobs and sockets, and then nothing.
            let tasks = (0..2000).map(|n: u32| {
                handcrank::spawn(async move {
                    for _ in 0..n % 5 {
                        task::yield_now().await;
                    }
                    sleep(Duration::from_micros(u64::from(n))).await;
                    if n.is_multiple_of(100) {
                        task::spawn_blocking(thread::yield_now).await.unwrap();
                    }
                    if n.is_multiple_of(50) {
                        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                        let address = socket.local_addr().unwrap();
                        socket.send_to(b"x", address).await.unwrap();
                        socket.recv(&mut [0]).await.unwrap();
                    }
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                task.await.unwrap();
            }
        });
        let what = format!("{flavour:?} after a burst");
        is_idle(&runtime, &what);
        if flavour.has_threads() {
            takes_no_time(&what, || thread::sleep(WATCHED));
        }
    });
}

#[test]
fn with_much_that_waits() {
    let _alone = alone();
    on_each(|flavour, runtime| {
        let kept = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let clients = join_all((0..50).map(|_| TcpStream::connect(address))).await;
            let mut tasks = Vec::new();
            for client in clients {
                let (mut server, _) = listener.accept().await.unwrap();
                tasks.push(handcrank::spawn(async move {
                    server.read(&mut [0]).await.unwrap();
                }));
                let mut client = client.unwrap();
                tasks.push(handcrank::spawn(async move {
                    client.read(&mut [0]).await.unwrap();
                }));
                tasks.push(handcrank::spawn(sleep(Duration::from_hours(1))));
                tasks.push(handcrank::spawn(pending()));
            }
            tasks.push(handcrank::spawn(async move {
                listener.accept().await.unwrap();
            }));
            // One turn for each of them.
            sleep(Duration::from_millis(20)).await;
            tasks
        });
        is_idle(&runtime, &format!("{flavour:?} with {} tasks that wait", kept.len()));
    });
}

#[test]
fn beside_a_task_or_a_job_that_blocks() {
    let _alone = alone();
    for flavour in FLAVOURS {
        let _watchdog = Watchdog::new(format!("{flavour:?}"));
        let runtime = flavour.build();
        let (release, released) = mpsc::channel::<()>();
        let (began, begun) = mpsc::channel();
        let block = move || {
            began.send(()).unwrap();
            let _ = released.recv();
        };
        // With one worker, what blocks it would hold up the timer as well.
        if runtime.metrics().num_workers() > 1 {
            runtime.spawn(async move { block() });
        } else {
            runtime.spawn_blocking(block);
        }
        begun.recv().unwrap();
        is_idle(&runtime, &format!("{flavour:?} beside something that blocks"));
        drop(release);
    }
}

#[test]
fn with_a_stopped_clock_that_a_job_holds() {
    let _alone = alone();
    let _watchdog = Watchdog::new("");
    let runtime = Flavour::CurrentThread.builder().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let begun = Instant::now();
        let job = task::spawn_blocking(|| {
            takes_no_time("a held clock", || thread::sleep(WATCHED));
        });
        let slept = handcrank::spawn(async move {
            sleep(Duration::from_secs(1)).await;
            begun.elapsed()
        });
        // The clock waits for the job, so this comes later.
        assert_eq!(slept.await.unwrap(), Duration::from_secs(1));
        assert!(job.is_finished());
        job.await.unwrap();
    });
}

#[test]
fn after_wakes_for_nothing() {
    let _alone = alone();
    on_each(|flavour, runtime| {
        // A descriptor that stays ready, with nobody to ask for it; and wakers called in vain.
        let (_socket, task) = runtime.block_on(async {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            socket.send_to(b"unread", socket.local_addr().unwrap()).await.unwrap();
            socket.readable().await.unwrap();
            let task = handcrank::spawn(pending::<()>());
            let wakers = join_all((0..10).map(|_| {
                handcrank::spawn(poll_fn(|cx| std::task::Poll::Ready(cx.waker().clone())))
            }));
            for waker in wakers.await {
                let waker = waker.unwrap();
                waker.wake_by_ref();
                waker.wake();
            }
            (socket, task)
        });
        is_idle(&runtime, &format!("{flavour:?} after wakes for nothing"));
        task.abort();
    });
}
