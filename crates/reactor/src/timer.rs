//! One timer: what a sleeping task holds.

use crate::instant::Instant;
use crate::reactor::{Handle, SHUTTING_DOWN};
use crate::slab::Key;
use crate::timers::{Closed, Registered};
use crate::wheel::Tick;
use handcrank_task::coop;
use std::fmt;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

/// Waits for a point in time, to the next full millisecond and never less.
///
/// It is a plain value: it costs the wheel nothing until it is first polled and found to be
/// pending. A deadline that is moved further away, as an idle timeout is with every request, does
/// not touch the wheel either: the old registration fires at the old time, the task polls the
/// timer, and only then it is registered anew.
///
/// Dropping it, at any time, takes the registration back.
pub struct Timer {
    handle: Handle,
    deadline: Instant,
    /// The deadline in ticks of the wheel, while it is registered there. Many timers guard what
    /// is ready at once, are never polled, and never need it.
    tick: Tick,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Made a moment ago, to be due after so long, and not touched since.
    Fresh { after: Duration },
    /// Not in the wheel, and nobody has asked yet.
    Unregistered,
    /// Not in the wheel, since its deadline was moved.
    Moved,
    /// In the wheel until `tick`, which is never later than the timer's own.
    Registered { key: Key, tick: Tick, waker: Identity },
    /// Polled to its end.
    Elapsed,
}

/// Which waker lies in the wheel, to tell without the lock whether a poll brings another one.
///
/// These are addresses and no reference. That is enough, because the wheel holds the waker itself
/// for as long as they are compared: as long as it does, no other waker can have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    data: usize,
    vtable: usize,
}

impl Identity {
    fn of(waker: &Waker) -> Identity {
        Identity { data: waker.data().addr(), vtable: std::ptr::from_ref(waker.vtable()).addr() }
    }
}

impl Timer {
    pub(crate) fn new(handle: Handle, deadline: Instant) -> Timer {
        Timer { handle, deadline, tick: 0, state: State::Unregistered }
    }

    /// A timer that is due `after` from `now`, which the caller has just read from the clock: the
    /// first poll need not read it again.
    #[inline]
    pub(crate) fn fresh(handle: Handle, now: Instant, after: Duration) -> Timer {
        // What takes no time at all is over at once, and what is due is for the clock to say.
        let state = if after.is_zero() { State::Unregistered } else { State::Fresh { after } };
        Timer { handle, deadline: now + after, tick: 0, state }
    }

    /// When it elapses.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether it has elapsed, as far as it has been told: a timer that was neither polled nor
    /// [reset](Timer::reset) has not.
    pub fn is_elapsed(&self) -> bool {
        match self.state {
            State::Elapsed => true,
            State::Fresh { .. } | State::Unregistered => false,
            State::Moved => self.is_due(),
            State::Registered { tick, .. } => match self.handle.timers().fired() {
                // It was moved on, and fired at the old time without being polled then: nothing
                // fires for the new one.
                Ok(fired) => fired >= self.tick || fired >= tick && self.is_due(),
                // The end of the reactor is the end of all that waits for it.
                Err(Closed) => true,
            },
        }
    }

    /// Whether a turn of the reactor at this moment would let it fire.
    fn is_due(&self) -> bool {
        let timers = self.handle.timers();
        timers.tick_at(self.handle.clock().now()) >= timers.tick_not_before(self.deadline)
    }

    /// Ready when the deadline has passed, from then on at every poll. Else the task of the last
    /// poll is woken when it has; it may also be woken earlier, if the deadline was moved.
    ///
    /// Takes part in the cooperative budget of tasks. Cancel safe.
    ///
    /// # Panics
    ///
    /// If the reactor has been shut down.
    pub fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let budget = ready!(coop::poll_proceed(cx));
        // One acquiring load decides in the usual case that it is still too early.
        let Ok(fired) = self.handle.timers().fired() else { panic!("{SHUTTING_DOWN}") };
        match self.state {
            State::Registered { tick, waker, .. }
                if fired < tick && waker == Identity::of(cx.waker()) =>
            {
                return Poll::Pending;
            }
            State::Registered { .. } if fired >= self.tick => self.state = State::Elapsed,
            State::Elapsed => {}
            _ => ready!(self.poll_slowly(cx)),
        }
        budget.made_progress();
        Poll::Ready(())
    }

    /// Everything that needs the clock or the lock.
    fn poll_slowly(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timers = self.handle.timers();
        // Cloned and dropped outside of the lock: both may run anybody's code.
        let mut waker = cx.waker().clone();
        let identity = Identity::of(&waker);
        if let State::Registered { key, tick, .. } = self.state {
            match timers.exchange(key, waker) {
                Ok(_previous) => {
                    self.state = State::Registered { key, tick, waker: identity };
                    return Poll::Pending;
                }
                // It has fired. That was the deadline, or the time before the last reset.
                Err(unused) => waker = unused,
            }
        }
        let tick = timers.tick_not_before(self.deadline);
        let present = if let State::Fresh { after } = self.state
            && !self.handle.clock().is_departed()
        {
            // The last tick that had certainly passed when the timer was made. The deadline is rounded
            // up by less than one, the time until then down by less than one.
            let whole =
                after.as_secs().saturating_mul(1000).saturating_add(after.subsec_millis().into());
            tick.saturating_sub(whole.saturating_add(2))
        } else {
            let now = self.handle.clock().now();
            if now >= self.deadline {
                self.state = State::Elapsed;
                return Poll::Ready(());
            }
            timers.tick_at(now)
        };
        self.tick = tick;
        match timers.register(tick, present, waker) {
            Ok(Registered::Waits(key)) => {
                self.state = State::Registered { key, tick: self.tick, waker: identity };
                Poll::Pending
            }
            // Time went on while we were looking at the clock.
            Ok(Registered::Passed(_)) => {
                self.state = State::Elapsed;
                Poll::Ready(())
            }
            Err(Closed) => panic!("{SHUTTING_DOWN}"),
        }
    }

    /// Moves the deadline. The timer can elapse again, and a task that waits goes on waiting.
    pub fn reset(&mut self, deadline: Instant) {
        let timers = self.handle.timers();
        self.deadline = deadline;
        let State::Registered { key, tick, waker: identity } = self.state else {
            self.state = State::Moved;
            return;
        };
        self.tick = timers.tick_not_before(deadline);
        if tick <= self.tick {
            // Later than what the wheel knows: the next poll after that will see to it.
            return;
        }
        self.state = State::Moved;
        let Some(waker) = timers.cancel(key) else {
            return; // Fired: its task is about to poll.
        };
        let present = timers.tick_at(self.handle.clock().now());
        match timers.register(self.tick, present, waker) {
            Ok(Registered::Waits(key)) => {
                self.state = State::Registered { key, tick: self.tick, waker: identity };
            }
            // Due already; nobody else would tell the task.
            Ok(Registered::Passed(waker)) => waker.wake(),
            Err(Closed) => {} // The next poll reports it; closing has woken everyone.
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let State::Registered { key, tick, .. } = self.state {
            let timers = self.handle.timers();
            if timers.fired().is_ok_and(|fired| fired < tick) {
                let unused = timers.cancel(key);
                drop(unused);
            }
        }
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer")
            .field("deadline", &self.deadline)
            .field("is_elapsed", &self.is_elapsed())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests;
