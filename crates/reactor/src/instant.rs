//! Points in time, on the runtime's clock.

use crate::clock;
use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

/// A point in time, like [`std::time::Instant`], on a clock that tests may pause.
///
/// [`now`](Instant::now) asks the clock of the runtime that this thread works for, so code that
/// takes its time from here behaves the same under a paused clock, only without the waiting.
///
/// ```
/// use handcrank_reactor::Instant;
/// use std::time::Duration;
///
/// let start = Instant::now();
/// let deadline = start + Duration::from_millis(20);
/// assert_eq!(deadline - start, Duration::from_millis(20));
/// assert_eq!(start - deadline, Duration::ZERO);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(std::time::Instant);

impl Instant {
    /// The present.
    ///
    /// Of the clock that was [entered](crate::Clock::enter) on this thread; of the system's
    /// monotonic clock if none was, or as long as no clock has been paused in this process.
    #[inline]
    pub fn now() -> Instant {
        clock::now()
    }

    /// Takes a standard instant for one of ours.
    pub const fn from_std(std: std::time::Instant) -> Instant {
        Instant(std)
    }

    /// The standard instant. If the clock has been paused it may differ from the system's time.
    pub const fn into_std(self) -> std::time::Instant {
        self.0
    }

    /// A point about thirty years from now, to stand for "never" where the sum of an instant and a
    /// duration does not fit. (It could be further away, but some systems count in 32 bits.)
    #[doc(hidden)]
    pub fn far_future() -> Instant {
        Instant::now() + Duration::from_hours(24 * 365 * 30)
    }

    /// How long after `earlier` this is: zero if it is before.
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// How long after `earlier` this is: `None` if it is before.
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        self.0.checked_duration_since(earlier.0)
    }

    /// How long after `earlier` this is: zero if it is before.
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// How long ago this was: zero if it is still to come.
    pub fn elapsed(&self) -> Duration {
        Instant::now().saturating_duration_since(*self)
    }

    /// The instant that much later, if it can be represented.
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_add(duration).map(Instant)
    }

    /// The instant that much earlier, if it can be represented.
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_sub(duration).map(Instant)
    }
}

impl From<std::time::Instant> for Instant {
    fn from(std: std::time::Instant) -> Instant {
        Instant(std)
    }
}

impl From<Instant> for std::time::Instant {
    fn from(instant: Instant) -> std::time::Instant {
        instant.0
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    /// # Panics
    ///
    /// If the sum cannot be represented.
    fn add(self, duration: Duration) -> Instant {
        Instant(self.0 + duration)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// Zero if `earlier` is later.
    fn sub(self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;

    /// # Panics
    ///
    /// If the difference cannot be represented.
    #[allow(clippy::unchecked_time_subtraction)] // It panics as the standard one does, and says so.
    fn sub(self, duration: Duration) -> Instant {
        Instant(self.0 - duration)
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn sums_and_differences() {
        let start = Instant::now();
        let mut later = start + SECOND;
        assert_eq!(later - start, SECOND);
        assert_eq!(start - later, Duration::ZERO);
        assert_eq!(start.checked_duration_since(later), None);
        assert_eq!(later.duration_since(start), SECOND);
        later += SECOND;
        later -= SECOND * 2;
        assert_eq!(later, start);
        assert_eq!(start.checked_add(Duration::MAX), None);
        assert!(Instant::far_future() > start + SECOND * 1_000_000);
    }

    #[test]
    fn converts_to_the_standard_type_and_back() {
        let std = std::time::Instant::now();
        assert_eq!(std::time::Instant::from(Instant::from(std)), std);
        assert_eq!(format!("{:?}", Instant::from_std(std)), format!("{std:?}"));
    }
}
