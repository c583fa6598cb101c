//! The waker of a future in `block_on`: a flag, and the thread's parker.

use handcrank_executor::{Parker, Unparker};
use handcrank_task::primitives::atomic::{
    AtomicBool,
    Ordering::{AcqRel, Acquire},
};
use std::cell::Cell;
use std::sync::Arc;
use std::task::{Wake, Waker};

/// One thread's sleep in `block_on`. Only its own thread parks.
pub(crate) struct Root {
    woken: AtomicBool,
    parker: Parker,
    unparker: Unparker,
}

impl Root {
    fn new() -> Self {
        let parker = Parker::new();
        let unparker = parker.unparker();
        Self { woken: AtomicBool::new(true), parker, unparker }
    }

    /// Has the future been woken since the last [`take`](Self::take)?
    #[inline]
    pub(crate) fn is_woken(&self) -> bool {
        // Acquire: pairs with the Release in `wake`, for those who act on it without `take`.
        self.woken.load(Acquire)
    }

    /// Takes the wake, if there was one.
    pub(crate) fn take(&self) -> bool {
        // Acquire: pairs with the Release in `wake`: the poll that follows sees what the waker did.
        self.woken.swap(false, AcqRel)
    }

    /// Sleeps until the future is woken. A call left over from an earlier sleep returns early.
    pub(crate) fn park(&self) {
        self.parker.park();
    }

    /// Ends the sleep for another reason than a wake.
    pub(crate) fn unparker(&self) -> Unparker {
        self.unparker.clone()
    }
}

impl Wake for Root {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Release: what was done before the wake is seen by the poll. The parker is called for the
        // first wake only; until the flag is taken the thread does not sleep.
        if !self.woken.swap(true, AcqRel) {
            self.unparker.unpark();
        }
    }
}

type Cached = Cell<Option<(Arc<Root>, Waker)>>;

#[cfg(not(handcrank_loom))]
thread_local! {
    static CACHED: Cached = const { Cell::new(None) };
}

#[cfg(handcrank_loom)]
loom::thread_local! {
    static CACHED: Cached = Cell::new(None);
}

/// Runs `f` with this thread's root. Made once for each thread; a `block_on` within a `block_on`
/// gets one of its own.
pub(crate) fn with<R>(f: impl FnOnce(&Arc<Root>, &Waker) -> R) -> R {
    // While the thread's locals are being torn down there is no cache, but still a future to run.
    let cached = CACHED.try_with(Cell::take).ok().flatten();
    let (root, waker) = cached.unwrap_or_else(|| {
        let root = Arc::new(Root::new());
        let waker = Waker::from(Arc::clone(&root));
        (root, waker)
    });
    let result = f(&root, &waker);
    let _ = CACHED.try_with(|cached| cached.set(Some((root, waker))));
    result
}
