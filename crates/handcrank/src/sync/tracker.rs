//! Waiting until many tasks have ended.

use crate::runtime::Handle;
use crate::task::{self, JoinHandle, LocalSet};
use handcrank_sync::{Ended, Headcount};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Waits for tasks to end that nobody wants the outputs of.
///
/// It counts tasks, or rather the [futures](TaskTracker::track_future) and
/// [tokens](TaskTracker::token) it has given out and that still live. When it is
/// [closed](TaskTracker::close) and none is left, [`wait`](TaskTracker::wait) is ready. Closing does
/// not keep new tasks out; it only says that an empty tracker is to be taken as the end, and not
/// as a beginning.
///
/// A finished task's memory is free at once, where a `JoinSet` keeps it until its output is
/// collected. Together with a [`CancellationToken`](crate::sync::CancellationToken) this makes an
/// orderly shutdown: cancel, close, wait.
///
/// ```
/// use handcrank::sync::TaskTracker;
///
/// # handcrank::runtime::Runtime::new().unwrap().block_on(async {
/// let tracker = TaskTracker::new();
/// for i in 0..3 {
///     tracker.spawn(async move { i * i });
/// }
/// tracker.close();
/// tracker.wait().await;
/// assert!(tracker.is_empty());
/// # });
/// ```
pub struct TaskTracker {
    count: Arc<Headcount>,
}

/// A thing that a tracker counts. Dropping it is how a task ends.
#[must_use]
#[derive(Debug)]
pub struct TaskTrackerToken {
    task_tracker: TaskTracker,
}

impl TaskTracker {
    /// Makes a tracker that is open and empty.
    #[must_use]
    pub fn new() -> Self {
        Self { count: Arc::new(Headcount::new()) }
    }

    /// Waits until the tracker is closed and empty.
    ///
    /// It is enough if that was so for a moment after this call, even if the tracker was reopened
    /// or has got a new task since.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub fn wait(&self) -> TaskTrackerWaitFuture<'_> {
        TaskTrackerWaitFuture { ended: self.count.wait() }
    }

    /// Closes the tracker, so that it can come to its end. Returns whether it was open.
    pub fn close(&self) -> bool {
        self.count.close()
    }

    /// Opens the tracker again. Returns whether it was closed.
    pub fn reopen(&self) -> bool {
        self.count.reopen()
    }

    /// Returns whether the tracker is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.count.is_closed()
    }

    /// Returns how many tasks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count.len()
    }

    /// Returns whether there is no task.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count.is_empty()
    }

    /// Spawns a task on the current runtime and counts it, as [`task::spawn`] does.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        task::spawn(self.track_future(task))
    }

    /// Spawns a task on that runtime and counts it.
    #[track_caller]
    pub fn spawn_on<F>(&self, task: F, handle: &Handle) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        handle.spawn(self.track_future(task))
    }

    /// Spawns a task on the current [`LocalSet`] and counts it, as [`task::spawn_local`] does.
    ///
    /// # Panics
    ///
    /// Outside of a set.
    #[track_caller]
    pub fn spawn_local<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        task::spawn_local(self.track_future(task))
    }

    /// Spawns a task on that set and counts it.
    #[track_caller]
    pub fn spawn_local_on<F>(&self, task: F, local_set: &LocalSet) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        local_set.spawn_local(self.track_future(task))
    }

    /// Runs a closure on a thread for what blocks and counts it, as [`task::spawn_blocking`] does.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, task: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        task::spawn_blocking(self.track_call(task))
    }

    /// Runs a closure on a thread of that runtime for what blocks and counts it.
    #[track_caller]
    pub fn spawn_blocking_on<F, T>(&self, task: F, handle: &Handle) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        handle.spawn_blocking(self.track_call(task))
    }

    /// Counted until it has returned, and dropped what it owns.
    fn track_call<F: FnOnce() -> T, T>(&self, task: F) -> impl FnOnce() -> T + use<F, T> {
        let token = self.token();
        move || {
            let result = task();
            drop(token);
            result
        }
    }

    /// Counts a future from now until it is dropped.
    pub fn track_future<F: Future>(&self, future: F) -> TrackedFuture<F> {
        TrackedFuture { future, token: self.token() }
    }

    /// Returns something to be counted until it is dropped.
    pub fn token(&self) -> TaskTrackerToken {
        self.count.enter();
        TaskTrackerToken { task_tracker: self.clone() }
    }

    /// Returns whether both are the same tracker.
    #[must_use]
    pub fn ptr_eq(left: &Self, right: &Self) -> bool {
        Arc::ptr_eq(&left.count, &right.count)
    }
}

