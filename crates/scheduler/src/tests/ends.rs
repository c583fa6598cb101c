//! Schedulers end, in peace and under load.

use super::{Drops, shapes, spawn, start};
use handcrank_executor::{Parker, block_on, yield_now};
use handcrank_task::AbortHandle;
use handcrank_task::primitives::sync::Mutex;
use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

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
