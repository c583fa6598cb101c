//! How one worker sleeps: on its parker, or in the driver.

use crate::driver::{Baton, Driver};
use handcrank_executor::{Parker, Unparker};
use handcrank_task::primitives::atomic::{
    AtomicU8,
    Ordering::{AcqRel, Acquire},
};
use std::task::Waker;

/// Awake, and nobody has called.
const AWAKE: u8 = 0;
/// Asleep on the parker.
const ON_PARKER: u8 = 1;
/// Asleep inside the driver's turn.
const IN_DRIVER: u8 = 2;
/// Called; the next sleep returns at once.
const NOTIFIED: u8 = 3;

/// A worker's bed. One word says where it sleeps, so that whoever wakes it knows which bell to
/// ring; a call that comes while it is awake stays in the word and ends the next sleep at once.
pub(crate) struct Sleeper {
    state: AtomicU8,
    parker: Parker,
    unparker: Unparker,
}

impl Sleeper {
    pub(crate) fn new() -> Self {
        let parker = Parker::new();
        let unparker = parker.unparker();
        Self { state: AtomicU8::new(AWAKE), parker, unparker }
    }

    /// Sleeps until called or, with the `baton`, until the driver has something. The driver's
    /// wakers are appended to `woken`. Only the bed's owner calls this.
    pub(crate) fn sleep(&self, baton: Option<Baton<'_>>, woken: &mut Vec<Waker>) {
        let place = if baton.is_some() { IN_DRIVER } else { ON_PARKER };
        // Acquire on failure: pairs with the Release in `wake`; what the caller did is seen.
        if self.state.compare_exchange(AWAKE, place, AcqRel, Acquire).is_ok() {
            match baton {
                Some(baton) => baton.turn(None, woken),
                // A call may be left in the parker from a sleep that ended before it was rung,
                // so the word decides. Acquire: pairs with `wake`.
                None => {
                    while self.state.load(Acquire) == ON_PARKER {
                        self.parker.park();
                    }
                }
            }
        }
        // Acquire: pairs with the Release in `wake`, also for a driver that returned by itself
        // just as it was called.
        self.state.swap(AWAKE, AcqRel);
    }

    /// Ends the sleep, or the next one. Any thread may call this.
    pub(crate) fn wake(&self, driver: &Driver) {
        // Release: what we did before is seen by the sleeper. Acquire: the sleeper has lain down.
        match self.state.swap(NOTIFIED, AcqRel) {
            ON_PARKER => self.unparker.unpark(),
            IN_DRIVER => driver.wake(),
            _ => {}
        }
    }
}
