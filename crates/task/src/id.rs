//! Task ids.

use crate::current;
use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Names a task for as long as the process lives: no two tasks ever have the same id.
///
/// Ids are handed out to threads in blocks, so that spawning does not make every core write the
/// same counter. They therefore do not tell in which order tasks were spawned.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(NonZeroU64);

/// How many ids a thread takes from the common counter at once.
const BLOCK: u64 = 1024;

impl Id {
    /// A fresh id.
    #[inline]
    pub fn next() -> Self {
        thread_local! {
            /// The next id of this thread's block, and where the block ends.
            static RANGE: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
        }
        RANGE.with(|range| {
            let (mut next, mut end) = range.get();
            if next == end {
                next = Self::block();
                end = next + BLOCK;
            }
            range.set((next + 1, end));
            // Blocks begin at 1.
            Self(NonZeroU64::new(next).unwrap_or(NonZeroU64::MIN))
        })
    }

    #[cold]
    fn block() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        NEXT.fetch_add(BLOCK, Relaxed)
    }

    /// The number behind the id.
    pub fn as_u64(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of the task this code runs in.
///
/// # Panics
///
/// Outside a task; `block_on`'s own future is none.
#[track_caller]
pub fn id() -> Id {
    try_id().expect("Can't get a task id when not inside a task")
}

/// The id of the task this code runs in, or `None` outside a task.
pub fn try_id() -> Option<Id> {
    current::with(current::Current::id)
}
