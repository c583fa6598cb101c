//! The cooperative budget: a task that always finds its data ready still has to step aside.
//!
//! A future that awaits a socket which never runs dry would never return `Pending`, and its
//! neighbours would starve. So every poll of a task starts with a budget of 128, each leaf future
//! (a read, a receive, a tick) that makes progress spends one, and at zero the leaf futures say
//! `Pending` and wake their task at once: it goes behind the others and starts afresh. The idea
//! and the number are tokio's (`tokio/src/task/coop/mod.rs`).

use crate::current::{self, BUDGET, UNLIMITED};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Gives a unit back unless the operation made progress.
#[must_use = "without `made_progress` the operation counts as pending and costs nothing"]
pub struct RestoreOnPending {
    before: u8,
    progress: bool,
}

impl RestoreOnPending {
    /// The operation finished: the unit is spent.
    #[inline]
    pub fn made_progress(mut self) {
        self.progress = true;
    }
}

impl Drop for RestoreOnPending {
    #[inline]
    fn drop(&mut self) {
        if !self.progress && self.before != UNLIMITED {
            current::with(|current| current.set_budget(self.before));
        }
    }
}

impl fmt::Debug for RestoreOnPending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoreOnPending").field("progress", &self.progress).finish_non_exhaustive()
    }
}

/// May this leaf future go on? It asks first, and calls
/// [`made_progress`](RestoreOnPending::made_progress) when it is ready.
///
/// `Pending` when the budget is spent; the task is then already woken to run again later.
#[inline]
pub fn poll_proceed(cx: &mut Context<'_>) -> Poll<RestoreOnPending> {
    current::with(|current| {
        let before = current.budget();
        match before {
            UNLIMITED => {}
            0 => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            left => {
                current.set_budget(left - 1);
            }
        }
        Poll::Ready(RestoreOnPending { before, progress: false })
    })
}

/// Is there budget left in this poll? Always true outside a task.
#[inline]
pub fn has_budget_remaining() -> bool {
    current::with(|current| current.budget() != 0)
}

/// Runs `f` with a fresh budget, as each poll of a task does.
#[inline]
pub fn budget<R>(f: impl FnOnce() -> R) -> R {
    with_budget(BUDGET, f)
}

/// Runs `f` without the budget, and puts it back afterwards.
pub fn unlimited<R>(f: impl FnOnce() -> R) -> R {
    with_budget(UNLIMITED, f)
}

fn with_budget<R>(budget: u8, f: impl FnOnce() -> R) -> R {
    struct Restore(u8);
    impl Drop for Restore {
        fn drop(&mut self) {
            current::with(|current| current.set_budget(self.0));
        }
    }
    let _restore = Restore(current::with(|current| current.set_budget(budget)));
    f()
}

/// Runs a future without the budget: it may go on for as long as its data is ready.
///
/// Its neighbours on the same thread wait meanwhile.
pub fn unconstrained<F>(future: F) -> Unconstrained<F> {
    Unconstrained { future }
}

/// The future of [`unconstrained`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Unconstrained<F> {
    future: F,
}

impl<F: Future> Future for Unconstrained<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the field is pinned whenever the struct is: it is never moved out, there is no
        // Drop and no Unpin impl of our own.
        let future = unsafe { self.map_unchecked_mut(|this| &mut this.future) };
        with_budget(UNLIMITED, || future.poll(cx))
    }
}

/// Spends one unit, for loops that compute between awaits: yields when the budget is used up.
///
/// Cancel safe: dropping it loses nothing.
pub async fn consume_budget() {
    std::future::poll_fn(|cx| poll_proceed(cx).map(RestoreOnPending::made_progress)).await;
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn spends_only_on_progress_and_stops_at_zero() {
        let mut cx = Context::from_waker(Waker::noop());
        budget(|| {
            drop(poll_proceed(&mut cx));
            for _ in 0..BUDGET {
                let Poll::Ready(unit) = poll_proceed(&mut cx) else { panic!("stopped early") };
                unit.made_progress();
            }
            assert!(!has_budget_remaining());
            assert!(poll_proceed(&mut cx).is_pending());
            with_budget(UNLIMITED, || assert!(poll_proceed(&mut cx).is_ready()));
            assert!(poll_proceed(&mut cx).is_pending());
        });
        assert!(has_budget_remaining());
    }
}
