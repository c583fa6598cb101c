#![cfg(handcrank_loom)]

use exercise::{End, Start, Word};
use handcrank_task::primitives::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};
use handcrank_task::primitives::cell::UnsafeCell;
use handcrank_task::primitives::sync::Arc;
use handcrank_task::primitives::{model, thread};

/// A task that never ends by itself, and a queue with one place.
struct Task {
    word: Word,
    queue: AtomicBool,
    /// To poll or to drop the future is to write here.
    future: UnsafeCell<()>,
}

// SAFETY: only runners touch the future, one at a time; the checker objects otherwise.
unsafe impl Sync for Task {}
// SAFETY: as above.
unsafe impl Send for Task {}

impl Task {
    fn new() -> Arc<Self> {
        let queue = AtomicBool::new(true);
        Arc::new(Self { word: Word::new(), queue, future: UnsafeCell::new(()) })
    }

    fn push(&self) {
        assert!(!self.queue.swap(true, Release), "one task, two entries");
    }

    /// What a worker does.
    fn turn(&self) {
        if !self.queue.swap(false, Acquire) {
            return;
        }
        if self.word.start_poll() == Start::Poll {
            self.future.with_mut(|_| ());
            match self.word.end_poll() {
                End::Idle => return,
                End::Requeue => return self.push(),
                End::Cancel => {}
            }
        }
        // The future is dropped.
        self.future.with_mut(|_| ());
        self.word.complete();
    }
}

/// In some order of the steps an abort was forgotten: the task sleeps, and nobody will ever drop its future. Or it
/// is in the queue twice, or two threads touch the future at once. Read the table from the bottom: who
/// took the last step on the word, and what had the other one read before?
#[test]
fn an_abort_against_a_poll() {
    model(|| {
        let task = Task::new();
        let other = thread::spawn({
            let task = Arc::clone(&task);
            move || {
                if task.word.abort() {
                    task.push();
                }
                task.turn();
            }
        });
        task.turn();
        other.join().unwrap();
        task.turn();
        assert!(task.word.is_completed(), "aborted, and the future is still there");
    });
}

/// A wake and an abort came at once, to a task that slept or was polled. In some order both pushed the task, or
/// none did. Which step decides who pushes? It has to be one step.
#[test]
fn an_abort_against_a_wake() {
    model(|| {
        let task = Task::new();
        task.turn();
        let other = thread::spawn({
            let task = Arc::clone(&task);
            move || {
                if task.word.wake() {
                    task.push();
                }
                task.turn();
            }
        });
        if task.word.abort() {
            task.push();
        }
        other.join().unwrap();
        task.turn();
        task.turn();
        assert!(task.word.is_completed(), "aborted, and the future is still there");
    });
}
