//! `TaskTracker`.

use super::paused::polled;
use super::rt;
use super::setup::{run, runtime};
use super::util::{CancellationToken, TaskTracker};
use crate::harness::{Case, Flavour, Log, cases};
use std::sync::mpsc;

pub(crate) const CASES: &[Case] = cases![
    both: spawns, spawns_on_another_runtime, spawning_needs_a_runtime, blocking_jobs, the_handle_is_dropped,
        a_panic_is_an_end, an_abort_is_an_end, orderly_shutdown;
    current_thread: open_or_closed, closed_and_empty, reopened, tokens, tracked_futures, an_end_for_a_moment,
        wait_is_cancelled, several_waits, identity_and_debug, local_tasks, spawned_after_the_close;
];

fn spawns(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        let tasks: Vec<_> = (0..5).map(|n| tracker.spawn(async move { n * n })).collect();
        tracker.close();
        tracker.wait().await;
        log.note(format!("{} {}", tracker.len(), tracker.is_empty()));
        for task in tasks {
            log.note(task.await.unwrap());
        }
    });
}

fn spawns_on_another_runtime(flavour: Flavour, log: &Log) {
    let other = runtime(Flavour::MultiThread);
    let tracker = TaskTracker::new();
    let task = tracker.spawn_on(async { rt::runtime::Handle::current().id() }, other.handle());
    let job = tracker.spawn_blocking_on(|| "done", other.handle());
    tracker.close();
    run(flavour, async {
        tracker.wait().await;
        log.note(task.await.unwrap() == other.handle().id());
        log.note(job.await.unwrap());
    });
}

fn spawning_needs_a_runtime(_: Flavour, log: &Log) {
    let tracker = TaskTracker::new();
    log.note_panic(|| tracker.spawn(async {}));
    log.note_panic(|| tracker.spawn_blocking(|| {}));
    log.note_panic(|| tracker.spawn_local(async {}));
    // What could not be spawned is not counted.
    log.note(tracker.len());
}

fn blocking_jobs(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        let (go, wait) = mpsc::channel::<()>();
        let job = tracker.spawn_blocking(move || wait.recv().is_ok());
        log.note(tracker.len());
        tracker.close();
        log.note(polled(&mut Box::pin(tracker.wait())).await);
        go.send(()).unwrap();
        tracker.wait().await;
        log.note(format!("{} {}", tracker.len(), job.await.unwrap()));
    });
}

fn the_handle_is_dropped(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        let (sender, receiver) = rt::sync::oneshot::channel::<()>();
        drop(tracker.spawn(receiver));
        tracker.close();
        log.note(format!("{} {}", tracker.len(), polled(&mut Box::pin(tracker.wait())).await));
        drop(sender);
        tracker.wait().await;
        log.note(tracker.len());
    });
}

fn a_panic_is_an_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        let task = tracker.spawn(async { panic!("boom") });
        let job = tracker.spawn_blocking(|| panic!("boom, too"));
        tracker.close();
        tracker.wait().await;
        log.note(format!(
            "{} {}",
            task.await.unwrap_err().is_panic(),
            job.await.unwrap_err().is_panic()
        ));
    });
}

fn an_abort_is_an_end(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        let task = tracker.spawn(std::future::pending::<()>());
        tracker.close();
        task.abort();
        tracker.wait().await;
        log.note(task.await.unwrap_err().is_cancelled());
    });
}

fn orderly_shutdown(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
        for _ in 0..20 {
            let token = token.clone();
            tracker.spawn(async move { token.cancelled().await });
        }
        log.note(tracker.len());
        token.cancel();
        tracker.close();
        tracker.wait().await;
        log.note(tracker.len());
    });
}

fn open_or_closed(_: Flavour, log: &Log) {
    let tracker = TaskTracker::default();
    log.note(tracker.is_closed());
    log.note(format!("{} {} {}", tracker.close(), tracker.close(), tracker.is_closed()));
    log.note(format!("{} {} {}", tracker.reopen(), tracker.reopen(), tracker.is_closed()));
}

