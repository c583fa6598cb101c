//! What goes into a set, and from where.

use super::rt::task::{self, JoinSet};
use super::setup::{run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use std::sync::mpsc;

pub(crate) const CASES: &[Case] = cases![
    both: blocking_jobs, blocking_job_not_begun, on_another_runtime, outside_of_a_runtime,
        from_iterator_and_extend;
];

fn blocking_jobs(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set = JoinSet::new();
        let abort = set.spawn_blocking(task::id);
        let (id, own) = set.join_next_with_id().await.unwrap().unwrap();
        log.note(format!("{} {}", id == own, abort.id() == id));
        set.spawn_blocking_on(|| panic!("job"), &super::rt::runtime::Handle::current());
        let error = set.join_next().await.unwrap().unwrap_err();
        log.note(log.without_ids(&error));
    });
}

fn blocking_job_not_begun(flavour: Flavour, log: &Log) {
    let runtime = super::setup::builder(flavour).max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let mut set = JoinSet::new();
        let (go, wait) = mpsc::channel::<()>();
        set.spawn_blocking(move || {
            let _ = wait.recv();
            "first"
        });
        let second = set.spawn_blocking(|| "second");
        second.abort();
        log.note(second.is_finished());
        go.send(()).unwrap();
        let mut seen = Vec::new();
        while let Some(result) = set.join_next().await {
            seen.push(result.map_err(|error| error.is_cancelled()));
        }
        seen.sort();
        log.note(format!("{seen:?}"));
    });
}

fn on_another_runtime(flavour: Flavour, log: &Log) {
    let other = runtime(Flavour::MultiThread);
    run(flavour, async {
        let mut set = JoinSet::new();
        set.spawn_on(async { super::rt::runtime::Handle::current().id() }, other.handle());
        log.note(set.join_next().await.unwrap().unwrap() == other.handle().id());
    });
}

fn outside_of_a_runtime(_: Flavour, log: &Log) {
    let mut set = JoinSet::new();
    log.note_panic(|| {
        set.spawn(async {});
    });
    log.note(set.len());
    log.note_panic(|| {
        set.spawn_blocking(|| ());
    });
    log.note_panic(|| [async {}].into_iter().collect::<JoinSet<()>>());
    log.note_panic(|| set.extend([async {}]));
    drop(set);
}

fn from_iterator_and_extend(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut set: JoinSet<usize> = (0..3).map(|n| async move { n }).collect();
        set.extend((3..6).map(std::future::ready));
        log.note(set.len());
        let mut all = set.join_all().await;
        all.sort_unstable();
        log.note(format!("{all:?}"));
    });
}
