//! What a task keeps of its scheduler: the way to it, counted without a counter that all threads
//! write.
//!
//! A waker may be called at any time and from anywhere, and pushes its task to its scheduler. So each
//! task keeps its scheduler's memory from being freed. With an `Arc` in each, every spawn and every
//! end would write the one counter in it, and the thread that spawns would take that line away from
//! the threads that end what it has spawned, and they from it, for each single task.
//!
//! Instead each seat counts for itself how many tasks it has made and how many it has freed, in plain
//! numbers of its own; they need not match, as a task may be freed elsewhere. Only threads without a
//! seat count in the shared word. The sum of all is the number of tasks that exist, but nobody needs
//! to know it before the end:
//!
//! ```text
//!   while seats are in use      word = BIAS + made by others - freed by others
//!   settle, once, at the end    word += made by seats - freed by seats - BIAS
//!   from then on                word = tasks that exist
//!   the step to 0               word = GONE, and the scheduler is let go of
//! ```
//!
//! The bias is so large that the word cannot come to 0 before it is taken out. `settle` comes when the
//! last seat has been retired: nobody counts at a seat any more, and what was counted there is seen.
//! What is let go of is one `Arc`, which stands for all tasks together.
//!
//! A task may still be spawned later, through a handle, only to be cancelled at once. It finds the
//! word below 0, and then has no scheduler. The step to `GONE` is one step, and not a 0 that is looked
//! at afterwards, because between the two somebody could spawn, end, and free the word itself.

use crate::here;
use crate::registry::push_here;
use crate::seat::{Seat, count};
use crate::shared::Shared;
use handcrank_task::primitives::atomic::{
    AtomicIsize,
    Ordering::{AcqRel, Relaxed},
};
use handcrank_task::primitives::sync::{Arc, Mutex};
use handcrank_task::{OwnedTasks, Schedule, Task, Woke};
use std::ptr::NonNull;

/// More than there can be tasks, and far from both ends of the word.
const BIAS: isize = isize::MAX / 2;
/// Below 0, and stays so whatever is added.
const GONE: isize = isize::MIN / 2;

/// What keeps a scheduler's memory while tasks exist.
pub(crate) struct Anchor {
    tasks: AtomicIsize,
    /// The scheduler itself, from [`cast`](Self::cast) to the step to `GONE`.
    own: Mutex<Option<Arc<Shared>>>,
    /// Under a checker, touched by whoever is about to give a share up, and when the memory goes.
    #[cfg(handcrank_loom)]
    life: handcrank_task::primitives::cell::UnsafeCell<()>,
}

// SAFETY: there is nothing in `life`; whether it is touched in turn is what the checker looks at.
#[cfg(handcrank_loom)]
unsafe impl Sync for Anchor {}

#[cfg(handcrank_loom)]
impl Drop for Anchor {
    fn drop(&mut self) {
        self.life.with_mut(|_| ());
    }
}

impl Anchor {
    pub(crate) fn new() -> Self {
        Self {
            tasks: AtomicIsize::new(BIAS),
            own: Mutex::new(None),
            #[cfg(handcrank_loom)]
            life: handcrank_task::primitives::cell::UnsafeCell::new(()),
        }
    }

    /// From here on the scheduler stays until [`settle`](Self::settle), and its last task.
    pub(crate) fn cast(shared: &Arc<Shared>) {
        *shared.remote.anchor.own.lock() = Some(shared.clone());
    }

    /// The scheduler itself. `None` before the first task, or after the last.
    pub(crate) fn scheduler(&self) -> Option<Arc<Shared>> {
        self.own.lock().clone()
    }

    /// One task more. `false` if the last one has gone: there will be none any more.
    fn add(&self) -> bool {
        // Relaxed: whoever adds has the scheduler by a pointer of its own.
        self.tasks.fetch_add(1, Relaxed) >= 0
    }

    /// Every seat is retired. They have made `kept` tasks more than they have freed.
    pub(crate) fn settle(shared: &Shared, kept: isize) {
        // SAFETY: the caller's reference, which outlives this call because the caller has a pointer
        // to the scheduler that is not the anchor's.
        unsafe { Self::change(NonNull::from(shared), kept - BIAS) };
    }

    /// Changes the word; the step to 0 lets go of the scheduler.
    ///
    /// A pointer, not a reference: a reference that is an argument must stay valid until the function
    /// returns, and this one may free what it points to.
    ///
    /// # Safety
    ///
    /// The scheduler is there because of what is counted in the word, or of the caller.
    unsafe fn change(shared: NonNull<Shared>, by: isize) {
        // SAFETY: the caller's promise; until the word is changed it stays.
        let anchor = unsafe { &shared.as_ref().remote.anchor };
        #[cfg(handcrank_loom)]
        anchor.life.with(|_| ());
        // Release: what this task did with the scheduler comes before its freeing. Acquire: pairs
        // with it, in the thread that lets go.
        let before = anchor
            .tasks
            .fetch_update(AcqRel, Relaxed, |now| Some(if now + by == 0 { GONE } else { now + by }));
        if before == Ok(-by) {
            // The word says GONE, so nobody else comes here, and the `Arc` is still in its place.
            let own = anchor.own.lock().take();
            drop(own);
        }
    }
}

/// One task's share in its scheduler; `None` if the scheduler had gone when the task was made.
pub(crate) struct Home(Option<NonNull<Shared>>);

// SAFETY: it stands for a counted pointer to a `Shared`, which is Send and Sync.
unsafe impl Send for Home {}
// SAFETY: as above.
unsafe impl Sync for Home {}

impl Home {
    /// For a task made at `seat`, or elsewhere.
    #[inline]
    pub(crate) fn new(shared: &Shared, seat: Option<&Seat>) -> Self {
        let counted = if let Some(seat) = seat {
            count(&seat.counters.spawned, 1);
            true
        } else {
            let added = shared.remote.anchor.add();
            shared.remote.spawned.fetch_add(u64::from(added), Relaxed);
            added
        };
        Self(counted.then(|| NonNull::from(shared)))
    }

    #[inline]
    fn shared(&self) -> Option<&Shared> {
        // SAFETY: we are counted, so the anchor has not let go of it.
        self.0.map(|shared| unsafe { shared.as_ref() })
    }
}

impl Drop for Home {
    #[inline]
    fn drop(&mut self) {
        let Some(shared) = self.0 else { return };
        // SAFETY: until the count below is given up it is there.
        match here::seat(unsafe { shared.as_ref() }) {
            Some(seat) => count(&seat.counters.freed, 1),
            // SAFETY: this task is counted, and is not from here on.
            None => unsafe { Anchor::change(shared, -1) },
        }
    }
}

impl Schedule for Home {
    fn schedule(&self, task: Task, _: Woke) {
        match self.shared() {
            Some(shared) => shared.push_remote(task),
            None => drop(task),
        }
    }

    #[inline]
    fn here(&self) -> Option<fn(Task, Woke)> {
        here::seat(self.shared()?).is_some().then_some(push_here)
    }

    #[inline]
    fn owned(&self) -> Option<&OwnedTasks> {
        let shared = self.shared()?;
        // Only from a seat are tasks run, and so put to sleep.
        let seat = here::seat(shared).unwrap_or(&shared.seats[0]);
        Some(&seat.asleep)
    }

    #[inline]
    fn ended(&self) {
        let Some(shared) = self.shared() else { return };
        match here::seat(shared) {
            Some(seat) => count(&seat.counters.ended, 1),
            None => {
                shared.remote.ended.fetch_add(1, Relaxed);
            }
        }
    }
}
