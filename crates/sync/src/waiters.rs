//! A queue of waiting tasks from whose middle one can leave.

use std::task::Waker;

use slab::Slab;

/// Why a waiter was called, which decides what becomes of the call if the waiter goes away first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notification {
    /// By `notify_one`: passes on to the waiter that has waited longest.
    One,
    /// By `notify_last`: passes on to the waiter that came last.
    Last,
    /// By `notify_waiters`, like everybody else: passes on to nobody.
    All,
}

/// The waiters, in the order in which they came.
///
/// A doubly linked list whose links are slab keys instead of pointers: as quick to leave from the
/// middle, and nothing to be unsafe about. A waiter that was called is off the list but keeps its
/// slot, in which it finds the notification.
#[derive(Debug)]
pub(crate) struct Waiters {
    slots: Slab<Slot>,
    first: Option<usize>,
    last: Option<usize>,
}

#[derive(Debug)]
struct Slot {
    previous: Option<usize>,
    next: Option<usize>,
    /// `None` if the waiter was enabled but never polled, or was called already.
    waker: Option<Waker>,
    notification: Option<Notification>,
}

impl Waiters {
    pub(crate) const fn new() -> Self {
        Self { slots: Slab::new(), first: None, last: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Queues a waiter behind all others and returns its key.
    pub(crate) fn push(&mut self, waker: Option<Waker>) -> usize {
        let previous = self.last;
        let key = self.slots.insert(Slot { previous, next: None, waker, notification: None });
        self.last = Some(key);
        match previous {
            Some(previous) => self.slots[previous].next = Some(key),
            None => self.first = Some(key),
        }
        key
    }

    /// Takes the waiter whom `how` means off the list and leaves it the notification. Returns
    /// whether there was one, and its waker: to be called by the caller, without the lock.
    #[allow(clippy::option_option)] // two questions: is there a waiter, and does it have a waker
    pub(crate) fn notify(&mut self, how: Notification) -> Option<Option<Waker>> {
        let key = if how == Notification::Last { self.last } else { self.first }?;
        self.unlink(key);
        let slot = &mut self.slots[key];
        slot.notification = Some(how);
        Some(slot.waker.take())
    }

    /// What this waiter was called with, if it was.
    pub(crate) fn notification(&self, key: usize) -> Option<Notification> {
        self.slots[key].notification
    }

    /// Makes sure that the waiter will be called through `waker`; returns the one it replaces, to
    /// be dropped without the lock.
    pub(crate) fn set_waker(&mut self, key: usize, waker: &Waker) -> Option<Waker> {
        let slot = &mut self.slots[key];
        match &slot.waker {
            Some(current) if current.will_wake(waker) => None,
            _ => slot.waker.replace(waker.clone()),
        }
    }

    /// Frees a waiter's slot. Returns its notification and its waker, the latter to be dropped
    /// without the lock.
    pub(crate) fn remove(&mut self, key: usize) -> (Option<Notification>, Option<Waker>) {
        if self.slots[key].notification.is_none() {
            self.unlink(key);
        }
        let slot = self.slots.remove(key);
        (slot.notification, slot.waker)
    }

    fn unlink(&mut self, key: usize) {
        let Slot { previous, next, .. } = self.slots[key];
        match previous {
            Some(previous) => self.slots[previous].next = next,
            None => self.first = next,
        }
        match next {
            Some(next) => self.slots[next].previous = previous,
            None => self.last = previous,
        }
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;

    /// The keys from first to last; checks the way back, too.
    fn keys(waiters: &Waiters) -> Vec<usize> {
        let walk = |mut at: Option<usize>, step: fn(&Slot) -> Option<usize>| {
            let mut keys = Vec::new();
            while let Some(key) = at {
                keys.push(key);
                at = step(&waiters.slots[key]);
            }
            keys
        };
        let forth = walk(waiters.first, |slot| slot.next);
        let mut back = walk(waiters.last, |slot| slot.previous);
        back.reverse();
        assert_eq!(forth, back);
        forth
    }

    #[test]
    fn one_can_leave_from_anywhere() {
        for leaves in 0..3 {
            let mut waiters = Waiters::new();
            let mut expected: Vec<usize> = (0..3).map(|_| waiters.push(None)).collect();
            waiters.remove(expected.remove(leaves));
            assert_eq!(keys(&waiters), expected);
            expected.push(waiters.push(None));
            assert_eq!(keys(&waiters), expected);
        }
    }

    #[test]
    fn the_first_and_the_last_are_found() {
        let mut waiters = Waiters::new();
        assert!(waiters.notify(Notification::One).is_none());
        let (first, middle, last) = (waiters.push(None), waiters.push(None), waiters.push(None));
        assert!(waiters.notify(Notification::Last).is_some());
        assert_eq!(waiters.notification(last), Some(Notification::Last));
        assert!(waiters.notify(Notification::One).is_some());
        assert_eq!(waiters.notification(first), Some(Notification::One));
        assert_eq!(waiters.notification(middle), None);
        assert_eq!(keys(&waiters), [middle]);
        assert_eq!(waiters.remove(first).0, Some(Notification::One));
        assert_eq!(waiters.remove(middle).0, None);
        assert!(waiters.is_empty());
        assert_eq!(waiters.remove(last).0, Some(Notification::Last));
        assert!(waiters.slots.is_empty());
    }
}
