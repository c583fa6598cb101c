//! What this thread is doing: which task it polls, and how much budget that task has left.
//!
//! One thread-local record, so that a poll pays for one lookup.

use crate::Id;
use crate::cell::RawTask;
use std::cell::Cell;

/// How many operations a task may complete in one poll before its leaf futures say "pending".
pub(crate) const BUDGET: u8 = 128;
/// The budget of code that is not limited.
pub(crate) const UNLIMITED: u8 = u8::MAX;

/// One thread's record.
pub(crate) struct Current {
    /// The task being polled or dropped.
    pub(crate) id: Cell<Option<Id>>,
    /// The same as a pointer, only to be compared.
    task: Cell<Option<RawTask>>,
    /// Has it been woken by this thread meanwhile?
    woken: Cell<bool>,
    /// Operations left in this poll; [`UNLIMITED`] outside a task.
    pub(crate) budget: Cell<u8>,
    /// A number that no other thread ever has; 0 until somebody asks.
    pub(crate) thread: Cell<u64>,
}

impl Current {
    const fn new() -> Self {
        Self {
            id: Cell::new(None),
            task: Cell::new(None),
            woken: Cell::new(false),
            budget: Cell::new(UNLIMITED),
            thread: Cell::new(0),
        }
    }
}

#[cfg(not(handcrank_loom))]
thread_local! {
    static CURRENT: Current = const { Current::new() };
}

#[cfg(handcrank_loom)]
loom::thread_local! {
    static CURRENT: Current = Current::new();
}

/// Looks at this thread's record. (Under the standard library it has no destructor, so it can be
/// read even while the thread's other thread-locals are being torn down.)
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&Current) -> R) -> R {
    CURRENT.with(f)
}

/// Puts the record back as it was.
pub(crate) struct Restore {
    id: Option<Id>,
    task: Option<RawTask>,
    woken: bool,
    budget: u8,
}

/// This thread polls `task` now, with `budget`, until the guard is dropped.
#[inline]
pub(crate) fn enter(task: RawTask, id: Id, budget: u8) -> Restore {
    with(|current| Restore {
        id: current.id.replace(Some(id)),
        task: current.task.replace(Some(task)),
        woken: current.woken.replace(false),
        budget: current.budget.replace(budget),
    })
}

/// Notes the wake of a task by its own runner, on this thread, during its own poll. `false` if this
/// is not such a wake.
#[inline]
pub(crate) fn wakes_itself(task: RawTask) -> bool {
    with(|current| {
        let own = current.task.get() == Some(task);
        if own {
            current.woken.set(true);
        }
        own
    })
}

impl Restore {
    /// Ends it. Has the task woken itself?
    #[inline]
    pub(crate) fn leave(self) -> bool {
        with(|current| current.woken.get())
    }
}

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        with(|current| {
            current.id.set(self.id);
            current.task.set(self.task);
            current.woken.set(self.woken);
            current.budget.set(self.budget);
        });
    }
}

/// This thread's own number. Never reused, unlike a thread-local's address.
pub(crate) fn thread() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    with(|current| {
        if current.thread.get() == 0 {
            current.thread.set(NEXT.fetch_add(1, Relaxed));
        }
        current.thread.get()
    })
}
