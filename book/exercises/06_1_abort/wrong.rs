//! A task's life in one word, the abort included.

use handcrank_task::primitives::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Release},
};

/// The task is in a queue, or was woken during its poll.
const SCHEDULED: usize = 1 << 0;
/// A runner polls it, or drops its future.
const RUNNING: usize = 1 << 1;
/// The future is gone.
const COMPLETED: usize = 1 << 2;
/// Somebody wants the future dropped.
const ABORTED: usize = 1 << 3;

/// The word. Each method is one transition, and says what its caller must do now.
pub struct Word(AtomicUsize);

/// What a runner must do that has taken the task out of the queue.
#[derive(Debug, PartialEq, Eq)]
pub enum Start {
    /// Poll the future.
    Poll,
    /// Drop the future, then call `complete`.
    Cancel,
}

/// What a runner must do after a poll that said `Pending`.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing: the task sleeps.
    Idle,
    /// Push the task: it was woken meanwhile.
    Requeue,
    /// Drop the future, then call `complete`. The task is still running.
    Cancel,
}

impl Word {
    /// A new task, in the queue.
    pub fn new() -> Self {
        Self(AtomicUsize::new(SCHEDULED))
    }

    /// Wakes the task. `true`: the caller must push it.
    pub fn wake(&self) -> bool {
        // Release: pairs with `start_poll`, for what the waker wrote before.
        let before = self.0.fetch_or(SCHEDULED, Release);
        before & (SCHEDULED | RUNNING | COMPLETED) == 0
    }

    /// Aborts the task. `true`: the caller must push it. A task that has ended, or was aborted before, is
    /// left alone.
    pub fn abort(&self) -> bool {
        let before = self.0.fetch_or(ABORTED, Release);
        // A runner in its poll looks at the bit itself: only a sleeper must be scheduled.
        before & RUNNING == 0 && self.wake()
    }

    /// The caller has taken the task out of the queue.
    pub fn start_poll(&self) -> Start {
        // Acquire: pairs with the wakers, and with the last runner's `end_poll`.
        let before = self.0.fetch_xor(SCHEDULED | RUNNING, Acquire);
        assert_eq!(before & (SCHEDULED | RUNNING | COMPLETED), SCHEDULED, "run without an entry");
        if before & ABORTED == 0 { Start::Poll } else { Start::Cancel }
    }

    /// The poll said `Pending`.
    pub fn end_poll(&self) -> End {
        if self.0.load(Acquire) & ABORTED != 0 {
            return End::Cancel;
        }
        // Release: pairs with the next `start_poll`, for the future.
        let before = self.0.fetch_and(!RUNNING, Release);
        assert!(before & RUNNING != 0, "no poll to end");
        if before & SCHEDULED != 0 { End::Requeue } else { End::Idle }
    }

    /// The future has ended, or was dropped.
    pub fn complete(&self) {
        // Release: pairs with `is_completed`.
        let before = self.0.fetch_xor(RUNNING | COMPLETED, Release);
        assert_eq!(before & (RUNNING | COMPLETED), RUNNING, "only a runner completes");
    }

    /// Is the future gone?
    pub fn is_completed(&self) -> bool {
        // Acquire: pairs with `complete`.
        self.0.load(Acquire) & COMPLETED != 0
    }
}

impl Default for Word {
    fn default() -> Self {
        Self::new()
    }
}
