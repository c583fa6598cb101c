//! Who sleeps, who searches, and who is woken when work appears.
//!
//! The README beside this file is the proof that no wake-up is lost; this is the code it speaks
//! of. The rule in one line each:
//!
//! - to sleep: announce it, fence, look at every queue once more, and only then sleep;
//! - to bring work: push it, fence, and if nobody is searching, claim one sleeper and wake it;
//! - to stop searching: if the search found something and was the last one, wake one more.

mod bits;
mod sleeper;

pub(crate) use bits::Bits;

use crate::driver::Driver;
use handcrank_task::primitives::atomic::{
    AtomicIsize, AtomicUsize,
    Ordering::{AcqRel, Relaxed, SeqCst},
    fence,
};
use sleeper::Sleeper;
use std::task::Waker;

/// Read with every push while somebody sleeps, written by those who search: on a line of its own.
#[repr(align(128))]
struct Searching(AtomicIsize);

/// The workers that do not work.
pub(crate) struct Idle {
    /// The numbers of the workers that sleep, or are about to. Claiming one is the right, and the
    /// duty, to wake it.
    sleepers: Bits,
    /// Workers that look for work in other seats' queues, and sleepers that were claimed and will.
    ///
    /// Never more than there really are. For a moment it may say less, even less than none: a
    /// sleeper that gets up by itself just after it was claimed may have ended its search before
    /// its claimer has counted it. Too few is safe: somebody is woken, or looks again, in vain.
    searching: Searching,
    /// At most half of the seats search at once: more would only fight over the same queues.
    seats: isize,
    beds: Box<[Sleeper]>,
    /// The worker that last lay down in the driver. A hint: it is woken last, so that sockets and
    /// timers stay attended to.
    in_driver: AtomicUsize,
}

impl Idle {
    /// For `workers` threads and `seats` seats.
    pub(crate) fn new(workers: usize, seats: usize) -> Self {
        Self {
            sleepers: Bits::new(workers, false),
            searching: Searching(AtomicIsize::new(0)),
            seats: isize::try_from(seats).unwrap_or(isize::MAX),
            beds: (0..workers).map(|_| Sleeper::new()).collect(),
            in_driver: AtomicUsize::new(usize::MAX),
        }
    }

    /// Is there somebody to wake, and nobody on the way already? To be asked after a fence; see
    /// [`Shared::notify`](crate::shared::Shared::notify).
    #[inline]
    pub(crate) fn wants_waking(&self) -> bool {
        !self.sleepers.is_empty() && self.searching.0.load(Relaxed) <= 0
    }

    /// Wakes a sleeper, if there is one; it counts as searching from now on.
    #[cold]
    pub(crate) fn wake_one(&self, driver: &Driver) {
        if let Some(worker) = self.sleepers.claim_any(self.in_driver.load(Relaxed)) {
            // Counted before the wake, by us: counted by the woken thread it would come too late,
            // and everybody who pushes meanwhile would wake one more.
            self.searching.0.fetch_add(1, AcqRel);
            self.beds[worker].wake(driver);
        }
    }

    /// Wakes all, for a shutdown. Nobody is counted as searching, as nobody will search.
    pub(crate) fn wake_all(&self, driver: &Driver) {
        for bed in &self.beds {
            bed.wake(driver);
        }
    }

    /// This worker is about to sleep, and does not search any more if it was `searching`. It has to look
    /// at every queue once more after this.
    pub(crate) fn announce(&self, worker: usize, searching: bool) {
        self.sleepers.put(worker);
        if searching {
            self.end_search();
        }
        // Pairs with the fence in `Shared::notify`, `Shared::leave` and `Shared::close`.
        fence(SeqCst);
    }

    /// This worker will not sleep after all, or has woken up. `false` if somebody has claimed it,
    /// and counted it as searching.
    pub(crate) fn retract(&self, worker: usize) -> bool {
        self.sleepers.claim(worker)
    }

    /// Does anybody sleep?
    pub(crate) fn has_sleepers(&self) -> bool {
        !self.sleepers.is_empty()
    }

    /// Sleeps, after [`announce`](Self::announce) and the last look around.
    pub(crate) fn sleep(&self, worker: usize, driver: &Driver, woken: &mut Vec<Waker>) {
        // One thread at a time turns the driver: the first to lie down.
        let baton = driver.try_take();
        if baton.is_some() {
            self.in_driver.store(worker, Relaxed);
        }
        self.beds[worker].sleep(baton, woken);
    }

    /// Ends this worker's sleep for a reason of its own, not because there is work.
    pub(crate) fn call(&self, worker: usize, driver: &Driver) {
        self.beds[worker].wake(driver);
    }

    /// May this thread search? At most half do.
    pub(crate) fn try_search(&self) -> bool {
        if 2 * self.searching.0.load(Relaxed) >= self.seats {
            return false;
        }
        self.start_search();
        true
    }

    /// This thread searches, whoever else does: it has seen work.
    pub(crate) fn start_search(&self) {
        self.searching.0.fetch_add(1, AcqRel);
    }

    /// This thread's search is over. `true` if nobody else searches: if it found something, it
    /// owes a `notify`, because pushes that saw it searching woke nobody.
    pub(crate) fn end_search(&self) -> bool {
        self.searching.0.fetch_sub(1, AcqRel) <= 1
    }
}

#[cfg(all(test, handcrank_loom))]
mod models;
