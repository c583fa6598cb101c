//! Running one future to its end on this thread.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use handcrank_task::coop;

use crate::parker::Parker;

thread_local! {
    /// This thread's sleeping place, kept from one `block_on` to the next: making one costs
    /// an allocation, and a ready future needs neither.
    ///
    /// It is taken out while in use. A `block_on` inside a `block_on` finds nothing and makes its
    /// own: if both slept in one place, a wake meant for the outer future could end the inner
    /// sleep and be gone when the outer one looks.
    static CACHED: Cell<Option<(Parker, Waker)>> = const { Cell::new(None) };
}

/// Runs a future on the current thread, sleeping whenever it waits, and returns its output.
///
/// This is an executor at its smallest: no queue, no timers, no I/O, one future. The future need
/// not be `Send` nor `'static`. A `block_on` inside another works, but the outer future makes no
/// progress meanwhile.
///
/// ```
/// let answer = handcrank_executor::block_on(async { 42 });
/// assert_eq!(answer, 42);
/// ```
///
/// # Panics
///
/// If the future panics.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    // `try_with`: a thread that is being torn down has no cache any more, and may still block.
    let (parker, waker) = CACHED.try_with(Cell::take).ok().flatten().unwrap_or_else(|| {
        let parker = Parker::new();
        let waker = Waker::from(parker.unparker());
        (parker, waker)
    });

    let mut cx = Context::from_waker(&waker);
    let output = loop {
        // A fresh budget for each poll, as for a task. Inside one, the task's own would otherwise be
        // spent here and never refilled, since the task does not return: its leaf futures would ask
        // for another poll for ever.
        match coop::budget(|| future.as_mut().poll(&mut cx)) {
            Poll::Ready(output) => break output,
            Poll::Pending => parker.park(),
        }
    };

    // Somebody may still hold a clone of the waker and call it later. The next `block_on` then
    // polls once for nothing, which every future has to bear anyway. (After a panic the place is
    // simply not kept.)
    let _ = CACHED.try_with(|cached| cached.set(Some((parker, waker))));
    output
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc;
    use std::thread;

    #[test]
    fn a_ready_future_and_a_borrowed_one() {
        let text = String::from("borrowed");
        assert_eq!(block_on(async { text.len() }), 8);
    }

    #[test]
    fn a_future_is_woken_from_another_thread() {
        let (wakers, woken) = mpsc::channel::<Waker>();
        let waking = thread::spawn(move || {
            for waker in woken {
                waker.wake();
            }
        });
        let mut polls = 0;
        let polls = block_on(poll_fn(move |cx| {
            polls += 1;
            if polls == 100 {
                return Poll::Ready(polls);
            }
            wakers.send(cx.waker().clone()).unwrap();
            Poll::Pending
        }));
        assert_eq!(polls, 100);
        waking.join().unwrap();
    }

    #[test]
    fn a_wake_during_an_inner_block_on_reaches_the_outer_future() {
        let mut polls = 0;
        block_on(poll_fn(|cx| {
            polls += 1;
            if polls == 2 {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            // The inner future goes to sleep once, so it would eat the outer wake if both slept in
            // the same place; the outer `park` would then never end.
            let mut inner_polls = 0;
            block_on(poll_fn(|cx| {
                inner_polls += 1;
                if inner_polls == 2 {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            }));
            Poll::Pending
        }));
        assert_eq!(polls, 2);
    }

    #[test]
    fn a_spent_budget_outside_does_not_stop_the_future() {
        coop::budget(|| {
            block_on(async {
                for _ in 0..1_000 {
                    coop::consume_budget().await;
                }
            });
            assert!(coop::has_budget_remaining(), "the outer budget was spent");
        });
    }

    #[test]
    fn the_waker_is_kept_for_the_next_call() {
        let first = block_on(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
        // The inner one goes first, so that the cache is filled twice.
        block_on(async { block_on(async {}) });
        let again = block_on(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
        assert!(first.will_wake(&again));
    }

    #[test]
    fn a_panic_passes_through_and_leaves_the_thread_usable() {
        let panicked = catch_unwind(AssertUnwindSafe(|| block_on(async { panic!("from inside") })));
        assert_eq!(*panicked.unwrap_err().downcast::<&str>().unwrap(), "from inside");
        assert_eq!(block_on(async { 1 }), 1);
    }
}
