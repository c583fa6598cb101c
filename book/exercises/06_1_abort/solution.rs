//! A task's life in one word, the abort included.

use handcrank_task::primitives::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
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
        // Both bits in one step: an aborted task is scheduled, so that no waker pushes it a second time,
        // and a runner that is in its poll finds the abort in the step that would put the task to sleep.
        // Release: as any wake. On a task that has ended the bits say nothing.
        let before = self.0.fetch_or(ABORTED | SCHEDULED, Release);
        before & (SCHEDULED | RUNNING | COMPLETED) == 0
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
        let mut now = self.0.load(Relaxed);
        loop {
            assert!(now & RUNNING != 0, "no poll to end");
            if now & ABORTED != 0 {
                // RUNNING stays: it is what lets us touch the future.
                return End::Cancel;
            }
            // Release: pairs with the next `start_poll`, for the future. If the word has changed since
            // it was read, all that was concluded from it is void.
            match self.0.compare_exchange_weak(now, now & !RUNNING, Release, Relaxed) {
                Ok(_) if now & SCHEDULED != 0 => return End::Requeue,
                Ok(_) => return End::Idle,
                Err(seen) => now = seen,
            }
        }
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
