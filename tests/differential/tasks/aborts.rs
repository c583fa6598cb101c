//! Aborts, before, in and after each stage of a task's life.

use super::rt::sync::oneshot;
use super::rt::task::{self, AbortHandle};
use super::setup::{builder, run};
use super::{Loud, ended, note_error};
use crate::harness::{Case, Flavour, Log, cases};
use std::future::pending;
use std::sync::mpsc;

pub(crate) const CASES: &[Case] = cases![
    both: abort_never_polled, abort_sleeping, abort_running, abort_finished, abort_twice, abort_itself,
        abort_itself_and_end, abort_by_handle_clone, abort_a_job, abort_a_job_not_begun, aborted_output,
        abort_from_elsewhere, abort_in_the_destructor;
    current_thread: aborts_in_order;
];

fn abort_never_polled(flavour: Flavour, log: &Log) {
    let runtime = builder(flavour).build().unwrap();
    runtime.block_on(async {
        let loud = Loud::new(log, "future");
        let task = task::spawn(async move {
            let _loud = loud;
            pending::<()>().await;
        });
        task.abort();
        note_error(log, &task.await.unwrap_err());
    });
}

fn abort_sleeping(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (entered, wait) = oneshot::channel();
        let loud = Loud::new(log, "future");
        let task = task::spawn(async move {
            let _loud = loud;
            entered.send(()).unwrap();
            pending::<()>().await;
        });
        wait.await.unwrap();
        log.note(task.is_finished());
        task.abort();
        let error = task.await.unwrap_err();
        log.note(format!("{} {}", error.is_cancelled(), error.is_panic()));
    });
}

/// What runs is not cut off: it goes on to its next await.
fn abort_running(_: Flavour, log: &Log) {
    run(Flavour::MultiThread, async {
        let (entered, wait) = mpsc::channel();
        let (go, hold) = mpsc::channel::<()>();
        let (reached, after) = oneshot::channel();
        let task = task::spawn(async move {
            entered.send(()).unwrap();
            hold.recv().unwrap();
            reached.send("after").unwrap();
            pending::<()>().await;
        });
        let aborter = task.abort_handle();
        let job = task::spawn_blocking(move || {
            wait.recv().unwrap();
            aborter.abort();
            let finished = aborter.is_finished();
            go.send(()).unwrap();
            finished
        });
        log.note(job.await.unwrap());
        log.note(after.await.unwrap());
        log.note(task.await.unwrap_err().is_cancelled());
    });
}

fn abort_finished(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(async { 5 });
        ended(&task.abort_handle()).await;
        task.abort();
        log.note(format!("{:?}", task.await));
        let task = task::spawn(async { panic!("kept") });
        ended(&task.abort_handle()).await;
        task.abort();
        note_error(log, &task.await.map(|(): ()| ()).unwrap_err());
    });
}

fn abort_twice(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(pending::<()>());
        task.abort();
        task.abort();
        task.abort_handle().abort();
        let abort = task.abort_handle();
        log.note(task.await.unwrap_err().is_cancelled());
        abort.abort();
        log.note(abort.is_finished());
    });
}

fn abort_itself(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = oneshot::channel::<AbortHandle>();
        let inner = log.clone();
        let task = task::spawn(async move {
            let abort = receive.await.unwrap();
            abort.abort();
            inner.note(format!("still here, {}", abort.is_finished()));
            task::yield_now().await;
            inner.note("never");
        });
        send.send(task.abort_handle()).unwrap();
        log.note(task.await.unwrap_err().is_cancelled());
    });
}

/// Ready in the poll in which it was aborted: ready is what it is.
fn abort_itself_and_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (send, receive) = oneshot::channel::<AbortHandle>();
        let task = task::spawn(async move {
            receive.await.unwrap().abort();
            7
        });
        send.send(task.abort_handle()).unwrap();
        log.note(format!("{:?}", task.await.ok()));
    });
}

fn abort_by_handle_clone(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let task = task::spawn(pending::<()>());
        let first = task.abort_handle();
        let second = first.clone();
        drop(first);
        log.note(second.id() == task.id());
        std::thread::spawn(move || second.abort()).join().unwrap();
        log.note(task.await.unwrap_err().is_cancelled());
    });
}

/// A job that has begun goes on.
fn abort_a_job(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (entered, wait) = oneshot::channel();
        let (go, hold) = mpsc::channel::<()>();
        let job = task::spawn_blocking(move || {
            entered.send(()).unwrap();
            hold.recv().unwrap();
            5
        });
        wait.await.unwrap();
        job.abort();
        log.note(job.is_finished());
        go.send(()).unwrap();
        log.note(format!("{:?}", job.await));
    });
}

fn abort_a_job_not_begun(flavour: Flavour, log: &Log) {
    let runtime = builder(flavour).max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (entered, wait) = oneshot::channel();
        let (go, hold) = mpsc::channel::<()>();
        let first = task::spawn_blocking(move || {
            entered.send(()).unwrap();
            let _ = hold.recv();
        });
        wait.await.unwrap();
        let (send, loud) = Loud::knowing(log, "closure");
        let second = task::spawn_blocking(move || drop(loud));
        send.send(second.id()).unwrap();
        second.abort();
        log.note(second.is_finished());
        log.note("first goes on");
        go.send(()).unwrap();
        let (first, second) = (first.await, second.await);
        log.note(format!("{first:?}"));
        note_error(log, &second.unwrap_err());
    });
}

fn aborted_output(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let loud = Loud::new(log, "captured");
        let (entered, wait) = oneshot::channel();
        let task = task::spawn(async move {
            entered.send(()).unwrap();
            let first = Loud::new(&loud.log, "first local");
            let second = Loud::new(&loud.log, "second local");
            pending::<()>().await;
            drop((first, second));
            loud
        });
        wait.await.unwrap();
        task.abort();
        log.note(task.await.is_err());
    });
}

fn abort_from_elsewhere(flavour: Flavour, log: &Log) {
    let (send, receive) = mpsc::channel::<AbortHandle>();
    let other = std::thread::spawn(move || receive.into_iter().for_each(|abort| abort.abort()));
    run(flavour, async {
        let mut cancelled = 0;
        for _ in 0..50 {
            let task = task::spawn(pending::<()>());
            send.send(task.abort_handle()).unwrap();
            cancelled += u32::from(task.await.unwrap_err().is_cancelled());
        }
        log.note(cancelled);
    });
    drop(send);
    other.join().unwrap();
}

/// A task that aborts itself while it is dropped, and is ended already as far as it is concerned.
fn abort_in_the_destructor(flavour: Flavour, log: &Log) {
    struct Aborts(Option<AbortHandle>);
    impl Drop for Aborts {
        fn drop(&mut self) {
            self.0.take().unwrap().abort();
        }
    }
    run(flavour, async {
        let (send, receive) = oneshot::channel();
        let task = task::spawn(async move {
            let _aborts = Aborts(Some(receive.await.unwrap()));
            5
        });
        send.send(task.abort_handle()).unwrap();
        log.note(format!("{:?}", task.await.ok()));
    });
}

fn aborts_in_order(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tasks = ["a", "b", "c", "d"].map(|name| {
            let loud = Loud::new(log, name);
            task::spawn(async move {
                let _loud = loud;
                pending::<()>().await;
            })
        });
        task::yield_now().await;
        for at in [2, 0, 3, 1] {
            tasks[at].abort();
        }
        log.note("aborted");
        for task in tasks {
            log.note(task.await.is_err());
        }
    });
}
