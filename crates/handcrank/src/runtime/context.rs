//! Which runtime is current on this thread. (Whether the thread may block is told by `drives` in the task
//! crate.)

use super::handle::{Handle, Inner};
use handcrank_reactor::ClockGuard;
pub(crate) use handcrank_task::drives::{Drives, block_in_place, drive, may_block, stay_in_place};
use handcrank_task::scoped::{self, Entered, Slot};
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

thread_local! {
    /// The current runtime.
    static CURRENT: Slot<Inner> = const { Slot::new() };
}

/// No runtime is current on this thread, or it cannot be told because the thread is ending. (The
/// second does not come about any more: the thread-local has no destructor.)
pub struct TryCurrentError {
    destroyed: bool,
}

impl TryCurrentError {
    /// Is there simply no runtime?
    pub fn is_missing_context(&self) -> bool {
        !self.destroyed
    }

    /// Is the thread ending, with its thread-locals gone?
    pub fn is_thread_local_destroyed(&self) -> bool {
        self.destroyed
    }
}

impl fmt::Display for TryCurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.destroyed {
            "The Handcrank context thread-local variable has been destroyed."
        } else {
            "there is no reactor running, must be called from the context of a Handcrank 1.x runtime"
        })
    }
}

impl fmt::Debug for TryCurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.destroyed { "ThreadLocalDestroyed" } else { "NoContext" };
        f.debug_struct("TryCurrentError").field("kind", &format_args!("{kind}")).finish()
    }
}

impl Error for TryCurrentError {}

/// Looks at the current runtime.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(&Arc<Inner>) -> R) -> Result<R, TryCurrentError> {
    scoped::with(&CURRENT, f).ok_or(TryCurrentError { destroyed: false })
}

/// The current runtime's reactor.
///
/// # Panics
///
/// Outside of a runtime.
#[track_caller]
pub(crate) fn reactor() -> handcrank_reactor::Handle {
    match with_current(|inner| inner.reactor.clone()) {
        Ok(reactor) => reactor,
        Err(error) => panic!("{error}"),
    }
}

/// The current runtime is another one until this is dropped; then the one before.
///
/// # Panics
///
/// When guards of one thread are dropped in another order than the reverse of their making.
#[must_use = "the context is left as soon as the guard is dropped"]
pub struct EnterGuard<'a> {
    // What is dropped knows nothing of the lifetime. So a guard that is only waiting for the end of its
    // block does not keep the runtime borrowed, and `shutdown_timeout` may take it before.
    _inside: Inside,
    _handle: PhantomData<&'a Handle>,
}

struct Inside {
    context: Entered<Inner>,
    _clock: ClockGuard,
}

/// Makes a runtime current until the guard is dropped.
pub(super) fn enter<'a>(inner: &Arc<Inner>) -> EnterGuard<'a> {
    let clock = inner.reactor.clock().enter();
    let context = Entered::new(&CURRENT, Arc::clone(inner));
    EnterGuard { _inside: Inside { context, _clock: clock }, _handle: PhantomData }
}

/// Makes a runtime current for the length of a call. Nothing is counted: the caller has the handle.
#[inline]
pub(super) fn scope<R>(inner: &Arc<Inner>, f: impl FnOnce() -> R) -> R {
    scoped::scope(&CURRENT, inner, || inner.reactor.clock().scope(f))
}

impl Drop for Inside {
    fn drop(&mut self) {
        // Out of order the two parts change nothing, and leak what they hold. (A second panic on
        // top of one would end the process.)
        assert!(
            self.context.is_on_top() || std::thread::panicking(),
            "`EnterGuard` values dropped out of order. Guards returned by \
             `handcrank::runtime::Handle::enter()` must be dropped in the reverse \
             order as they were acquired."
        );
    }
}

impl fmt::Debug for EnterGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnterGuard").finish_non_exhaustive()
    }
}
