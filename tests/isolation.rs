//! Two runtimes in one process share nothing; and what a runtime says of itself is true.

use handcrank::net::UdpSocket;
use handcrank::runtime::{Handle, RuntimeFlavor};
use handcrank::sync::oneshot;
use handcrank::task;
use handcrank::time::{Duration, Instant, sleep};
use std::collections::HashSet;
use std::future::pending;
use std::sync::mpsc;
use std::thread;
use tests::{FLAVOURS, Flavour, Watchdog, on_each, threads_named};

#[test]
fn a_blocked_runtime_does_not_delay_another_ones_timers() {
    for flavour in FLAVOURS {
        let _watchdog = Watchdog::new(format!("{flavour:?}"));
        let blocked = Flavour::MultiThread(2).build();
        let free = flavour.build();
        // Every worker and the driver of the one runtime are stuck.
        let (release, released) = mpsc::channel::<()>();
        let released = std::sync::Arc::new(parking_lot::Mutex::new(released));
        let (began, begun) = mpsc::channel();
        let stuck: Vec<_> = (0..2)
            .map(|_| {
                let (began, released) = (began.clone(), released.clone());
                blocked.spawn(async move {
                    began.send(()).unwrap();
                    let _ = released.lock().recv();
                })
            })
            .collect();
        begun.recv().unwrap();
        begun.recv().unwrap();
        let waits = blocked.spawn(async { sleep(Duration::from_millis(1)).await });
        free.block_on(async {
            for _ in 0..20 {
                let begun = Instant::now();
                sleep(Duration::from_millis(5)).await;
                // On a machine with other work to do; a blocked neighbour would make it for ever.
                assert!(begun.elapsed() < Duration::from_secs(10));
            }
            handcrank::spawn(async {}).await.unwrap();
            task::spawn_blocking(|| ()).await.unwrap();
        });
        assert!(!waits.is_finished());
        drop(release);
        free.block_on(async {
            for task in stuck {
                task.await.unwrap();
            }
            waits.await.unwrap();
        });
    }
}

#[test]
fn tasks_stay_on_the_threads_of_their_runtime() {
    let _watchdog = Watchdog::new("");
    let [left, right] = ["left", "right"].map(|name| {
        let mut builder = Flavour::WithoutHelp(2).builder();
        builder.thread_name(name).name(name).build().unwrap()
    });
    let names = |handle: Handle| {
        let inner = handle.clone();
        handle.spawn(async move {
            let mut names = HashSet::new();
            for round in 0..500 {
                let name = || thread::current().name().map(str::to_owned);
                let task = inner.spawn(async move { name() });
                names.insert(task.await.unwrap());
                names.insert(thread::current().name().map(str::to_owned));
                if round % 50 == 0 {
                    names.insert(inner.spawn_blocking(name).await.unwrap());
                }
                assert_eq!(Handle::current().id(), inner.id());
                task::yield_now().await;
            }
            names
        })
    };
    // Each runtime's tasks are spawned and awaited from the other one.
    let (of_left, of_right) = (names(left.handle().clone()), names(right.handle().clone()));
    let only = |name: &str| HashSet::from([Some(name.to_owned())]);
    assert_eq!(right.block_on(of_left).unwrap(), only("left"));
    assert_eq!(left.block_on(of_right).unwrap(), only("right"));
    assert_eq!(left.metrics().num_alive_tasks() + right.metrics().num_alive_tasks(), 0);
    assert_ne!(left.handle().id(), right.handle().id());
    assert_eq!((left.handle().name(), right.handle().name()), (Some("left"), Some("right")));
    // One goes, the other stays.
    drop(left);
    if let Some(left) = threads_named("left") {
        assert_eq!(left, 0);
        assert!(threads_named("right").unwrap() >= 2);
    }
    assert_eq!(right.block_on(async { handcrank::spawn(async { 3 }).await.unwrap() }), 3);
}

#[test]
fn a_message_goes_to_and_fro_between_runtimes() {
    for (one, other) in [
        (Flavour::CurrentThread, Flavour::MultiThread(1)),
        (Flavour::MultiThread(2), Flavour::WithoutHelp(1)),
    ] {
        let _watchdog = Watchdog::new(format!("{one:?} and {other:?}"));
        let (one, other) = (one.build(), other.build());
        let handle = other.handle().clone();
        one.block_on(async {
            for round in 0..1000 {
                let (ask, asked) = oneshot::channel();
                let answer = handle.spawn(async move { asked.await.map(|n: u32| n + 1) });
                ask.send(round).unwrap();
                assert_eq!(answer.await.unwrap(), Ok(round + 1));
            }
        });
    }
}

