//! What all threads of a scheduler share: the seats, the queues between them, and who sleeps. And what
//! is counted by threads without a seat, on a line of its own.

use crate::config::Config;
use crate::crew::Crew;
use crate::driver::{Driver, Park};
use crate::here;
use crate::home::Anchor;
use crate::idle::{Bits, Idle};
use crate::queue::Injector;
use crate::seat::{Counters, Desk, Seat, count};
use crate::shutdown::Ending;
use handcrank_executor::Unparker;
use handcrank_task::Task;
use handcrank_task::primitives::atomic::{
    Ordering::{Relaxed, SeqCst},
    fence,
};
use handcrank_task::primitives::sync::Mutex;
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// A busy seat turns the driver in passing no more often than this: the system call takes a few
/// hundred nanoseconds, as long as dozens of short polls. (Without threads, the turn that tasks which
/// have yielded wait for is not put off. A checker knows no time.)
const BETWEEN_TURNS: Duration = Duration::from_micros(if cfg!(handcrank_loom) { 0 } else { 10 });

/// How often a thief goes round again because another one was in its way.
const SEARCH_ROUNDS: usize = 4;

/// One scheduler.
pub(crate) struct Shared {
    pub(crate) seats: Box<[Seat]>,
    /// The seats nobody holds. Claiming one is the right to sit there.
    pub(crate) free: Bits,
    /// Tasks from threads without a seat.
    pub(crate) inject: Injector,
    /// What threads without a seat have counted.
    pub(crate) remote: Remote,
    pub(crate) idle: Idle,
    pub(crate) driver: Driver,
    pub(crate) config: Config,
    /// The threads.
    pub(crate) crew: Crew,
    /// Threads in `block_on` of a scheduler without threads, waiting for its only seat; each with a
    /// number of its own.
    pub(crate) waiting: Mutex<Vec<(usize, Unparker)>>,
    pub(crate) ending: Ending,
}

/// The counterpart of a seat's counters for all threads without one. Written with every spawn from
/// outside; the lines around it are read with every poll, so it keeps away from them.
#[repr(align(128))]
pub(crate) struct Remote {
    pub(crate) anchor: Anchor,
    pub(crate) spawned: AtomicU64,
    pub(crate) ended: AtomicU64,
}

impl Remote {
    fn new() -> Self {
        Self { anchor: Anchor::new(), spawned: AtomicU64::new(0), ended: AtomicU64::new(0) }
    }
}

impl Shared {
    pub(crate) fn new(config: Config, park: Box<dyn Park>) -> Self {
        let seats = config.workers;
        assert!(seats > 0, "a scheduler needs at least one worker");
        assert!(config.threads || seats == 1, "without threads there is exactly one seat");
        assert!(
            config.event_interval > 0 && config.global_queue_interval > 0,
            "intervals are at least 1"
        );
        Self {
            seats: (0..seats).map(|index| Seat::new(index, &config)).collect(),
            free: Bits::new(seats, true),
            inject: Injector::new(),
            remote: Remote::new(),
            // Without threads, the bed is that of whoever holds the seat.
            idle: Idle::new(seats, seats),
            driver: Driver::new(park),
            config,
            crew: Crew::new(),
            waiting: Mutex::new(Vec::new()),
            ending: Ending::new(),
        }
    }

    /// Sits down, at seat `near` if it is free. `None` if all seats are taken.
    pub(crate) fn sit(&self, near: usize) -> Option<&Seat> {
        let index = if self.free.claim(near) { near } else { self.free.claim_any(usize::MAX)? };
        let seat = &self.seats[index];
        here::with(|here| {
            debug_assert!(ptr::eq(here.shared.get(), self) && here.seat.get().is_null());
            here.seat.set(seat);
        });
        Some(seat)
    }

    /// Stands up. The seat's tasks stay in its queue, for others to steal or for whoever sits
    /// there next. The caller looks whether somebody must come for them.
    pub(crate) fn leave(&self, seat: &Seat) {
        // SAFETY: the seat is ours until the bit is put back below.
        let desk = unsafe { seat.desk() };
        desk.flush();
        desk.stop_clock(&seat.counters);
        here::with(|here| here.seat.set(ptr::null()));
        self.free.put(seat.index);
        // Pairs with the fence in `close`: either the closing thread finds the seat free, or we
        // see that it is closing. And with the fence in `Shared::notify` and `Idle::announce`.
        fence(SeqCst);
        if self.ending.is_closed() && self.free.claim(seat.index) {
            self.retire();
        }
    }

    /// What a thread owes that has left a seat and does not lie down next: call somebody for the work that
    /// it leaves, and for the driver.
    pub(crate) fn look_after_leaving(&self) {
        // `leave` has fenced: a worker that lies down either sees the free seat, or is seen here.
        if self.has_work() {
            self.notify();
        }
        // While we had the driver in passing, a worker may have lain down without it. Somebody has to
        // sleep in it, or nobody would hear the sockets.
        if !self.driver.is_taken() && self.idle.has_sleepers() {
            self.idle.wake_one(&self.driver);
        }
    }

    /// Is there a task that a thread without a seat's own could find?
    pub(crate) fn has_work(&self) -> bool {
        !self.inject.is_empty() || self.seats.iter().any(|seat| !seat.looks_empty())
    }

    /// Something was pushed where others can see it: let somebody come for it.
    ///
    /// Nobody is called if no seat is free: a worker could not sit down, and whoever leaves a seat
    /// looks for work after that. (Without threads the one who sleeps sits already.)
    #[inline]
    pub(crate) fn notify(&self) {
        // Pairs with the fence of a worker that lies down (`Idle::announce`), and of a thread
        // that leaves a seat (`leave`): one of the two sees the other's write, the push on this
        // side, the announcement or the free seat on that one.
        fence(SeqCst);
        if self.idle.wants_waking() && !(self.config.threads && self.free.is_empty()) {
            self.idle.wake_one(&self.driver);
        }
    }

