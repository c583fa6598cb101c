//! Tasks run, wake each other, and panic.

use super::{shapes, solo, spawn, start};
use crate::Handle;
use handcrank_executor::{block_on, yield_now};
use handcrank_task::primitives::sync::Mutex;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

#[test]
fn a_tree_of_tasks() {
    fn grow(handle: Handle, depth: u32) -> Pin<Box<dyn Future<Output = u64> + Send>> {
        Box::pin(async move {
            if depth == 0 {
                return 1;
            }
            let branches: Vec<_> =
                (0..4).map(|_| spawn(&handle, grow(handle.clone(), depth - 1))).collect();
            let mut leaves = 0;
            for branch in branches {
                leaves += branch.await.unwrap();
            }
            leaves
        })
    }
    for scheduler in shapes() {
        let handle = scheduler.handle();
        assert_eq!(handle.block_on(grow(handle.clone(), 6)), 4096);
        let metrics = handle.metrics();
        assert_eq!((metrics.alive, metrics.spawned), (0, 4 + 16 + 64 + 256 + 1024 + 4096));
        let polls = (0..handle.num_workers()).filter_map(|n| handle.worker_metrics(n));
        assert!(polls.map(|worker| worker.polls).sum::<u64>() >= metrics.spawned);
    }
}

#[test]
fn yields_let_the_others_go_first() {
    for scheduler in shapes() {
        let handle = scheduler.handle();
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                spawn(handle, async {
                    for _ in 0..100 {
                        yield_now().await;
                    }
                })
            })
            .collect();
        handle.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
    }
    // In one thread, the order is plain: all that is ready before the yield runs first.
    let scheduler = solo();
    let handle = scheduler.handle().clone();
    let order = Arc::new(Mutex::new(Vec::new()));
    handle.clone().block_on(async {
        for n in 0..3 {
            let order = Arc::clone(&order);
            spawn(&handle, async move { order.lock().push(n) });
        }
        yield_now().await;
        assert_eq!(*order.lock(), [0, 1, 2]);
    });
}

#[test]
fn wakes_from_strange_threads() {
    for scheduler in shapes() {
        let handle = scheduler.handle();
        let (wakers, receiver) = mpsc::channel::<(Waker, Arc<AtomicBool>)>();
        let stranger = thread::spawn(move || {
            for (waker, flag) in receiver {
                flag.store(true, SeqCst);
                waker.wake();
            }
        });
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let wakers = wakers.clone();
                spawn(handle, async move {
                    for _ in 0..50 {
                        let flag = Arc::new(AtomicBool::new(false));
                        let mut asked = false;
                        poll_fn(|cx| {
                            if flag.load(SeqCst) {
                                return Poll::Ready(());
                            }
                            if !std::mem::replace(&mut asked, true) {
                                wakers.send((cx.waker().clone(), Arc::clone(&flag))).unwrap();
                            }
                            Poll::Pending
                        })
                        .await;
                    }
                })
            })
            .collect();
        drop(wakers);
        handle.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
        stranger.join().unwrap();
    }
}

#[test]
fn spawned_work_runs_while_the_root_blocks() {
    // What `block_on`'s future spawns does not wait for that future to step aside.
    for workers in [1, 2] {
        let scheduler = start(workers);
        let handle = scheduler.handle();
        handle.block_on(async {
            let (sender, receiver) = mpsc::channel();
            spawn(handle, async move { sender.send(7).unwrap() });
            assert_eq!(receiver.recv_timeout(Duration::from_mins(1)), Ok(7));
        });
    }
}

#[test]
fn tasks_run_in_parallel() {
    // Two tasks that wait for each other with their threads blocked need two threads.
    let scheduler = start(2);
    let handle = scheduler.handle();
    let barrier = Arc::new(Barrier::new(2));
    let outer = spawn(handle, {
        let (handle, barrier) = (handle.clone(), Arc::clone(&barrier));
        async move {
            let inner = Arc::clone(&barrier);
            // Two, so that one of them leaves the LIFO slot.
            spawn(&handle, async move {
                inner.wait();
            });
            spawn(&handle, async {});
            barrier.wait();
        }
    });
    // Not `block_on`'s thread: it would take a seat.
    block_on(outer).unwrap();
}

#[test]
fn a_panic_stays_in_its_task() {
    for scheduler in shapes() {
        let handle = scheduler.handle();
        let error = handle.block_on(spawn(handle, async { panic!("oh") })).unwrap_err();
        assert!(error.is_panic());
        assert_eq!(handle.block_on(spawn(handle, async { 5 })).unwrap(), 5);
        // In the root, the panic goes to the caller, and the seat is free again.
        let root = std::panic::AssertUnwindSafe(|| {
            handle.block_on(async {
                spawn(handle, async {});
                panic!("ah")
            })
        });
        assert!(std::panic::catch_unwind(root).is_err());
        assert_eq!(handle.block_on(spawn(handle, async { 6 })).unwrap(), 6);
    }
}

#[test]
fn the_only_seat_is_shared_between_threads() {
    let scheduler = solo();
    let handle = scheduler.handle();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..200 {
                    let task = spawn(handle, async move {
                        yield_now().await;
                        n
                    });
                    assert_eq!(handle.block_on(task).unwrap(), n);
                }
            });
        }
    });
}
