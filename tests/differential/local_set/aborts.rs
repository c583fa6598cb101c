//! Aborts of local tasks, and their panics.

use super::rt;
use super::setup::{run, runtime};
use super::{Noted, held};
use crate::harness::{Case, Flavour, Log, cases};
use rt::task::{LocalSet, spawn_local, yield_now};
use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::thread;

pub(crate) const CASES: &[Case] = cases![
    both: abort_before_the_first_poll, abort_from_a_neighbour, abort_from_another_thread,
        abort_of_an_ended_task, abort_itself, aborted_while_the_set_is_not_driven,
        a_panic_goes_to_the_handle, a_panic_in_run_until, a_panic_in_a_destructor;
];

fn abort_before_the_first_poll(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(held(Noted::new(log, "task")));
        task.abort();
        log.note(task.is_finished());
        let error = set.run_until(task).await.unwrap_err();
        log.note(format!("{} {}", error.is_cancelled(), log.without_ids(&error)));
        log.note(log.without_ids(&format!("{error:?}")));
    });
}

fn abort_from_a_neighbour(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(held(Noted::new(log, "victim")));
        let abort = task.abort_handle();
        let theirs = log.clone();
        set.spawn_local(async move {
            theirs.note("aborts");
            abort.abort();
            abort.abort();
            theirs.note(abort.is_finished());
            yield_now().await;
            theirs.note(abort.is_finished());
        });
        log.note(set.run_until(task).await.unwrap_err().is_cancelled());
        set.await;
    });
}

fn abort_from_another_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        for polled in [true, false] {
            let task = set.spawn_local(held(Noted::new(log, "task")));
            if polled {
                set.run_until(yield_now()).await;
            }
            let abort = task.abort_handle();
            thread::spawn(move || abort.abort()).join().unwrap();
            log.note("aborted, and not dropped there");
            log.note(set.run_until(task).await.unwrap_err().is_cancelled());
        }
    });
}

fn abort_of_an_ended_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(async { 1 });
        set.run_until(yield_now()).await;
        task.abort();
        log.note(format!("{} {:?}", task.is_finished(), task.await));
    });
}

fn abort_itself(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let slot = Rc::new(RefCell::new(None::<rt::task::AbortHandle>));
        let (own, theirs) = (Rc::clone(&slot), log.clone());
        let task = set.spawn_local(async move {
            let _noted = Noted::new(&theirs, "own");
            own.borrow().as_ref().unwrap().abort();
            theirs.note("goes on until it waits");
            yield_now().await;
            theirs.note("never");
        });
        *slot.borrow_mut() = Some(task.abort_handle());
        log.note(set.run_until(task).await.unwrap_err().is_cancelled());
    });
}

fn aborted_while_the_set_is_not_driven(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(held(Noted::new(log, "task")));
        set.run_until(yield_now()).await;
        task.abort();
        yield_now().await;
        log.note(task.is_finished());
        set.await;
        log.note(task.is_finished());
    });
}

fn a_panic_goes_to_the_handle(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let set = LocalSet::new();
        let noted = Noted::new(log, "panicking");
        let task = set.spawn_local(async move {
            let _noted = noted;
            panic!("boom")
        });
        let theirs = log.clone();
        set.spawn_local(async move { theirs.note("the next one runs") });
        let error = set.run_until(task).await.unwrap_err();
        log.note(format!("{} {}", error.is_panic(), log.without_ids(&error)));
        set.await;
    });
}

fn a_panic_in_run_until(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let set = LocalSet::new();
    let task = set.spawn_local(async { 1 });
    log.note_panic(|| set.block_on(&runtime, async { panic!("boom") }));
    log.note_panic(|| spawn_local(async {}));
    log.note(format!("{:?}", set.block_on(&runtime, task)));
}

fn a_panic_in_a_destructor(flavour: Flavour, log: &Log) {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in the destructor");
        }
    }
    run(flavour, async {
        let set = LocalSet::new();
        let task = set.spawn_local(async {
            let _bomb = Bomb;
            pending::<()>().await;
        });
        let other = set.spawn_local(held(Noted::new(log, "other")));
        set.run_until(yield_now()).await;
        drop(set);
        let error = task.await.unwrap_err();
        log.note(format!("{} {}", error.is_panic(), log.without_ids(&error)));
        log.note(other.await.unwrap_err().is_cancelled());
    });
}
