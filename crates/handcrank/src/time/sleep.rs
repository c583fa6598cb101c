//! One deadline as a future.

use super::{Duration, FAR_AWAY, Instant};
use crate::runtime::context;
use handcrank_reactor::Timer;
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Waits until `duration` has passed.
///
/// The time counts from this call, not from the first poll, and is rounded up to a whole
/// millisecond. A zero duration is ready at the first poll. A huge one ([`Duration::MAX`]) waits
/// for as long as any process lives.
///
/// # Cancel safety
///
/// Dropping the returned [`Sleep`] forgets the deadline; nothing is lost.
///
/// # Panics
///
/// Outside of a runtime, and in a runtime built without
/// timers. The call itself panics. Awaiting it panics if its runtime was shut down meanwhile.
///
/// ```no_run
/// use handcrank::time::{sleep, Duration};
///
/// # async fn example() {
/// sleep(Duration::from_millis(100)).await;
/// println!("100 ms have passed");
/// # }
/// ```
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    let duration = duration.min(FAR_AWAY);
    Sleep { timer: context::reactor().timer_after(Instant::now(), duration) }
}

/// Waits until the clock shows `deadline`.
///
/// A deadline in the past is ready at the first poll. Otherwise as [`sleep`], with its cancel
/// safety and its panics.
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { timer: timer(deadline) }
}

/// A timer of the current runtime.
#[track_caller]
pub(super) fn timer(deadline: Instant) -> Timer {
    context::reactor().timer(deadline)
}

pin_project! {
    /// The future that [`sleep`] and [`sleep_until`] return.
    ///
    /// It is `!Unpin`, as in Tokio: pin it (`Box::pin`, [`pin!`](crate::pin)) to await it by
    /// reference or to [`reset`](Sleep::reset) it.
    ///
    /// ```no_run
    /// use handcrank::time::{sleep, Duration, Instant};
    ///
    /// # async fn example() {
    /// let mut idle = Box::pin(sleep(Duration::from_secs(30)));
    /// // Something happened: wait another half minute.
    /// idle.as_mut().reset(Instant::now() + Duration::from_secs(30));
    /// idle.await;
    /// # }
    /// ```
    #[project(!Unpin)]
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Sleep {
        timer: Timer,
    }
}

impl Sleep {
    /// The instant at which this is, was, or will be ready.
    pub fn deadline(&self) -> Instant {
        self.timer.deadline()
    }

    /// Whether the deadline has passed, as far as the runtime has noticed.
    pub fn is_elapsed(&self) -> bool {
        self.timer.is_elapsed()
    }

    /// Moves the deadline, earlier or later, also after the old one has passed.
    ///
    /// The task that waits now need not poll again for the new deadline to wake it. Moving a
    /// deadline further away is cheap, as for a timeout that every message puts off.
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        self.project().timer.reset(deadline);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().timer.poll_elapsed(cx)
    }
}
