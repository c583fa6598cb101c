//! When what is dropped, and what outlives the set.

use super::rt;
use super::setup::{run, runtime};
use super::{Noted, held};
use crate::harness::{Case, Flavour, Log, cases};
use rt::task::{LocalSet, spawn_local, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;

pub(crate) const CASES: &[Case] = cases![
    both: dropping_the_set_drops_all_tasks_once, the_order_of_drops, handles_outlive_the_set,
        dropping_the_set_allows_no_blocking_in_place,
        wakers_outlive_the_set, a_destructor_spawns_and_wakes, spawn_after_the_set_is_gone,
        the_set_dropped_by_its_own_task, a_task_moves_its_output, local_futures_are_dropped_when_ready;
];

fn dropping_the_set_drops_all_tasks_once(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let slept = set.spawn_local(held(Noted::new(log, "slept")));
        set.run_until(yield_now()).await;
        let fresh = set.spawn_local(held(Noted::new(log, "fresh")));
        drop(set);
        log.note("the set is gone");
        for task in [slept, fresh] {
            log.note(task.is_finished());
            log.note(task.await.unwrap_err().is_cancelled());
        }
    });
}

fn dropping_the_set_allows_no_blocking_in_place(flavour: Flavour, log: &Log) {
    struct Blocks(Log, bool);
    impl Drop for Blocks {
        fn drop(&mut self) {
            if self.1 {
                self.0.note_panic(|| rt::task::block_in_place(|| ()));
            } else {
                rt::task::block_in_place(|| ());
            }
        }
    }
    run(flavour, async {
        for caught in [true, false] {
            let set = LocalSet::new();
            let blocks = Blocks(log.clone(), caught);
            let task = set.spawn_local(async move {
                let _blocks = blocks;
                pending::<()>().await;
            });
            set.run_until(yield_now()).await;
            drop(set);
            log.note(task.await.unwrap_err().is_panic());
        }
    });
}

fn the_order_of_drops(flavour: Flavour, log: &Log) {
    // Which task goes first is nobody's promise; that each goes before the set's drop returns is.
    let runtime = runtime(flavour);
    let set = LocalSet::new();
    let dropped = Rc::new(Cell::new(0));
    struct Add(Rc<Cell<u32>>);
    impl Drop for Add {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    for _ in 0..100 {
        let add = Add(Rc::clone(&dropped));
        set.spawn_local(async move {
            let _add = add;
            pending::<()>().await;
        });
    }
    // Some have slept, and some have not.
    set.block_on(&runtime, async {
        let mut polled = false;
        poll_fn(|cx| {
            if polled {
                return Poll::Ready(());
            }
            polled = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    });
    log.note(dropped.get());
    drop(set);
    log.note(dropped.get());
}

fn handles_outlive_the_set(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (done, waiting, abort) = {
            let set = LocalSet::new();
            let done = set.spawn_local(async { String::from("output") });
            let waiting = set.spawn_local(pending::<()>());
            set.run_until(yield_now()).await;
            let abort = waiting.abort_handle();
            (done, waiting, abort)
        };
        log.note(format!("{} {}", done.is_finished(), waiting.is_finished()));
        abort.abort();
        log.note(format!("{:?}", done.await));
        log.note(waiting.await.unwrap_err().is_cancelled());
    });
}

fn wakers_outlive_the_set(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let slot = Rc::new(RefCell::new(None::<Waker>));
        let set = LocalSet::new();
        let (own, noted) = (Rc::clone(&slot), Noted::new(log, "task"));
        set.spawn_local(poll_fn(move |cx| {
            let _noted = &noted;
            *own.borrow_mut() = Some(cx.waker().clone());
            Poll::<()>::Pending
        }));
        set.run_until(yield_now()).await;
        drop(set);
        let waker = slot.take().unwrap();
        waker.wake_by_ref();
        thread::spawn(move || {
            waker.wake_by_ref();
            waker.wake();
        })
        .join()
        .unwrap();
        log.note("woken");
    });
}

fn a_destructor_spawns_and_wakes(flavour: Flavour, log: &Log) {
    struct Spawns(Log, Rc<rt::sync::Notify>);
    impl Drop for Spawns {
        fn drop(&mut self) {
            self.1.notify_waiters();
            let inner = Noted::new(&self.0, "spawned by the destructor");
            let task = spawn_local(held(inner));
            self.0.note(format!("finished: {}", task.is_finished()));
        }
    }
    run(flavour, async {
        let set = LocalSet::new();
        let notify = Rc::new(rt::sync::Notify::new());
        let spawns = Spawns(log.clone(), Rc::clone(&notify));
        let waits = Rc::clone(&notify);
        set.spawn_local(async move { waits.notified().await });
        set.spawn_local(async move {
            let _spawns = spawns;
            pending::<()>().await;
        });
        set.run_until(yield_now()).await;
        drop(set);
        log.note("the set is gone");
    });
}

fn spawn_after_the_set_is_gone(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let guard = set.enter();
        drop(set);
        let task = spawn_local(held(Noted::new(log, "late")));
        log.note(task.is_finished());
        drop(guard);
        log.note(task.await.unwrap_err().is_cancelled());
    });
}

fn the_set_dropped_by_its_own_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = Rc::new(RefCell::new(Some(LocalSet::new())));
        let (own, theirs) = (Rc::clone(&set), log.clone());
        let driven = set.borrow_mut().take().unwrap();
        let task = driven.spawn_local(async move {
            let _noted = Noted::new(&theirs, "task");
            drop(own.take());
            yield_now().await;
            theirs.note("goes on");
        });
        // Another one goes from within.
        let other = LocalSet::new();
        let held = other.spawn_local(held(Noted::new(log, "of the other")));
        *set.borrow_mut() = Some(other);
        driven.run_until(task).await.unwrap();
        log.note(held.await.unwrap_err().is_cancelled());
    });
}

fn a_task_moves_its_output(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(async { Rc::new(5) });
        log.note(format!("{:?}", set.run_until(task).await));
        // An output that nobody takes goes with the handle, or with the task.
        let noted = Noted::new(log, "kept by the handle");
        let task = set.spawn_local(async move { noted });
        set.run_until(yield_now()).await;
        log.note("ended");
        drop(task);
        let noted = Noted::new(log, "nobody's");
        drop(set.spawn_local(async move { noted }));
        set.run_until(yield_now()).await;
        log.note("the end");
    });
}

fn local_futures_are_dropped_when_ready(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let noted = Noted::new(log, "captured");
        let task = set.spawn_local(async move {
            let _noted = noted;
            yield_now().await;
            1
        });
        let waiting = async {
            while !task.is_finished() {
                yield_now().await;
            }
            log.note("finished");
        };
        set.run_until(waiting).await;
        log.note(format!("{:?}", task.await));
    });
}
