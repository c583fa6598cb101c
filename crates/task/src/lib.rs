//! The task cell: one allocation, one state word, one vtable.
//!
//! A future by itself is inert: somebody has to own it, poll it, remember whether it was woken,
//! keep its output and drop it at the right moment on the right thread. That is a *task*, and this
//! crate is the task and nothing else: no thread, no queue. What runs tasks implements
//! [`Schedule`], which is asked one thing: here is a task that wants to run, put it somewhere.
//!
//! Read in this order: `state` (the word that all threads agree on), `raw` (a pointer to any task),
//! `cell` (the allocation and the runner), `waker`, `join`, `list` (the tasks that have slept),
//! `current` (what this thread polls), `recycle` (where the memory comes from), then the small ones:
//! `id`, `name`, `coop`, `bound`, `atomic_waker`, and what others use: `scoped`, to make their own things
//! current, and `drives`, to ask whether they may block. The folder's README tells a task's life as a story, with the reasons.
//!
//! In the book, `book/src/ch06-one-word-of-state.md` comes to this design in small steps, and
//! `book/src/ch05-tasks-and-a-run-queue.md` tells what a task is for.
//!
//! ```
//! use handcrank_task::{Id, OwnedTasks, Schedule, Task, Woke, spawn};
//! use std::collections::VecDeque;
//! use std::sync::{Arc, Mutex};
//!
//! /// The simplest scheduler there is.
//! #[derive(Clone, Default)]
//! struct Executor(Arc<Queue>);
//!
//! #[derive(Default)]
//! struct Queue {
//!     ready: Mutex<VecDeque<Task>>,
//!     tasks: OwnedTasks,
//! }
//!
//! impl Schedule for Executor {
//!     fn schedule(&self, task: Task, _: Woke) {
//!         self.0.ready.lock().unwrap().push_back(task);
//!     }
//!     fn owned(&self) -> Option<&OwnedTasks> {
//!         Some(&self.0.tasks)
//!     }
//! }
//!
//! let executor = Executor::default();
//! let (task, handle) = spawn(async { 6 * 7 }, executor.clone(), Id::next());
//! task.run();
//! assert!(handle.is_finished());
//! ```

#[doc(hidden)]
pub mod drives;
#[doc(hidden)]
pub mod primitives;
#[doc(hidden)]
pub mod scoped;

mod atomic_waker;
mod bound;
mod cell;
pub mod coop;
mod current;
mod id;
mod join;
mod list;
#[cfg(all(test, handcrank_loom))]
mod models;
mod name;
mod raw;
mod recycle;
mod state;
#[cfg(all(test, not(handcrank_loom)))]
mod tests;
mod waker;

pub use atomic_waker::AtomicWaker;
pub use id::{Id, id, try_id};
pub use join::{AbortHandle, JoinError, JoinHandle};
#[doc(hidden)]
pub use join::{wake_at_end, word};
pub use list::OwnedTasks;
pub use name::{Named, name, name_of};

use bound::ThreadBound;
use raw::RawTask;
use std::fmt;
use std::future::Future;
use std::panic::Location;

/// How a task came to be runnable again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woke {
    /// It slept, and something it waits for has happened.
    Idle,
    /// It was woken during its own poll: it yields, or it raced with its waker. It has just had
    /// its turn, so it goes behind everything that is ready.
    Running,
}

/// Where a woken task goes.
///
/// The scheduler lives inside each of its tasks, so make it cheap to clone: an `Arc`, say.
pub trait Schedule: Send + Sync + 'static {
    /// Puts a task where it will be run. Called from any thread, also from inside a poll.
    fn schedule(&self, task: Task, how: Woke);

    /// The short road, for a thread that is just now running this scheduler's tasks.
    ///
    /// Once a task is pushed, it may be run and freed by another thread, and `self`, which lies in
    /// it, with it. [`schedule`](Self::schedule) is therefore called with an extra reference held,
    /// at a price of two atomic operations. A scheduler that can tell that this thread is one of
    /// its own returns a function that finds its way without `self`, and no price is paid.
    fn here(&self) -> Option<fn(Task, Woke)> {
        None
    }

    /// A list for a task that is about to sleep for the first time. It hangs there until it ends, so
    /// that a shutdown finds it; a task that has never slept is in a queue, or being run. Which list,
    /// if there are several, does not matter to the task: this is called once, by its runner.
    fn owned(&self) -> Option<&OwnedTasks>;

    /// A task has ended, in whatever way. Called once for each, before its handle can see it.
    fn ended(&self) {}
}

/// A task that wants to run: one entry of a run queue.
///
/// Dropping it instead of running it cancels the task: the future is dropped, on this thread, and the
/// handle says cancelled.
pub struct Task {
    raw: RawTask,
}

// SAFETY: the entry is a counted pointer. The future behind it is Send, or checks its thread.
unsafe impl Send for Task {}
// SAFETY: a shared entry only gives the id and the location.
unsafe impl Sync for Task {}

impl Task {
    #[inline]
    fn from_raw(raw: RawTask) -> Self {
        Self { raw }
    }

    /// Polls the task once.
    ///
    /// Afterwards it sleeps until its waker is called, or has been given back to its scheduler, or
    /// has ended. A panic of the future ends here, and becomes the handle's [`JoinError`].
    #[inline]
    pub fn run(self) {
        let raw = self.raw;
        std::mem::forget(self);
        // SAFETY: the entry's reference passes to the runner.
        unsafe { raw.run() }
    }

    /// The task's id.
    pub fn id(&self) -> Id {
        // SAFETY: the entry counts.
        unsafe { self.raw.header() }.id
    }

    /// Where it was spawned.
    pub fn location(&self) -> &'static Location<'static> {
        // SAFETY: the entry counts.
        unsafe { self.raw.header() }.location
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // SAFETY: the entry counts until the second line gives it up.
        unsafe {
            self.raw.shutdown();
            self.raw.drop_refs(1);
        }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: the entry counts.
        let header = unsafe { self.raw.header() };
        f.debug_struct("Task")
            .field("id", &header.id)
            .field("name", &name_of(header.id))
            .field("state", &header.state)
            .field("location", header.location)
            .finish_non_exhaustive()
    }
}

/// Makes a task. The caller pushes it to a queue for its first poll, or drops it if there is none any
/// more.
#[track_caller]
#[inline]
pub fn spawn<F, S>(future: F, scheduler: S, id: Id) -> (Task, JoinHandle<F::Output>)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
    S: Schedule,
{
    make(future, scheduler, id, Location::caller())
}

/// Makes a task of a future that must stay on this thread.
///
/// Its wakers may go anywhere. If the scheduler polls or drops it on another thread, that panics,
/// and the future is leaked rather than touched.
#[track_caller]
#[inline]
pub fn spawn_local<F, S>(future: F, scheduler: S, id: Id) -> (Task, JoinHandle<F::Output>)
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    make(ThreadBound::new(future), scheduler, id, Location::caller())
}

#[inline]
fn make<F, S>(
    future: F,
    scheduler: S,
    id: Id,
    location: &'static Location<'static>,
) -> (Task, JoinHandle<F::Output>)
where
    F: Future + 'static,
    S: Schedule,
{
    let raw = RawTask::new(future, scheduler, id, location);
    (Task::from_raw(raw), JoinHandle::new(raw))
}
