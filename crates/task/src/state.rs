//! The state word: everything that two threads could disagree about, in one atomic.
//!
//! Six facts and a count share the word. What each bit says, and who may change it:
//!
//! - `SCHEDULED`: the task is in a run queue, or its runner will put it there after this poll.
//!   Any waker sets it, and the runner itself if it has woken the task during the poll; only the
//!   runner clears it, when it starts to poll.
//! - `RUNNING`: one thread, the runner, may touch the future. Set by whoever takes the task out
//!   of a queue, cleared by the same thread.
//! - `COMPLETED`: the future is gone; the output is there, or was taken. Set once, never cleared.
//! - `ABORTED`: somebody wants the future dropped. Set by an abort, a shutdown, or the drop of a
//!   queue entry, never cleared.
//! - `JOIN_INTEREST`: the `JoinHandle` exists. Set at birth, cleared when it is dropped. While
//!   it is set the output belongs to the handle; otherwise the runner drops it.
//! - `JOIN_WAKER`: the slot for the handle's waker is filled and may be read by the runner.
//!   While it is clear the slot belongs to the handle alone.
//! - the rest: how many pointers to the task exist. A run-queue entry or the runner, the owned
//!   list once the task has slept, the `JoinHandle`, each `AbortHandle` and each `Waker` count one.
//!
//! The life of a task, the bits written as S (scheduled) and R (running). Each edge is the
//! method of that name here:
//!
//! ```text
//!                            wake
//!             ┌────────────────────────────────┐
//!             │                                ▼
//!         ┌──────┐     born ──────────▶ ┌────────────┐
//!         │ idle │                      │ S          │
//!         └──────┘                      └────────────┘
//!             ▲                           │        ▲
//!    end_poll │                start_poll │        │ end_poll: woken meanwhile (*)
//!             │                           ▼        │
//!         ┌──────┐        wake         ┌──────────────┐
//!         │ R    │────────────────────▶│ S R          │
//!         └──────┘                     └──────────────┘
//!             │ complete                  │ complete
//!             ▼                           ▼
//!         ┌────────────────────────────────────┐
//!         │ COMPLETED                          │
//!         └────────────────────────────────────┘
//! ```
//!
//! (*) From R as well, if it was the runner that woke the task: it has only noted that.
//!
//! Since `SCHEDULED` is set by exactly one waker at a time, and only a task that goes from idle
//! to scheduled is pushed, a task is never in two queues; since `RUNNING` is set only on a task
//! just taken from a queue, it is never polled twice at once.
//!
//! Two shortcuts leave edges out. A runner that holds the only pointer at the end
//! ([`is_sole`](State::is_sole)) frees the task without completing it, as nobody could see the
//! difference. And steps that come together are one step: `end_poll` counts the list's pointer,
//! `complete` gives the runner's up, and the list's with them.

use crate::primitives::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use std::fmt;

const SCHEDULED: usize = 1 << 0;
const RUNNING: usize = 1 << 1;
const COMPLETED: usize = 1 << 2;
const ABORTED: usize = 1 << 3;
const JOIN_INTEREST: usize = 1 << 4;
const JOIN_WAKER: usize = 1 << 5;
/// One pointer.
const REF: usize = 1 << 6;
/// A task at its birth: the first queue entry and the `JoinHandle` point to it.
const NEW: usize = SCHEDULED | JOIN_INTEREST | (2 * REF);

/// The word. Every method is one transition and says what the caller owes now.
pub(crate) struct State(AtomicUsize);

/// What a waker must do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// Push the task; the queue entry's reference is already counted.
    Submit,
    /// Nothing: the task is scheduled already, or done.
    Nothing,
    /// Nothing, and the waker's reference was the last: free the task.
    Dealloc,
}

/// What a runner found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Poll the future.
    Poll,
    /// Drop the future: the task was aborted.
    Cancel,
    /// Nothing: a shutdown has cancelled the task, or is about to.
    Gone,
}

