//! How a thread sleeps until another thread calls it.
//!
//! The trouble with sleeping is the call that comes just before it. A thread looks for work, finds
//! none, and lies down; between the look and the lying down another thread brings work and calls.
//! If the call is only heard by a sleeper, it is lost, and the thread sleeps beside its work for
//! ever. So a call has to leave a mark that the sleeper looks at on its way to bed. Here the mark
//! is one word with three values:
//!
//! ```text
//!                     park (1)
//!          ┌────────────────────────────────┐
//!          │                                ▼
//!      ┌───────┐   give_up (2)          ┌────────┐
//!  ───▶│ Empty │◀───────────────────────│ Parked │
//!      └───────┘                        └────────┘
//!        │   ▲                              │
//! unpark │   │ park (4)                     │ unpark (5)
//!    (3) │   │ resume, give_up (6)          │ + condvar
//!        ▼   │                              │
//!      ┌──────────┐                         │
//!   ┌─▶│ Notified │◀────────────────────────┘
//!   │  └──────────┘
//!   └────┘ unpark (7): the mark is there already
//! ```
//!
//! 1. `park` found no mark and says that somebody sleeps, holding the mutex.
//! 2. The time ran out before anybody called.
//! 3. `unpark` while nobody sleeps: only the mark, no lock, no system call.
//! 4. `park` finds the mark, takes it and returns at once.
//! 5. `unpark` while somebody sleeps: the mark, and then the condvar.
//! 6. The sleeper, awake again, takes the mark.
//! 7. Several calls are one call: there is one mark, not a count.
//!
//! **Why no call is lost.** All changes of the word are read-modify-writes, so they stand in one
//! order. Take a call, (3), (5) or (7). If it stands before the sleeper's (1), then (1) cannot
//! happen: the exchange from `Empty` fails, sees `Notified`, and that is (4). If it stands after,
//! it saw `Parked`, and rings the condvar. One gap is left: the sleeper has written `Parked` but
//! does not yet wait on the condvar, and a condvar's ring, too, is only heard by those who wait.
//! The mutex closes it. The sleeper holds it from (1) until the wait releases it, so a caller that
//! saw `Parked` takes the mutex once before it rings, and can have it only when the sleeper waits.
//!
//! **Rejected.** *Taking the mutex in every `unpark`* needs no state word beyond a flag, but then a
//! call to a thread that is awake, by far the most frequent kind, fights with that thread for
//! a lock. *Spinning for a while before (1)* wins when the call is already on its way and loses
//! when it is not: with few cores the spinner keeps its caller from running. *A counting semaphore*
//! would return once for each of a hundred calls; the sleeper looks at all its work each time
//! it wakes, so ninety-nine of them would be for nothing.

use std::fmt;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use handcrank_task::primitives::atomic::{AtomicU8, Ordering};
use handcrank_task::primitives::sync::{Condvar, Mutex};

/// Nobody sleeps, nobody has called.
const EMPTY: u8 = 0;
/// The owner sleeps, or holds the mutex and is about to.
const PARKED: u8 = 1;
/// Somebody has called, and the owner has not yet noticed.
const NOTIFIED: u8 = 2;

/// The sleeping place of one thread.
///
/// [`park`](Parker::park) sleeps until some [`Unparker`] of this parker is called; a call that came
/// earlier counts, so the order of the two does not matter. Calls do not add up: any number of them
/// before a `park` end that one `park` only.
///
/// ```
/// use handcrank_executor::Parker;
///
/// let parker = Parker::new();
/// let unparker = parker.unparker();
/// let caller = std::thread::spawn(move || unparker.unpark());
/// parker.park(); // until the other thread has called, or not at all if it already has
/// caller.join().unwrap();
/// ```
#[derive(Default)]
pub struct Parker {
    inner: Arc<Inner>,
}

/// Ends a [`Parker`]'s sleep. Clone it freely and send it anywhere.
///
/// An unparker also converts into a [`Waker`], which makes a thread something that a future can
/// wake:
///
/// ```
/// use std::task::Waker;
/// use handcrank_executor::Parker;
///
/// let parker = Parker::new();
/// let waker = Waker::from(parker.unparker());
/// waker.wake();
/// parker.park(); // returns at once
/// ```
#[derive(Clone)]
pub struct Unparker {
    inner: Arc<Inner>,
}

/// What a parker and its unparkers share.
struct Inner {
    state: AtomicU8,
    /// Guards nothing but the moment between writing `PARKED` and waiting on the condvar.
    gate: Mutex<()>,
    call: Condvar,
}