#[test]
fn the_metrics_tell_the_truth() {
    on_each(|flavour, runtime| {
        let metrics = runtime.metrics();
        let workers = match flavour {
            Flavour::CurrentThread => 1,
            Flavour::MultiThread(workers) | Flavour::WithoutHelp(workers) => workers,
        };
        assert_eq!(metrics.num_workers(), workers);
        let kind = runtime.handle().runtime_flavor();
        assert_eq!(kind == RuntimeFlavor::MultiThread, flavour.has_threads());
        assert_eq!(
            (metrics.num_alive_tasks(), metrics.spawned_tasks_count(), metrics.num_alive_timers()),
            (0, 0, 0)
        );
        assert_eq!((metrics.num_blocking_threads(), metrics.io_driver_fd_count()), (0, 0));

        let tasks = runtime.block_on(async {
            let tasks: Vec<_> = (0..10).map(|_| handcrank::spawn(pending::<()>())).collect();
            for _ in 0..100 {
                handcrank::spawn(task::yield_now()).await.unwrap();
            }
            tasks
        });
        let metrics = runtime.metrics();
        assert_eq!((metrics.num_alive_tasks(), metrics.spawned_tasks_count()), (10, 110));
        let polls: u64 = (0..workers).map(|worker| metrics.worker_poll_count(worker)).sum();
        assert!(polls >= 200, "{polls}");
        assert!(runtime.metrics().global_queue_depth() <= 10);

        runtime.block_on(async {
            tasks.iter().for_each(handcrank::task::JoinHandle::abort);
            for task in tasks {
                assert!(task.await.unwrap_err().is_cancelled());
            }
            let metrics = || Handle::current().metrics();
            assert_eq!(metrics().num_alive_tasks(), 0);

            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            assert_eq!(metrics().io_driver_fd_count(), 1);
            let before = metrics().io_driver_ready_count();
            socket.send_to(b"x", socket.local_addr().unwrap()).await.unwrap();
            socket.recv(&mut [0]).await.unwrap();
            // Whoever passes the events on counts them when it is through.
            while metrics().io_driver_ready_count() == before {
                task::yield_now().await;
            }
            drop(socket);
            assert_eq!(metrics().io_driver_fd_count(), 0);

            let (release, released) = mpsc::channel::<()>();
            let (began, begun) = oneshot::channel();
            let job = task::spawn_blocking(move || {
                began.send(()).unwrap();
                let _ = released.recv();
            });
            begun.await.unwrap();
            assert_eq!(
                (metrics().num_blocking_threads(), metrics().num_idle_blocking_threads()),
                (1, 0)
            );
            drop(release);
            job.await.unwrap();

            // It parks while there is nothing to do, and is busy while there is.
            let (parks, busy) = {
                let now = metrics();
                let parks: u64 = (0..workers).map(|n| now.worker_park_count(n)).sum();
                let busy: Duration = (0..workers).map(|n| now.worker_total_busy_duration(n)).sum();
                (parks, busy)
            };
            sleep(Duration::from_millis(5)).await;
            handcrank::spawn(async {
                let begun = std::time::Instant::now();
                while begun.elapsed() < Duration::from_millis(3) {
                    std::hint::spin_loop();
                }
            })
            .await
            .unwrap();
            // A worker says so when it lies down, which may be a while after the task has been answered for. If it never
            // did, this would hang.
            let seen = || {
                let now = metrics();
                let total: Duration = (0..workers).map(|n| now.worker_total_busy_duration(n)).sum();
                let parked: u64 = (0..workers).map(|n| now.worker_park_count(n)).sum();
                total >= busy + Duration::from_millis(3) && parked > parks
            };
            while !seen() {
                sleep(Duration::from_millis(1)).await;
            }
        });
    });
}

#[test]
fn an_imbalance_is_stolen_away() {
    let _watchdog = Watchdog::new("");
    let runtime = Flavour::WithoutHelp(3).build();
    // A task fills its own worker's queue and then blocks that worker until all is done: others
    // must have come for it.
    let done = runtime.spawn(async {
        let (done, all_done) = mpsc::channel();
        for _ in 0..100 {
            let done = done.clone();
            handcrank::spawn(async move { done.send(thread::current().id()).unwrap() });
        }
        drop(done);
        // The last one spawned lies in this worker's slot, which nobody steals from.
        let first: Vec<_> = all_done.iter().take(99).collect();
        assert!(!first.contains(&thread::current().id()));
        all_done
    });
    let rest = runtime.block_on(done).unwrap();
    assert_eq!(rest.iter().count(), 1);
    let metrics = runtime.metrics();
    assert!((0..3).map(|worker| metrics.worker_steal_operations(worker)).sum::<u64>() > 0);
}
