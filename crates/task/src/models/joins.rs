//! The handle against the end of the task.

use super::{Dropped, Executor, joiner, poll};
use crate::primitives::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::primitives::sync::Arc;
use crate::primitives::{model, thread};
use crate::{Id, OwnedTasks, Schedule, Task, Woke, spawn};
use std::task::Waker;

/// A scheduler for a task that runs once.
struct Nowhere;

impl Schedule for Nowhere {
    fn schedule(&self, task: Task, _: Woke) {
        drop(task);
    }
    fn owned(&self) -> Option<&OwnedTasks> {
        None
    }
}

/// One poll of the handle against the end: is the output there, or will somebody call?
#[test]
fn a_joiner_is_called_or_has_the_output() {
    model(|| {
        let (task, mut handle) = spawn(async {}, Nowhere, Id::next());
        let runner = thread::spawn(|| task.run());
        let calls = Arc::new(AtomicUsize::new(0));
        let ready = poll(&mut handle, &joiner::waker(&calls)).is_ready();
        runner.join().unwrap();
        assert!(ready || calls.load(SeqCst) == 1, "the joiner sleeps for ever");
    });
}

/// Does the handle either see the output or get woken, also when it changes its waker?
#[test]
fn a_join_against_the_completion() {
    model(|| {
        let executor = Executor::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let output = Dropped(drops.clone());
        let mut handle = executor.spawn(async move { output });
        let runner = {
            let executor = executor.clone();
            thread::spawn(move || executor.turn())
        };
        let (first, second) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut done = false;
        let mut waited = None;
        for calls in [&first, &second] {
            if !done {
                done = poll(&mut handle, &joiner::waker(calls)).is_ready();
                waited = Some(calls);
            }
        }
        runner.join().unwrap();
        if !done {
            assert_eq!(waited.unwrap().load(SeqCst), 1, "the joiner sleeps for ever");
            assert!(poll(&mut handle, Waker::noop()).is_ready());
        }
        drop(handle);
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// Who drops the output and the joiner's waker, when the handle goes while the task ends?
#[test]
fn dropping_the_handle_against_the_completion() {
    model(|| {
        let executor = Executor::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let output = Dropped(drops.clone());
        let mut handle = executor.spawn(async move { output });
        let calls = Arc::new(AtomicUsize::new(0));
        assert!(poll(&mut handle, &joiner::waker(&calls)).is_pending());
        let runner = {
            let executor = executor.clone();
            thread::spawn(move || executor.turn())
        };
        drop(handle);
        runner.join().unwrap();
        assert_eq!(drops.load(SeqCst), 1);
        assert!(calls.load(SeqCst) <= 1);
    });
}
