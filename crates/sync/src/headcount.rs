//! How many there are of something, and waiting until there is none any more.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use handcrank_task::primitives::atomic::{AtomicUsize, Ordering};

use crate::notify::{Notify, Wait};

/// Counts what [enters](Headcount::enter) and [leaves](Headcount::leave), and knows when all have
/// left: when it is [closed](Headcount::close) and none is there.
///
/// This is what a `TaskTracker` of the runtime keeps behind an `Arc`, together with its tokens,
/// which enter when they are made and leave when they are dropped. It lies here because it knows no
/// runtime, and the tracker does: that one spawns.
///
/// ```
/// use handcrank_sync::Headcount;
///
/// let count = Headcount::new();
/// count.enter();
/// std::thread::scope(|scope| {
///     scope.spawn(|| count.leave());
///     count.close();
///     handcrank_executor::block_on(count.wait());
///     assert!(count.is_empty());
/// });
/// ```
pub struct Headcount {
    /// Twice the number, plus one if closed. So the one value that ends a wait is 1.
    state: AtomicUsize,
    ended: Notify,
}

const CLOSED: usize = 1;
const ONE: usize = 2;

impl Headcount {
    /// Makes one that is open and empty.
    pub fn new() -> Self {
        Self { state: AtomicUsize::new(0), ended: Notify::new() }
    }

    /// One more is there. Each has to [leave](Headcount::leave), once.
    pub fn enter(&self) {
        // Relaxed: to wait for this one, somebody has to know of it, and that takes care of the order.
        self.state.fetch_add(ONE, Ordering::Relaxed);
    }

    /// One of those who have entered is gone.
    pub fn leave(&self) {
        // AcqRel: Release so that whoever sees this one gone sees what it did; it pairs with the
        // Acquire in `has_ended` and `len`. Acquire so that the last one has seen the others'
        // work before it notifies, and passes all of it on.
        if self.state.fetch_sub(ONE, Ordering::AcqRel) == ONE + CLOSED {
            self.ended.notify_waiters();
        }
    }

    /// Waits until it is closed and empty.
    ///
    /// It is enough if that was so for a moment after this call, even if it was reopened or somebody
    /// has entered since.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub fn wait(&self) -> Ended<'_> {
        // The wait first, and then the look: what ends in between counts for the wait.
        let wait = Wait::new(&self.ended);
        let ended = self.has_ended();
        Ended { wait, count: (!ended).then_some(self) }
    }

    /// Closes it, so that it can come to its end. Returns whether it was open.
    pub fn close(&self) -> bool {
        // AcqRel: pairs with the AcqRel in `reopen`, as taking and giving back a lock would.
        let state = self.state.fetch_or(CLOSED, Ordering::AcqRel);
        if state == 0 {
            self.ended.notify_waiters();
        }
        state & CLOSED == 0
    }

    /// Opens it again. Returns whether it was closed.
    pub fn reopen(&self) -> bool {
        // AcqRel: pairs with the AcqRel in `close`.
        self.state.fetch_and(!CLOSED, Ordering::AcqRel) & CLOSED != 0
    }

    /// Returns whether it is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        // Acquire: pairs with the AcqRel in `close` and `reopen`.
        self.state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        // Acquire: pairs with the Release in `leave`, so that what has ended is seen.
        self.state.load(Ordering::Acquire) / ONE
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn has_ended(&self) -> bool {
        // Acquire: pairs with the Release in `leave`, and with `close`.
        self.state.load(Ordering::Acquire) == CLOSED
    }
}

impl Default for Headcount {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Headcount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headcount")
            .field("len", &self.len())
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// The future of [`Headcount::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Ended<'a> {
    wait: Wait,
    /// `None` once the end has been seen.
    count: Option<&'a Headcount>,
}

impl Future for Ended<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let Some(count) = this.count else {
            return Poll::Ready(());
        };
        if count.has_ended() || this.wait.poll(&count.ended, Some(cx.waker())).is_ready() {
            this.wait.leave(&count.ended);
            this.count = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if let Some(count) = self.count {
            self.wait.leave(&count.ended);
        }
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;
    use crate::testing::{CountingWaker, poll};
    use std::pin::pin;

    #[test]
    fn the_end_is_closed_and_empty() {
        let count = Headcount::new();
        let waker = CountingWaker::new();
        let mut wait = pin!(count.wait());
        assert!(wait.as_mut().poll(&mut waker.context()).is_pending(), "empty but open");
        count.enter();
        count.enter();
        assert!(count.close());
        assert!(!count.close());
        assert_eq!((count.len(), count.is_empty(), count.is_closed()), (2, false, true));
        count.leave();
        assert_eq!(waker.count(), 0);
        count.leave();
        assert_eq!(waker.count(), 1);
        assert!(poll(wait.as_mut()).is_ready());
        assert!(poll(wait).is_ready(), "ready stays ready");
    }

    #[test]
    fn closing_an_empty_one_is_the_end() {
        let count = Headcount::default();
        let mut wait = pin!(count.wait());
        assert!(poll(wait.as_mut()).is_pending());
        count.close();
        assert!(poll(wait).is_ready());
        assert!(poll(pin!(count.wait())).is_ready());
    }

    #[test]
    fn an_end_for_a_moment_is_enough() {
        let count = Headcount::new();
        let unpolled = count.wait();
        count.close();
        assert!(count.reopen());
        assert!(!count.reopen());
        count.enter();
        assert!(poll(pin!(unpolled)).is_ready());
        assert!(poll(pin!(count.wait())).is_pending());
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
            let count = Arc::new(Headcount::new());
            let work = Arc::new(UnsafeCell::new(0));
            count.enter();
            let task = thread::spawn({
                let (count, work) = (Arc::clone(&count), Arc::clone(&work));
                move || {
                    work.with_mut(|_| ());
                    count.leave();
                }
            });
            count.close();
            block_on(count.wait());
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
            let count = Arc::new(Headcount::new());
            count.enter();
            let (leaving, closing) = (Arc::clone(&count), Arc::clone(&count));
            let task = thread::spawn(move || leaving.leave());
            let close = thread::spawn(move || closing.close());
            block_on(count.wait());
            task.join().unwrap();
            close.join().unwrap();
        });
    }
}
