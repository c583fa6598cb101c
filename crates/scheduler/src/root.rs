//! The waker of a future in `block_on`: a flag, and the thread's parker.

use handcrank_executor::{Parker, Unparker};
use handcrank_task::primitives::atomic::{
    AtomicBool,
    Ordering::{AcqRel, Acquire},
};
use std::cell::{Cell, OnceCell};
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
        // Looked at first: mostly there is nothing to take, and a swap costs as much as a lock.
        self.woken.load(Acquire) && self.woken.swap(false, AcqRel)
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

/// A thread's root, kept from one `block_on` to the next.
struct Cached {
    root: OnceCell<(Arc<Root>, Waker)>,
    in_use: Cell<bool>,
}

impl Cached {
    const fn new() -> Self {
        Self { root: OnceCell::new(), in_use: Cell::new(false) }
    }
}

#[cfg(not(handcrank_loom))]
thread_local! {
    static CACHED: Cached = const { Cached::new() };
}

#[cfg(handcrank_loom)]
loom::thread_local! {
    static CACHED: Cached = Cached::new();
}

fn make() -> (Arc<Root>, Waker) {
    let root = Arc::new(Root::new());
    let waker = Waker::from(Arc::clone(&root));
    (root, waker)
}

/// Runs `f` with this thread's root. Made once for each thread; a `block_on` within a `block_on`
/// gets one of its own.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&Arc<Root>, &Waker) -> R) -> R {
    struct Free<'a>(&'a Cell<bool>);
    impl Drop for Free<'_> {
        fn drop(&mut self) {
            self.0.set(false);
        }
    }
    let mut f = Some(f);
    // While the thread's locals are being torn down there is no cache, but still a future to run.
    let result = CACHED.try_with(|cached| {
        if cached.in_use.get() {
            return None;
        }
        let (root, waker) = cached.root.get_or_init(make);
        cached.in_use.set(true);
        let _free = Free(&cached.in_use);
        f.take().map(|f| f(root, waker))
    });
    if let Ok(Some(result)) = result {
        return result;
    }
    let (root, waker) = make();
    let Some(f) = f else { unreachable!("it has run, or is still there") };
    f(&root, &waker)
}
