//! Waiting until many tasks have ended.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use handcrank_task::primitives::atomic::{AtomicUsize, Ordering};
use pin_project_lite::pin_project;

use crate::notify::{Notify, Wait};

/// Waits for tasks to end that nobody wants the outputs of.
///
/// It counts tasks, or rather the [futures](TaskTracker::track_future) and
/// [tokens](TaskTracker::token) it has given out and that still live. When it is
/// [closed](TaskTracker::close) and none is left, [`wait`](TaskTracker::wait) is ready. Closing does
/// not keep new tasks out; it only says that an empty tracker is to be taken as the end, and not
/// as a beginning.
///
/// A finished task's memory is free at once, where a `JoinSet` keeps it until its output is
/// collected. Together with a [`CancellationToken`](crate::CancellationToken) this makes an orderly
/// shutdown: cancel, close, wait.
///
/// ```
/// use handcrank_sync::TaskTracker;
///
/// let tracker = TaskTracker::new();
/// let threads: Vec<_> = (0..3)
///     .map(|i| tracker.track_future(async move { i * i }))
///     .map(|task| std::thread::spawn(|| handcrank_executor::block_on(task)))
///     .collect();
/// tracker.close();
/// handcrank_executor::block_on(tracker.wait());
/// assert!(tracker.is_empty());
/// # threads.into_iter().for_each(|thread| drop(thread.join()));
/// ```
pub struct TaskTracker {
    inner: Arc<Inner>,
}

/// A thing that a tracker counts. Dropping it is how a task ends.
pub struct TaskTrackerToken {
    task_tracker: TaskTracker,
}

struct Inner {
    /// Twice the number of tasks, plus one if closed. So the one value that ends a wait is 1.
    state: AtomicUsize,
    ended: Notify,
}

const CLOSED: usize = 1;
const TASK: usize = 2;

impl TaskTracker {
    /// Makes a tracker that is open and empty.
    pub fn new() -> Self {
        Self { inner: Arc::new(Inner { state: AtomicUsize::new(0), ended: Notify::new() }) }
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
        // The wait first, and then the look: what ends in between counts for the wait.
        let wait = Wait::new(&self.inner.ended);
        let ended = self.inner.has_ended();
        TaskTrackerWaitFuture { wait, task_tracker: (!ended).then_some(self) }
    }

    /// Closes the tracker, so that it can come to its end. Returns whether it was open.
    pub fn close(&self) -> bool {
        // AcqRel: pairs with the AcqRel in `reopen`, as taking and giving back a lock would.
        let state = self.inner.state.fetch_or(CLOSED, Ordering::AcqRel);
        if state == 0 {
            self.inner.ended.notify_waiters();
        }
        state & CLOSED == 0
    }

    /// Opens the tracker again. Returns whether it was closed.
    pub fn reopen(&self) -> bool {
        // AcqRel: pairs with the AcqRel in `close`.
        self.inner.state.fetch_and(!CLOSED, Ordering::AcqRel) & CLOSED != 0
    }

    /// Returns whether the tracker is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        // Acquire: pairs with the AcqRel in `close` and `reopen`.
        self.inner.state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Returns how many tasks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        // Acquire: pairs with the Release in the token's drop, so that what has ended is seen.
        self.inner.state.load(Ordering::Acquire) / TASK
    }

    /// Returns whether there is no task.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Counts a future from now until it is dropped or ready.
    ///
    /// Spawning the result is what `tokio_util`'s `spawn` does.
    pub fn track_future<F: Future>(&self, future: F) -> TrackedFuture<F> {
        TrackedFuture { future, token: self.token() }
    }

    /// Returns something to be counted until it is dropped.
    pub fn token(&self) -> TaskTrackerToken {
        // Relaxed: to wait for this task one has to know of it, and that takes care of the order.
        self.inner.state.fetch_add(TASK, Ordering::Relaxed);
        TaskTrackerToken { task_tracker: self.clone() }
    }

    /// Returns whether both are the same tracker.
    #[must_use]
    pub fn ptr_eq(left: &Self, right: &Self) -> bool {
        Arc::ptr_eq(&left.inner, &right.inner)
    }
}

impl Inner {
    fn has_ended(&self) -> bool {
        // Acquire: pairs with the Release in the token's drop, and with `close`.
        self.state.load(Ordering::Acquire) == CLOSED
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
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl fmt::Debug for TaskTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskTracker")
            .field("len", &self.len())
            .field("is_closed", &self.is_closed())
            .field("inner", &Arc::as_ptr(&self.inner))
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
        let inner = &self.task_tracker.inner;
        // AcqRel: Release so that whoever sees the task gone sees what it did; it pairs with the
        // Acquire in `has_ended` and `len`. Acquire so that the last one has seen the others'
        // work before it notifies, and passes all of it on.
        if inner.state.fetch_sub(TASK, Ordering::AcqRel) == TASK + CLOSED {
            inner.ended.notify_waiters();
        }
    }
}

