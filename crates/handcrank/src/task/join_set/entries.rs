//! Handles that say themselves when they are ready.
//!
//! A set with a hundred thousand tasks must not look at all of them whenever one ends. So each task
//! is left a waker of its own, a [`Call`], which puts the task's key into a queue. The set takes keys
//! out of that queue, and sees only tasks that have ended, in the order in which they did.
//!
//! ```text
//!   set ──▶ slots   3: JoinHandle ──▶ task ──▶ Call { key: 3 } ──┐
//!       │           7: JoinHandle ──▶ task ──▶ Call { key: 7 } ──┤ pushes its key, wakes
//!       └──▶ Queue { ended: [7, …], waker } ◀────────────────────┘
//! ```
//!
//! A task calls once, and only after it has ended: a handle whose key is in the queue is ready. A key
//! may be used again once its handle is gone; should somebody call late, the set finds a task that has
//! not ended under that key, or none, and goes on.

use handcrank_task::{JoinHandle, coop, wake_at_end};
use parking_lot::Mutex;
use slab::Slab;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// Handles, and which of them are ready.
pub(super) struct Entries<T> {
    slots: Slab<Slot<T>>,
    /// The next slot's number.
    next: u64,
    queue: Arc<Mutex<Queue>>,
}

struct Slot<T> {
    handle: JoinHandle<T>,
    /// Slots are used again, so their keys do not tell which handle came first. This does.
    number: u64,
}

#[derive(Default)]
struct Queue {
    /// Keys of tasks that have ended and have not been taken.
    ended: VecDeque<usize>,
    /// Who waits for the next one.
    waker: Option<Waker>,
}

/// A task's waker: it is called when the task has ended.
struct Call {
    queue: Arc<Mutex<Queue>>,
    key: usize,
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut queue = self.queue.lock();
        queue.ended.push_back(self.key);
        let waker = queue.waker.take();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Entries<T> {
    pub(super) fn new() -> Self {
        Self { slots: Slab::new(), next: 0, queue: Arc::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn insert(&mut self, mut handle: JoinHandle<T>) {
        let vacant = self.slots.vacant_entry();
        let call = Call { queue: Arc::clone(&self.queue), key: vacant.key() };
        wake_at_end(&mut handle, &Waker::from(Arc::new(call)));
        vacant.insert(Slot { handle, number: self.next });
        self.next += 1;
    }

    /// The next handle that is ready. `None` if there is no handle at all.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<JoinHandle<T>>> {
        if self.slots.is_empty() {
            return Poll::Ready(None);
        }
        loop {
            let mut queue = self.queue.lock();
            let Some(key) = queue.ended.pop_front() else {
                let same = queue.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
                let old = if same { None } else { queue.waker.replace(cx.waker().clone()) };
                drop(queue);
                // Without the lock, as it may be anybody's code.
                drop(old);
                return Poll::Pending;
            };
            if !coop::has_budget_remaining() {
                queue.ended.push_back(key);
                drop(queue);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            drop(queue);
            if let Some(handle) = self.take(key) {
                return Poll::Ready(Some(handle));
            }
        }
    }

    /// The next handle that is ready, without waiting.
    pub(super) fn try_next(&mut self) -> Option<JoinHandle<T>> {
        loop {
            let key = self.queue.lock().ended.pop_front()?;
            if let Some(handle) = self.take(key) {
                return Some(handle);
            }
        }
    }

    /// Takes a handle out, if it is there and ready.
    fn take(&mut self, key: usize) -> Option<JoinHandle<T>> {
        self.slots.get(key).filter(|slot| slot.handle.is_finished())?;
        Some(self.slots.remove(key).handle)
    }

    /// All handles, the oldest first.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &JoinHandle<T>> {
        let mut slots: Vec<&Slot<T>> = self.slots.iter().map(|(_, slot)| slot).collect();
        // In order already, if no slot has been used twice.
        slots.sort_by_key(|slot| slot.number);
        slots.into_iter().map(|slot| &slot.handle)
    }

    /// Empties the set, and gives each handle to `f`: those that wait, the oldest first, and then those
    /// that are ready, in the order in which they came to be. If `f` panics, the rest is dropped.
    pub(super) fn drain(&mut self, f: impl FnMut(JoinHandle<T>)) {
        let ended = std::mem::take(&mut self.queue.lock().ended);
        let ended: Vec<Slot<T>> =
            ended.into_iter().filter_map(|key| self.slots.try_remove(key)).collect();
        let mut slots: Vec<Slot<T>> =
            std::mem::take(&mut self.slots).into_iter().map(|(_, slot)| slot).collect();
        slots.sort_by_key(|slot| slot.number);
        slots.into_iter().chain(ended).map(|slot| slot.handle).for_each(f);
    }
}
