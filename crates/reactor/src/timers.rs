//! The wheel as the reactor's threads share it: a lock around it, and two atomics in front.
//!
//! `next` tells a turn of the reactor, without the lock, that nothing is due. `fired` tells a timer,
//! without the lock, that it is due: everything up to that tick has left the wheel.

use crate::driver::Bell;
use crate::instant::Instant;
use crate::slab::Key;
use crate::wheel::{Tick, Wheel};
use parking_lot::Mutex;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::task::Waker;
use std::time::Duration;

/// In `next`: nothing waits.
const NEVER: Tick = Tick::MAX;
/// In `fired`: the reactor has shut down.
const CLOSED: Tick = Tick::MAX;
/// The last tick there is: what is further away fires here, after half a billion years.
const LAST: Tick = Tick::MAX - 1;

#[derive(Debug)]
pub(crate) struct Timers {
    /// Tick zero.
    began: Instant,
    wheel: Mutex<Wheel<Waker>>,
    /// Nothing is due before this tick: whoever sleeps in the driver wakes by then. Exact when a
    /// sleep begins, later perhaps too early, and never too late. Written under the lock.
    next: AtomicU64,
    /// Every timer up to this tick has left the wheel. Written under the lock.
    fired: AtomicU64,
    bell: Bell,
}

/// The reactor has shut down, and no timer fires any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

/// What became of a registration.
#[derive(Debug)]
pub(crate) enum Registered {
    /// It waits.
    Waits(Key),
    /// Its tick has passed already. Here is the waker back.
    Passed(Waker),
}

impl Timers {
    pub(crate) fn new(began: Instant, bell: Bell) -> Timers {
        Timers {
            began,
            wheel: Mutex::new(Wheel::new()),
            next: AtomicU64::new(NEVER),
            fired: AtomicU64::new(0),
            bell,
        }
    }

    /// The first tick that is not before `instant`: a timer must not fire early.
    pub(crate) fn tick_not_before(&self, instant: Instant) -> Tick {
        let since = instant - self.began;
        let part = u64::from(since.subsec_nanos().div_ceil(1_000_000));
        since.as_secs().saturating_mul(1000).saturating_add(part).min(LAST)
    }

    /// The last tick that is not after `instant`.
    pub(crate) fn tick_at(&self, instant: Instant) -> Tick {
        let since = instant - self.began;
        let part = u64::from(since.subsec_millis());
        since.as_secs().saturating_mul(1000).saturating_add(part).min(LAST)
    }

    /// From the tick in which one instant lies to the tick that begins at another.
    pub(crate) fn ticks_between(&self, from: Instant, to: Instant) -> Duration {
        Duration::from_millis(self.tick_at(to).saturating_sub(self.tick_at(from)))
    }

    /// When nothing is due before, for who is about to sleep and has announced it. `None` if
    /// nothing waits, or only what never comes.
    pub(crate) fn next(&self) -> Option<Instant> {
        // Relaxed: the sleep has been announced before this, and the fences of the wake word order
        // the rest.
        if self.next.load(Relaxed) == NEVER {
            return None;
        }
        // A cancelled timer leaves `next` too early. It is put right here, once a sleep, and not
        // with each of the cancellations: those are many more.
        let wheel = self.wheel.lock();
        let tick = wheel.next().unwrap_or(NEVER);
        self.next.store(tick, Relaxed);
        drop(wheel);
        if tick == NEVER { None } else { self.began.checked_add(Duration::from_millis(tick)) }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.wheel.lock().len()
    }

    /// Everything up to this tick has fired.
    pub(crate) fn fired(&self) -> Result<Tick, Closed> {
        // Acquire: pairs with the Release in `expire` and `close`. A timer that sees that it has
        // fired may forget its waker's identity, because the wheel has let go of the waker.
        match self.fired.load(Acquire) {
            CLOSED => Err(Closed),
            tick => Ok(tick),
        }
    }

    /// Lets a waker be called at `tick`. The present is `present` or, a moment having passed since
    /// somebody looked, a little later.
    pub(crate) fn register(
        &self,
        tick: Tick,
        present: Tick,
        waker: Waker,
    ) -> Result<Registered, Closed> {
        let mut wheel = self.wheel.lock();
        if self.fired.load(Relaxed) == CLOSED {
            drop(wheel);
            drop(waker);
            return Err(Closed);
        }
        if wheel.len() == 0 && wheel.now() < present {
            // Nobody has advanced the wheel while it was empty. Catching up places the new entry
            // on a low level, from where it need not cascade.
            wheel.advance(present, |_| unreachable!("the wheel is empty"));
            self.fired.store(wheel.now(), Release);
        }
        match wheel.insert(tick, waker) {
            Err(waker) => Ok(Registered::Passed(waker)),
            Ok(key) => {
                let earlier = tick < self.next.load(Relaxed);
                if earlier {
                    self.next.store(tick, Relaxed);
                }
                drop(wheel);
                if earlier {
                    // Whoever sleeps, sleeps for longer than this.
                    self.bell.wake_sleeper();
                }
                Ok(Registered::Waits(key))
            }
        }
    }

    /// Takes a registration back, with its waker; `None` if it has fired.
    ///
    /// `next` stays, too early perhaps: whoever sleeps by it keeps to it, and until then a new timer
    /// that is not earlier need not wake anybody.
    pub(crate) fn cancel(&self, key: Key) -> Option<Waker> {
        self.wheel.lock().remove(key)
    }

    /// Exchanges the waker of a registration. If it has fired, gives the new one back.
    pub(crate) fn exchange(&self, key: Key, waker: Waker) -> Result<Waker, Waker> {
        match self.wheel.lock().get_mut(key) {
            Some(slot) => Ok(std::mem::replace(slot, waker)),
            None => Err(waker),
        }
    }

    /// Appends the wakers of all that is due.
    #[inline]
    pub(crate) fn expire(&self, now: impl FnOnce() -> Instant, woken: &mut Vec<Waker>) {
        let next = self.next.load(Relaxed);
        if next != NEVER {
            let now = self.tick_at(now());
            if next <= now {
                self.expire_to(now, woken);
            }
        }
    }

    fn expire_to(&self, now: Tick, woken: &mut Vec<Waker>) {
        let mut wheel = self.wheel.lock();
        wheel.advance(now, |waker| woken.push(waker));
        self.next.store(wheel.next().unwrap_or(NEVER), Relaxed);
        if self.fired.load(Relaxed) != CLOSED {
            // Release: pairs with the Acquire in `fired`.
            self.fired.store(wheel.now(), Release);
        }
    }

    /// Holds the lock, to show what does without it.
    #[cfg(all(test, not(handcrank_loom)))]
    pub(crate) fn hold(&self) -> impl Drop + '_ {
        self.wheel.lock()
    }

    /// Nothing fires any more. Appends the wakers of all that waits.
    pub(crate) fn close(&self, woken: &mut Vec<Waker>) {
        let mut wheel = self.wheel.lock();
        woken.extend(wheel.drain());
        self.next.store(NEVER, Relaxed);
        // Release: pairs with the Acquire in `fired`.
        self.fired.store(CLOSED, Release);
    }
}
