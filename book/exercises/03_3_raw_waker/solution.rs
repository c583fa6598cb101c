//! A waker that calls a closure, from the two words up.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

/// Makes a waker that calls `call`.
///
/// `call` has to be `Send` and `Sync` because a [`Waker`] is: it may be called from any thread, and its clones
/// from several at once.
pub fn waker<F: Fn() + Send + Sync + 'static>(call: Arc<F>) -> Waker {
    let data = Arc::into_raw(call).cast::<()>();
    // SAFETY: the data is an `Arc<F>` in raw form, which is what the functions for `F` expect, and owns
    // one reference. They may be called from any thread, since `F` is Send and Sync.
    unsafe { Waker::new(data, table::<F>()) }
}

/// The four functions, for each type of closure its own.
fn table<F: Fn() + Send + Sync + 'static>() -> &'static RawWakerVTable {
    &RawWakerVTable::new(clone::<F>, wake::<F>, wake_by_ref::<F>, drop_waker::<F>)
}

/// Makes another waker of the same data: one reference more.
unsafe fn clone<F: Fn() + Send + Sync + 'static>(data: *const ()) -> RawWaker {
    // SAFETY: the data comes from `Arc::into_raw`, and the waker being cloned owns a reference.
    unsafe { Arc::increment_strong_count(data.cast::<F>()) };
    RawWaker::new(data, table::<F>())
}

/// Calls, and uses the waker up: one reference less, though not before the call is over, as it may be
/// the last.
unsafe fn wake<F: Fn() + Send + Sync + 'static>(data: *const ()) {
    // SAFETY: the data comes from `Arc::into_raw`, and the waker's reference becomes this one's.
    let call = unsafe { Arc::from_raw(data.cast::<F>()) };
    call();
}

/// Calls, and leaves the waker as it is: no reference more or less, even if the call panics.
unsafe fn wake_by_ref<F: Fn() + Send + Sync + 'static>(data: *const ()) {
    // SAFETY: the data comes from `Arc::into_raw`. The reference stays the waker's: this handle is
    // never dropped.
    let call = ManuallyDrop::new(unsafe { Arc::from_raw(data.cast::<F>()) });
    call();
}

/// Gives the waker back, without a call: one reference less.
unsafe fn drop_waker<F: Fn() + Send + Sync + 'static>(data: *const ()) {
    // SAFETY: the data comes from `Arc::into_raw`, and nobody uses this waker's reference any more.
    unsafe { Arc::decrement_strong_count(data.cast::<F>()) };
}
