//! The cooperative budget: a task that always finds its data ready still has to step aside.
//!
//! A future that awaits a socket which never runs dry would never return `Pending`, and its
//! neighbours would starve. So every poll of a task starts with a budget of 128, each leaf future
//! (a read, a receive, a tick) that makes progress spends one, and at zero the leaf futures say
//! `Pending` and wake their task at once: it goes behind the others and starts afresh. The idea
//! and the number are tokio's (`tokio/src/task/coop/mod.rs`).

use crate::current::{self, BUDGET, UNLIMITED};
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Gives a unit back unless the operation made progress.
#[must_use = "without `made_progress` the operation counts as pending and costs nothing"]
pub struct RestoreOnPending {
    /// What the budget was before; [`UNLIMITED`] if there is nothing to put back.
    before: Cell<u8>,
    /// The budget is its thread's.
    _stays_on_its_thread: PhantomData<*mut ()>,
}

impl RestoreOnPending {
    /// The operation finished: the unit is spent.
    #[inline]
    pub fn made_progress(&self) {
        self.before.set(UNLIMITED);
    }
}

impl Drop for RestoreOnPending {
    #[inline]
    fn drop(&mut self) {
        let before = self.before.get();
        if before != UNLIMITED {
            current::with(|current| current.set_budget(before));
        }
    }
}

impl fmt::Debug for RestoreOnPending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = Some(self.before.get()).filter(|&before| before != UNLIMITED);
        f.debug_struct("RestoreOnPending").field("before", &before).finish_non_exhaustive()
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
        let before = Cell::new(before);
        Poll::Ready(RestoreOnPending { before, _stays_on_its_thread: PhantomData })
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

/// Runs `f` without a budget: its operations are not counted.
#[inline]
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
    std::future::poll_fn(|cx| poll_proceed(cx).map(|unit| unit.made_progress())).await;
}

/// Lets a foreign future take part: it is polled only while there is budget, and spends a unit when
/// it is ready.
///
/// For a leaf, say the receiver of a channel that knows nothing of budgets. Wrapped around a future
/// that awaits leaves which count for themselves, it counts once more.
///
/// Cancel safe if the future is.
#[inline]
pub fn cooperative<F: Future>(future: F) -> Coop<F> {
    Coop { future }
}

/// The future of [`cooperative`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Coop<F: Future> {
    future: F,
}

impl<F: Future> Future for Coop<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let unit = ready!(poll_proceed(cx));
        // SAFETY: as for `Unconstrained`: pinned with the struct, never moved, no Drop and no Unpin
        // impl of our own.
        let future = unsafe { self.map_unchecked_mut(|this| &mut this.future) };
        let output = ready!(future.poll(cx));
        unit.made_progress();
        Poll::Ready(output)
    }
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
