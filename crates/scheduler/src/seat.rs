//! A seat: what a thread works with.
//!
//! There are as many seats as tasks may run at once. A thread that wants to run tasks first sits
//! down: a worker, or a thread in `block_on` that helps while its own future waits. A worker that
//! sleeps leaves its seat free. It is Go's split into P (the right to run, with its queue) and M
//! (the thread), kept small.
//!
//! What is done from a seat is counted at it, in plain numbers, as only its holder writes them. And
//! the tasks that it puts to sleep for the first time hang on its list, wherever they run later.

use crate::config::Config;
use crate::own::Own;
use crate::queue::Stealer;
use crate::shared::Shared;
use handcrank_task::primitives::contain;
use handcrank_task::{OwnedTasks, Task, Woke};
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Waker;
use std::time::{Duration, Instant};

/// How many times in a row the LIFO slot may go before the queue. Without a bound, two tasks
/// that wake each other would keep everybody else waiting.
const LIFO_STREAK: u32 = 3;

/// A busy seat that has not looked up for so long is late: sockets and timers wait for the next look of
/// somebody. As long as a time slice of many systems, and far longer than a poll should be.
const OVERRUN: Duration = Duration::from_millis(10);

/// One seat. Aligned so that two seats never share a cache line, nor the pair of lines that the
/// prefetcher fetches.
#[repr(align(128))]
pub(crate) struct Seat {
    desk: Desk,
    pub(crate) index: usize,
    pub(crate) counters: Counters,
    /// The tasks that went to sleep here for the first time, until they end: no queue knows them.
    pub(crate) asleep: OwnedTasks,
}

// SAFETY: everything but the desk is Sync by itself, and the desk is touched only by the thread
// that holds the seat (see `Seat::desk`), but for those parts of its queue that are made for others.
// Holders change through `Bits::claim` and `Bits::put`, which hand over what the last one wrote.
unsafe impl Sync for Seat {}
// SAFETY: as above; a desk holds nothing that is bound to a thread.
unsafe impl Send for Seat {}

/// What only the one who sits here touches.
pub(crate) struct Desk {
    queue: Own,
    /// The task woken last goes first: its data is in the cache, and a message and its answer
    /// take half the time. Not to be seen by thieves.
    lifo: Cell<Option<Task>>,
    lifo_streak: Cell<u32>,
    /// Without threads: the tasks that yielded. They wait here for a turn of the driver, so that a
    /// yield goes behind timers and sockets too.
    yielded: RefCell<Vec<Task>>,
    /// Polls until one of the two below is due.
    until_due: Cell<u32>,
    /// Polls until the driver is looked at, and until the global queue goes first, as from the last
    /// time that one of them was due.
    until: Cell<Intervals>,
    /// When the driver was last looked at from here.
    pub(crate) turned: Cell<Option<Instant>>,
    random: Cell<u32>,
    /// A batch of wake-ups is being handed out: pushes go to the queue, and nobody is called yet.
    pub(crate) batch: Cell<bool>,
    /// Kept for its capacity.
    pub(crate) woken: Cell<Vec<Waker>>,
    since: Cell<Option<Instant>>,
    /// Under a checker, touched by whoever sits down or stands up: it sees if two sit here at once,
    /// or if one comes without having seen what the one before did.
    #[cfg(handcrank_loom)]
    touched: handcrank_task::primitives::cell::UnsafeCell<()>,
}

/// What the metrics read. Written by the one who sits here, so plain additions do.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) polls: AtomicU64,
    pub(crate) spawned: AtomicU64,
    pub(crate) ended: AtomicU64,
    /// Tasks whose memory was freed here, wherever they were made.
    pub(crate) freed: AtomicU64,
    pub(crate) steals: AtomicU64,
    pub(crate) parks: AtomicU64,
    pub(crate) unparks: AtomicU64,
    pub(crate) busy_nanos: AtomicU64,
    pub(crate) overruns: AtomicU64,
}

/// Adds to a counter that only this thread writes.
#[inline]
pub(crate) fn count(counter: &AtomicU64, more: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(more), Relaxed);
}

/// Calls wakers. They may be foreign code; a panic in one ends here and not the worker.
pub(crate) fn call_all(woken: &mut Vec<Waker>) {
    for waker in woken.drain(..) {
        contain(|| waker.wake());
    }
}

/// In polls.
#[derive(Clone, Copy)]
struct Intervals {
    driver: u32,
    global: u32,
}

