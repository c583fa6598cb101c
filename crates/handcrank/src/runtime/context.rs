//! Which runtime is current on this thread, and whether this thread may block.

use super::Handle;
use handcrank_reactor::ClockGuard;
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

thread_local! {
    static CONTEXT: Context = const {
        Context {
            handle: RefCell::new(None),
            depth: Cell::new(0),
            drives: Cell::new(false),
        }
    };
}

struct Context {
    /// The current runtime.
    handle: RefCell<Option<Handle>>,
    /// How many guards are alive; they must go in the reverse order of their making.
    depth: Cell<usize>,
    /// Does this thread run async code, so that blocking it would hold others up?
    drives: Cell<bool>,
}

/// No runtime is current on this thread, or it cannot be told because the thread is ending.
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

/// Looks at the current runtime's handle.
pub(crate) fn with_current<R>(f: impl FnOnce(&Handle) -> R) -> Result<R, TryCurrentError> {
    CONTEXT
        .try_with(|context| context.handle.borrow().as_ref().map(f))
        .map_err(|_| TryCurrentError { destroyed: true })?
        .ok_or(TryCurrentError { destroyed: false })
}

/// The current runtime's reactor.
///
/// # Panics
///
/// Outside of a runtime.
#[track_caller]
pub(crate) fn reactor() -> handcrank_reactor::Handle {
    match with_current(|handle| handle.reactor().clone()) {
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
    before: Option<Handle>,
    depth: usize,
    _clock: ClockGuard,
    _handle: PhantomData<&'a Handle>,
}

/// Makes a runtime current.
pub(crate) fn enter<'a>(handle: Handle) -> EnterGuard<'a> {
    let clock = handle.reactor().clock().enter();
    CONTEXT.with(|context| {
        let depth = context.depth.get() + 1;
        context.depth.set(depth);
        let before = context.handle.borrow_mut().replace(handle);
        EnterGuard { before, depth, _clock: clock, _handle: PhantomData }
    })
}

impl Drop for EnterGuard<'_> {
    fn drop(&mut self) {
        let gone = CONTEXT.try_with(|context| {
            if context.depth.get() != self.depth {
                // A second panic on top of one would end the process.
                assert!(
                    std::thread::panicking(),
                    "`EnterGuard` values dropped out of order. Guards returned by \
                     `handcrank::runtime::Handle::enter()` must be dropped in the reverse \
                     order as they were acquired."
                );
                return None;
            }
            context.depth.set(self.depth - 1);
            std::mem::replace(&mut *context.handle.borrow_mut(), self.before.take())
        });
        // The last handle may free the runtime: not while the cell is borrowed.
        drop(gone);
    }
}

impl fmt::Debug for EnterGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnterGuard").finish_non_exhaustive()
    }
}

/// This thread runs async code until the guard is dropped.
pub(crate) struct Drives(());

/// Marks this thread as one that runs async code. `None` if it is one already.
pub(crate) fn drive() -> Option<Drives> {
    CONTEXT.with(|context| (!context.drives.replace(true)).then(|| Drives(())))
}

/// May this thread block?
pub(crate) fn may_block() -> bool {
    CONTEXT.try_with(|context| !context.drives.get()).unwrap_or(true)
}

impl Drop for Drives {
    fn drop(&mut self) {
        let _ = CONTEXT.try_with(|context| context.drives.set(false));
    }
}
