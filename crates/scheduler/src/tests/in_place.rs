//! Some block in place, and the others go on.

use super::{Drops, shapes, spawn, start};
use crate::{Alone, Config, Scheduler, block_in_place};
use handcrank_executor::{block_on, yield_now};
use handcrank_task::primitives::sync::Mutex;
use std::future::pending;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// While a task blocks in place, the others run; also those that lie in its seat's own queue, and those
/// that come from outside only then. On one worker, and on more.
#[test]
fn who_blocks_in_place_holds_nobody_up() {
    for workers in 1..=3 {
        let scheduler = start(workers);
        let handle = scheduler.handle().clone();
        let blocks = |_| {
            let (handle, spawner) = (handle.clone(), handle.clone());
            spawn(&handle, async move {
                let (send, receive) = mpsc::channel();
                spawn(&spawner, async move {
                    yield_now().await;
                    send.send(7).unwrap();
                });
                let got = block_in_place(|| receive.recv().unwrap());
                yield_now().await;
                got
            })
        };
        let tasks: Vec<_> = (0..20).map(blocks).collect();
        for task in tasks {
            assert_eq!(block_on(task).unwrap(), 7);
        }
        let (send, receive) = mpsc::channel::<()>();
        let (begins, begun) = mpsc::channel();
        let stuck = spawn(&handle, async move {
            block_in_place(|| {
                begins.send(()).unwrap();
                receive.recv().unwrap();
            });
        });
        begun.recv().unwrap();
        for _ in 0..3 {
            block_on(spawn(&handle, yield_now())).unwrap();
        }
        send.send(()).unwrap();
        block_on(stuck).unwrap();
    }
}

/// A thread that helps gives its seat away as well.
#[test]
fn a_helper_may_block_in_place() {
    for _ in 0..50 {
        let scheduler = start(1);
        let handle = scheduler.handle();
        handle.block_on(async {
            let (send, receive) = mpsc::channel();
            let blocks = spawn(handle, async move { block_in_place(|| receive.recv().unwrap()) });
            spawn(handle, async move { send.send(5).unwrap() });
            assert_eq!(blocks.await.unwrap(), 5);
        });
    }
}

/// A task that has come back without a seat wakes, spawns, blocks again, yields and panics like any other.
#[test]
fn life_goes_on_without_a_seat() {
    let scheduler = start(1);
    let handle = scheduler.handle().clone();
    let lose_the_seat = {
        let handle = handle.clone();
        move || {
            let (send, receive) = mpsc::channel();
            let (done, wait) = mpsc::channel::<()>();
            // It runs on the seat, and blocks on it until the first thread has come back.
            let sits = spawn(&handle, async move {
                send.send(()).unwrap();
                wait.recv().unwrap();
            });
            block_in_place(|| receive.recv().unwrap());
            (done, sits)
        }
    };
    for panics in [false, true] {
        let (lose_the_seat, spawner) = (lose_the_seat.clone(), handle.clone());
        let (leave, left) = mpsc::channel();
        let task = spawn(&handle, async move {
            let (done, sits) = lose_the_seat();
            let child = spawn(&spawner, async { 3 });
            block_in_place(|| done.send(()).unwrap());
            if panics {
                leave.send((sits, child)).unwrap();
                panic!("boom");
            }
            yield_now().await;
            sits.await.unwrap();
            child.await.unwrap()
        });
        match block_on(task) {
            Ok(three) => assert!(three == 3 && !panics),
            Err(error) => {
                assert!(error.is_panic() && panics);
                // The two go on without the one that has panicked.
                let (sits, child) = left.recv().unwrap();
                block_on(sits).unwrap();
                assert_eq!(block_on(child).unwrap(), 3);
            }
        }
    }
    assert_eq!(handle.metrics().alive, 0);
}

/// A panic in what blocks is the task's, and the seat is taken back or not as at any other end.
#[test]
fn a_panic_while_blocking_in_place() {
    let scheduler = start(2);
    let task = spawn(scheduler.handle(), async { block_in_place(|| panic!("boom")) });
    assert!(block_on(task).unwrap_err().is_panic());
    block_on(spawn(scheduler.handle(), yield_now())).unwrap();
}

/// The end comes while some block in place, with and without a limit.
#[test]
fn a_shutdown_while_some_block_in_place() {
    for limit in [None, Some(Duration::ZERO)] {
        let scheduler = start(2);
        let drops = Drops::default();
        let (begins, begun) = mpsc::channel();
        let (send, receive) = mpsc::channel::<()>();
        let receive = Arc::new(Mutex::new(receive));
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let (guard, begins, receive) = (drops.guard(), begins.clone(), receive.clone());
                spawn(scheduler.handle(), async move {
                    let _guard = guard;
                    yield_now().await;
                    block_in_place(|| {
                        begins.send(()).unwrap();
                        let _ = receive.lock().recv();
                    });
                    pending::<()>().await;
                })
            })
            .collect();
        for _ in 0..3 {
            begun.recv().unwrap();
        }
        let ends = thread::spawn(move || {
            if limit.is_none() {
                thread::sleep(Duration::from_millis(20));
            }
            drop(send);
        });
        if limit.is_none() {
            drop(scheduler);
        } else {
            assert!(!scheduler.shutdown(limit));
        }
        for task in tasks {
            assert!(block_on(task).unwrap_err().is_cancelled());
        }
        assert_eq!(drops.count(), 3);
        ends.join().unwrap();
    }
}

/// Threads that nobody needs any more end after a while, and others come when they are needed.
#[test]
fn spare_threads_do_not_stay() {
    let config = Config { keep_alive: Duration::from_millis(1), ..Config::new(1) };
    let scheduler = Scheduler::start(config, Alone::new()).unwrap();
    let handle = scheduler.handle().clone();
    for _ in 0..20 {
        let inner = handle.clone();
        let task = spawn(&handle, async move {
            let child = spawn(&inner, async {});
            block_in_place(|| block_on(child).unwrap());
        });
        block_on(task).unwrap();
        thread::sleep(Duration::from_millis(3));
    }
}

/// Where nobody sits there is nothing to give away.
#[test]
fn blocking_in_place_elsewhere_just_runs() {
    assert_eq!(block_in_place(|| 1), 1);
    for scheduler in shapes() {
        assert_eq!(scheduler.handle().block_on(async { block_in_place(|| 2) }), 2);
        let nested = async { block_in_place(|| block_in_place(|| 3)) };
        assert_eq!(scheduler.handle().block_on(spawn(scheduler.handle(), nested)).unwrap(), 3);
    }
}