impl fmt::Debug for TaskTrackerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskTrackerToken").field("task_tracker", &self.task_tracker).finish()
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
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct TaskTrackerWaitFuture<'a> {
    wait: Wait,
    /// `None` once the end has been seen.
    task_tracker: Option<&'a TaskTracker>,
}

impl Future for TaskTrackerWaitFuture<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let Some(task_tracker) = this.task_tracker else {
            return Poll::Ready(());
        };
        let inner = &task_tracker.inner;
        if inner.has_ended() || this.wait.poll(&inner.ended, Some(cx.waker())).is_ready() {
            this.wait.leave(&inner.ended);
            this.task_tracker = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl Drop for TaskTrackerWaitFuture<'_> {
    fn drop(&mut self) {
        if let Some(task_tracker) = self.task_tracker {
            self.wait.leave(&task_tracker.inner.ended);
        }
    }
}

impl fmt::Debug for TaskTrackerWaitFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskTrackerWaitFuture")
            .field("wait", &self.wait)
            .field("task_tracker", &self.task_tracker)
            .finish()
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;
    use crate::testing::{CountingWaker, poll};
    use std::pin::pin;

    #[test]
    fn the_end_is_closed_and_empty() {
        let tracker = TaskTracker::new();
        let waker = CountingWaker::new();
        let mut wait = pin!(tracker.wait());
        assert!(wait.as_mut().poll(&mut waker.context()).is_pending(), "empty but open");
        let token = tracker.token();
        let second = token.clone();
        assert!(tracker.close());
        assert!(!tracker.close());
        assert_eq!((tracker.len(), tracker.is_empty(), tracker.is_closed()), (2, false, true));
        drop(token);
        assert_eq!(waker.count(), 0);
        drop(second);
        assert_eq!(waker.count(), 1);
        assert!(poll(wait.as_mut()).is_ready());
        assert!(poll(wait).is_ready(), "ready stays ready");
    }

    #[test]
    fn closing_an_empty_tracker_is_the_end() {
        let tracker = TaskTracker::default();
        let mut wait = pin!(tracker.wait());
        assert!(poll(wait.as_mut()).is_pending());
        tracker.close();
        assert!(poll(wait).is_ready());
        assert!(poll(pin!(tracker.wait())).is_ready());
    }

    #[test]
    fn an_end_for_a_moment_is_enough() {
        let tracker = TaskTracker::new();
        let unpolled = tracker.wait();
        tracker.close();
        assert!(tracker.reopen());
        assert!(!tracker.reopen());
        let _token = tracker.token();
        assert!(poll(pin!(unpolled)).is_ready());
        assert!(poll(pin!(tracker.wait())).is_pending());
    }

    #[test]
    fn a_future_counts_until_it_is_dropped() {
        let tracker = TaskTracker::new();
        let mut tracked = Box::pin(tracker.track_future(async { 5 }));
        assert_eq!(poll(tracked.as_mut()), Poll::Ready(5));
        assert_eq!(tracker.len(), 1);
        drop(tracked);
        assert_eq!(tracker.len(), 0);
    }

    #[test]
    fn identity() {
        let (one, other) = (TaskTracker::new(), TaskTracker::new());
        assert!(TaskTracker::ptr_eq(&one, one.token().task_tracker()));
        assert!(!TaskTracker::ptr_eq(&one, &other));
        assert!(
            format!("{one:?}").starts_with("TaskTracker { len: 0, is_closed: false, inner: 0x")
        );
    }
}

#[cfg(all(test, handcrank_loom))]
mod models {
    use super::*;
    use handcrank_task::primitives::sync::Arc;
    use handcrank_task::primitives::{cell::UnsafeCell, model, thread};
    use loom::future::block_on;

    #[test]
    fn the_last_exit_meets_the_wait() {
        model(|| {
            let tracker = TaskTracker::new();
            let work = Arc::new(UnsafeCell::new(0));
            let task = thread::spawn({
                let (token, work) = (tracker.token(), Arc::clone(&work));
                move || {
                    work.with_mut(|_| ());
                    drop(token);
                }
            });
            tracker.close();
            block_on(tracker.wait());
            // Whoever has waited sees what the task did.
            work.with(|_| ());
            task.join().unwrap();
        });
    }

    #[test]
    fn the_last_exit_meets_the_close() {
        // Three threads: two forced switches are as deep as the search goes in seconds.
        let mut model = handcrank_task::primitives::Builder::new();
        model.preemption_bound = Some(2);
        model.check(|| {
            let tracker = TaskTracker::new();
            let (token, closing) = (tracker.token(), tracker.clone());
            let task = thread::spawn(move || drop(token));
            let close = thread::spawn(move || closing.close());
            block_on(tracker.wait());
            task.join().unwrap();
            close.join().unwrap();
        });
    }
}
