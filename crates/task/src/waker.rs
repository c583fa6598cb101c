//! A task's waker: a counted pointer to its header, and one static table for all tasks.
//!
//! One table, whatever the future's type, because `Waker::will_wake` compares its address: with a
//! table per type, two copies of one waker could look different.

use crate::raw::RawTask;
use std::task::{RawWaker, RawWakerVTable, Waker};

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// A waker that does not count. Its clones do.
///
/// # Safety
///
/// The task stays allocated while the waker is used, and the waker is never dropped.
#[inline]
pub(crate) unsafe fn borrowed(raw: RawTask) -> Waker {
    // SAFETY: the table's functions keep a RawWaker's contract: the task is Send and Sync as far
    // as its state word is concerned, and each clone counts.
    unsafe { Waker::new(raw.as_ptr(), &VTABLE) }
}

unsafe fn clone(ptr: *const ()) -> RawWaker {
    // SAFETY: the waker being cloned keeps the task alive.
    unsafe { RawTask::from_ptr(ptr).header() }.state.ref_inc();
    RawWaker::new(ptr, &VTABLE)
}

unsafe fn wake(ptr: *const ()) {
    // SAFETY: the waker counts, and is used up.
    unsafe { RawTask::from_ptr(ptr).wake_by_val() };
}

unsafe fn wake_by_ref(ptr: *const ()) {
    // SAFETY: the waker keeps the task alive.
    unsafe { RawTask::from_ptr(ptr).wake_by_ref() };
}

unsafe fn drop(ptr: *const ()) {
    // SAFETY: the waker's own pointer.
    unsafe { RawTask::from_ptr(ptr).drop_refs(1) };
}
