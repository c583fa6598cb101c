//! Stopping the clock, for tests.

use super::Duration;
use crate::runtime::{RuntimeFlavor, context};
use handcrank_reactor::Clock;

const OUTSIDE: &str = "time cannot be frozen from outside the Handcrank runtime";
/// Of [`pause`], and of a builder that is to start so.
pub(crate) const ONE_THREAD: &str = "`time::pause()` requires the `current_thread` Handcrank runtime. \
     This is the default Runtime used by `#[handcrank::test].";

#[track_caller]
fn clock() -> Clock {
    // Not `unwrap_or_else`: a closure blames itself for its panic, instead of the caller.
    let Ok(clock) = context::with_current(|inner| inner.reactor.clock().clone()) else {
        panic!("{OUTSIDE}");
    };
    clock
}

/// Stops the clock of the current runtime at this instant.
///
/// From now on [`Instant::now`](super::Instant::now) stands still, until [`advance`] moves it, or
/// the runtime finds nothing else to do and moves it to the next deadline: a test that sleeps for
/// an hour takes no time. While blocking jobs run the clock is not moved behind their back.
///
/// # Panics
///
/// Outside of a runtime, on a multi-thread runtime (where "nothing else to do" has no meaning), and
/// if the clock stands already.
///
/// ```no_run
/// use handcrank::time::{self, Duration, Instant};
///
/// # async fn example() {
/// time::pause();
/// let start = Instant::now();
/// time::sleep(Duration::from_secs(3600)).await;
/// assert!(start.elapsed() >= Duration::from_secs(3600));
/// # }
/// ```
#[track_caller]
pub fn pause() {
    let flavor = context::with_current(|inner| inner.flavor);
    assert!(
        flavor.is_err() || flavor.is_ok_and(|flavor| flavor == RuntimeFlavor::CurrentThread),
        "{ONE_THREAD}"
    );
    clock().pause();
}

/// Lets the clock run again, from where it stands.
///
/// # Panics
///
/// Outside of a runtime, and if the clock is running.
#[track_caller]
pub fn resume() {
    clock().resume();
}

/// Moves the stopped clock forward by `duration`, then lets other tasks run once.
///
/// Every deadline up to the new time fires, but `advance` does not wait until the tasks behind them
/// have run: yield, or await what they do. A sleep started before the jump ends within it, however
/// large the jump; to see several deadlines one after the other, advance in several steps, or just
/// sleep.
///
/// # Panics
///
/// Outside of a runtime, and if the clock is running.
///
/// # Cancel safety
///
/// The clock moves at the first poll. Dropped after that, only the yield is left out.
pub async fn advance(duration: Duration) {
    clock().advance(duration);
    crate::task::yield_now().await;
}
