//! The whole machine on real threads, without sockets.

use crate::{Alone, Config, Handle, Scheduler, block_in_place};
use handcrank_executor::{Parker, block_on, yield_now};
use handcrank_task::primitives::sync::Mutex;
use handcrank_task::{AbortHandle, Id, JoinHandle};
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

fn start(workers: usize) -> Scheduler {
    Scheduler::start(Config::new(workers), Alone::new()).unwrap()
}

fn solo() -> Scheduler {
    Scheduler::start(Config::current_thread(), Alone::new()).unwrap()
}

fn spawn<F>(handle: &Handle, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    handle.spawn(future, Id::next())
}

/// Every shape of scheduler that a test should hold for.
fn shapes() -> impl Iterator<Item = Scheduler> {
    let unhelpful = Config { helping: false, ..Config::new(2) };
    let unhelpful = move || Scheduler::start(unhelpful.clone(), Alone::new()).unwrap();
    [1, 2, 3, 8].into_iter().map(start).chain([solo(), unhelpful()])
}

/// Counts drops.
#[derive(Clone, Default)]
struct Drops(Arc<AtomicUsize>);

struct Guard(Arc<AtomicUsize>);

impl Drops {
    fn guard(&self) -> Guard {
        Guard(Arc::clone(&self.0))
    }
    fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

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
fn shutdown_drops_every_future_once() {
    for scheduler in shapes() {
        let drops = Drops::default();
        let handle = scheduler.handle().clone();
        let waiting: Vec<_> = (0..100)
            .map(|n| {
                let guard = drops.guard();
                let inner = handle.clone();
                spawn(&handle, async move {
                    let _guard = guard;
                    for _ in 0..n {
                        yield_now().await;
                    }
                    spawn(&inner, pending::<()>()).await.unwrap_err();
                    pending::<()>().await;
                })
            })
            .collect();
        handle.block_on(async { yield_now().await });
        drop(scheduler);
        assert_eq!(drops.count(), 100);
        for task in waiting {
            assert!(block_on(task).unwrap_err().is_cancelled());
        }
        let guard = drops.guard();
        let late = spawn(&handle, async move { drop(guard) });
        assert_eq!(drops.count(), 101, "a late spawn is refused and dropped");
        assert!(block_on(late).unwrap_err().is_cancelled());
        // The root of a late `block_on` still runs.
        assert_eq!(handle.block_on(async { 3 }), 3);
    }
}

#[test]
fn shutdown_waits_for_polls_but_not_for_ever() {
    let scheduler = start(2);
    let (entered, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let stuck = spawn(scheduler.handle(), {
        let (entered, go) = (Arc::clone(&entered), Arc::clone(&go));
        async move {
            entered.wait();
            go.wait();
            pending::<()>().await;
        }
    });
    entered.wait();
    assert!(!scheduler.shutdown(Some(Duration::from_millis(10))));
    assert!(!stuck.is_finished());
    go.wait();
    assert!(scheduler.shutdown(Some(Duration::from_mins(1))));
    assert!(block_on(stuck).unwrap_err().is_cancelled());
}

#[test]
fn wakers_outlive_the_scheduler() {
    for scheduler in shapes() {
        let slot = Arc::new(Mutex::new(None::<Waker>));
        let shown = Arc::clone(&slot);
        let parker = Parker::new();
        let unparker = parker.unparker();
        spawn(
            scheduler.handle(),
            poll_fn(move |cx| {
                *shown.lock() = Some(cx.waker().clone());
                unparker.unpark();
                Poll::<()>::Pending
            }),
        );
        scheduler.handle().block_on(yield_now());
        parker.park();
        drop(scheduler);
        let waker = slot.lock().take().unwrap();
        waker.wake_by_ref();
        waker.wake();
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

#[test]
fn runtimes_come_and_go_under_load() {
    let rounds = if cfg!(debug_assertions) { 60 } else { 400 };
    for round in 0..rounds {
        let scheduler = start(1 + round % 4);
        let handle = scheduler.handle().clone();
        let drops = Drops::default();
        let wakers = Arc::new(Mutex::new(Vec::<Waker>::new()));
        let aborts: Vec<AbortHandle> = (0..40)
            .map(|n| {
                let (guard, wakers, inner) = (drops.guard(), Arc::clone(&wakers), handle.clone());
                spawn(&handle, async move {
                    let _guard = guard;
                    for step in 0..n {
                        if step % 3 == 0 {
                            spawn(&inner, yield_now());
                        }
                        let mut first = true;
                        poll_fn(|cx| {
                            if !std::mem::take(&mut first) {
                                return Poll::Ready(());
                            }
                            wakers.lock().push(cx.waker().clone());
                            if step % 2 == 0 {
                                cx.waker().wake_by_ref();
                            }
                            Poll::Pending
                        })
                        .await;
                    }
                })
                .abort_handle()
            })
            .collect();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(SeqCst) {
                    let batch = std::mem::take(&mut *wakers.lock());
                    batch.into_iter().for_each(Waker::wake);
                    thread::yield_now();
                }
            });
            scope.spawn(|| {
                for abort in aborts.iter().step_by(2) {
                    abort.abort();
                }
            });
            handle.block_on(async {
                for _ in 0..round {
                    spawn(&handle, async {}).await.unwrap();
                }
            });
            drop(scheduler);
            stop.store(true, SeqCst);
        });
        assert_eq!(drops.count(), 40);
    }
}

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
