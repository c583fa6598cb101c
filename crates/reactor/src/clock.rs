//! A clock that can be stopped, for tests: an hour of timeouts passes in no time.
//!
//! A running clock is the system's monotonic clock, and until the first pause reading it costs
//! nothing more. A paused clock stands still; it moves when somebody [advances](Clock::advance)
//! it, or by itself when the runtime has nothing else to do, to the next deadline.

use crate::driver::Bell;
use crate::instant::Instant;
use handcrank_task::scoped::{self, Entered, Slot};
use parking_lot::Mutex;
use std::fmt;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use std::time::Duration;

/// Whether any clock of the process has been paused: if not, [`Instant::now`] need not look for
/// this thread's clock. Relaxed is enough here and in `Inner::departed`: whoever has to see the
/// pause has learnt of it, and so of the flag, some other way.
static ANY_PAUSED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The clock of the runtime that this thread works for.
    static CURRENT: Slot<Inner> = const { Slot::new() };
}

/// The present, for [`Instant::now`].
#[inline]
pub(crate) fn now() -> Instant {
    if !ANY_PAUSED.load(Relaxed) {
        return Instant::from_std(std::time::Instant::now());
    }
    scoped::with(&CURRENT, |current| current.now())
        .unwrap_or_else(|| Instant::from_std(std::time::Instant::now()))
}

/// A runtime's source of time. Clones are the same clock.
///
/// ```
/// use handcrank_reactor::{Clock, Instant};
/// use std::time::Duration;
///
/// let clock = Clock::new(true);
/// let _entered = clock.enter();
/// let start = Instant::now();
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(start.elapsed(), Duration::from_secs(3600));
/// ```
#[derive(Clone)]
pub struct Clock {
    inner: Arc<Inner>,
}

struct Inner {
    /// Whether it was ever paused, and so may differ from the system's clock.
    departed: AtomicBool,
    state: Mutex<State>,
    /// Whoever sleeps for a length of time has to be woken when time changes its pace.
    bell: OnceLock<Bell>,
}

impl Inner {
    #[inline]
    fn now(&self) -> Instant {
        if self.departed.load(Relaxed) {
            self.state.lock().now()
        } else {
            Instant::from_std(std::time::Instant::now())
        }
    }
}

#[derive(Debug)]
struct State {
    /// What the clock showed when it was last started or set.
    base: std::time::Instant,
    /// When that was. `None` while it is paused.
    running_since: Option<std::time::Instant>,
    /// How many have asked that it does not move by itself.
    inhibitors: usize,
}

impl State {
    fn now(&self) -> Instant {
        let run = self.running_since.map_or(Duration::ZERO, |since| since.elapsed());
        Instant::from_std(self.base + run)
    }
}

/// How a clock moves while the runtime has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// By itself.
    Running,
    /// To the next deadline at once.
    Jumping,
    /// Not at all: paused, and somebody has asked that it stays.
    Standing,
}

impl Clock {
    /// A clock that shows the present, and runs unless it starts `paused`.
    pub fn new(paused: bool) -> Clock {
        let now = std::time::Instant::now();
        let state = State { base: now, running_since: Some(now), inhibitors: 0 };
        let clock = Clock {
            inner: Arc::new(Inner {
                departed: AtomicBool::new(false),
                state: Mutex::new(state),
                bell: OnceLock::new(),
            }),
        };
        if paused {
            clock.pause();
        }
        clock
    }

    /// The present on this clock.
    #[inline]
    pub fn now(&self) -> Instant {
        self.inner.now()
    }

    /// Stops the clock.
    ///
    /// # Panics
    ///
    /// If it is stopped already.
    #[track_caller]
    pub fn pause(&self) {
        let frozen = {
            let mut state = self.inner.state.lock();
            ANY_PAUSED.store(true, Relaxed);
            self.inner.departed.store(true, Relaxed);
            state.base = state.now().into_std();
            state.running_since.take().is_none()
        };
        assert!(!frozen, "time is already frozen");
        self.changed();
    }

    /// Lets the clock run again from where it stands.
    ///
    /// # Panics
    ///
    /// If it runs.
    #[track_caller]
    pub fn resume(&self) {
        let frozen = {
            let mut state = self.inner.state.lock();
            let frozen = state.running_since.is_none();
            if frozen {
                state.running_since = Some(std::time::Instant::now());
            }
            frozen
        };
        assert!(frozen, "time is not frozen");
        self.changed();
    }

    /// Moves the stopped clock forward in one jump.
    ///
    /// Timers that this passes fire when the reactor is turned next.
    ///
    /// # Panics
    ///
    /// If the clock runs, or if the sum cannot be represented.
    #[track_caller]
    pub fn advance(&self, by: Duration) {
        let frozen = {
            let mut state = self.inner.state.lock();
            let frozen = state.running_since.is_none();
            if frozen {
                state.base += by;
            }
            frozen
        };
        assert!(frozen, "time is not frozen");
        self.changed();
    }

    /// Whether the clock is stopped.
    pub fn is_paused(&self) -> bool {
        self.inner.departed.load(Relaxed) && self.inner.state.lock().running_since.is_none()
    }

    /// Whether it was ever paused. Until then it is the system's, and time goes on by itself.
    #[inline]
    pub(crate) fn is_departed(&self) -> bool {
        self.inner.departed.load(Relaxed)
    }

    /// Keeps a paused clock from moving by itself until the guard is dropped: something is going
    /// on that no queue shows, such as work on another thread.
    pub fn inhibit_auto_advance(&self) -> InhibitAutoAdvance {
        self.inner.state.lock().inhibitors += 1;
        InhibitAutoAdvance { clock: self.clone() }
    }

