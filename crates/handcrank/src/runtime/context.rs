//! Which runtime is current on this thread.

use handcrank_reactor::Handle;
use std::cell::RefCell;

thread_local! {
    static REACTOR: RefCell<Option<Handle>> = const { RefCell::new(None) };
}

/// The reactor of the current runtime.
#[track_caller]
pub(crate) fn reactor() -> Handle {
    match try_reactor() {
        Some(reactor) => reactor,
        None => panic!(
            "there is no reactor running, must be called from the context of a Handcrank 1.x runtime"
        ),
    }
}

/// The reactor of the current runtime, if there is one.
pub(crate) fn try_reactor() -> Option<Handle> {
    REACTOR.with_borrow(Clone::clone)
}

/// Makes a reactor current until the guard is dropped.
#[cfg(test)]
pub(crate) fn enter(handle: Handle) -> impl Drop {
    struct Restore(Option<Handle>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let before = self.0.take();
            REACTOR.with_borrow_mut(|current| *current = before);
        }
    }
    Restore(REACTOR.with_borrow_mut(|current| current.replace(handle)))
}
