//! A closure as a task.
//!
//! A job could be a boxed closure with a channel for its result. As a task it gets for free what
//! every other spawned thing has: a `JoinHandle`, an id, a spawn location, abort before the start,
//! and panics that become a `JoinError`.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use handcrank_task::coop::{Unconstrained, unconstrained};
use handcrank_task::{Id, JoinHandle, OwnedTasks, Schedule, Task, Woke};

use crate::pool::{Queued, Spawner};

/// A future that is ready after one poll, during which it blocks.
pub(crate) struct Job<F> {
    closure: Option<F>,
}

/// The closure is called, not polled, so it need not stay in place.
impl<F> Unpin for Job<F> {}

/// Makes a job; nothing runs it yet.
#[track_caller]
pub(crate) fn make<F, R>(closure: F, spawner: Spawner) -> (Task, JoinHandle<R>)
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    // Unconstrained: a job does not return between operations, so a budget would run out for good.
    let job: Unconstrained<_> = unconstrained(Job { closure: Some(closure) });
    handcrank_task::spawn(job, spawner, Id::next())
}

impl<F: FnOnce() -> R, R> Future for Job<F> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<R> {
        let closure = self.closure.take().expect("a job is polled once");
        Poll::Ready(closure())
    }
}

/// What is known of a job that runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Running {
    pub id: Id,
    pub location: &'static Location<'static>,
}

impl From<&Task> for Running {
    fn from(task: &Task) -> Self {
        Self { id: task.id(), location: task.location() }
    }
}

impl Schedule for Spawner {
    /// A job counts as scheduled from its birth to the end of its only poll, so nobody ever has to
    /// schedule it anew. If somebody did, this would be right all the same.
    fn schedule(&self, task: Task, _: Woke) {
        // A thread is there, or was: an error would mean that even the only one could not start.
        let _ = self.push(Queued { task, keep: None });
    }

    /// None: at shutdown the pool drops what is in its queue, and what runs cannot be dropped.
    fn owned(&self) -> Option<&OwnedTasks> {
        None
    }
}
