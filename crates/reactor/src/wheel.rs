//! A hierarchical timing wheel: six levels of 64 slots, one tick each a millisecond.
//!
//! Write the present tick and a deadline in base 64. The most significant digit in which the two
//! differ is the deadline's *level*, and the deadline's own digit there is its *slot*. Two facts
//! follow, and the whole wheel rests on them:
//!
//! - everything on a level comes before everything on the levels above it (it agrees with the
//!   present in more leading digits), and on one level a lower slot comes before a higher one;
//! - when the present enters a slot, the deadlines there agree with it in one digit more, so they
//!   move to lower levels (they *cascade*) or, on level 0, are due.
//!
//! Inserting and removing are a few operations on linked lists. Finding what is next means finding
//! the lowest level that is not empty and in it the lowest slot, one bit scan each.
//!
//! The sixth level has no digit above it. Deadlines further away than 64⁶ ms (2.2 years) are
//! parked there as well, in the slot of their sixth digit, and looked at again when they come up.
//! There alone the order of the slots says nothing, so the smallest of their lower bounds decides.
//!
//! The lists keep the order of insertion, and cascading keeps the order of the lists: timers of
//! the same tick fire first come, first served.

use crate::slab::{Key, NO_SLOT, Slab};

/// A base-64 digit.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = 6;
const TOP: usize = LEVELS - 1;

/// A point in time, in ticks since the wheel began.
pub(crate) type Tick = u64;

#[derive(Debug)]
struct Entry<T> {
    deadline: Tick,
    value: T,
    /// Which list it is on: `level * SLOTS + slot`.
    list: u16,
    previous: u32,
    next: u32,
}

/// A list of entries, first inserted first.
#[derive(Clone, Copy, Debug)]
struct List {
    first: u32,
    last: u32,
    /// No entry here has an earlier deadline. Exact unless the earliest has been removed since:
    /// then it says too early, which costs one look in vain, and never too late.
    earliest: Tick,
}

const EMPTY: List = List { first: NO_SLOT, last: NO_SLOT, earliest: Tick::MAX };

/// The wheel. Its user says how time passes ([`advance`](Wheel::advance)).
#[derive(Debug)]
pub(crate) struct Wheel<T> {
    entries: Slab<Entry<T>>,
    lists: Box<[List]>,
    /// For each level, the slots that hold something.
    occupied: [u64; LEVELS],
    /// The present: everything up to and including this tick has fired.
    now: Tick,
}

impl<T> Wheel<T> {
    pub(crate) fn new() -> Wheel<T> {
        Wheel {
            entries: Slab::new(),
            lists: vec![EMPTY; LEVELS * SLOTS].into(),
            occupied: [0; LEVELS],
            now: 0,
        }
    }

    /// How many entries wait.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The tick up to which everything has fired.
    pub(crate) fn now(&self) -> Tick {
        self.now
    }

    /// Adds an entry, or gives the value back if the deadline has passed.
    pub(crate) fn insert(&mut self, deadline: Tick, value: T) -> Result<Key, T> {
        if deadline <= self.now {
            return Err(value);
        }
        let entry = Entry { deadline, value, list: 0, previous: NO_SLOT, next: NO_SLOT };
        let key = self.entries.insert(entry);
        self.link(key.index());
        Ok(key)
    }

    /// Takes an entry out. `None` if it has fired or was removed before.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let Entry { value, list: at, previous, next, .. } = self.entries.remove(key)?;
        let list = &mut self.lists[usize::from(at)];
        if previous == NO_SLOT {
            list.first = next;
        } else {
            self.entries.at_mut(previous).next = next;
        }
        if next == NO_SLOT {
            list.last = previous;
        } else {
            self.entries.at_mut(next).previous = previous;
        }
        if list.first == NO_SLOT {
            *list = EMPTY;
            self.occupied[usize::from(at) / SLOTS] &= !(1 << (usize::from(at) % SLOTS));
        }
        Some(value)
    }

    /// The value of an entry that has not fired.
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.entries.get_mut(key).map(|entry| &mut entry.value)
    }

    /// Nothing is due before this tick. `None` if nothing waits.
    pub(crate) fn next(&self) -> Option<Tick> {
        self.foremost().map(|at| self.lists[at].earliest)
    }

    /// Lets time pass to `now` and hands out what is due, in the order of the deadlines. Going
    /// back does nothing.
    pub(crate) fn advance(&mut self, now: Tick, mut fire: impl FnMut(T)) {
        while let Some(at) = self.foremost() {
            let earliest = self.lists[at].earliest;
            let entered = earliest >> (BITS * (at / SLOTS) as u32) << (BITS * (at / SLOTS) as u32);
            if entered > now {
                break;
            }
            // Nothing fires before `earliest`, so the present may jump there in one go, however
            // many empty slots lie between.
            self.now = earliest.min(now);
            self.empty(at, &mut fire);
        }
        self.now = self.now.max(now);
    }

    /// Takes everything out.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = T> + use<T> {
        self.lists.fill(EMPTY);
        self.occupied = [0; LEVELS];
        self.entries.drain().into_iter().map(|entry| entry.value)
    }

    /// The list that comes up first.
    fn foremost(&self) -> Option<usize> {
        let level = self.occupied.iter().position(|slots| *slots != 0)?;
        let mut slots = self.occupied[level];
        let mut first = level * SLOTS + slots.trailing_zeros() as usize;
        if level == TOP {
            while slots != 0 {
                let at = level * SLOTS + slots.trailing_zeros() as usize;
                if self.lists[at].earliest < self.lists[first].earliest {
                    first = at;
                }
                slots &= slots - 1;
            }
        }
        Some(first)
    }

    /// Fires what is due of a list that the present has entered, and cascades the rest.
    fn empty(&mut self, at: usize, fire: &mut impl FnMut(T)) {
        let mut index = std::mem::replace(&mut self.lists[at], EMPTY).first;
        self.occupied[at / SLOTS] &= !(1 << (at % SLOTS));
        while index != NO_SLOT {
            let entry = self.entries.at_mut(index);
            let next = entry.next;
            if entry.deadline == self.now {
                if let Some(entry) = self.entries.remove(self.entries.key_at(index)) {
                    fire(entry.value);
                }
            } else {
                self.link(index);
            }
            index = next;
        }
    }

    /// Appends an entry, whose deadline lies ahead, to the list it belongs on.
    fn link(&mut self, index: u32) {
        let deadline = self.entries.at_mut(index).deadline;
        debug_assert!(deadline > self.now);
        let level = (((deadline ^ self.now).ilog2() / BITS) as usize).min(TOP);
        let slot = (deadline >> (BITS * level as u32)) as usize % SLOTS;
        let at = level * SLOTS + slot;

        let list = &mut self.lists[at];
        let previous = std::mem::replace(&mut list.last, index);
        list.earliest = list.earliest.min(deadline);
        if previous == NO_SLOT {
            list.first = index;
            self.occupied[level] |= 1 << slot;
        } else {
            self.entries.at_mut(previous).next = index;
        }
        let entry = self.entries.at_mut(index);
        (entry.list, entry.previous, entry.next) = (at as u16, previous, NO_SLOT);
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests;
