//! The driver's seam: what a worker sleeps on, and the baton that keeps it to one at a time.

use handcrank_executor::{Parker, Unparker};
use handcrank_task::primitives::atomic::{
    AtomicBool,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use std::task::Waker;
use std::time::Duration;

/// How a worker sleeps: alone, or on a reactor that serves sockets and timers meanwhile.
///
/// The scheduler makes sure that only one thread is in [`turn`](Self::turn) at a time.
pub trait Park: Send + Sync + 'static {
    /// Sleeps until something happens, `timeout` is over (zero: only look), or
    /// [`wake`](Self::wake) is called. Appends the wakers of all that became ready to `woken` and
    /// leaves the calling to the scheduler, which first finds the thread a seat to work from.
    ///
    /// # Panics
    ///
    /// It must not: a panic here ends the process.
    fn turn(&self, timeout: Option<Duration>, woken: &mut Vec<Waker>);

    /// Ends the sleeping turn, or makes the next one return at once. Any thread may call this.
    fn wake(&self);
}

/// The seam without a reactor: a runtime with neither I/O nor timers just sleeps.
pub struct Alone {
    parker: Parker,
    unparker: Unparker,
}

impl Alone {
    /// A place to sleep.
    pub fn new() -> Self {
        let parker = Parker::new();
        let unparker = parker.unparker();
        Self { parker, unparker }
    }
}

impl Default for Alone {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Alone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Alone")
    }
}

impl Park for Alone {
    fn turn(&self, timeout: Option<Duration>, _: &mut Vec<Waker>) {
        match timeout {
            None => self.parker.park(),
            Some(limit) => {
                self.parker.park_timeout(limit);
            }
        }
    }

    fn wake(&self) {
        self.unparker.unpark();
    }
}

/// The driver and its baton.
pub(crate) struct Driver {
    park: Box<dyn Park>,
    taken: AtomicBool,
}

/// The right to turn the driver. Dropping it passes the right on.
pub(crate) struct Baton<'a>(&'a Driver);

impl Driver {
    pub(crate) fn new(park: Box<dyn Park>) -> Self {
        Self { park, taken: AtomicBool::new(false) }
    }

    /// The baton, unless another thread has it.
    pub(crate) fn try_take(&self) -> Option<Baton<'_>> {
        // Looked at first: most of those who ask are told no, and need not write the line.
        // Acquire: pairs with the Release of the baton's last holder.
        let got = !self.taken.load(Relaxed) && !self.taken.swap(true, Acquire);
        // `then`, not `then_some`: a baton made in vain and dropped would give ours away.
        got.then(|| Baton(self))
    }

    /// Is some thread turning the driver?
    pub(crate) fn is_taken(&self) -> bool {
        self.taken.load(Relaxed)
    }

    /// Ends the turn of the thread that sleeps in it.
    pub(crate) fn wake(&self) {
        self.park.wake();
    }
}

impl Baton<'_> {
    /// One turn; see [`Park::turn`].
    pub(crate) fn turn(self, timeout: Option<Duration>, woken: &mut Vec<Waker>) {
        let unwinds = AbortOnUnwind;
        self.0.park.turn(timeout, woken);
        std::mem::forget(unwinds);
    }
}

/// A thread that died in the driver would keep its seat, or its place among the sleepers, for ever:
/// a shutdown would wait for it and a push count on it. Better no process than one that hangs.
struct AbortOnUnwind;

impl Drop for AbortOnUnwind {
    fn drop(&mut self) {
        std::process::abort();
    }
}

impl Drop for Baton<'_> {
    fn drop(&mut self) {
        // Release: pairs with the Acquire in `try_take`. AcqRel, so that a failed attempt of a
        // thread that then went to sleep is seen by the one who gives the baton up.
        self.0.taken.swap(false, AcqRel);
    }
}
