//! The end of a scheduler: no task runs any more, every future is dropped, all threads have gone.
//!
//! The difficulty is to know when nobody runs tasks, so that their futures can be dropped by one
//! thread. Seats answer it: only a seated thread runs tasks, so once every seat has been taken for
//! good, *retired*, nobody does. After `close` has set the flag:
//!
//! 1. The closing thread claims and retires every free seat.
//! 2. Whoever sits notices the flag before its next task and leaves. Leaving puts the seat's bit
//!    back, fences, and looks at the flag again: it then claims the seat itself and retires it.
//!    By the two fences one side sees the other, so no seat is left over; by the claim, none is
//!    retired twice.
//! 3. Whoever retires the last seat cancels the tasks on the seats' lists, which are those that have
//!    slept; then drops the queues' entries, which cancels all others; lets the tasks that are left be
//!    counted in one place (`home`); and opens the latch.
//!
//! A thread that has blocked in place may have lost its seat and yet be in the middle of a poll. Its task is
//! then not dropped by the one who retires the last seat: it is marked, if it is on a list; and when its
//! poll returns, the thread cancels it, by the mark or because the list is closed. The wait is for threads
//! too, so it is for this one as well.
//!
//! A task whose poll never returns keeps its seat, and the latch stays shut: waiting for it can be
//! given a limit, and the last step is then done by that thread if it ever comes back.

use crate::home::Anchor;
use crate::shared::Shared;
use handcrank_task::primitives::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{AcqRel, Relaxed, Release, SeqCst},
    fence,
};
use handcrank_task::primitives::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// How far the end has come.
pub(crate) struct Ending {
    /// No new tasks are run.
    closed: AtomicBool,
    /// Always set: the flag of those who have lost their seat.
    always: AtomicBool,
    /// Seats taken for good.
    retired: AtomicUsize,
    /// All futures are dropped; entries pushed from now on are dropped by who pushes them.
    over: AtomicBool,
    /// The latch for those who wait.
    latch: Mutex<Latch>,
    opened: Condvar,
}

struct Latch {
    /// All futures are dropped.
    over: bool,
    /// Worker threads that have not returned.
    threads: usize,
}

impl Latch {
    fn is_open(&self) -> bool {
        self.over && self.threads == 0
    }
}

impl Ending {
    pub(crate) fn new() -> Self {
        Self {
            closed: AtomicBool::new(false),
            always: AtomicBool::new(true),
            retired: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            latch: Mutex::new(Latch { over: false, threads: 0 }),
            opened: Condvar::new(),
        }
    }

    /// Has the end begun?
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }

    /// The flag that says so.
    pub(crate) fn closed(&self) -> &AtomicBool {
        &self.closed
    }

    /// A flag that is set.
    pub(crate) fn always(&self) -> &AtomicBool {
        &self.always
    }

    /// Has every future been dropped?
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    /// A worker thread is about to start, or was.
    pub(crate) fn thread_starts(&self) {
        self.latch.lock().threads += 1;
    }

    /// It has nothing left to do, or could not be started.
    pub(crate) fn thread_ends(&self) {
        self.change(|latch| latch.threads -= 1);
    }

    fn change(&self, change: impl FnOnce(&mut Latch)) {
        let mut latch = self.latch.lock();
        change(&mut latch);
        let open = latch.is_open();
        drop(latch);
        // Only then: whoever waits would look at each thread's end, and sleep again.
        if open {
            self.opened.notify_all();
        }
    }

    /// Waits until every future has been dropped and every thread is returning; `false` if `limit`
    /// is over first.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> bool {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut latch = self.latch.lock();
        while !latch.is_open() {
            match deadline {
                None => self.opened.wait(&mut latch),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.opened.wait_for(&mut latch, left);
                }
            }
        }
        true
    }
}

impl Shared {
    /// Begins the end. Returns at once, unless this thread happens to retire the last seat: then
    /// it drops the futures.
    pub(crate) fn close(&self) {
        // Release: pairs with nothing by itself; the fence below does the work.
        if self.ending.closed.swap(true, Release) {
            return;
        }
        // Pairs with the fence in `leave` and `Idle::announce`: a seat that is put back, or a
        // worker that lies down, before this is found below; one that comes later sees the flag.
        fence(SeqCst);
        self.idle.wake_all(&self.driver);
        self.crew.close();
        while self.free.claim_any(usize::MAX).is_some() {
            self.retire();
        }
    }

    /// A seat has been claimed for good.
    pub(crate) fn retire(&self) {
        // AcqRel: the last one sees what all the others did from their seats.
        if self.ending.retired.fetch_add(1, AcqRel) + 1 == self.seats.len() {
            self.finish();
        }
    }

    /// All seats are retired, so nobody runs tasks and all desks are ours.
    fn finish(&self) {
        // First the tasks that have slept; all others are in a queue.
        for seat in &self.seats {
            seat.asleep.close_and_shutdown_all();
        }
        // Pairs with the fence of `notify` in `push_remote`: a waker that was called during the
        // shutdown may push its entry late. Either we find it here, or its thread sees the flag.
        self.ending.over.store(true, Release);
        fence(SeqCst);
        self.discard_injected();
        for seat in &self.seats {
            // SAFETY: every seat has been claimed and none will be put back; the claims and the
            // counter hand over what their holders wrote.
            unsafe { seat.desk() }.discard();
        }
        let made = self.sum(|counters| &counters.spawned);
        let freed = self.sum(|counters| &counters.freed);
        Anchor::settle(self, made.wrapping_sub(freed).cast_signed() as isize);
        self.ending.change(|latch| latch.over = true);
        // Threads waiting for the only seat of a scheduler without threads wait no longer.
        self.call_waiting();
    }

    /// The seat of a scheduler without threads is free, or gone.
    pub(crate) fn call_waiting(&self) {
        for (_, waiting) in self.waiting.lock().drain(..) {
            waiting.unpark();
        }
    }
}
