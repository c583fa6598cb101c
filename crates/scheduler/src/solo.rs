//! `block_on` on a scheduler without threads: this thread runs everything.
//!
//! There is one seat, and whoever is in `block_on` and gets it runs the tasks, sleeps in the driver
//! and polls its own future in between. Others wait for their own future or for the seat,
//! whichever comes first.

use crate::here;
use crate::registry::Handle;
use crate::root;
use crate::seat::Seat;
use crate::shared::Shared;
use handcrank_task::coop;
use handcrank_task::primitives::atomic::{
    AtomicBool,
    Ordering::{AcqRel, Acquire, Relaxed, SeqCst},
    fence,
};
use handcrank_task::primitives::sync::Arc as SharedArc;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

/// The root of the future whose thread holds the seat, and its waker. One for the scheduler's whole
/// life, so that `block_on` allocates and counts nothing; a wake meant for an earlier call only
/// costs a look.
pub(crate) struct Solo {
    root: Arc<SoloRoot>,
    waker: Waker,
}

impl Solo {
    pub(crate) fn new(shared: SharedArc<Shared>) -> Self {
        let root = AtomicBool::new(false);
        let root = Arc::new(SoloRoot { woken: root, waits: AtomicBool::new(false), shared });
        Self { waker: Waker::from(Arc::clone(&root)), root }
    }
}

/// What the waker keeps.
struct SoloRoot {
    woken: AtomicBool,
    /// May a thread wait for the seat? Set under the lock of `Shared::waiting`, and reset before
    /// the list is emptied: so whoever leaves the seat need not take the lock to find nobody, and
    /// a thread that is on the list when this is false is about to be called.
    waits: AtomicBool,
    shared: SharedArc<Shared>,
}

impl SoloRoot {
    /// Takes the wake, if there was one.
    fn take(&self) -> bool {
        // Acquire: pairs with the Release in `call`: the poll that follows sees what the waker did.
        // Looked at first: mostly there is nothing to take, and a swap costs as much as a lock.
        self.woken.load(Acquire) && self.woken.swap(false, AcqRel)
    }

    fn is_woken(&self) -> bool {
        // Acquire: pairs with the Release in `call`.
        self.woken.load(Acquire)
    }

    fn call(&self) {
        // Release: what was done before the wake is seen by the poll.
        if !self.woken.swap(true, AcqRel) {
            self.shared.idle.call(0, &self.shared.driver);
        }
    }
}

impl Wake for SoloRoot {
    fn wake(self: Arc<Self>) {
        self.call();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.call();
    }
}

impl Handle {
    pub(crate) fn drive<F: Future>(&self, solo: &Solo, future: F) -> F::Output {
        let shared: &Shared = &self.inner.shared;
        let mut future = pin!(future);
        let _here = here::Enter::new(shared);
        loop {
            if let Some(seat) = shared.sit(0) {
                let held = Held { shared, seat, solo: &solo.root };
                if let Some(output) = held.drive(&solo.waker, future.as_mut()) {
                    return output;
                }
            } else if let Some(output) = wait_for_seat(shared, &solo.root, future.as_mut()) {
                return output;
            }
        }
    }
}

/// The seat is taken, or the scheduler has ended: waits for the future alone, until it is ready or
/// the seat may be free.
fn wait_for_seat<F: Future>(
    shared: &Shared,
    solo: &SoloRoot,
    mut future: Pin<&mut F>,
) -> Option<F::Output> {
    root::with(|root, waker| {
        let mut cx = Context::from_waker(waker);
        let me = Arc::as_ptr(root).addr();
        let output = loop {
            root.take();
            if let Poll::Ready(output) = coop::budget(|| future.as_mut().poll(&mut cx)) {
                break Some(output);
            }
            {
                let mut waiting = shared.waiting.lock();
                waiting.retain(|(who, _)| *who != me);
                waiting.push((me, root.unparker()));
                solo.waits.store(true, Relaxed);
            }
            // Pairs with the fence in `Shared::leave`: either the thread that leaves sees that
            // somebody waits, or we see below that the seat is free.
            fence(SeqCst);
            // Only now look at the seat: one that was left before the line above called nobody.
            if !shared.free.is_empty() {
                break None;
            }
            if !root.is_woken() {
                root.park();
            }
            if !shared.free.is_empty() {
                break None;
            }
        };
        shared.waiting.lock().retain(|(who, _)| *who != me);
        output
    })
}

/// The seat, given back when this is dropped, also by a panic.
struct Held<'a> {
    shared: &'a Shared,
    seat: &'a Seat,
    solo: &'a SoloRoot,
}

impl Held<'_> {
    /// Runs the tasks until the future is ready. `None` if the scheduler closes before.
    fn drive<F: Future>(&self, waker: &Waker, mut future: Pin<&mut F>) -> Option<F::Output> {
        let Self { shared, seat, solo } = *self;
        // SAFETY: the seat is ours until `self` is dropped.
        let desk = unsafe { seat.desk() };
        let mut cx = Context::from_waker(waker);
        let mut woken: Vec<Waker> = Vec::new();
        let mut searching = false;
        // Nobody has woken the future yet, and it wants its first poll all the same.
        let mut first = true;
        while !shared.ending.is_closed() {
            let mut yielded = false;
            if solo.take() | std::mem::take(&mut first) {
                if let Poll::Ready(output) = coop::budget(|| future.as_mut().poll(&mut cx)) {
                    return Some(output);
                }
                // Woken during its own poll, the future yields: it goes behind what is ready now,
                // and past a turn of the driver.
                yielded = solo.is_woken();
            }
            // The future waits for its turn as a task does: first goes what was ready before it. So it
            // is in Tokio, and programs count on it. But it waits for so many tasks and no more.
            let mut idle = false;
            for _ in 0..shared.config.event_interval {
                let Some(task) = shared.next(seat, desk, &mut searching) else {
                    idle = true;
                    break;
                };
                seat.run(task);
                if shared.ending.is_closed() {
                    break;
                }
            }
            if yielded || (idle && desk.has_yielded()) {
                shared.attend_driver(seat, desk, Instant::now());
            } else if idle && !solo.is_woken() {
                self.sleep(&mut woken);
                desk.wake_batch(&mut woken);
            }
        }
        None
    }

    /// Sleeps in the driver, seat and all, until there is something to do.
    fn sleep(&self, woken: &mut Vec<Waker>) {
        let Self { shared, seat, solo } = *self;
        // SAFETY: the seat is ours.
        let desk = unsafe { seat.desk() };
        // Before the last look: the hook may spawn or wake, and a push at the seat calls nobody.
        shared.before_sleep();
        shared.idle.announce(0, false);
        let busy = shared.has_work() || solo.is_woken() || shared.ending.is_closed();
        if !(busy && shared.idle.retract(0)) {
            desk.stop_clock(&seat.counters);
            shared.sleep_counted(0, || shared.idle.sleep(0, &shared.driver, woken));
            if !shared.idle.retract(0) {
                // Claimed, and so counted as searching: but we look at everything anyway.
                shared.idle.end_search();
            }
        }
        shared.after_sleep();
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.shared.leave(self.seat);
        // `leave` has fenced: whoever registers in `wait_for_seat` and is not seen here sees the
        // free seat. (Once called, they register again before they sleep.)
        if self.solo.waits.load(Relaxed) {
            self.solo.waits.store(false, Relaxed);
            self.shared.call_waiting();
        }
    }
}
