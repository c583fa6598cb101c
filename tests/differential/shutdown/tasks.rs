//! What becomes of tasks, and of what they hold.

use super::rt;
use super::setup::runtime;
use super::{Noted, end_during, outcome, stays};
use crate::harness::{Case, Flavour, Log, cases};
use rt::runtime::Runtime;
use rt::task::{JoinHandle, yield_now};
use std::future::pending;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: tasks_are_cancelled, futures_are_dropped_once, tasks_that_never_ran, a_ring_of_handles,
        a_result_outlives_its_runtime, a_panic_outlives_its_runtime, channels_close;
    current_thread: order_of_the_end;
    multi_thread: a_poll_comes_to_its_end, in_place_comes_to_its_end, spawned_during_the_end,
        a_task_that_yields_for_ever;
];

fn tasks_are_cancelled(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = stays(&runtime, ());
    log.note(task.is_finished());
    drop(runtime);
    log.note(task.is_finished());
    log.note(outcome(log, task));
}

fn futures_are_dropped_once(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let tasks: Vec<_> = (0..3).map(|_| stays(&runtime, Noted(log.clone(), "dropped"))).collect();
    drop(runtime);
    log.note("ended");
    drop(tasks);
}

fn tasks_that_never_ran(_: Flavour, log: &Log) {
    let runtime = runtime(Flavour::CurrentThread);
    let noted = Noted(log.clone(), "dropped");
    let theirs = log.clone();
    let task = runtime.spawn(async move {
        let _noted = noted;
        theirs.note("never runs");
    });
    drop(runtime);
    log.note("ended");
    log.note(outcome(log, task));
}

fn a_ring_of_handles(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let ring = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..3 {
        let task = stays(&runtime, (ring.clone(), Noted(log.clone(), "dropped")));
        ring.lock().unwrap().push(task);
    }
    drop(runtime);
    log.note(Arc::strong_count(&ring));
    log.note(ring.lock().unwrap().iter().all(JoinHandle::is_finished));
}

/// Ends the runtime when the task has ended.
fn end_after<T>(runtime: Runtime, task: &JoinHandle<T>) {
    runtime.block_on(async {
        while !task.is_finished() {
            yield_now().await;
        }
    });
}

fn a_result_outlives_its_runtime(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = runtime.spawn(async { String::from("kept") });
    end_after(runtime, &task);
    log.note(outcome(log, task));
}

fn a_panic_outlives_its_runtime(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = runtime.spawn(async { panic!("kept") });
    end_after(runtime, &task);
    log.note(outcome::<()>(log, task));
}

fn channels_close(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (send, receive) = rt::sync::oneshot::channel::<()>();
    let _task = stays(&runtime, send);
    drop(runtime);
    let other = rt::runtime::Builder::new_current_thread().build().unwrap();
    log.note(format!("{:?}", other.block_on(receive)));
}

fn a_poll_comes_to_its_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (begins, begun) = mpsc::channel();
    let theirs = log.clone();
    let task = runtime.spawn(async move {
        begins.send(()).unwrap();
        thread::sleep(Duration::from_millis(20));
        theirs.note("the poll's end");
        pending::<()>().await;
    });
    end_during(log, runtime, &begun, task);
}

fn in_place_comes_to_its_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (begins, begun) = mpsc::channel();
    let theirs = log.clone();
    let task = runtime.spawn(async move {
        rt::task::block_in_place(|| {
            begins.send(()).unwrap();
            thread::sleep(Duration::from_millis(20));
            theirs.note("the block's end");
        });
        theirs.note("the poll's end");
        pending::<()>().await;
    });
    end_during(log, runtime, &begun, task);
}

fn spawned_during_the_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let handle = runtime.handle().clone();
    let (begins, begun) = mpsc::channel();
    let task = runtime.spawn(async move {
        begins.send(()).unwrap();
        thread::sleep(Duration::from_millis(20));
        // The end has begun, most likely. Run or cancelled, it does not stay.
        handle.spawn(pending::<()>())
    });
    begun.recv().unwrap();
    drop(runtime);
    let other = rt::runtime::Builder::new_current_thread().build().unwrap();
    let inner = other.block_on(task).unwrap();
    log.note(outcome(log, inner));
}

fn a_task_that_yields_for_ever(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = runtime.spawn(async {
        loop {
            yield_now().await;
        }
    });
    runtime.block_on(yield_now());
    drop(runtime);
    log.note(outcome::<()>(log, task));
}

/// Tasks go before the pool does; and the root's own things before all.
fn order_of_the_end(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (send, receive) = mpsc::channel::<()>();
    let theirs = log.clone();
    let (begins, begun) = mpsc::channel();
    runtime.spawn_blocking(move || {
        begins.send(()).unwrap();
        // The task's end lets it go.
        let _ = receive.recv();
        theirs.note("the job");
    });
    begun.recv().unwrap();
    let _task = stays(&runtime, (Noted(log.clone(), "the task"), send));
    runtime.block_on(async {
        let _noted = Noted(log.clone(), "the root");
    });
    drop(runtime);
    log.note("the end");
}