impl Default for TaskTracker {
    fn default() -> Self {
        Self::new()
    }
}

/// A clone is the same tracker.
impl Clone for TaskTracker {
    fn clone(&self) -> Self {
        Self { count: Arc::clone(&self.count) }
    }
}

impl fmt::Debug for TaskTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskTracker")
            .field("len", &self.len())
            .field("is_closed", &self.is_closed())
            .field("inner", &Arc::as_ptr(&self.count))
            .finish()
    }
}

impl TaskTrackerToken {
    /// The tracker that counts this token.
    #[must_use]
    pub fn task_tracker(&self) -> &TaskTracker {
        &self.task_tracker
    }
}

/// A clone is counted, too.
impl Clone for TaskTrackerToken {
    fn clone(&self) -> Self {
        self.task_tracker.token()
    }
}

impl Drop for TaskTrackerToken {
    fn drop(&mut self) {
        self.task_tracker.count.leave();
    }
}

pin_project! {
    /// The future of [`TaskTracker::track_future`].
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct TrackedFuture<F> {
        #[pin]
        future: F,
        // Dropped after the future, as fields are dropped in order: the task has ended only then.
        token: TaskTrackerToken,
    }
}

impl<F: Future> Future for TrackedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

impl<F: fmt::Debug> fmt::Debug for TrackedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrackedFuture")
            .field("future", &self.future)
            .field("task_tracker", self.token.task_tracker())
            .finish()
    }
}

/// The future of [`TaskTracker::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct TaskTrackerWaitFuture<'a> {
    ended: Ended<'a>,
}

impl Future for TaskTrackerWaitFuture<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.get_mut().ended).poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::run;

    #[test]
    fn a_future_counts_until_it_is_dropped() {
        run(async {
            let tracker = TaskTracker::new();
            let mut tracked = Box::pin(tracker.track_future(async { 5 }));
            assert_eq!(tracked.as_mut().await, 5);
            assert_eq!(tracker.len(), 1);
            drop(tracked);
            assert_eq!(tracker.len(), 0);
        });
    }

    #[test]
    fn identity() {
        let (one, other) = (TaskTracker::new(), TaskTracker::default());
        assert!(TaskTracker::ptr_eq(&one, one.token().task_tracker()));
        assert!(!TaskTracker::ptr_eq(&one, &other));
        assert!(
            format!("{one:?}").starts_with("TaskTracker { len: 0, is_closed: false, inner: 0x")
        );
    }

    #[test]
    fn all_ways_to_spawn_are_counted() {
        run(async {
            let (tracker, handle) = (TaskTracker::new(), Handle::current());
            let local = LocalSet::new();
            let tasks = [
                tracker.spawn(async { 1 }),
                tracker.spawn_on(async { 2 }, &handle),
                tracker.spawn_blocking(|| 3),
                tracker.spawn_blocking_on(|| 4, &handle),
                tracker.spawn_local_on(async { 5 }, &local),
            ];
            assert!(tracker.len() >= 3, "those for this thread have not run yet");
            tracker.close();
            local.run_until(tracker.wait()).await;
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            assert_eq!(sum, 15);
        });
    }
}
