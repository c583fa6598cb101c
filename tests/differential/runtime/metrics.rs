//! What the metrics count.

use super::rt;
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use rt::runtime::Handle;
use rt::task::yield_now;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub(crate) const CASES: &[Case] = cases![
    both: metrics_workers, metrics_tasks, metrics_queue, metrics_busy, metrics_of_a_worker_too_many;
    current_thread: current_thread_metrics_park;
];

fn metrics_workers(flavour: Flavour, log: &Log) {
    log.note(runtime(flavour).metrics().num_workers());
    run(flavour, async { log.note(Handle::current().metrics().num_workers()) });
}

fn metrics_tasks(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let metrics = runtime.metrics();
    log.note(metrics.num_alive_tasks());
    let (send, receive) = rt::sync::oneshot::channel::<()>();
    let task = runtime.spawn(async { receive.await.unwrap() });
    // The same figures, looked at again.
    log.note(metrics.num_alive_tasks());
    send.send(()).unwrap();
    runtime.block_on(task).unwrap();
    while metrics.num_alive_tasks() > 0 {
        thread::yield_now();
    }
    log.note(runtime.metrics().num_alive_tasks());
    // A job is not among them.
    let (begins, begun) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    runtime.spawn_blocking(move || {
        begins.send(()).unwrap();
        let _ = wait.recv();
    });
    begun.recv().unwrap();
    log.note(metrics.num_alive_tasks());
    drop(go);
}

fn metrics_queue(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    log.note(runtime.metrics().global_queue_depth());
    if flavour == Flavour::CurrentThread {
        for _ in 0..3 {
            runtime.spawn(async {});
        }
        log.note(runtime.metrics().global_queue_depth());
        runtime.block_on(async {
            for _ in 0..3 {
                yield_now().await;
            }
        });
        log.note(runtime.metrics().global_queue_depth());
    }
}

fn metrics_busy(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let work = async {
        let begun = std::time::Instant::now();
        while begun.elapsed() < Duration::from_millis(5) {
            std::hint::spin_loop();
        }
        yield_now().await;
    };
    runtime.block_on(runtime.spawn(work)).unwrap();
    let metrics = runtime.metrics();
    // Brought up to date when a worker lies down.
    let begun = std::time::Instant::now();
    let busy = loop {
        let busy: Duration =
            (0..metrics.num_workers()).map(|n| metrics.worker_total_busy_duration(n)).sum();
        if busy >= Duration::from_millis(5) || begun.elapsed() > Duration::from_secs(20) {
            break busy;
        }
        runtime.block_on(async { rt::time::sleep(Duration::from_millis(1)).await });
    };
    log.note(busy >= Duration::from_millis(5));
}

fn metrics_of_a_worker_too_many(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let metrics = runtime.metrics();
    let panics = |f: &dyn Fn() -> u64| catch_unwind(AssertUnwindSafe(f)).is_err();
    log.note(panics(&|| metrics.worker_total_busy_duration(100).as_secs()));
    log.note(panics(&|| metrics.worker_park_count(100)));
    log.note(panics(&|| metrics.worker_park_unpark_count(100)));
}

fn current_thread_metrics_park(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let metrics = runtime.metrics();
    log.note(metrics.worker_park_count(0));
    runtime.block_on(async { rt::time::sleep(Duration::from_millis(2)).await });
    log.note(metrics.worker_park_count(0) > 0);
    log.note(metrics.worker_park_unpark_count(0) % 2);
}