    /// Makes this the clock of [`Instant::now`] on this thread until the guard is dropped.
    ///
    /// Guards must be dropped in the reverse order, as they are at the end of their scopes. One that
    /// is not changes nothing any more, and its clock is never freed.
    pub fn enter(&self) -> ClockGuard {
        ClockGuard { _entered: Entered::new(&CURRENT, Arc::clone(&self.inner)) }
    }

    /// The same for the length of a call, where it costs next to nothing.
    #[inline]
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        scoped::scope(&CURRENT, &self.inner, f)
    }

    /// Says who sleeps by this clock. Once.
    pub(crate) fn attach(&self, bell: Bell) {
        assert!(self.inner.bell.set(bell).is_ok(), "a clock belongs to one reactor");
    }

    /// The present, and how time goes on from here.
    pub(crate) fn look(&self) -> (Instant, Pace) {
        if !self.inner.departed.load(Relaxed) {
            return (Instant::from_std(std::time::Instant::now()), Pace::Running);
        }
        let state = self.inner.state.lock();
        let pace = match (state.running_since, state.inhibitors) {
            (Some(_), _) => Pace::Running,
            (None, 0) => Pace::Jumping,
            (None, _) => Pace::Standing,
        };
        (state.now(), pace)
    }

    /// Jumps forward to `to`, if the clock still may.
    pub(crate) fn jump(&self, to: Instant) {
        let mut state = self.inner.state.lock();
        if state.running_since.is_none() && state.inhibitors == 0 {
            state.base = state.base.max(to.into_std());
        }
    }

    /// Whoever sleeps looks at the clock before: only a sleep that has begun must be ended.
    fn changed(&self) {
        if let Some(bell) = self.inner.bell.get() {
            bell.wake_sleeper();
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("now", &self.now())
            .field("is_paused", &self.is_paused())
            .finish_non_exhaustive()
    }
}

/// Keeps a paused clock where it is. See [`Clock::inhibit_auto_advance`].
#[derive(Debug)]
#[must_use = "the clock may move again as soon as this is dropped"]
pub struct InhibitAutoAdvance {
    clock: Clock,
}

impl Drop for InhibitAutoAdvance {
    fn drop(&mut self) {
        self.clock.inner.state.lock().inhibitors -= 1;
        if self.clock.is_paused() {
            // A sleeper that found the clock standing sleeps without regard to the timers.
            self.clock.changed();
        }
    }
}

/// Gives the thread its previous clock back. See [`Clock::enter`].
#[derive(Debug)]
#[must_use = "the clock is left as soon as this is dropped"]
pub struct ClockGuard {
    _entered: Entered<Inner>,
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;
    use std::panic::AssertUnwindSafe;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_paused_clock_moves_only_when_told() {
        let clock = Clock::new(true);
        let start = clock.now();
        assert!(clock.is_paused());
        assert_eq!(clock.now(), start);
        clock.advance(SECOND);
        assert_eq!(clock.now() - start, SECOND);
        clock.jump(start);
        assert_eq!(clock.now() - start, SECOND, "never back");
        clock.jump(start + SECOND * 2);
        assert_eq!(clock.now() - start, SECOND * 2);
    }

    #[test]
    fn a_resumed_clock_goes_on_from_where_it_stood() {
        let clock = Clock::new(true);
        clock.advance(SECOND * 3600);
        let stood = clock.now();
        clock.resume();
        assert!(!clock.is_paused());
        let system = std::time::Instant::now();
        while system.elapsed() < Duration::from_millis(2) {
            std::thread::yield_now();
        }
        let run = clock.now() - stood;
        assert!(run >= Duration::from_millis(2) && run < SECOND * 3600, "{run:?}");
        clock.pause();
        assert!(clock.now() >= stood + run);
        assert_eq!(clock.now(), clock.now());
    }

    #[test]
    fn pace_follows_pauses_and_inhibitors() {
        let clock = Clock::new(false);
        assert_eq!(clock.look().1, Pace::Running);
        clock.pause();
        assert_eq!(clock.look().1, Pace::Jumping);
        let one = clock.inhibit_auto_advance();
        let two = clock.inhibit_auto_advance();
        drop(one);
        assert_eq!(clock.look().1, Pace::Standing);
        let before = clock.now();
        clock.jump(before + SECOND);
        assert_eq!(clock.now(), before);
        drop(two);
        assert_eq!(clock.look().1, Pace::Jumping);
    }

    #[test]
    fn the_entered_clock_is_the_threads_clock() {
        let (outer, inner) = (Clock::new(true), Clock::new(true));
        inner.advance(SECOND * 1000);
        let _outer = outer.enter();
        assert_eq!(Instant::now(), outer.now());
        {
            let _inner = inner.enter();
            assert_eq!(Instant::now(), inner.now());
        }
        assert_eq!(Instant::now(), outer.now());
        let elsewhere = std::thread::spawn(Instant::now).join().unwrap();
        assert_ne!(elsewhere, outer.now(), "other threads keep the system's time");
    }

    #[test]
    #[should_panic(expected = "time is already frozen")]
    fn pausing_twice_panics() {
        Clock::new(true).pause();
    }

    #[test]
    #[should_panic(expected = "time is not frozen")]
    fn resuming_a_running_clock_panics() {
        Clock::new(false).resume();
    }

    #[test]
    #[should_panic(expected = "time is not frozen")]
    fn advancing_a_running_clock_panics() {
        Clock::new(false).advance(SECOND);
    }

    #[test]
    fn a_refused_pause_changes_nothing() {
        let clock = Clock::new(true);
        let before = clock.now();
        assert!(std::panic::catch_unwind(AssertUnwindSafe(|| clock.pause())).is_err());
        assert_eq!((clock.now(), clock.is_paused()), (before, true));
    }
}
