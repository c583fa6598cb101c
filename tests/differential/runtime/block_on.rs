//! `block_on`, and who runs what meanwhile.

use super::rt;
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use rt::runtime::Handle;
use rt::task::yield_now;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: block_on_returns, block_on_passes_a_panic_on, block_on_after_a_panic, block_on_within,
        block_on_a_future_that_is_not_send, block_on_again, block_on_from_several_threads,
        handle_block_on_from_a_thread, spawn_from_outside, spawn_before_block_on, main_task_is_no_task;
    current_thread: all_on_one_thread, tasks_wait_for_block_on;
    multi_thread: tasks_go_on_without_block_on, parallel;
];

fn block_on_returns(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    log.note(runtime.block_on(async { 1 }));
    log.note(runtime.block_on(std::future::ready("ready")));
    let text = String::from("borrowed");
    log.note(runtime.block_on(async { &*text }));
    log.note(runtime.block_on(Box::pin(async { "boxed" })));
}

fn block_on_passes_a_panic_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    log.note_panic(|| runtime.block_on(async { panic!("in the root") }));
    log.note_panic(|| {
        runtime.block_on(async {
            yield_now().await;
            panic!("later")
        })
    });
    log.note_panic(|| runtime.handle().block_on(async { panic!("by the handle") }));
    log.note(format!("{:?}", Handle::try_current().is_err()));
}

fn block_on_after_a_panic(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    log.note_panic(|| {
        runtime.block_on(async {
            rt::spawn(async { yield_now().await });
            panic!("boom")
        })
    });
    log.note(format!("{:?}", runtime.block_on(async { rt::spawn(async { 2 }).await })));
}

fn block_on_within(flavour: Flavour, log: &Log) {
    let outer = runtime(flavour);
    let inner = Arc::new(runtime(flavour));
    outer.block_on(async {
        log.note_text(|| inner.block_on(async {}));
        log.note_panic(|| inner.handle().block_on(async {}));
        log.note_text(|| outer.block_on(async {}));
        log.note_panic(|| Handle::current().block_on(async {}));
        let (theirs, handle) = (log.clone(), inner.handle().clone());
        let task = rt::spawn(async move {
            theirs.note_panic(|| handle.block_on(async {}));
            theirs.note_panic(|| Handle::current().block_on(async {}));
        });
        task.await.unwrap();
        // The context is what it was.
        log.note(Handle::current().id() == outer.handle().id());
    });
    log.note(inner.block_on(async { "not at the same time" }));
}

fn block_on_a_future_that_is_not_send(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let count = std::rc::Rc::new(std::cell::Cell::new(0));
    let here = thread::current().id();
    runtime.block_on(async {
        for _ in 0..100 {
            count.set(count.get() + 1);
            yield_now().await;
            assert_eq!(here, thread::current().id());
        }
    });
    log.note(count.get());
}

fn block_on_again(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (send, receive) = rt::sync::oneshot::channel();
    let task = runtime.block_on(async { rt::spawn(async { receive.await.unwrap() }) });
    log.note(task.is_finished());
    log.note(format!("{:?}", send.send(5)));
    log.note(format!("{:?}", runtime.block_on(task)));
}

fn block_on_from_several_threads(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (sends, receives): (Vec<_>, Vec<_>) = (0..4).map(|_| rt::sync::oneshot::channel()).unzip();
    thread::scope(|scope| {
        let waits: Vec<_> = receives
            .into_iter()
            .map(|receive| scope.spawn(|| runtime.block_on(async { receive.await.unwrap() })))
            .collect();
        let handle = runtime.handle().clone();
        scope.spawn(move || {
            // On whichever thread: each sends to the next.
            for (n, send) in sends.into_iter().enumerate() {
                let task = handle.spawn(async move {
                    yield_now().await;
                    send.send(n).unwrap();
                });
                drop(task);
            }
        });
        for wait in waits {
            log.note(wait.join().unwrap());
        }
    });
}

fn handle_block_on_from_a_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let handle = Handle::current();
        let (send, receive) = rt::sync::oneshot::channel();
        let other = thread::spawn(move || {
            // Timers and tasks are driven by the one in `Runtime::block_on`.
            let got = handle.block_on(async {
                rt::time::sleep(Duration::from_millis(1)).await;
                rt::spawn(async { 5 }).await.unwrap()
            });
            send.send(got).unwrap();
        });
        log.note(format!("{:?}", receive.await));
        other.join().unwrap();
    });
}

fn spawn_from_outside(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = runtime.spawn(async { rt::spawn(async { 4 }).await.unwrap() });
    log.note(format!("{:?}", runtime.block_on(task)));
    let task =
        runtime.handle().spawn(async { Handle::current().spawn(async { 5 }).await.unwrap() });
    log.note(format!("{:?}", runtime.block_on(task)));
    let guard = runtime.enter();
    let task = rt::spawn(async { 6 });
    drop(guard);
    log.note(format!("{:?}", runtime.block_on(task)));
}

fn spawn_before_block_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let tasks: Vec<_> = (0..10).map(|n| runtime.spawn(async move { n })).collect();
    for task in tasks {
        log.note(format!("{:?}", runtime.block_on(task)));
    }
}

fn main_task_is_no_task(flavour: Flavour, log: &Log) {
    run(flavour, async { log.note(format!("{:?}", rt::task::try_id())) });
}

fn all_on_one_thread(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let here = thread::current().id();
        let tasks: Vec<_> = (0..5)
            .map(|_| {
                rt::spawn(async {
                    yield_now().await;
                    thread::current().id()
                })
            })
            .collect();
        for task in tasks {
            log.note(task.await.unwrap() == here);
        }
    });
}

fn tasks_wait_for_block_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let theirs = log.clone();
    let task = runtime.spawn(async move { theirs.note("the task") });
    log.note("spawned");
    log.note(task.is_finished());
    runtime.block_on(async {
        log.note("the root");
        yield_now().await;
        log.note("the root again");
    });
    log.note(task.is_finished());
}

fn tasks_go_on_without_block_on(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (send, receive) = mpsc::channel();
    runtime.spawn(async move {
        yield_now().await;
        rt::time::sleep(Duration::from_millis(1)).await;
        send.send(1).unwrap();
    });
    log.note(format!("{:?}", receive.recv()));
}

fn parallel(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    // Two that need each other's threads.
    let barrier = Arc::new(std::sync::Barrier::new(2));
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let barrier = barrier.clone();
            runtime.spawn(async move { barrier.wait().is_leader() })
        })
        .collect();
    let mut leaders = 0;
    for task in tasks {
        leaders += usize::from(runtime.block_on(task).unwrap());
    }
    log.note(leaders);
}
