//! How long the end takes, and where it may be begun.

use super::blocking::with_one_busy_thread;
use super::rt;
use super::setup::{run, runtime};
use super::{Noted, end_during, outcome, stays};
use crate::harness::{Case, Flavour, Log, cases};
use rt::task::spawn_blocking;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) const CASES: &[Case] = cases![
    both: drop_waits_for_jobs, queued_jobs_are_dropped, a_limit_is_kept, background_waits_for_nothing,
        a_limit_that_is_not_needed, end_from_a_job, end_from_within, end_twice,
        a_job_that_waits_for_a_task, a_limit_in_a_task;
];

fn drop_waits_for_jobs(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let (begins, begun) = mpsc::channel();
    let theirs = log.clone();
    let job = runtime.spawn_blocking(move || {
        begins.send(()).unwrap();
        thread::sleep(Duration::from_millis(20));
        theirs.note("the job ends");
        4
    });
    end_during(log, runtime, &begun, job);
}

fn queued_jobs_are_dropped(flavour: Flavour, log: &Log) {
    let (runtime, busy) = with_one_busy_thread(flavour);
    let noted = Noted(log.clone(), "dropped");
    let theirs = log.clone();
    let job = runtime.spawn_blocking(move || {
        let _noted = noted;
        theirs.note("never runs");
    });
    let handle = runtime.handle().clone();
    let ends = thread::spawn(move || {
        // Until the pool takes no more, and drops what comes: then the end has begun.
        while !handle.spawn_blocking(|| ()).is_finished() {
            thread::sleep(Duration::from_millis(1));
        }
        drop(busy);
    });
    drop(runtime);
    ends.join().unwrap();
    log.note(outcome(log, job));
}

fn a_limit_is_kept(flavour: Flavour, log: &Log) {
    let (runtime, busy) = with_one_busy_thread(flavour);
    let task = stays(&runtime, Noted(log.clone(), "dropped"));
    let begun = Instant::now();
    runtime.shutdown_timeout(Duration::from_millis(30));
    log.note(begun.elapsed() >= Duration::from_millis(30));
    log.note(begun.elapsed() < Duration::from_secs(30));
    log.note(outcome(log, task));
    drop(busy);
}

fn background_waits_for_nothing(flavour: Flavour, log: &Log) {
    let (runtime, busy) = with_one_busy_thread(flavour);
    let begun = Instant::now();
    runtime.shutdown_background();
    log.note(begun.elapsed() < Duration::from_secs(30));
    drop(busy);
}

fn a_limit_that_is_not_needed(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = stays(&runtime, Noted(log.clone(), "dropped"));
    let begun = Instant::now();
    runtime.shutdown_timeout(Duration::from_secs(1000));
    log.note(begun.elapsed() < Duration::from_secs(500));
    log.note(outcome(log, task));
    // As long as can be.
    super::setup::runtime(flavour).shutdown_timeout(Duration::MAX);
}

fn end_from_a_job(flavour: Flavour, log: &Log) {
    // A job of another runtime may wait; one of its own would wait for itself.
    let inner = runtime(flavour);
    let task = stays(&inner, ());
    run(flavour, async {
        let theirs = log.clone();
        let job = spawn_blocking(move || theirs.note_text(|| drop(inner)));
        log.note(format!("{:?}", job.await));
    });
    log.note(outcome(log, task));
}

fn end_from_within(flavour: Flavour, log: &Log) {
    let inner = runtime(flavour);
    let task = stays(&inner, ());
    run(flavour, async {
        log.note_text(|| inner.shutdown_background());
        log.note("goes on");
    });
    log.note(outcome(log, task));
}

fn end_twice(_: Flavour, log: &Log) {
    // On one thread: a worker that is just looking for its next task may still find this one.
    let runtime = runtime(Flavour::CurrentThread);
    let handle = runtime.handle().clone();
    runtime.shutdown_background();
    // The rest is left to itself, and nothing is run any more.
    log.note(outcome(log, handle.spawn(async {})));
}

fn a_job_that_waits_for_a_task(flavour: Flavour, log: &Log) {
    let runtime = runtime(flavour);
    let task = stays(&runtime, ());
    let handle = runtime.handle().clone();
    let (begins, begun) = mpsc::channel();
    let job = runtime.spawn_blocking(move || {
        begins.send(()).unwrap();
        // It ends because the runtime does.
        handle.block_on(task).unwrap_err().is_cancelled()
    });
    end_during(log, runtime, &begun, job);
}

fn a_limit_in_a_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let inner = runtime(flavour);
        let theirs = log.clone();
        let task = rt::spawn(async move {
            theirs.note_text(|| inner.shutdown_timeout(Duration::ZERO));
            1
        });
        log.note(format!("{:?}", task.await));
    });
}
