//! A worker thread: sit, work, leave, sleep.

use crate::config::Hook;
use crate::here;
use crate::in_place::Sitter;
use crate::seat::{Seat, call_all, count};
use crate::shared::Shared;
use handcrank_task::primitives::contain;
use std::task::Waker;

/// Why a worker gets up.
#[derive(PartialEq)]
enum Rest {
    /// There may be work: sit down and look.
    Called,
    /// The driver has woken tasks.
    Driver,
    /// Nothing: a stray call.
    Nothing,
}

/// Why a thread is a worker no longer.
pub(crate) enum Left {
    /// The scheduler has been closed.
    Closed,
    /// The thread has blocked in a task, and another has taken the number over.
    Blocked,
}

/// The life of worker `number`, or this thread's part of it.
pub(crate) fn run(shared: &Shared, number: usize) -> Left {
    let _here = here::Enter::new(shared);
    let mut woken: Vec<Waker> = Vec::new();
    let mut searching = false;
    // Born awake: whatever was pushed before is found on the first look around.
    let mut rest = Rest::Called;
    while !shared.ending.is_closed() {
        if rest != Rest::Nothing {
            let sitter = Sitter::new(shared, Some(number));
            match sitter.sit(number) {
                Some(seat) => {
                    work(shared, seat, &sitter, &mut woken, &mut searching);
                    if sitter.has_lost() {
                        // From a task, so nothing was left to wake, and no search under way.
                        return Left::Blocked;
                    }
                    shared.leave(seat);
                }
                // Helpers sit on all seats. What the driver brought goes the long way round, and
                // work is left to those who sit; the one who leaves a seat looks for us.
                None => call_all(&mut woken),
            }
        }
        rest = lie_down(shared, number, &mut woken, &mut searching);
    }
    if searching {
        shared.idle.end_search();
    }
    // What the driver brought last: the tasks will not run, but wakers may be anybody's.
    call_all(&mut woken);
    Left::Closed
}

/// Runs tasks until there are none, or the scheduler closes, or the seat is lost.
fn work(
    shared: &Shared,
    seat: &Seat,
    sitter: &Sitter<'_>,
    woken: &mut Vec<Waker>,
    searching: &mut bool,
) {
    // SAFETY: the caller has just sat down here, and has the seat until `sitter` says that it must stop.
    let desk = unsafe { seat.desk() };
    if !woken.is_empty() {
        // The first is ours to run. For the others somebody else may come. (Tasks are counted, not
        // wakers: two may be one task's, and a foreign one may wake many.)
        desk.wake_batch(woken);
        if desk.has_several() {
            shared.notify();
        }
    }
    while !sitter.must_stop() {
        let Some(task) = shared.next(seat, desk, searching) else { return };
        shared.found(searching);
        seat.run(task);
    }
}

/// Sleeps, unless there is work after all. Why each line stands where it stands, the README of
/// `idle` says.
fn lie_down(shared: &Shared, number: usize, woken: &mut Vec<Waker>, searching: &mut bool) -> Rest {
    let idle = &shared.idle;
    idle.announce(number, std::mem::take(searching));
    let closed = shared.ending.is_closed();
    if (closed || (shared.has_work() && !shared.free.is_empty())) && idle.retract(number) {
        if !closed {
            // Counted even if half of the seats search already: we have seen work, and not
            // searching for it would bring us straight back here.
            idle.start_search();
            *searching = true;
        }
        return Rest::Called;
    }
    shared.slept(number, || idle.sleep(number, &shared.driver, woken));
    if !idle.retract(number) {
        // Whoever claimed us has counted us.
        *searching = true;
        return Rest::Called;
    }
    if woken.is_empty() { Rest::Nothing } else { Rest::Driver }
}

impl Shared {
    /// Sleeps, counted and between its hooks.
    fn slept(&self, number: usize, sleep: impl FnOnce()) {
        self.before_sleep();
        self.sleep_counted(number, sleep);
        self.after_sleep();
    }

    pub(crate) fn sleep_counted(&self, number: usize, sleep: impl FnOnce()) {
        let counters = &self.seats[number].counters;
        count(&counters.parks, 1);
        sleep();
        count(&counters.unparks, 1);
    }

    pub(crate) fn before_sleep(&self) {
        call(self.config.on_park.as_ref());
    }

    pub(crate) fn after_sleep(&self) {
        call(self.config.on_unpark.as_ref());
    }
}

fn call(hook: Option<&Hook>) {
    if let Some(hook) = hook {
        // A worker that died of it in its bed would still be claimed, and never come.
        contain(|| hook());
    }
}
