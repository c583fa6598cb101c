//! `block_in_place`: where it is allowed, and what holds inside.

use super::rt;
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use rt::task::{block_in_place, spawn_blocking, yield_now};
use std::cell::RefCell;
use std::rc::Rc;
use std::thread;

pub(crate) const CASES: &[Case] = cases![
    both: in_a_job_in_place_just_runs, outside_in_place_just_runs, where_in_place_is_allowed,
        in_place_with_a_handle_on_another_thread;
    current_thread: in_place_on_the_current_thread;
    multi_thread: in_place_returns, in_place_nested, in_place_panics, in_place_may_block_on,
        in_place_may_drop_a_runtime, in_place_borrows, in_place_and_the_budget, in_place_keeps_the_task,
        in_place_runs_a_current_thread, in_place_in_a_local_set;
];

fn in_a_job_in_place_just_runs(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let here = || thread::current().id();
        let job = spawn_blocking(move || (here(), block_in_place(here)));
        let (outside, inside) = job.await.unwrap();
        log.note(outside == inside);
    });
}

fn outside_in_place_just_runs(flavour: Flavour, log: &Log) {
    log.note(block_in_place(|| 1));
    let runtime = runtime(flavour);
    let _guard = runtime.enter();
    log.note(block_in_place(|| 2));
    log.note_panic(|| block_in_place(|| panic!("mine")));
}

fn where_in_place_is_allowed(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    runtime.block_on(async {
        log.note_panic(|| block_in_place(|| ()));
        let theirs = log.clone();
        rt::spawn(async move { theirs.note_panic(|| block_in_place(|| ())) }).await.unwrap();
    });
    // By the handle it is another thing.
    runtime.handle().block_on(async { log.note_panic(|| block_in_place(|| ())) });
}

fn in_place_with_a_handle_on_another_thread(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    thread::scope(|scope| {
        scope.spawn(|| {
            let got = handle.block_on(async {
                block_in_place(|| rt::runtime::Handle::current().block_on(async { 8 }))
            });
            log.note(got);
        });
    });
}

fn in_place_on_the_current_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let task = rt::spawn(async move {
            theirs.note_panic(|| block_in_place(|| theirs.note("never runs")));
            yield_now().await;
            3
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_returns(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async {
            let before = thread::current().id();
            let (inside, here) =
                (block_in_place(|| thread::current().id()), thread::current().id());
            before == inside && inside == here
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_nested(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async { block_in_place(|| block_in_place(|| block_in_place(|| 3))) });
        log.note(format!("{:?}", task.await));
        log.note(block_in_place(|| block_in_place(|| 4)));
    });
}

fn in_place_panics(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async { block_in_place(|| panic!("boom")) });
        log.note(log.without_ids(&task.await.unwrap_err()));
        let theirs = log.clone();
        let task = rt::spawn(async move {
            theirs.note_panic(|| block_in_place(|| panic!("caught")));
            // Back in async code: no blocking here.
            theirs.note_panic(|| rt::runtime::Handle::current().block_on(async {}));
            yield_now().await;
            rt::spawn(async { 1 }).await.unwrap()
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_may_block_on(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let task = rt::spawn(async move {
            let handle = rt::runtime::Handle::current();
            theirs.note_panic(|| handle.block_on(async {}));
            let got = block_in_place(|| {
                handle.block_on(async {
                    theirs.note_panic(|| handle.block_on(async {}));
                    rt::spawn(async { yield_now().await }).await.unwrap();
                    // And once more.
                    block_in_place(|| handle.block_on(async { 6 }))
                })
            });
            theirs.note_panic(|| handle.block_on(async {}));
            got
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_may_drop_a_runtime(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let task = rt::spawn(async move {
            let inner = runtime(flavour);
            theirs.note_panic(|| block_in_place(|| drop(inner)));
            let inner = runtime(flavour);
            theirs.note_panic(|| drop(inner));
        });
        task.await.unwrap();
    });
}

fn in_place_borrows(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async {
            let mut text = String::from("a");
            {
                // Neither 'static nor Send.
                let shared = Rc::new(RefCell::new(&mut text));
                block_in_place(|| shared.borrow_mut().push('b'));
            }
            yield_now().await;
            text
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_and_the_budget(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let task = rt::spawn(async move {
            use rt::task::coop::{consume_budget, has_budget_remaining};
            for _ in 0..128 {
                consume_budget().await;
            }
            theirs.note(has_budget_remaining());
            block_in_place(|| theirs.note(has_budget_remaining()));
            theirs.note(has_budget_remaining());
            yield_now().await;
            theirs.note(has_budget_remaining());
        });
        task.await.unwrap();
    });
}

fn in_place_keeps_the_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = rt::spawn(async {
            let before = rt::task::id();
            let inside = block_in_place(rt::task::id);
            let nested = block_in_place(|| {
                rt::runtime::Handle::current().block_on(async { rt::task::try_id() })
            });
            (before == inside, nested.is_some(), before == rt::task::id())
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_runs_a_current_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let task = rt::spawn(async move {
            block_in_place(|| {
                let inner = runtime(Flavour::CurrentThread);
                inner.block_on(async {
                    theirs.note_panic(|| block_in_place(|| ()));
                    rt::spawn(async { yield_now().await }).await.unwrap();
                });
                theirs.note_panic(|| drop(inner));
            });
            block_in_place(|| 5)
        });
        log.note(format!("{:?}", task.await));
    });
}

fn in_place_in_a_local_set(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let set = rt::task::LocalSet::new();
    let theirs = log.clone();
    set.block_on(&runtime, async {
        log.note_panic(|| block_in_place(|| ()));
        let task = rt::task::spawn_local(async move {
            theirs.note_panic(|| block_in_place(|| ()));
            theirs.note_panic(|| rt::runtime::Handle::current().block_on(async {}));
        });
        task.await.unwrap();
    });
    // Outside of the set it is allowed again.
    runtime.block_on(async { log.note_panic(|| block_in_place(|| ())) });
}
