//! One source's readiness: a word that says what is ready, and who waits for it.
//!
//! ```text
//!   from bit 16     10       9        8        7           5 .. 0
//!   ┌────────────┬────────┬────────┬────────┬────────┬───┬────────┐
//!   │    tick    │ Queued │ Writer │ Reader │ Closed │   │ ready  │
//!   └────────────┴────────┴────────┴────────┴────────┴───┴────────┘
//! ```
//!
//! - *ready*: what events have reported and no attempt has found wanting since ([`Ready`]).
//! - *Closed*: the reactor has shut down. Every operation ends with an error.
//! - *Reader*, *Writer*: there is a waker for this direction.
//! - *Queued*: somebody waits on the list.
//! - *tick*: counts the events, so that an attempt that failed before the newest event cannot
//!   clear what that event brought.
//!
//! The wakers lie under a mutex. The `Reader`, `Writer` and `Queued` bits spare an event that
//! nobody waits for the mutex: it costs one read-modify-write of the word. They are set under the
//! mutex, after the waker is in place, by the read-modify-write that also looks at the readiness
//! a last time; so of an event and a registration one comes first, and sees the other or is seen
//! by it. The crate's README argues this in full.

use crate::ready::{Direction, Interest, Ready, ReadyEvent};
use crate::slab::{Key, Slab};
use handcrank_task::primitives::{
    atomic::{
        AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
    sync::Mutex,
};
use std::task::{Context, Poll, Waker};

const CLOSED: usize = 1 << 7;
const READER: usize = 1 << 8;
const WRITER: usize = 1 << 9;
const QUEUED: usize = 1 << 10;
const TICK_SHIFT: u32 = 16;
const ONE_TICK: usize = 1 << TICK_SHIFT;

/// The reactor has shut down; nothing will become ready any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

#[derive(Debug)]
pub(crate) struct Readiness {
    word: AtomicUsize,
    waiters: Mutex<Waiters>,
}

#[derive(Debug)]
struct Waiters {
    reader: Option<Waker>,
    writer: Option<Waker>,
    queue: Slab<Queued>,
}

/// Somebody on the list.
#[derive(Debug)]
struct Queued {
    mask: Ready,
    /// Gone once it has been handed out.
    waker: Option<Waker>,
}

impl Readiness {
    pub(crate) fn new(initially: Ready) -> Readiness {
        let waiters = Waiters { reader: None, writer: None, queue: Slab::new() };
        Readiness { word: AtomicUsize::new(initially.bits()), waiters: Mutex::new(waiters) }
    }

    // The reactor's side.

    /// An event has come in. Appends the wakers of those who waited for it.
    pub(crate) fn set(&self, ready: Ready, woken: &mut Vec<Waker>) {
        let mut concerned = 0;
        if ready.intersects(Direction::Read.mask()) {
            concerned |= READER;
        }
        if ready.intersects(Direction::Write.mask()) {
            concerned |= WRITER;
        }
        let mut before = self.word.load(Relaxed);
        loop {
            // The bits of those that are about to be woken go in the same step. `Queued` stays:
            // whether others remain on the list is known only under the mutex.
            let after = (before | ready.bits()).wrapping_add(ONE_TICK) & !concerned;
            // Release: pairs with the Acquire in `answer`'s callers: an attempt made because of
            // this readiness finds what the kernel had when it reported it.
            match self.word.compare_exchange_weak(before, after, Release, Relaxed) {
                Ok(_) => break,
                Err(current) => before = current,
            }
        }
        if before & (concerned | QUEUED) != 0 {
            self.take_wakers(ready, woken);
        }
    }

    /// The reactor shuts down. Appends all wakers.
    pub(crate) fn close(&self, woken: &mut Vec<Waker>) {
        // Relaxed: whoever registers later sees the bit because it is one word, and nothing else
        // is published with it.
        self.word.fetch_or(CLOSED, Relaxed);
        self.take_wakers(Ready::ALL, woken);
    }

    fn take_wakers(&self, ready: Ready, woken: &mut Vec<Waker>) {
        let mut waiters = self.waiters.lock();
        if ready.intersects(Direction::Read.mask()) {
            woken.extend(waiters.reader.take());
        }
        if ready.intersects(Direction::Write.mask()) {
            woken.extend(waiters.writer.take());
        }
        if waiters.queue.len() != 0 {
            let mut remain = false;
            for queued in waiters.queue.iter_mut() {
                if queued.mask.intersects(ready) {
                    woken.extend(queued.waker.take());
                }
                remain |= queued.waker.is_some();
            }
            if !remain {
                // Under the mutex, like setting it, so the bit says what the list says.
                self.word.fetch_and(!QUEUED, Relaxed);
            }
        }
    }

    // The tasks' side.

    /// What a word means to who waits for `mask`.
    fn answer(word: usize, mask: Ready) -> Poll<Result<ReadyEvent, Closed>> {
        if word & CLOSED != 0 {
            return Poll::Ready(Err(Closed));
        }
        let ready = Ready::from_bits(word) & mask;
        if ready.is_empty() {
            return Poll::Pending;
        }
        Poll::Ready(Ok(ReadyEvent { ready, tick: word >> TICK_SHIFT }))
    }

    /// What is ready now. Nobody is registered.
    pub(crate) fn now(&self, mask: Ready) -> Poll<Result<ReadyEvent, Closed>> {
        // Acquire: pairs with the Release in `set`. It also keeps the attempt that follows from
        // being made before the tick is read, or `clear` could take a newer event for this one.
        Self::answer(self.word.load(Acquire), mask)
    }

    /// As [`now`](Readiness::now), also when nothing new will be seen any more.
    pub(crate) fn seen(&self, mask: Ready) -> Option<ReadyEvent> {
        // Acquire: as in `now`.
        match Self::answer(self.word.load(Acquire) & !CLOSED, mask) {
            Poll::Ready(Ok(event)) => Some(event),
            Poll::Ready(Err(Closed)) | Poll::Pending => None,
        }
    }

    /// Waits for a direction. The last caller's waker counts.
    pub(crate) fn poll(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
    ) -> Poll<Result<ReadyEvent, Closed>> {
        if let Poll::Ready(result) = self.now(direction.mask()) {
            return Poll::Ready(result);
        }
        let (mask, bit) = (direction.mask(), Self::bit(direction));
        let registered = self.word.load(Relaxed) & bit != 0
            && Self::slot(&mut self.waiters.lock(), direction)
                .as_ref()
                .is_some_and(|waker| waker.will_wake(cx.waker()));
        if registered {
            // It lies there from before, so an event that has come since, if any, has yet to take
            // it: no second look is needed. (The bit only tells when there is no use in locking.)
            return Poll::Pending;
        }

        // Cloned and dropped outside of the lock: both may run anybody's code.
        let waker = cx.waker().clone();
        let mut waiters = self.waiters.lock();
        let slot = Self::slot(&mut waiters, direction);
        let outdated = slot.replace(waker);
        // Acquire: as in `now`.
        let result = Self::answer(self.word.fetch_or(bit, Acquire), mask);
        // Taken back if need be, or the next event would wake a task that does not wait.
        let unused = if result.is_ready() { slot.take() } else { None };
        if result.is_ready() {
            self.word.fetch_and(!bit, Relaxed);
        }
        drop(waiters);
        drop((outdated, unused));
        result
    }

    fn bit(direction: Direction) -> usize {
        match direction {
            Direction::Read => READER,
            Direction::Write => WRITER,
        }
    }

    fn slot(waiters: &mut Waiters, direction: Direction) -> &mut Option<Waker> {
        match direction {
            Direction::Read => &mut waiters.reader,
            Direction::Write => &mut waiters.writer,
        }
    }

    /// Waits on the list, where there is room for everyone. `place` is where, and must be given
    /// to [`leave`](Readiness::leave) in the end.
    pub(crate) fn poll_queued(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        place: &mut Option<Key>,
    ) -> Poll<Result<ReadyEvent, Closed>> {
        let mask = interest.mask();
        if let Poll::Ready(result) = self.now(mask) {
            return Poll::Ready(result);
        }
        let mut waker = Some(cx.waker().clone());
        let mut waiters = self.waiters.lock();
        match place.and_then(|key| waiters.queue.get_mut(key)) {
            // Swapped rather than overwritten: the old one is dropped after the lock.
            Some(queued) => std::mem::swap(&mut queued.waker, &mut waker),
            None => *place = Some(waiters.queue.insert(Queued { mask, waker: waker.take() })),
        }
        // Acquire: as in `now`.
        let result = Self::answer(self.word.fetch_or(QUEUED, Acquire), mask);
        drop(waiters);
        drop(waker);
        result
    }

    /// Leaves the list.
    pub(crate) fn leave(&self, place: Key) {
        let left = self.waiters.lock().queue.remove(place);
        drop(left);
    }

    /// An attempt has found that what `event` reported is no longer so.
    pub(crate) fn clear(&self, event: ReadyEvent) {
        // The end of a stream stays the end of the stream.
        let clear = (event.ready - Ready::FINAL).bits();
        let mut before = self.word.load(Relaxed);
        // Relaxed: nothing is published. A newer event has changed the tick, and if it comes right
        // after our exchange it sets the bits again: one word, one order.
        while before >> TICK_SHIFT == event.tick {
            match self.word.compare_exchange_weak(before, before & !clear, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(current) => before = current,
            }
        }
    }
}

#[cfg(all(test, handcrank_loom))]
mod models;
#[cfg(all(test, not(handcrank_loom)))]
mod tests;
