//! Which scheduler's task this thread runs, and from which seat.

use crate::in_place::Sitter;
use crate::seat::Seat;
use crate::shared::Shared;
use std::cell::Cell;
use std::ptr;

/// One thread's place. A null pointer means none.
pub(crate) struct Here {
    /// The scheduler whose tasks, or whose `block_on`, run on this thread.
    pub(crate) shared: Cell<*const Shared>,
    /// The seat it holds.
    pub(crate) seat: Cell<*const Seat>,
    /// Who sits there, if the scheduler has threads. While `seat` is null it may be out of date.
    pub(crate) sitter: Cell<*const Sitter<'static>>,
}

impl Here {
    const fn new() -> Self {
        Self {
            shared: Cell::new(ptr::null()),
            seat: Cell::new(ptr::null()),
            sitter: Cell::new(ptr::null()),
        }
    }
}

#[cfg(not(handcrank_loom))]
thread_local! {
    static HERE: Here = const { Here::new() };
}

#[cfg(handcrank_loom)]
loom::thread_local! {
    static HERE: Here = Here::new();
}

/// Looks at this thread's place.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&Here) -> R) -> R {
    HERE.with(f)
}

/// This thread's seat at this scheduler, while it has one.
#[inline]
pub(crate) fn seat(shared: &Shared) -> Option<&Seat> {
    with(|here| {
        if !ptr::eq(here.shared.get(), shared) {
            return None;
        }
        // SAFETY: the pointer is null or to a seat of this very scheduler, which `shared` borrows.
        unsafe { here.seat.get().as_ref() }
    })
}

/// The number of the seat from which this thread runs a task, at whatever scheduler. `None`: it sits nowhere.
pub fn worker_index() -> Option<usize> {
    with(|here| {
        // SAFETY: a thread with a seat is inside its scheduler's `run`, `block_on` or `drive`, all of which keep
        // the scheduler alive for longer than they hold the seat.
        let seat = unsafe { here.seat.get().as_ref() };
        seat.map(|seat| seat.index)
    })
}

/// This thread belongs to a scheduler until the guard is dropped; then to the one before.
pub(crate) struct Enter {
    shared: *const Shared,
    seat: *const Seat,
}

impl Enter {
    /// The caller keeps `shared` alive for as long as the guard.
    pub(crate) fn new(shared: &Shared) -> Self {
        with(|here| Self {
            shared: here.shared.replace(shared),
            seat: here.seat.replace(ptr::null()),
        })
    }
}

impl Drop for Enter {
    fn drop(&mut self) {
        with(|here| {
            here.shared.set(self.shared);
            here.seat.set(self.seat);
        });
    }
}
