//! The state word alone under a model checker: small models whose tables a person can read whole, for
//! the transitions that are easiest to get wrong. `../models` has the same questions for the whole task.

use super::{End, Joiner, Look, Start, State, Woken};
use crate::primitives::atomic::{AtomicUsize, Ordering::Relaxed};
use crate::primitives::cell::UnsafeCell;
use crate::primitives::sync::Arc;
use crate::primitives::{model, thread};

/// What the word guards. Each cell is touched as the real one would be, so that the checker objects if the
/// word allows it to two threads at once.
struct Guarded {
    state: State,
    /// The future, while somebody runs the task.
    stage: UnsafeCell<()>,
    output: UnsafeCell<()>,
    join_waker: UnsafeCell<()>,
    /// Touched by all who use the allocation, and by the one who frees it.
    memory: UnsafeCell<()>,
    message: AtomicUsize,
}

impl Guarded {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            state: State::new(),
            stage: UnsafeCell::new(()),
            output: UnsafeCell::new(()),
            join_waker: UnsafeCell::new(()),
            memory: UnsafeCell::new(()),
            message: AtomicUsize::new(0),
        })
    }

    /// Gives a pointer up, used until now, and frees if it was the last.
    fn release(&self) {
        self.memory.with(|_| ());
        if self.state.ref_dec(1) {
            self.memory.with_mut(|_| ());
        }
    }
}

/// A waker brings a message while the task is in its queue, runs, or falls asleep. Either the poll sees the
/// message, or there is another poll.
#[test]
fn a_wake_is_never_lost() {
    model(|| {
        let task = Guarded::new();
        let waker = thread::spawn({
            let task = Arc::clone(&task);
            move || {
                task.message.store(1, Relaxed);
                task.state.wake_by_ref()
            }
        });
        assert_eq!(task.state.start_poll(), Start::Poll);
        let seen = task.message.load(Relaxed) == 1;
        let end = task.state.end_poll(false, false);
        let woken = waker.join().unwrap();
        let polled_again = end == End::Requeue || woken == Woken::Submit;
        assert!(seen || polled_again, "the task sleeps, and the message is there");
    });
}

/// Two wakers find the task asleep. One of them pushes it.
#[test]
fn a_task_has_one_entry() {
    model(|| {
        let task = Guarded::new();
        assert_eq!(task.state.start_poll(), Start::Poll);
        assert_eq!(task.state.end_poll(false, false), End::Idle);
        let other = thread::spawn({
            let task = Arc::clone(&task);
            move || task.state.wake_by_ref()
        });
        let mine = task.state.wake_by_ref();
        let pushed = [mine, other.join().unwrap()].iter().filter(|w| **w == Woken::Submit).count();
        assert_eq!(pushed, 1, "one task, and not one entry");
    });
}

/// A shutdown comes for a task that a runner takes out of its queue just then.
#[test]
fn one_thread_has_the_future() {
    model(|| {
        let task = Guarded::new();
        let runner = thread::spawn({
            let task = Arc::clone(&task);
            move || {
                // To poll it, or to drop it.
                if task.state.start_poll() != Start::Gone {
                    task.stage.with_mut(|_| ());
                }
            }
        });
        if task.state.start_shutdown() {
            task.stage.with_mut(|_| ());
        }
        runner.join().unwrap();
    });
}

/// A waker pushes the task and goes; the entry has to keep the task alive.
#[test]
fn an_entry_keeps_the_task() {
    model(|| {
        let task = Guarded::new();
        // The first entry is used up and the handle gone: there is the waker, and nothing else.
        task.state.ref_inc();
        assert_eq!(task.state.start_poll(), Start::Poll);
        assert_eq!(task.state.end_poll(false, false), End::Idle);
        assert!(!task.state.ref_dec(1));
        assert_eq!(task.state.wake_by_ref(), Woken::Submit);
        let runner = thread::spawn({
            let task = Arc::clone(&task);
            move || {
                assert_eq!(task.state.start_poll(), Start::Poll);
                task.release();
            }
        });
        task.release();
        runner.join().unwrap();
    });
}

/// The handle sees the end, and reads the output.
#[test]
fn the_end_shows_the_output() {
    model(|| {
        let task = Guarded::new();
        assert_eq!(task.state.start_poll(), Start::Poll);
        let handle = thread::spawn({
            let task = Arc::clone(&task);
            move || {
                if task.state.look() == Look::Completed {
                    task.output.with(|_| ());
                }
            }
        });
        // The runner is the thread that loom lets go first: if not thorough, it leaves out orders of one
        // thread's load and another's load and exchange.
        task.output.with_mut(|_| ());
        assert_eq!(task.state.complete(1), Joiner::Absent);
        handle.join().unwrap();
    });
}

/// The handle waits, and goes while the runner wakes it.
#[test]
fn the_runner_may_read_the_joiners_waker() {
    model(|| {
        let task = Guarded::new();
        assert_eq!(task.state.start_poll(), Start::Poll);
        task.join_waker.with_mut(|_| ());
        assert!(task.state.set_join_waker());
        let runner = thread::spawn({
            let task = Arc::clone(&task);
            move || {
                if task.state.complete(1) == Joiner::Waiting {
                    task.join_waker.with(|_| ());
                    if task.state.join_waker_used() {
                        task.join_waker.with_mut(|_| ());
                    }
                }
                task.release();
            }
        });
        if task.state.drop_join_handle().waker {
            task.join_waker.with_mut(|_| ());
        }
        task.release();
        runner.join().unwrap();
    });
}

/// Two pointers go; what was done through the one comes before the freeing by the other.
#[test]
fn the_last_pointer_frees() {
    model(|| {
        let task = Guarded::new();
        let other = thread::spawn({
            let task = Arc::clone(&task);
            move || task.release()
        });
        task.release();
        other.join().unwrap();
    });
}
