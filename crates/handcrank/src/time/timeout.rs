//! A future with a deadline.

use super::error::Elapsed;
use super::{Duration, FAR_AWAY, Instant, Sleep, sleep, sleep_until};
use handcrank_task::coop;
use pin_project_lite::pin_project;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Gives `future` at most `duration` to finish.
///
/// The future is polled first and the time is looked at only if it is pending: what is ready is
/// handed out, even with a timeout of zero or long after the deadline. That also means that a
/// future which never returns from its poll is never cut off.
///
/// # Errors
///
/// [`Elapsed`] if the deadline passed; the future is then dropped with the [`Timeout`].
///
/// # Cancel safety
///
/// Dropping a `Timeout` drops the future inside, no more and no less. Call
/// [`Timeout::into_inner`] to have it back.
///
/// # Panics
///
/// As [`sleep`](super::sleep()): outside of a runtime, or without timers. The call itself panics.
///
/// ```no_run
/// use handcrank::time::{sleep, timeout, Duration};
///
/// # async fn example() {
/// let answer = timeout(Duration::from_millis(10), async { 42 }).await;
/// assert_eq!(answer, Ok(42));
/// # }
/// ```
#[track_caller]
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    let value = future.into_future();
    #[allow(clippy::manual_map)] // A panic would show where `map` is, instead of the caller.
    let delay = if duration <= FAR_AWAY {
        Some(sleep(duration))
    } else {
        // Beyond what an instant can say there is no deadline at all.
        match Instant::now().checked_add(duration) {
            Some(deadline) => Some(sleep_until(deadline)),
            None => None,
        }
    };
    Timeout { value, delay }
}

/// Gives `future` until `deadline` to finish. Otherwise as [`timeout`].
#[track_caller]
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    let value = future.into_future();
    Timeout { value, delay: Some(sleep_until(deadline)) }
}

pin_project! {
    /// The future that [`timeout`] and [`timeout_at`] return.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Timeout<T> {
        #[pin]
        value: T,
        // None: the deadline is further away than an instant can say, so there is none.
        #[pin]
        delay: Option<Sleep>,
    }
}

impl<T> Timeout<T> {
    /// The future inside.
    pub fn get_ref(&self) -> &T {
        &self.value
    }

    /// The future inside.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// Gives up the deadline and returns the future.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T: Future> Future for Timeout<T> {
    type Output = Result<T::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let had_budget = coop::has_budget_remaining();
        if let Poll::Ready(output) = this.value.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let Some(delay) = this.delay.as_pin_mut() else { return Poll::Pending };
        poll_delay(delay, had_budget, cx).map(Err)
    }
}

/// The part that does not depend on the future's type.
fn poll_delay(delay: Pin<&mut Sleep>, had_budget: bool, cx: &mut Context<'_>) -> Poll<Elapsed> {
    // A future that uses up the whole budget at every poll must still be cut off: its deadline is
    // looked at with a budget of its own.
    let elapsed = if had_budget && !coop::has_budget_remaining() {
        coop::budget(|| delay.poll(cx))
    } else {
        delay.poll(cx)
    };
    elapsed.map(|()| Elapsed::new())
}
