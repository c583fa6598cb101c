//! What this thread is doing: which task it polls, how much budget that task has left, and whether
//! the task has woken itself.
//!
//! One thread-local record, so that a poll looks in one place.
//!
//! A task that yields is woken by its own runner during its own poll. That is known here, and stays
//! here: the runner asks at the end of the poll, and until then nobody else needs to know. So such a
//! wake is a plain store, where any other is an atomic operation on the task's word.

use crate::Id;
use crate::raw::RawTask;
use std::cell::Cell;

/// How many operations a task may complete in one poll before its leaf futures say "pending".
pub(crate) const BUDGET: u8 = 128;
/// The budget of code that is not limited.
pub(crate) const UNLIMITED: u8 = u8::MAX;

/// One thread's record.
pub(crate) struct Current {
    /// The task being polled or dropped. It stays allocated for as long as it stands here.
    task: Cell<Option<RawTask>>,
    turn: Cell<Turn>,
    /// A number that no other thread ever has; 0 until somebody asks.
    pub(crate) thread: Cell<u64>,
}

/// What a task has of the poll under way. Two bytes, moved as one.
#[derive(Clone, Copy)]
struct Turn {
    /// Operations left; [`UNLIMITED`] outside a task.
    budget: u8,
    /// Has the task been woken by its own runner meanwhile?
    woken: bool,
}

impl Current {
    const fn new() -> Self {
        Self {
            task: Cell::new(None),
            turn: Cell::new(Turn { budget: UNLIMITED, woken: false }),
            thread: Cell::new(0),
        }
    }

    /// Operations left in this poll; [`UNLIMITED`] outside a task.
    #[inline]
    pub(crate) fn budget(&self) -> u8 {
        self.turn.get().budget
    }

    /// Sets it; returns what it was.
    #[inline]
    pub(crate) fn set_budget(&self, budget: u8) -> u8 {
        let turn = self.turn.get();
        self.turn.set(Turn { budget, ..turn });
        turn.budget
    }

    /// The id of the task being polled or dropped.
    pub(crate) fn id(&self) -> Option<Id> {
        // SAFETY: whoever put the task here holds a counted pointer until it has taken it out again.
        self.task.get().map(|task| unsafe { task.header() }.id)
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
    task: Option<RawTask>,
    turn: Turn,
}

/// This thread polls `task` now, with a full budget, until the guard is dropped.
///
/// # Safety
///
/// The caller holds a counted pointer to the task for as long as the guard.
#[inline]
pub(crate) unsafe fn enter(task: RawTask) -> Restore {
    with(|current| Restore {
        task: current.task.replace(Some(task)),
        turn: current.turn.replace(Turn { budget: BUDGET, woken: false }),
    })
}

/// Notes the wake of a task by its own runner, on this thread, during its own poll. `false` if this
/// is not such a wake.
#[inline]
pub(crate) fn wakes_itself(task: RawTask) -> bool {
    with(|current| {
        let own = current.task.get() == Some(task);
        if own {
            current.turn.set(Turn { woken: true, ..current.turn.get() });
        }
        own
    })
}

impl Restore {
    /// Ends it. Has the task woken itself?
    #[inline]
    pub(crate) fn leave(self) -> bool {
        let woken = with(|current| current.turn.get().woken);
        drop(self);
        woken
    }
}

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        with(|current| {
            current.task.set(self.task);
            current.turn.set(self.turn);
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