impl Parker {
    /// Makes a parker that nobody has called yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sleeps until somebody calls; returns at once if somebody has called since the last return.
    ///
    /// It does not return without a call.
    ///
    /// # Panics
    ///
    /// If another thread already sleeps on this parker.
    pub fn park(&self) {
        if self.inner.take_notification() {
            return;
        }
        let mut gate = self.inner.gate.lock();
        if !self.inner.start_park() {
            return;
        }
        // The word decides, not the ring: one may come late, for a call that a `park_timeout` has taken
        // as its time ran out.
        loop {
            self.inner.call.wait(&mut gate);
            if self.inner.take_notification() {
                return;
            }
        }
    }

    /// Sleeps until somebody calls, but no longer than `limit`, and returns whether somebody called.
    ///
    /// A `limit` of zero does not sleep: it only takes the notification if there is one. A `limit`
    /// that reaches beyond what [`Instant`] can express is none at all.
    ///
    /// # Panics
    ///
    /// If another thread already sleeps on this parker.
    pub fn park_timeout(&self, limit: Duration) -> bool {
        if self.inner.take_notification() {
            return true;
        }
        if limit.is_zero() {
            return false;
        }
        let Some(deadline) = Instant::now().checked_add(limit) else {
            self.park();
            return true;
        };
        let mut gate = self.inner.gate.lock();
        if !self.inner.start_park() {
            return true;
        }
        let mut left = limit;
        loop {
            let timed_out = self.inner.call.wait_for(&mut gate, left).timed_out();
            if self.inner.take_notification() {
                return true;
            }
            left = deadline.saturating_duration_since(Instant::now());
            if timed_out || left.is_zero() {
                return self.inner.give_up();
            }
        }
    }

    /// Returns a handle that ends this parker's sleep.
    pub fn unparker(&self) -> Unparker {
        Unparker { inner: Arc::clone(&self.inner) }
    }
}

impl Unparker {
    /// Calls the parker: ends its sleep, or makes its next [`park`](Parker::park) return at once.
    ///
    /// Everything that this thread did before the call is visible to the parker's thread when
    /// `park` returns. Takes no lock and makes no system call unless the parker sleeps.
    pub fn unpark(&self) {
        self.inner.unpark();
    }

    /// Returns whether both end the same parker's sleep.
    pub fn same_parker(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl From<Unparker> for Waker {
    fn from(unparker: Unparker) -> Self {
        Waker::from(unparker.inner)
    }
}

impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.unpark();
    }
}

/// The edges of the picture above.
impl Inner {
    /// (4) and (6): takes the mark if it is there.
    fn take_notification(&self) -> bool {
        // Acquire: pairs with the Release in `unpark`, so that what the caller did is seen here.
        self.state.compare_exchange(NOTIFIED, EMPTY, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// (1), or (4) if a call came in time; returns whether to sleep. The gate must be held.
    fn start_park(&self) -> bool {
        let parked =
            self.state.compare_exchange(EMPTY, PARKED, Ordering::Relaxed, Ordering::Relaxed);
        let Err(found) = parked else {
            return true;
        };
        assert!(found == NOTIFIED, "two threads cannot sleep on one Parker");
        // Not a store: another call may come right now, and its Release must be met too.
        // Acquire: pairs with the Release in `unpark`.
        self.state.swap(EMPTY, Ordering::Acquire);
        false
    }

    /// (2), or (6) if a call came at the last moment; returns whether one did.
    fn give_up(&self) -> bool {
        // Acquire: pairs with the Release in `unpark`.
        self.state.swap(EMPTY, Ordering::Acquire) == NOTIFIED
    }

    /// (3), (5) or (7).
    fn unpark(&self) {
        // Release: pairs with the Acquire of whoever takes the mark. It is a swap even if the mark
        // is there already (7): a mere look at it would publish nothing of this caller's.
        if self.state.swap(NOTIFIED, Ordering::Release) == PARKED {
            // The sleeper holds the gate until it waits. Having had it, this thread knows that its
            // ring will be heard. It lets go first, or the sleeper would wake only to stand at it.
            drop(self.gate.lock());
            self.call.notify_one();
        }
    }
}

impl Default for Inner {
    fn default() -> Self {
        Self { state: AtomicU8::new(EMPTY), gate: Mutex::new(()), call: Condvar::new() }
    }
}

impl fmt::Debug for Parker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parker").finish_non_exhaustive()
    }
}

impl fmt::Debug for Unparker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unparker").finish_non_exhaustive()
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests;

#[cfg(all(test, handcrank_loom))]
mod models;
