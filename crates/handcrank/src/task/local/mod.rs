//! Tasks that stay on one thread: futures that are not `Send`.
//!
//! The work is done by `handcrank-executor`'s [`LocalExecutor`], with its queue without a lock and its
//! inbox for wakes from elsewhere. Here it gets tokio's names, and the runtime around it: who drives
//! a [`LocalSet`] is a future in some `block_on`, and what its tasks wait for is the runtime's.
//!
//! # Why no task is touched on another thread
//!
//! A local task's future may hold an `Rc`, so it must be polled and dropped where it was spawned. A
//! [`LocalSet`] cannot leave its thread (it holds an `Rc` itself), nor can anything that spawns on it.
//! Polls happen in the set's own polls, so on its thread. For drops there are four ways:
//!
//! * The task ends, panics or finds itself aborted: the one who runs it drops it, in a poll of the set.
//!   An abort from another thread only marks the task and puts it into the inbox.
//! * The set is dropped. It closes the list of the tasks that have slept and cancels them, and then
//!   the entries of the inbox and of the queue, all on its thread.
//! * Another thread has woken a task and pushes it into the inbox just when the set goes. The push
//!   comes before the inbox is closed, and then the set drops the entry. Or it comes after, and
//!   then the other thread drops it; but a task that could be woken has slept before, and so hung on
//!   the list, which was gone through *before* the inbox was closed. Its future is gone, and what the
//!   other thread drops is memory. (One that is woken during its own poll is pushed by its runner.)
//! * The last waker or handle goes on another thread. A task that has slept is held by the list until
//!   it has ended, and one that has not is held by its entry; so the future is gone by then. The
//!   output of an ended task goes with the `JoinHandle`, which is only `Send` if the output is.
//!
//! `handcrank-task` checks all of that once more where it would go wrong: a future that is polled or
//! dropped on a strange thread panics there, and is leaked rather than touched.

mod local_set;
#[cfg(test)]
mod tests;

pub use local_set::{LocalEnterGuard, LocalSet};

use crate::runtime;
use handcrank_executor::LocalHandle;
use handcrank_task::JoinHandle;

/// Spawns a future that need not be `Send` on the current [`LocalSet`], or on the current
/// [`LocalRuntime`](runtime::LocalRuntime).
///
/// It begins to run when the set is next polled, and runs on this thread only. "Current" is the set
/// whose task or future this is called in, or the one that was [entered](LocalSet::enter) last. In the
/// context of a local runtime it is always that one's own.
///
/// ```
/// use handcrank::task::{LocalSet, spawn_local};
/// use std::rc::Rc;
///
/// let runtime = handcrank::runtime::Runtime::new()?;
/// let answer = LocalSet::new().block_on(&runtime, async {
///     let six = Rc::new(6);
///     spawn_local(async move { *six * 7 }).await.unwrap()
/// });
/// assert_eq!(answer, 42);
/// # std::io::Result::Ok(())
/// ```
///
/// # Panics
///
/// If no set is current on this thread, and in the context of a local runtime of another thread. A task of the runtime's own, from [`spawn`](super::spawn), is
/// in no set, also if it was spawned from within one.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    spawn_local_in_current(future)
}

/// The same, for whatever spawns on behalf of its caller.
#[track_caller]
pub(crate) fn spawn_local_in_current<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    match runtime::local::current().or_else(LocalHandle::current) {
        Some(set) => set.spawn(future),
        None => panic!(
            "`spawn_local` called from outside of a `task::LocalSet` or `runtime::LocalRuntime`"
        ),
    }
}