fn closed_and_empty(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        let mut wait = Box::pin(tracker.wait());
        log.note(polled(&mut wait).await);
        tracker.close();
        log.note(format!("{} {}", polled(&mut wait).await, polled(&mut wait).await));
        log.note(polled(&mut Box::pin(tracker.wait())).await);
    });
}

fn reopened(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        let token = tracker.token();
        tracker.close();
        let mut wait = Box::pin(tracker.wait());
        log.note(polled(&mut wait).await);
        tracker.reopen();
        drop(token);
        log.note(polled(&mut wait).await);
        tracker.close();
        log.note(polled(&mut wait).await);
    });
}

fn tokens(_: Flavour, log: &Log) {
    let tracker = TaskTracker::new();
    let token = tracker.token();
    let second = token.clone();
    log.note(format!("{} {}", tracker.len(), tracker.is_empty()));
    log.note(TaskTracker::ptr_eq(&tracker, second.task_tracker()));
    drop(token);
    log.note(tracker.len());
    let again = second.task_tracker().clone();
    drop(second);
    log.note(format!("{} {}", again.len(), again.is_empty()));
}

fn tracked_futures(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        let mut tracked = Box::pin(tracker.track_future(async { 5 }));
        log.note(tracker.len());
        log.note(format!("{} {}", tracked.as_mut().await, tracker.len()));
        drop(tracked);
        log.note(tracker.len());
        log.note(format!("{} {}", tracker.track_future(async { 6 }).await, tracker.len()));
        // The future is dropped before it is no longer counted.
        struct Counts(TaskTracker, Log);
        impl Drop for Counts {
            fn drop(&mut self) {
                self.1.note(self.0.len());
            }
        }
        let counts = Counts(tracker.clone(), log.clone());
        drop(tracker.track_future(async move { drop(counts) }));
        log.note(tracker.len());
    });
}

fn an_end_for_a_moment(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        let mut early = Box::pin(tracker.wait());
        tracker.close();
        tracker.reopen();
        let _token = tracker.token();
        let mut late = Box::pin(tracker.wait());
        log.note(format!("{} {}", polled(&mut early).await, polled(&mut late).await));
    });
}

fn wait_is_cancelled(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        let token = tracker.token();
        for _ in 0..3 {
            log.note(polled(&mut Box::pin(tracker.wait())).await);
        }
        tracker.close();
        drop(token);
        tracker.wait().await;
        log.note("ended");
    });
}

fn several_waits(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        let waits: Vec<_> = (0..4)
            .map(|number| {
                let tracker = tracker.clone();
                rt::spawn(async move {
                    tracker.wait().await;
                    number
                })
            })
            .collect();
        rt::task::yield_now().await;
        tracker.close();
        for wait in waits {
            log.note(wait.await.unwrap());
        }
    });
}

fn identity_and_debug(_: Flavour, log: &Log) {
    let (one, other) = (TaskTracker::new(), TaskTracker::new());
    log.note(format!(
        "{} {}",
        TaskTracker::ptr_eq(&one, &one.clone()),
        TaskTracker::ptr_eq(&one, &other)
    ));
    let shown = |text: String| text.split("0x").next().map(str::to_owned);
    log.note(format!("{:?}", shown(format!("{one:?}"))));
    log.note(format!("{:?}", shown(format!("{:?}", one.token()))));
    let tracked = one.track_future(std::future::ready(3));
    log.note(format!("{:?}", shown(format!("{tracked:?}"))));
}

fn local_tasks(flavour: Flavour, log: &Log) {
    let set = rt::task::LocalSet::new();
    let tracker = TaskTracker::new();
    let outside = tracker.spawn_local_on(async { 1 }, &set);
    log.note(tracker.len());
    let runtime = runtime(flavour);
    set.block_on(&runtime, async {
        let inside = tracker.spawn_local(async { 2 });
        tracker.close();
        tracker.wait().await;
        log.note(format!("{} {}", outside.await.unwrap(), inside.await.unwrap()));
    });
}

fn spawned_after_the_close(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tracker = TaskTracker::new();
        tracker.close();
        let task = tracker.spawn(async { 3 });
        log.note(format!("{} {}", tracker.len(), tracker.is_closed()));
        tracker.wait().await;
        log.note(task.await.unwrap());
    });
}
