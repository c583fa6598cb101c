//! `spawn_blocking`.

use super::rt;
use super::setup::{builder, run, runtime};
use super::with_one_busy_thread;
use crate::harness::{Case, Flavour, Log, cases};
use rt::task::spawn_blocking;
use std::sync::mpsc;
use std::thread;

pub(crate) const CASES: &[Case] = cases![
    both: a_job_reaches_its_handle, a_job_panics, a_job_that_runs_cannot_be_aborted,
        a_queued_job_can_be_aborted, a_job_may_block_on, a_job_may_drop_a_runtime, a_job_has_an_id,
        a_job_has_no_budget, jobs_beyond_the_limit_wait, a_detached_job_goes_on, spawn_blocking_outside,
        the_thread_of_a_job;
];

fn a_job_reaches_its_handle(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(format!("{:?}", spawn_blocking(|| 6 * 7).await));
        log.note(format!("{:?}", rt::runtime::Handle::current().spawn_blocking(|| 1).await));
    });
    let runtime = runtime(flavour);
    let job = runtime.spawn_blocking(|| "from outside");
    log.note(format!("{:?}", runtime.block_on(job)));
}

fn a_job_panics(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let error = spawn_blocking(|| panic!("boom")).await.unwrap_err();
        log.note(log.without_ids(&error));
        log.note(log.without_ids(&format!("{error:?}")));
        log.note(format!("{} {}", error.is_panic(), error.is_cancelled()));
        // The thread is still good for another.
        log.note(format!("{:?}", spawn_blocking(|| 1).await));
    });
}

fn a_job_that_runs_cannot_be_aborted(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (begins, begun) = mpsc::channel();
        let (send, receive) = mpsc::channel();
        let job = spawn_blocking(move || {
            begins.send(()).unwrap();
            receive.recv().unwrap()
        });
        begun.recv().unwrap();
        job.abort();
        log.note(job.is_finished());
        send.send(5).unwrap();
        log.note(format!("{:?}", job.await));
    });
}

fn a_queued_job_can_be_aborted(flavour: Flavour, log: &Log) {
    let (runtime, busy) = with_one_busy_thread(flavour);
    let theirs = log.clone();
    let job = runtime.spawn_blocking(move || theirs.note("never runs"));
    job.abort();
    let after = runtime.spawn_blocking(|| 3);
    drop(busy);
    runtime.block_on(async {
        let error = job.await.unwrap_err();
        log.note(format!("{} {}", error.is_cancelled(), log.without_ids(&format!("{error:?}"))));
        log.note(format!("{:?}", after.await));
    });
}

fn a_job_may_block_on(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let job = spawn_blocking(|| {
            let handle = rt::runtime::Handle::current();
            let task = handle.spawn(async { 4 });
            handle.block_on(async { task.await.unwrap() + 1 })
        });
        log.note(format!("{:?}", job.await));
    });
}

fn a_job_may_drop_a_runtime(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let job = spawn_blocking(move || {
            let inner = runtime(flavour);
            theirs.note(inner.block_on(async { 2 }));
            theirs.note_panic(|| drop(inner));
        });
        job.await.unwrap();
    });
}

fn a_job_has_an_id(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let job = spawn_blocking(|| rt::task::id());
        let id = job.id();
        log.note(job.await.unwrap() == id);
    });
}

fn a_job_has_no_budget(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let job = spawn_blocking(|| (0..1000).all(|_| rt::task::coop::has_budget_remaining()));
        log.note(format!("{:?}", job.await));
    });
}

fn jobs_beyond_the_limit_wait(flavour: Flavour, log: &Log) {
    let (runtime, busy) = with_one_busy_thread(flavour);
    let jobs: Vec<_> = (0..5)
        .map(|n| {
            let log = log.clone();
            runtime.spawn_blocking(move || log.note(n))
        })
        .collect();
    log.note("queued");
    drop(busy);
    runtime.block_on(async {
        for job in jobs {
            job.await.unwrap();
        }
    });
}

fn a_detached_job_goes_on(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = mpsc::channel();
        drop(spawn_blocking(move || send.send(9).unwrap()));
        log.note(spawn_blocking(move || receive.recv().unwrap()).await.unwrap());
    });
}

fn spawn_blocking_outside(_: Flavour, log: &Log) {
    log.note_panic(|| spawn_blocking(|| ()));
}

fn the_thread_of_a_job(flavour: Flavour, log: &Log) {
    let runtime =
        builder(flavour).thread_name("worker-bee").thread_stack_size(4 << 20).build().unwrap();
    let job = runtime.spawn_blocking(|| thread::current().name().map(str::to_owned));
    log.note(format!("{:?}", runtime.block_on(job)));
}
