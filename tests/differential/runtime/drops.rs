//! Runtimes in runtimes, and where they may go.

use super::rt;
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use rt::runtime::Runtime;
use std::thread;

pub(crate) const CASES: &[Case] = cases![
    both: drop_within, drop_within_enter, drop_in_a_task, drop_elsewhere, runtime_in_a_runtime,
        a_runtime_to_leak;
];

fn drop_within(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let inner = runtime(flavour);
        log.note_panic(move || drop(inner));
        let inner = runtime(flavour);
        log.note_panic(move || inner.shutdown_background());
        let inner = runtime(flavour);
        let job = rt::task::spawn_blocking(move || drop(inner));
        log.note(format!("{:?}", job.await));
    });
}

fn drop_within_enter(flavour: Flavour, log: &Log) {
    let inner = runtime(flavour);
    let handle = inner.handle().clone();
    let _guard = handle.enter();
    log.note_panic(move || drop(inner));
}

fn drop_in_a_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let inner = runtime(flavour);
        let theirs = log.clone();
        let task = rt::spawn(async move { theirs.note_panic(move || drop(inner)) });
        log.note(format!("{:?}", task.await));
    });
}

fn drop_elsewhere(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    log.note(runtime.block_on(async { 1 }));
    let theirs = log.clone();
    thread::spawn(move || theirs.note_panic(move || drop(runtime))).join().unwrap();
}

fn runtime_in_a_runtime(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let inner = runtime(flavour);
        // It can be built and spawned on, only not waited in.
        let (send, receive) = rt::sync::oneshot::channel();
        let task = inner.spawn(async move { receive.await.unwrap() });
        send.send(3).unwrap();
        if flavour == Flavour::MultiThread {
            log.note(format!("{:?}", task.await));
        } else {
            thread::scope(|scope| {
                scope.spawn(|| log.note(format!("{:?}", inner.block_on(task))));
            });
        }
        inner.shutdown_background();
    });
}

fn a_runtime_to_leak(flavour: Flavour, log: &Log) {
    let runtime: &'static Runtime = Box::leak(Box::new(runtime(flavour)));
    let guard = runtime.enter();
    let task = rt::spawn(async { 1 });
    drop(guard);
    log.note(format!("{:?}", runtime.block_on(task)));
}
