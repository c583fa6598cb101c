//! Blocking in place: a thread that is about to block gives its seat away for the while.
//!
//! A worker gives its number away, too, and a spare thread comes for both (`crew`): it sits down and runs
//! what lies in the seat's queue, and lies down in the worker's bed when there is nothing. A thread that
//! helps in `block_on` has no number, and the worker in whose place it sat is still there.
//!
//! Afterwards the thread takes its seat back if nobody has come for it yet. Otherwise it finishes the poll
//! that it is in *without* a seat, and then stops: to wait for a seat here could be to wait for
//! a task that waits for this one. So for the length of the rest of a poll one thread more may run tasks
//! than there are seats. What such a poll spawns and wakes goes through the inject queue.
//!
//! Nobody is called twice for one vacancy, and nothing waits for the one who blocks; why no wake-up
//! gets lost on the way, `idle/README.md` says.

use crate::crew::Crew;
use crate::here;
use crate::seat::Seat;
use crate::shared::Shared;
use handcrank_task::primitives::atomic::{AtomicBool, Ordering::Relaxed};
use std::cell::Cell;
use std::ptr;

/// Runs `f`, which may block. If this thread runs tasks of a scheduler with threads, another thread runs
/// them meanwhile; also those in this one's own queue. Otherwise it just runs `f`.
///
/// If the system will not start a thread that would be needed, the tasks that only it would run wait
/// until `f` has returned.
///
/// # Panics
///
/// If `f` does.
pub fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
    let _given = Given::give();
    f()
}

/// One who sits, for as long as one round of running tasks takes. It stays where it is made once it
/// sits: the thread's place points to it.
pub(crate) struct Sitter<'a> {
    shared: &'a Shared,
    /// The worker's number; `None` for a thread in `block_on`.
    number: Option<usize>,
    /// The round is over when this says so. It is the scheduler's closed flag, until the seat is lost.
    ///
    /// A reference, and not one flag more, because each poll asks: so it costs one load.
    stop: Cell<&'a AtomicBool>,
    /// Who sat here, further down this thread's stack.
    below: Cell<Option<*const Sitter<'static>>>,
}

impl<'a> Sitter<'a> {
    pub(crate) fn new(shared: &'a Shared, number: Option<usize>) -> Self {
        let stop = Cell::new(shared.ending.closed());
        Self { shared, number, stop, below: Cell::new(None) }
    }

    /// Sits down, at seat `near` if it is free. `None` if all seats are taken.
    pub(crate) fn sit(&self, near: usize) -> Option<&'a Seat> {
        let seat = self.shared.sit(near)?;
        here::with(|here| {
            self.below.set(Some(here.sitter.replace(ptr::from_ref(self).cast())));
        });
        Some(seat)
    }

    /// Must it stop running tasks? If it does not, it still has its seat.
    #[inline]
    pub(crate) fn must_stop(&self) -> bool {
        self.stop.get().load(Relaxed)
    }

    /// Has it given its seat away, and not got it back?
    pub(crate) fn has_lost(&self) -> bool {
        ptr::eq(self.stop.get(), self.shared.ending.always())
    }
}

impl Drop for Sitter<'_> {
    fn drop(&mut self) {
        if let Some(below) = self.below.get() {
            here::with(|here| here.sitter.set(below));
        }
    }
}

/// A seat given away; dropped, it is taken back if it is still there.
struct Given<'a> {
    shared: &'a Shared,
    seat: &'a Seat,
    sitter: &'a Sitter<'a>,
}

impl Given<'_> {
    /// Gives this thread's seat away. `None` if it has none, or nobody to give it to.
    fn give() -> Option<Self> {
        let (shared, seat, sitter) =
            here::with(|here| (here.shared.get(), here.seat.get(), here.sitter.get()));
        if seat.is_null() {
            return None;
        }
        // SAFETY: a thread with a seat is inside its scheduler's `run`, `block_on` or `drive`, all of which
        // keep the scheduler alive for longer than they hold the seat; and we return to them.
        let (shared, seat) = unsafe { (&*shared, &*seat) };
        // SAFETY: the seat is this thread's.
        let batch = unsafe { seat.desk() }.batch.get();
        if !shared.config.threads || batch {
            // The only seat there is; or a foreign waker blocks, in the middle of what the driver brought.
            return None;
        }
        // SAFETY: with threads, who sits has made a `Sitter` before, further down this stack.
        let sitter = unsafe { &*sitter.cast::<Sitter<'_>>() };
        let given = Self { shared, seat, sitter };
        // First the seat, so that whoever comes for the number finds it free.
        shared.leave(seat);
        match given.sitter.number {
            Some(number) => {
                // A task that runs counts as one, so the scheduler is there; when it is not, it has ended.
                let own = shared.remote.anchor.scheduler();
                if own.is_some_and(|own| Crew::vacate(&own, number).is_err()) {
                    shared.look_after_leaving();
                }
            }
            None => shared.look_after_leaving(),
        }
        Some(given)
    }
}

impl Drop for Given<'_> {
    fn drop(&mut self) {
        let Self { shared, seat, sitter } = *self;
        let claim = || shared.free.claim(seat.index);
        let back = match sitter.number {
            Some(number) => shared.crew.take_back(number, claim),
            None => claim(),
        };
        if back {
            here::with(|here| here.seat.set(seat));
        } else {
            sitter.stop.set(shared.ending.always());
        }
    }
}
