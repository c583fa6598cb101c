//! Ids, and where a task is the current one.

use super::rt;
use super::rt::sync::oneshot;
use super::rt::task;
use super::setup::{run, runtime};
use super::{Loud, ended};
use crate::harness::{Case, Flavour, Log, cases};
use std::collections::HashSet;
use std::future::pending;

pub(crate) const CASES: &[Case] = cases![
    both: no_id_outside_a_task, ids, ids_in_a_job, id_in_destructors, id_in_an_outputs_destructor,
        id_of_a_dropped_runtime, id_under_block_on;
];

fn no_id_outside_a_task(flavour: Flavour, log: &Log) {
    log.note(format!("{:?}", rt::task::try_id()));
    log.note_panic(rt::task::id);
    run(flavour, async {
        log.note(format!("{:?}", rt::task::try_id()));
        log.note_panic(rt::task::id);
        log.note_panic(|| rt::task::id());
    });
}

fn ids(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(async {
            let first = task::id();
            task::yield_now().await;
            (first, task::try_id())
        });
        let (id, abort) = (task.id(), task.abort_handle());
        let seen = task.await.unwrap();
        log.note(format!("{} {} {}", seen.0 == id, seen.1 == Some(id), abort.id() == id));
        let tasks: Vec<_> = (0..100).map(|_| task::spawn(async { task::id() })).collect();
        let mut seen = HashSet::new();
        for task in tasks {
            let id = task.id();
            seen.insert(id);
            assert_eq!(task.await.unwrap(), id);
        }
        seen.insert(id);
        log.note(seen.len());
        log.note(format!("{:?} {}", id.cmp(&id), id.to_string().parse::<u64>().is_ok()));
    });
}

fn ids_in_a_job(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, loud) = Loud::knowing(log, "closure");
        let job = task::spawn_blocking(move || {
            let _loud = loud;
            (task::id(), task::try_id())
        });
        let id = job.id();
        send.send(id).unwrap();
        let seen = job.await.unwrap();
        log.note(format!("{} {}", seen.0 == id, seen.1 == Some(id)));
    });
}

fn id_in_destructors(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for name in ["ended", "panicked", "aborted"] {
            let (send, loud) = Loud::knowing(log, name);
            let (go, wait) = oneshot::channel::<()>();
            let task = task::spawn(async move {
                let _loud = loud;
                wait.await.unwrap();
                match name {
                    "ended" => {}
                    "panicked" => panic!("on purpose"),
                    _ => pending().await,
                }
            });
            send.send(task.id()).unwrap();
            go.send(()).unwrap();
            task::yield_now().await;
            if name == "aborted" {
                task.abort();
            }
            log.note(task.await.is_ok());
        }
    });
}

fn id_in_an_outputs_destructor(flavour: Flavour, log: &Log) {
    run(flavour, async {
        // Taken: it is dropped by whoever took it.
        let (send, loud) = Loud::knowing(log, "taken");
        let task = task::spawn(async { loud });
        send.send(task.id()).unwrap();
        drop(task.await);
        // Not taken: with the handle.
        let (send, loud) = Loud::knowing(log, "with the handle");
        let task = task::spawn(async { loud });
        send.send(task.id()).unwrap();
        ended(&task.abort_handle()).await;
        drop(task);
        // Somebody else knows the task, too.
        let (send, loud) = Loud::knowing(log, "with the handle, not alone");
        let task = task::spawn(async { loud });
        let abort = task.abort_handle();
        send.send(task.id()).unwrap();
        ended(&abort).await;
        drop(task);
        // Nobody wants it: by the task.
        for known in [false, true] {
            let (send, loud) = Loud::knowing(log, "unwanted");
            let (go, wait) = oneshot::channel::<()>();
            let task = task::spawn(async move {
                wait.await.unwrap();
                loud
            });
            send.send(task.id()).unwrap();
            let (seen, abort) = oneshot::channel();
            let end = task.abort_handle();
            drop(task);
            if known {
                let _ = seen.send(end.clone());
            }
            go.send(()).unwrap();
            ended(&end).await;
            drop(abort);
        }
        // Within another task.
        let (send, loud) = Loud::knowing(log, "in another");
        let task = task::spawn(async { loud });
        send.send(task.id()).unwrap();
        ended(&task.abort_handle()).await;
        let theirs = log.clone();
        let other = task::spawn(async move {
            let own = task::id();
            drop(task);
            theirs.note(task::id() == own);
        });
        other.await.unwrap();
    });
}

fn id_of_a_dropped_runtime(flavour: Flavour, log: &Log) {
    let first = runtime(flavour);
    let (send, loud) = Loud::knowing(log, "sleeping");
    let task = first.spawn(async move {
        let _loud = loud;
        pending::<()>().await;
    });
    send.send(task.id()).unwrap();
    first.block_on(async {
        for _ in 0..5 {
            task::yield_now().await;
        }
    });
    drop(first);
    log.note(task.is_finished());
}

fn id_under_block_on(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let job = task::spawn_blocking(|| {
            let own = task::id();
            let handle = rt::runtime::Handle::current();
            let inner = handle.block_on(async { task::try_id() });
            inner == Some(own)
        });
        log.note(job.await.unwrap());
        let task = task::spawn(async move {
            let own = task::id();
            let other = std::thread::spawn(move || run(flavour, async { task::try_id() }));
            (other.join().unwrap(), task::id() == own)
        });
        log.note(format!("{:?}", task.await.unwrap()));
    });
}
