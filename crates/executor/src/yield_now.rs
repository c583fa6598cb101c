//! Letting others go first.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Gives the other tasks a turn before the current one goes on.
///
/// The first poll asks to be polled again and stops. How far back that puts the task is its
/// executor's decision: a [`LocalExecutor`](crate::LocalExecutor) puts it behind everything that is
/// ready, [`block_on`](crate::block_on) alone has nobody else to run.
///
/// ```
/// # handcrank_executor::block_on(async {
/// for chunk in 0..3 {
///     // … a piece of work that takes a while …
///     handcrank_executor::yield_now().await;
/// }
/// # });
/// ```
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        // The order does not matter to a task that is woken while it runs: it is requeued by
        // whoever runs it, after this poll has returned.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::Waker;

    #[test]
    fn it_stops_once() {
        let mut yielding = pin!(yield_now());
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(yielding.as_mut().poll(&mut cx), Poll::Pending);
        assert_eq!(yielding.as_mut().poll(&mut cx), Poll::Ready(()));
    }

    #[test]
    fn it_wakes_itself() {
        crate::block_on(async {
            yield_now().await;
            yield_now().await;
        });
    }
}
