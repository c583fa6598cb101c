//! A deadline that comes back.

use super::sleep::timer;
use super::{Duration, FAR_AWAY, Instant, deadline_after};
use handcrank_reactor::Timer;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

/// How late a tick may be before it counts as missed.
///
/// Waking up a little late is the normal case; a rhythm should not be bent for it.
const TOLERANCE: Duration = Duration::from_millis(5);

/// Ticks now, and then every `period`.
///
/// The first [`tick`](Interval::tick) is ready at once.
///
/// # Panics
///
/// If `period` is zero; and as [`sleep`](super::sleep()) outside of a runtime or without timers.
///
/// ```no_run
/// use handcrank::time::{interval, Duration};
///
/// # async fn example() {
/// let mut beat = interval(Duration::from_secs(1));
/// loop {
///     beat.tick().await;
///     println!("still alive");
/// }
/// # }
/// ```
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(Instant::now(), period)
}

/// Ticks at `start`, and then every `period`. Otherwise as [`interval`].
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(period > Duration::ZERO, "`period` must be non-zero.");
    Interval {
        timer: timer(start),
        period: period.min(FAR_AWAY),
        missed: MissedTickBehavior::default(),
    }
}

/// What an [`Interval`] does when its owner comes back for a tick more than 5 ms after it was due.
///
/// With a period of 50 ms and an owner who comes for the second tick only after 130 ms, the ticks
/// that follow that one are due at
///
/// | | next | then | then | what stays |
/// |---|---|---|---|---|
/// | [`Burst`](Self::Burst) | 100 (at once) | 150 | 200 | the rhythm and the number of ticks |
/// | [`Delay`](Self::Delay) | 180 | 230 | 280 | the distance |
/// | [`Skip`](Self::Skip) | 150 | 200 | 250 | the rhythm; what was missed is lost |
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MissedTickBehavior {
    /// Ticks without a pause until the interval has caught up. The default.
    #[default]
    Burst,
    /// Starts a new rhythm at the late tick.
    Delay,
    /// Leaves out what was missed and ticks at the next multiple of the period.
    Skip,
}

impl MissedTickBehavior {
    /// The deadline after `due`, if `due` was noticed only `now`.
    fn next(self, due: Instant, now: Instant, period: Duration) -> Instant {
        match self {
            Self::Burst => due + period,
            Self::Delay => now + period,
            Self::Skip => {
                // Nanoseconds since the last multiple of the period; a u64 holds 584 years of them.
                let into_period = (now - due).as_nanos() % period.as_nanos();
                let into_period = u64::try_from(into_period)
                    .expect("too much time has elapsed since the interval was supposed to tick");
                now + period - Duration::from_nanos(into_period)
            }
        }
    }
}

/// A deadline that comes back every period, made by [`interval`] and [`interval_at`].
///
/// It keeps no list of ticks: it knows the next deadline, and [`MissedTickBehavior`] says how to
/// get from one that was missed to the next.
#[derive(Debug)]
pub struct Interval {
    timer: Timer,
    period: Duration,
    missed: MissedTickBehavior,
}

impl Interval {
    /// Waits for the next tick and returns the instant at which it was due.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a tick is taken only when this returns. Dropped before, it is still there for
    /// the next call.
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// As [`tick`](Self::tick), for a caller with a [`Context`]: `Pending` means that the current
    /// task (the last one that called, if there were several) will be woken for the tick.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(self.timer.poll_elapsed(cx));
        let due = self.timer.deadline();
        let now = Instant::now();
        let next = if now > due + TOLERANCE {
            self.missed.next(due, now, self.period)
        } else {
            due + self.period
        };
        // The timer enters the wheel with the next poll that finds it pending.
        self.timer.reset(next);
        Poll::Ready(due)
    }

    /// Puts the next tick one period from now.
    pub fn reset(&mut self) {
        self.timer.reset(Instant::now() + self.period);
    }

    /// Makes the next tick ready at once. The ticks after it follow one period apart.
    pub fn reset_immediately(&mut self) {
        self.timer.reset(Instant::now());
    }

    /// Puts the next tick `after` from now, whatever the period.
    pub fn reset_after(&mut self, after: Duration) {
        self.timer.reset(deadline_after(Instant::now(), after));
    }

    /// Puts the next tick at `deadline`, which may lie in the past.
    pub fn reset_at(&mut self, deadline: Instant) {
        self.timer.reset(deadline);
    }

    /// What happens when a tick is missed.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed
    }

    /// Changes what happens when a tick is missed, from the next tick on.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed = behavior;
    }

    /// The time from one tick to the next.
    pub fn period(&self) -> Duration {
        self.period
    }
}