impl Intervals {
    fn of(config: &Config) -> Self {
        Self { driver: config.event_interval, global: config.global_queue_interval }
    }

    fn shorter(self) -> u32 {
        self.driver.min(self.global)
    }
}

/// What a busy seat is to look at now.
pub(crate) struct Due {
    pub(crate) driver: bool,
    pub(crate) global: bool,
}

impl Seat {
    pub(crate) fn new(index: usize, config: &Config) -> Self {
        let desk = Desk {
            queue: Own::new(config.threads),
            lifo: Cell::new(None),
            lifo_streak: Cell::new(0),
            yielded: RefCell::new(Vec::new()),
            until_due: Cell::new(Intervals::of(config).shorter()),
            until: Cell::new(Intervals::of(config)),
            turned: Cell::new(None),
            // Any odd number: the seats should not all begin to search at the same place.
            random: Cell::new((index as u32).wrapping_mul(0x9E37_79B9) | 1),
            batch: Cell::new(false),
            woken: Cell::new(Vec::new()),
            since: Cell::new(None),
            #[cfg(handcrank_loom)]
            touched: handcrank_task::primitives::cell::UnsafeCell::new(()),
        };
        let (counters, asleep) = (Counters::default(), OwnedTasks::new());
        Self { desk, index, counters, asleep }
    }

    /// Runs one task from this seat.
    #[inline]
    pub(crate) fn run(&self, task: Task) {
        count(&self.counters.polls, 1);
        self.desk.start_clock();
        task.run();
    }

    /// Where thieves take from, whoever sits here, or nobody.
    pub(crate) fn stealer(&self) -> &Stealer {
        self.desk.queue.stealer()
    }

    /// Does the queue look empty? Anybody may ask.
    #[inline]
    pub(crate) fn looks_empty(&self) -> bool {
        self.desk.queue.looks_empty()
    }

    /// How long is the queue? Anybody may ask.
    pub(crate) fn queued(&self) -> usize {
        self.desk.queue.len()
    }

    /// The desk.
    ///
    /// # Safety
    ///
    /// This thread holds the seat: it has claimed its bit in `Shared::free` and not put it back.
    #[inline]
    pub(crate) unsafe fn desk(&self) -> &Desk {
        &self.desk
    }
}

impl Desk {
    /// A task of this thread, woken or new.
    #[inline]
    pub(crate) fn push(&self, task: Task, how: Woke, shared: &Shared) {
        if self.batch.get() {
            self.queue.push(task);
            return;
        }
        if !shared.config.threads {
            // The plain order is as fast as the slot's, and the one to expect. There is nobody to call:
            // whoever sits here is all there is.
            match how {
                Woke::Idle => self.queue.push(task),
                Woke::Running => self.yielded.borrow_mut().push(task),
            }
            return;
        }
        if how == Woke::Idle {
            // The slot is not shown to others and nobody is woken for it: this thread comes to it
            // next. What it held before moves on to where others can see it.
            if let Some(before) = self.lifo.replace(Some(task)) {
                self.queue.push(before);
                shared.notify();
            }
            return;
        }
        // A task that yields is this thread's next one if it is alone. (In the slot there may be
        // one that goes before it, and takes its time.)
        let alone = how == Woke::Running && self.queue.is_empty() && !self.has_lifo();
        self.queue.push(task);
        if !alone {
            shared.notify();
        }
    }

    /// Is there more here than the one task that this thread runs next?
    pub(crate) fn has_several(&self) -> bool {
        self.queue.len() + usize::from(self.has_lifo()) > 1
    }

    fn has_lifo(&self) -> bool {
        let task = self.lifo.take();
        let any = task.is_some();
        self.lifo.set(task);
        any
    }

    /// The next task of this seat's own.
    #[inline]
    pub(crate) fn pop(&self) -> Option<Task> {
        if let Some(task) = self.lifo.take() {
            let streak = self.lifo_streak.get();
            if streak < LIFO_STREAK {
                self.lifo_streak.set(streak + 1);
                return Some(task);
            }
            self.give_way(task);
        }
        self.lifo_streak.set(0);
        self.queue.pop()
    }

    /// The slot's turns are over for now. Apart, so that those who have no slot pay nothing for it.
    #[inline(never)]
    fn give_way(&self, task: Task) {
        self.queue.push(task);
    }