    /// A task from a thread without a seat.
    pub(crate) fn push_remote(&self, task: Task) {
        self.inject.push(task);
        self.notify();
        // `notify` has fenced: either the last sweep of the shutdown finds the entry, or we see
        // here that it is over and sweep ourselves.
        if self.ending.is_over() {
            self.discard_injected();
        }
    }

    /// Cancels what lies in the inject queue.
    pub(crate) fn discard_injected(&self) {
        while let Some(task) = self.inject.pop() {
            drop(task);
        }
    }

    /// The next task for the one who sits here: its own, then from outside, then other seats'.
    ///
    /// `searching` says whether this thread counts as searching; it may become true here, and the
    /// caller ends the search.
    #[inline]
    pub(crate) fn next(&self, seat: &Seat, desk: &Desk, searching: &mut bool) -> Option<Task> {
        if desk.is_due()
            && let Some(task) = self.look_around(seat, desk, *searching)
        {
            return Some(task);
        }
        desk.pop().or_else(|| self.fetch(seat, desk, searching))
    }

    /// A busy seat looks at the driver and at the inject queue in passing.
    #[cold]
    fn look_around(&self, seat: &Seat, desk: &Desk, searching: bool) -> Option<Task> {
        let due = desk.next_due(&self.config);
        if due.driver {
            let now = Instant::now();
            if desk.turned.get().is_none_or(|at| now.duration_since(at) >= BETWEEN_TURNS) {
                self.attend_driver(seat, desk, now);
            }
        }
        if due.global { self.take_injected(desk, searching) } else { None }
    }

    /// Nothing left on the desk: look elsewhere.
    #[cold]
    fn fetch(&self, seat: &Seat, desk: &Desk, searching: &mut bool) -> Option<Task> {
        if let Some(task) = self.take_injected(desk, *searching) {
            return Some(task);
        }
        if self.seats.len() == 1 { None } else { self.steal(seat, desk, searching) }
    }

    /// Apart, so that a seat that is alone does not pay for it: it comes to `fetch` whenever the future in
    /// `block_on` wants its turn.
    #[inline(never)]
    fn steal(&self, seat: &Seat, desk: &Desk, searching: &mut bool) -> Option<Task> {
        let seats = self.seats.len();
        if !*searching {
            if !self.idle.try_search() {
                return None;
            }
            *searching = true;
        }
        for _ in 0..SEARCH_ROUNDS {
            let mut again = false;
            let start = desk.random(seats);
            for victim in (0..seats).map(|step| &self.seats[(start + step) % seats]) {
                if victim.index == seat.index {
                    continue;
                }
                match desk.queue().fill(|own| victim.stealer().steal_into(own)) {
                    Ok(Some(task)) => {
                        count(&seat.counters.steals, 1);
                        return Some(task);
                    }
                    Ok(None) => {}
                    Err(_contended) => again = true,
                }
            }
            if !again {
                break;
            }
        }
        self.take_injected(desk, *searching)
    }

    /// This seat's share of what came from outside.
    #[inline]
    fn take_injected(&self, desk: &Desk, searching: bool) -> Option<Task> {
        if self.inject.is_empty() { None } else { self.take_share(desk, searching) }
    }

    #[inline(never)]
    fn take_share(&self, desk: &Desk, searching: bool) -> Option<Task> {
        let more = self.inject.len() / self.seats.len();
        let task = desk.queue().fill(|own| self.inject.take_into(own, more))?;
        // What came along with it left one queue and is now in another. One who lay down in
        // between saw it in neither; a search would look again at its end, but we may be none.
        if !searching && !desk.queue().is_empty() {
            self.notify();
        }
        Some(task)
    }

    /// A busy seat looks at sockets and timers in passing, without waiting.
    #[cold]
    pub(crate) fn attend_driver(&self, seat: &Seat, desk: &Desk, now: Instant) {
        desk.lap(&seat.counters, now);
        desk.turned.set(Some(now));
        let Some(baton) = self.driver.try_take() else { return };
        let mut woken = desk.woken.take();
        baton.turn(Some(Duration::ZERO), &mut woken);
        let any = !woken.is_empty();
        desk.wake_batch(&mut woken);
        desk.woken.set(woken);
        // One task is the one that we run next. To call somebody for it would cost a futex round
        // trip, and have the task's data carried to another core.
        if any && desk.has_several() {
            self.notify();
        }
        desk.resume_yielded();
    }

    /// The search is over because something was found. If no other search is under way, those who
    /// pushed meanwhile have relied on us, so let somebody come for what they pushed.
    #[inline]
    pub(crate) fn found(&self, searching: &mut bool) {
        if std::mem::take(searching) && self.idle.end_search() {
            // Pairs with the fence in `notify`: a push that we do not see below sees that nobody
            // searches any more.
            fence(SeqCst);
            if self.has_work() {
                self.notify();
            }
        }
    }

    /// All tasks ever spawned.
    pub(crate) fn spawned(&self) -> u64 {
        self.sum(|counters| &counters.spawned) + self.remote.spawned.load(Relaxed)
    }

    /// All tasks that have ended.
    pub(crate) fn ended(&self) -> u64 {
        self.sum(|counters| &counters.ended) + self.remote.ended.load(Relaxed)
    }

    /// One of the seats' counters, over all of them.
    pub(crate) fn sum(&self, counter: impl Fn(&Counters) -> &AtomicU64) -> u64 {
        self.seats.iter().map(|seat| counter(&seat.counters).load(Relaxed)).sum()
    }
}
