//! A slot for one waker: one task registers, anybody wakes.
//!
//! The trouble it solves: the task stores its waker and then looks whether it may go on, while
//! another thread makes it able to go on and then looks for a waker. Both touch the slot, and
//! neither may wait for the other. Two bits decide who may:
//!
//! ```text
//!              register                     wake
//!   0 ───────────────────▶ REGISTERING ─────────────▶ REGISTERING | WAKING
//!   ▲                          │                              │
//!   │        done              │                              │ the registrar finds WAKING,
//!   ├──────────────────────────┘                              │ takes the waker back out
//!   │                                                         │ and calls it itself
//!   ├─────────────────────────────────────────────────────────┘
//!   │        wake: WAKING, takes the waker out, clears, calls it
//!   └───────────────────────────────────────────────────────────
//! ```
//!
//! Whoever moves the word away from 0 owns the slot. A `register` that finds WAKING does not
//! store anything: the wake is happening now, so it wakes its own task, which will look again.

use crate::primitives::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire, Release},
};
use crate::primitives::cell::UnsafeCell;
use std::fmt;
use std::task::Waker;

/// The slot is being written by `register`.
const REGISTERING: usize = 0b01;
/// The slot is being emptied by `take`.
const WAKING: usize = 0b10;

/// A place for one [`Waker`], shared between the task that waits and the threads that wake it.
///
/// Only one task may register at a time; a second one replaces the first. Registering and waking
/// may happen at once from any threads, and no wake-up is lost: a wake that comes after
/// [`register`](Self::register) has returned calls the registered waker, and whatever came before
/// is visible to the task that looks after it has registered.
///
/// ```
/// use handcrank_task::AtomicWaker;
/// use std::task::Waker;
///
/// let slot = AtomicWaker::new();
/// slot.register(Waker::noop());
/// assert!(slot.take().is_some());
/// assert!(slot.take().is_none());
/// ```
pub struct AtomicWaker {
    state: AtomicUsize,
    waker: UnsafeCell<Option<Waker>>,
}

// SAFETY: the slot is only touched by the thread that moved `state` away from 0, and wakers
// themselves are Send and Sync.
unsafe impl Send for AtomicWaker {}
// SAFETY: as above.
unsafe impl Sync for AtomicWaker {}

impl AtomicWaker {
    /// An empty slot.
    #[cfg(not(handcrank_loom))]
    pub const fn new() -> Self {
        Self { state: AtomicUsize::new(0), waker: UnsafeCell::new(None) }
    }

    /// An empty slot.
    #[cfg(handcrank_loom)]
    pub fn new() -> Self {
        Self { state: AtomicUsize::new(0), waker: UnsafeCell::new(None) }
    }

    /// Stores a copy of `waker`, replacing the one before.
    ///
    /// Register first, then look at the condition that is waited for: in the other order a wake
    /// that comes between the two is lost.
    pub fn register(&self, waker: &Waker) {
        // Acquire: pairs with the Release in `take`, so that we see the slot emptied.
        match self.state.compare_exchange(0, REGISTERING, Acquire, Acquire) {
            Ok(_) => self.store(waker),
            // Either a wake is on its way to the waker stored before ours, which may belong to
            // another task by now, or two tasks register at once, against the rules, and the
            // other one's waker stands. In both cases ours must look again.
            Err(_) => waker.wake_by_ref(),
        }
    }

    /// Second half of `register`: the slot is ours.
    fn store(&self, waker: &Waker) {
        // The old waker is dropped after the slot is free again: dropping runs foreign code.
        let old = self.waker.with_mut(|slot| {
            // SAFETY: we moved `state` from 0 to REGISTERING, so nobody else touches the slot.
            let slot = unsafe { &mut *slot };
            match slot {
                Some(old) if old.will_wake(waker) => None,
                _ => slot.replace(waker.clone()),
            }
        });
        // Release: pairs with the Acquire in `take`, which reads the waker we stored.
        if self.state.compare_exchange(REGISTERING, 0, AcqRel, Acquire).is_err() {
            // A wake came while we stored and left the slot to us: do its work.
            // SAFETY: REGISTERING is still set, so the slot is still ours.
            let waker = self.waker.with_mut(|slot| unsafe { (*slot).take() });
            // AcqRel: Release gives the emptied slot back, Acquire takes in what the waking
            // thread did before.
            self.state.swap(0, AcqRel);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        drop(old);
    }

    /// Wakes the registered task, if there is one, and empties the slot.
    pub fn wake(&self) {
        if let Some(waker) = self.take() {
            waker.wake();
        }
    }

    /// Takes the registered waker out without calling it; the caller owes the wake.
    ///
    /// `None` if nobody is registered, or if the registrar is just now storing its waker: it is
    /// then woken by itself.
    pub fn take(&self) -> Option<Waker> {
        // AcqRel: Acquire reads the stored waker; Release shows a registrar that finds WAKING
        // what this thread did before waking.
        match self.state.fetch_or(WAKING, AcqRel) {
            0 => {
                // SAFETY: we moved `state` from 0 to WAKING, so nobody else touches the slot.
                let waker = self.waker.with_mut(|slot| unsafe { (*slot).take() });
                // Release: pairs with the Acquire in `register`.
                self.state.fetch_and(!WAKING, Release);
                waker
            }
            _ => None,
        }
    }
}

impl Default for AtomicWaker {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for AtomicWaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AtomicWaker")
    }
}