    /// Puts the tasks that yielded back in line. Were there any?
    pub(crate) fn resume_yielded(&self) -> bool {
        let mut yielded = self.yielded.borrow_mut();
        if yielded.is_empty() {
            return false;
        }
        self.queue.append(&mut yielded);
        true
    }

    /// Has a task yielded that waits for a turn of the driver?
    pub(crate) fn has_yielded(&self) -> bool {
        !self.yielded.borrow().is_empty()
    }

    /// Counts a poll: is it one at which something is due? If so, [`next_due`](Self::next_due) says
    /// what.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        let left = self.until_due.get() - 1;
        self.until_due.set(left);
        left == 0
    }

    /// What is due now; and sets the next date.
    pub(crate) fn next_due(&self, config: &Config) -> Due {
        let (all, until) = (Intervals::of(config), self.until.get());
        let passed = until.shorter();
        let due = Due { driver: until.driver == passed, global: until.global == passed };
        let next = |due, all, until: u32| if due { all } else { until - passed };
        let until = Intervals {
            driver: next(due.driver, all.driver, until.driver),
            global: next(due.global, all.global, until.global),
        };
        self.until.set(until);
        self.until_due.set(until.shorter());
        due
    }

    /// A number below `bound`, different each time (xorshift; Marsaglia, 2003).
    pub(crate) fn random(&self, bound: usize) -> usize {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.random.set(x);
        ((u64::from(x) * bound as u64) >> 32) as usize
    }

    /// The queue, for thieves' booty.
    pub(crate) fn queue(&self) -> &Own {
        &self.queue
    }

    /// Shows everybody what only this thread could see, before the seat is left.
    pub(crate) fn flush(&self) {
        #[cfg(handcrank_loom)]
        self.touched.with_mut(|_| ());
        if let Some(task) = self.lifo.take() {
            self.queue.push(task);
        }
        self.lifo_streak.set(0);
        self.resume_yielded();
    }

    /// Cancels all that is queued here.
    pub(crate) fn discard(&self) {
        self.flush();
        while let Some(task) = self.queue.pop() {
            drop(task);
        }
    }

    /// Calls the wakers that a turn of the driver brought. Their tasks come into this seat's queue
    /// in that order, and nobody is called for them yet.
    pub(crate) fn wake_batch(&self, woken: &mut Vec<Waker>) {
        self.batch.set(true);
        call_all(woken);
        self.batch.set(false);
    }

    /// The busy time runs from the first task on: to sit down and find nothing costs no look at the
    /// clock.
    #[inline]
    fn start_clock(&self) {
        if self.since.get().is_none() {
            self.since.set(Some(Instant::now()));
        }
    }

    /// Brings the busy time up to date, up to `now`. Called as often as the seat looks up from its tasks.
    pub(crate) fn lap(&self, counters: &Counters, now: Instant) {
        if let Some(since) = self.since.get() {
            counters.busy_for(now.duration_since(since));
            self.since.set(Some(now));
        }
    }

    /// The busy time ends here: the seat is being left, or its holder is about to sleep.
    pub(crate) fn stop_clock(&self, counters: &Counters) {
        if let Some(since) = self.since.take() {
            counters.busy_for(since.elapsed());
        }
    }
}

impl Counters {
    /// A stretch of work between two looks at the clock.
    ///
    /// To time each poll would cost more than a short one takes. The stretch costs nothing, as the clock is read at
    /// its end anyway, and it is what everybody waits for: one long poll, or dozens in a row that are not short.
    fn busy_for(&self, stretch: Duration) {
        count(&self.busy_nanos, stretch.as_nanos() as u64);
        if stretch >= OVERRUN {
            count(&self.overruns, 1);
        }
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_of_ten_milliseconds_is_an_overrun() {
        let seat = Seat::new(0, &Config::new(1));
        let (desk, counters) = (&seat.desk, &seat.counters);
        let read = || (counters.overruns.load(Relaxed), counters.busy_nanos.load(Relaxed));
        let begun = Instant::now();
        desk.lap(counters, begun + OVERRUN * 2);
        assert_eq!(read(), (0, 0), "nothing has run");
        desk.since.set(Some(begun));
        desk.lap(counters, begun + OVERRUN);
        assert_eq!(read(), (1, 10_000_000));
        desk.lap(counters, begun + Duration::from_nanos(19_999_999));
        assert_eq!(read(), (1, 19_999_999), "not quite");
        desk.lap(counters, begun + OVERRUN * 4);
        assert_eq!(read().0, 2);
    }
}