/// What became of a poll that returned `Pending`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The task sleeps; the runner's reference is given up.
    Idle,
    /// Woken meanwhile: put it back, with the reference the runner had.
    Requeue,
    /// Aborted meanwhile, or nobody is left who could ever wake it: drop the future. The runner
    /// still runs it.
    Cancel,
}

/// What the `JoinHandle` sees.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The output is there.
    Completed,
    /// Not yet, and the slot holds a waker that the runner may read.
    Waiting,
    /// Not yet, and the slot is the handle's.
    Vacant,
}

/// What the `JoinHandle` leaves to be dropped by the one who drops it.
#[derive(Debug)]
pub(crate) struct Leftovers {
    pub(crate) output: bool,
    pub(crate) waker: bool,
}

/// What the runner owes after completion.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Joiner {
    /// No handle: drop the output, then give the runner's pointers up.
    Gone,
    /// A handle that is not waiting. The runner's pointers are given up.
    Absent,
    /// A handle that waits: wake it, then give the runner's pointers up.
    Waiting,
}

impl State {
    /// A task about to be pushed to a queue for the first time, and its `JoinHandle`: two pointers.
    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(NEW))
    }

    /// Wakes through a borrowed waker.
    #[inline]
    pub(crate) fn wake_by_ref(&self) -> Woken {
        // Always a read-modify-write, even if the task is scheduled already: Release, pairs with
        // the Acquire in `start_poll`. The next poll must see what the waker wrote before.
        let before = self.0.fetch_or(SCHEDULED, Release);
        if before & (SCHEDULED | RUNNING | COMPLETED) != 0 {
            return Woken::Nothing;
        }
        // It was idle and nobody else will push it. The waker we were called through keeps the
        // task alive until the queue entry is counted.
        self.ref_inc();
        Woken::Submit
    }

    /// Wakes through a waker that is used up: its reference becomes the queue entry's.
    #[inline]
    pub(crate) fn wake_by_val(&self) -> Woken {
        // Release: as in `wake_by_ref`.
        let before = self.0.fetch_or(SCHEDULED, Release);
        if before & (SCHEDULED | RUNNING | COMPLETED) == 0 {
            Woken::Submit
        } else if self.ref_dec(1) {
            Woken::Dealloc
        } else {
            Woken::Nothing
        }
    }

    /// The caller has taken the task out of a queue.
    #[inline]
    pub(crate) fn start_poll(&self) -> Start {
        // Acquire: pairs with the Release of the wakers (what the poll will look for) and of
        // `end_poll` (the future as the last runner left it).
        let before = self.0.fetch_update(Acquire, Relaxed, |now| {
            // A task that has a queue entry is scheduled, and nothing else; unless a shutdown has come
            // first, which does not wait for entries.
            (now & (RUNNING | COMPLETED) == 0).then_some((now & !SCHEDULED) | RUNNING)
        });
        match before {
            Ok(before) if before & ABORTED == 0 => Start::Poll,
            Ok(_) => Start::Cancel,
            Err(_) => Start::Gone,
        }
    }

    /// Takes the right to drop the future without a queue entry, when the scheduler has stopped.
    /// `false` if it is completed, or if it is in a poll: further up this very stack, or on a thread that
    /// has blocked in place and lost its seat. The runner then drops it after the poll.
    pub(crate) fn start_shutdown(&self) -> bool {
        // Acquire: pairs with `end_poll`, for the future itself.
        self.0
            .fetch_update(Acquire, Relaxed, |now| match now {
                _ if now & COMPLETED != 0 => None,
                _ if now & RUNNING != 0 => Some(now | ABORTED | SCHEDULED),
                _ => Some(now | ABORTED | RUNNING),
            })
            .is_ok_and(|before| before & RUNNING == 0)
    }

    /// The poll returned `Pending`. `listed`: the task has just been put on the owned list, whose
    /// pointer is counted by this very step; nobody could have met it there while the task ran.
    /// `woken`: the runner itself has woken the task during the poll.
    #[inline]
    pub(crate) fn end_poll(&self, listed: bool, woken: bool) -> End {
        let list = if listed { REF } else { 0 };
        let mut now = self.0.load(Relaxed);
        loop {
            let (next, end) = if now & ABORTED != 0 {
                // Left to the one who cancels: it counts as listed then.
                self.0.fetch_add(list, Relaxed);
                return End::Cancel;
            } else if now & SCHEDULED != 0 || woken {
                (((now & !RUNNING) | SCHEDULED) + list, End::Requeue)
            } else if now + list < 2 * REF {
                // The runner holds the only pointer: no waker, no list, no handle.
                return End::Cancel;
            } else {
                ((now & !RUNNING) + list - REF, End::Idle)
            };
            // Release: pairs with the Acquire of the next `start_poll` or `start_shutdown`.
            match self.0.compare_exchange_weak(now, next, Release, Relaxed) {
                Ok(_) => return end,
                Err(seen) => now = seen,
            }
        }
    }

    /// Does nobody but the caller, who holds `refs` pointers, know the task? Then nobody ever will,
    /// and what is left to do needs no agreement with anybody.
    #[inline]
    pub(crate) fn is_sole(&self, refs: usize) -> bool {
        // Acquire: pairs with the Release in `ref_dec`, as for any last pointer.
        self.0.load(Acquire) / REF == refs
    }

    /// The output is stored (or the error), the future dropped. The runner holds `refs` pointers,
    /// and gives them up in the same step unless it has something left to do.
    #[inline]
    pub(crate) fn complete(&self, refs: usize) -> Joiner {
        let mut now = self.0.load(Relaxed);
        loop {
            debug_assert_eq!(now & (RUNNING | COMPLETED), RUNNING, "only a runner completes");
            let joiner = match (now & JOIN_INTEREST != 0, now & JOIN_WAKER != 0) {
                (false, _) => Joiner::Gone,
                (true, true) => Joiner::Waiting,
                (true, false) => Joiner::Absent,
            };
            let given_up = match joiner {
                Joiner::Gone | Joiner::Waiting => 0,
                Joiner::Absent => refs * REF,
            };
            // Release: pairs with the Acquire in `is_completed` and the join transitions, for the
            // output. Acquire: pairs with the Release in `set_join_waker`, for the waker.
            let next = (now ^ (RUNNING | COMPLETED)) - given_up;
            match self.0.compare_exchange_weak(now, next, AcqRel, Relaxed) {
                Ok(_) => return joiner,
                Err(seen) => now = seen,
            }
        }
    }

    /// The runner has woken the handle and is done with its waker. `true` if the handle has gone
    /// meanwhile, so that the runner has to drop the waker.
    pub(crate) fn join_waker_used(&self) -> bool {
        // AcqRel: Release ends our reading of the slot for a handle that drops it later, and
        // pairs with the Acquire there; Acquire for the case that we drop it.
        self.0.fetch_and(!JOIN_WAKER, AcqRel) & JOIN_INTEREST == 0
    }

    /// Is the output there?
    #[inline]
    pub(crate) fn is_completed(&self) -> bool {
        // Acquire: pairs with the Release in `complete`.
        self.0.load(Acquire) & COMPLETED != 0
    }

    /// What the handle finds when it is polled.
    ///
    /// One load for both bits. With an acquiring one for the completion and a relaxed one for the
    /// slot, the first can miss the completion, and the second see `JOIN_WAKER` already cleared after
    /// it: the handle would take the slot for its own and write it, with nothing to say that the
    /// runner has read it before. The model found that.
    pub(crate) fn look(&self) -> Look {
        // Acquire: pairs with the Release in `complete`, for the output.
        match self.0.load(Acquire) {
            now if now & COMPLETED != 0 => Look::Completed,
            now if now & JOIN_WAKER != 0 => Look::Waiting,
            _ => Look::Vacant,
        }
    }

    /// The handle has filled the slot and shows it to the runner. `false` if the task has
    /// completed meanwhile: the slot is still the handle's.
    pub(crate) fn set_join_waker(&self) -> bool {
        // Release: pairs with the Acquire in `complete`, for the slot. Acquire on both ends: if
        // the task has completed, the output is read next.
        self.0
            .fetch_update(AcqRel, Acquire, |now| (now & COMPLETED == 0).then_some(now | JOIN_WAKER))
            .is_ok()
    }

    /// The handle wants the slot back to store another waker. `false` if the task has completed.
    pub(crate) fn unset_join_waker(&self) -> bool {
        // Acquire on failure: the output is read next.
        self.0
            .fetch_update(AcqRel, Acquire, |now| {
                (now & COMPLETED == 0).then_some(now & !JOIN_WAKER)
            })
            .is_ok()
    }

    /// The handle goes before anything has happened, as it does when a task is spawned and nobody
    /// wants to wait for it. One step instead of two; `true` if it was taken.
    #[inline]
    pub(crate) fn drop_new_join_handle(&self) -> bool {
        // Release: as in `ref_dec`. The slot is empty, and nobody looks at it any more.
        let next = NEW - REF - JOIN_INTEREST;
        self.0.compare_exchange(NEW, next, Release, Relaxed).is_ok()
    }

    /// The handle goes. Its reference is given up separately.
    pub(crate) fn drop_join_handle(&self) -> Leftovers {
        let mut now = self.0.load(Relaxed);
        loop {
            let completed = now & COMPLETED != 0;
            // Before completion we take the slot back along with the interest. Afterwards the
            // runner may still be reading it: if so, the runner drops it.
            let next = now & !(JOIN_INTEREST | if completed { 0 } else { JOIN_WAKER });
            // Acquire: pairs with `complete`, for the output, and with `join_waker_used`.
            // Release: what we did with the slot comes before the runner's look at it.
            match self.0.compare_exchange_weak(now, next, AcqRel, Relaxed) {
                Ok(_) => {
                    return Leftovers { output: completed, waker: next & JOIN_WAKER == 0 };
                }
                Err(seen) => now = seen,
            }
        }
    }

    /// Marks the task for dropping. `true` if it was idle and must now be pushed; the queue
    /// entry's reference is counted.
    pub(crate) fn abort(&self) -> bool {
        // Release: as any wake.
        let before = self.0.fetch_update(Release, Relaxed, |now| {
            if now & (COMPLETED | ABORTED) != 0 {
                return None;
            }
            let idle = now & (SCHEDULED | RUNNING) == 0;
            Some((now | ABORTED | SCHEDULED) + if idle { REF } else { 0 })
        });
        before.is_ok_and(|before| before & (SCHEDULED | RUNNING) == 0)
    }

    /// One pointer more.
    #[inline]
    pub(crate) fn ref_inc(&self) {
        // Relaxed: a new pointer is made from an existing one, which keeps the task alive.
        let before = self.0.fetch_add(REF, Relaxed);
        if before > usize::MAX / 2 {
            // Two to the fifty-seventh leaked wakers. Going on would free a task in use.
            std::process::abort();
        }
    }

    /// `count` pointers less. `true` if they were the last: the caller frees the task.
    #[inline]
    #[must_use]
    pub(crate) fn ref_dec(&self, count: usize) -> bool {
        // Release: what this pointer was used for comes before the freeing. Acquire: pairs with
        // it, in the thread that frees.
        let before = self.0.fetch_sub(count * REF, AcqRel);
        debug_assert!(before / REF >= count, "more pointers dropped than made");
        before / REF == count
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.0.load(Relaxed);
        let mut set = f.debug_set();
        for (bit, name) in [
            (SCHEDULED, "Scheduled"),
            (RUNNING, "Running"),
            (COMPLETED, "Completed"),
            (ABORTED, "Aborted"),
            (JOIN_INTEREST, "JoinInterest"),
            (JOIN_WAKER, "JoinWaker"),
        ] {
            if now & bit != 0 {
                set.entry(&format_args!("{name}"));
            }
        }
        set.entry(&format_args!("{} refs", now / REF)).finish()
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests;

#[cfg(all(test, handcrank_loom))]
mod models;
