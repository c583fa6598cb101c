//! `block_on` on a scheduler with threads: wait for a future, and help meanwhile.
//!
//! To wake another thread costs far more than to run a small task. So while its own future is
//! pending, the thread in `block_on` takes the free seat of a sleeping worker and runs what there
//! is to run, first of all what its future has just spawned. It gives the seat back when its
//! future has been woken or the work has run out. Seats keep the count: helping never makes more
//! threads run tasks than there are workers.

use crate::here;
use crate::in_place::Sitter;
use crate::registry::Handle;
use crate::root::{self, Root};
use crate::shared::Shared;
use handcrank_task::coop;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};

/// After so many tasks the thread looks whether its own future has been woken. One by one it would
/// leave its seat and take it again for each of the tasks that the future waits for in turn.
///
/// (Under a checker each is looked at: one task left behind is a smaller model than four.)
const FEW: u32 = if cfg!(handcrank_loom) { 1 } else { 4 };

impl Handle {
    /// Runs a future to its end on this thread, together with the scheduler's tasks.
    ///
    /// With threads, the tasks run on the workers, and this thread helps from a free seat while its
    /// future is pending, unless the configuration forbids it. Without threads, this is what runs
    /// the tasks; several such calls at once take turns.
    ///
    /// The future need not be `Send`: it never leaves this thread. Once woken, it is looked at
    /// again after a few tasks at most; a long poll of a task run here delays it. A task that
    /// blocks its thread until this future goes on may therefore wait for ever; let it await.
    ///
    /// # Panics
    ///
    /// If the future panics. Calling it from within a task blocks that task's thread.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match &self.inner.solo {
            Some(solo) => self.drive(solo, future),
            None => self.wait_and_help(future),
        }
    }

    fn wait_and_help<F: Future>(&self, future: F) -> F::Output {
        let shared: &Shared = &self.inner.shared;
        let mut future = pin!(future);
        let _here = here::Enter::new(shared);
        root::with(|root, waker| {
            let mut cx = Context::from_waker(waker);
            loop {
                root.take();
                // Polled without a seat: the future may block, and whatever it spawns must find a
                // worker that can sit down.
                if let Poll::Ready(output) = coop::budget(|| future.as_mut().poll(&mut cx)) {
                    return output;
                }
                if shared.config.helping {
                    help(shared, root);
                }
                if !root.is_woken() {
                    root.park();
                }
            }
        })
    }
}

/// Runs tasks until the future is woken, or there are none, or no seat is free.
fn help(shared: &Shared, root: &Root) {
    // Woken during its own poll, the future yields: it goes behind what is ready now.
    let mut until_look = if root.is_woken() { shared.config.event_interval } else { FEW };
    if !shared.has_work() || shared.ending.is_closed() {
        return;
    }
    let sitter = Sitter::new(shared, None);
    let Some(seat) = sitter.sit(0) else { return };
    // SAFETY: the seat is this thread's until `leave`, or until `sitter` says that it must stop. Nothing in
    // between unwinds: a task's panic ends in its handle.
    let desk = unsafe { seat.desk() };
    let mut searching = false;
    while !sitter.must_stop() {
        if until_look == 0 {
            if root.is_woken() {
                break;
            }
            until_look = FEW;
        }
        until_look -= 1;
        let Some(task) = shared.next(seat, desk, &mut searching) else { break };
        shared.found(&mut searching);
        seat.run(task);
    }
    if sitter.has_lost() {
        // A task has blocked here, and gave the seat away; what had to be looked after then, has been.
        return;
    }
    if searching {
        // Pushes that relied on this search are looked for below.
        shared.idle.end_search();
    }
    shared.leave(seat);
    shared.look_after_leaving();
}
