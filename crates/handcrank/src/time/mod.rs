//! Waiting until later: [`sleep`], [`timeout`], [`interval`], and a clock that tests can stop.
//!
//! All of it works in milliseconds: a deadline is rounded up to the next whole millisecond of the
//! runtime's clock, so nothing here ever fires early. Deadlines may lie as far away as you like
//! ([`Duration::MAX`] is "never") and as near as now.
//!
//! ```no_run
//! use handcrank::time::{sleep, timeout, Duration};
//!
//! # async fn example() {
//! sleep(Duration::from_millis(20)).await;
//!
//! let slow = sleep(Duration::from_secs(3600));
//! assert!(timeout(Duration::from_millis(5), slow).await.is_err());
//! # }
//! ```
//!
//! # Tests without waiting
//!
//! [`pause`] stops the runtime's clock. While it stands, [`advance`] moves it by hand, and a
//! runtime that has nothing else to do moves it to the next deadline by itself. Everything that
//! asks this module's [`Instant`] for the time sees the stopped clock; `std::time::Instant` does
//! not.
//!
//! # Differences from Tokio
//!
//! Pausing is always there, behind no feature, and costs nothing until it is used for the first
//! time in the process.
//!
//! A sleep whose deadline has passed is ready at its first poll, also within the millisecond that has
//! begun. Tokio's is ready when its driver has looked at the clock, in the next one perhaps.

pub(crate) mod clock;
pub mod error;
mod interval;
mod sleep;
#[cfg(test)]
mod tests;
mod timeout;

pub use clock::{advance, pause, resume};
pub use handcrank_reactor::Instant;
pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
pub use sleep::{Sleep, sleep, sleep_until};
pub use std::time::Duration;
pub use timeout::{Timeout, timeout, timeout_at};

/// The longest time that is added to "now": about 30 years.
///
/// Sums of an instant and a duration overflow on some platforms after a hundred years, and nobody
/// can tell the difference between thirty years and for ever.
const FAR_AWAY: Duration = Duration::from_hours(30 * 365 * 24);

/// `now + duration`, or a deadline that no process lives to see.
fn deadline_after(now: Instant, duration: Duration) -> Instant {
    now + duration.min(FAR_AWAY)
}
