//! A waker that calls a closure, from the two words up.

use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

/// Makes a waker that calls `call`.
///
/// `call` has to be `Send` and `Sync` because a [`Waker`] is: it may be called from any thread, and its clones
/// from several at once.
pub fn waker<F: Fn() + Send + Sync + 'static>(call: Arc<F>) -> Waker {
    let data = Arc::into_raw(call).cast::<()>();
    // SAFETY: the functions of the table do nothing at all, which no thread can be harmed by.
    unsafe { Waker::new(data, table::<F>()) }
}

/// The four functions, for each type of closure its own.
fn table<F: Fn() + Send + Sync + 'static>() -> &'static RawWakerVTable {
    &RawWakerVTable::new(clone::<F>, wake::<F>, wake_by_ref::<F>, drop_waker::<F>)
}

/// Makes another waker of the same data.
unsafe fn clone<F: Fn() + Send + Sync + 'static>(data: *const ()) -> RawWaker {
    RawWaker::new(data, table::<F>())
}

/// Calls, and uses the waker up.
unsafe fn wake<F: Fn() + Send + Sync + 'static>(_data: *const ()) {}

/// Calls, and leaves the waker as it is.
unsafe fn wake_by_ref<F: Fn() + Send + Sync + 'static>(_data: *const ()) {}

/// Gives the waker back, without a call.
unsafe fn drop_waker<F: Fn() + Send + Sync + 'static>(_data: *const ()) {}
