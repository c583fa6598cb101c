//! Slots with generations: who holds an old key finds nothing, not a stranger.
//!
//! A key is an index and the generation that the slot had when it was filled. Taking the value out
//! of a slot begins its next generation, so every key that still points there is stale from then
//! on. The reactor needs that because the kernel may report an event for a source that has been
//! closed since, whose slot already belongs to another one.
//!
//! The vacant slots form a list through the slots themselves: filling and vacating one allocates
//! nothing once the table has grown to its working size.

/// Bits of a token that hold the index; the rest hold the generation.
const INDEX_BITS: u32 = if usize::BITS >= 64 { 32 } else { 20 };
const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;
/// The generations that fit above the index, on every platform at most 32 bits.
const GENERATION_MASK: u32 = (usize::MAX >> INDEX_BITS) as u32;

/// Ends a list of indices. No slot ever has this index.
pub(crate) const NO_SLOT: u32 = INDEX_MASK as u32;

/// Where a value lies, and in which generation of its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    index: u32,
    generation: u32,
}

impl Key {
    /// The key as the one number that the operating system carries for us.
    pub(crate) fn token(self) -> usize {
        // On 64-bit targets this shift keeps all 32 generation bits; on 32-bit ones
        // `GENERATION_MASK` has kept the generation within the upper 12.
        ((self.generation as usize) << INDEX_BITS) | self.index as usize
    }

    /// The inverse of [`token`](Key::token).
    pub(crate) fn from_token(token: usize) -> Key {
        Key { index: (token & INDEX_MASK) as u32, generation: (token >> INDEX_BITS) as u32 }
    }

    /// The index alone, for lists that link slots to each other.
    pub(crate) fn index(self) -> u32 {
        self.index
    }
}

#[derive(Debug)]
enum Content<T> {
    Vacant { next: u32 },
    Occupied(T),
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    content: Content<T>,
}

/// A table of values with stable keys.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    slots: Vec<Slot<T>>,
    /// The first of the vacant slots.
    vacant: u32,
    len: usize,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Slab<T> {
        Slab { slots: Vec::new(), vacant: NO_SLOT, len: 0 }
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Puts a value into a vacant slot.
    pub(crate) fn insert(&mut self, value: T) -> Key {
        self.len += 1;
        if let Some(slot) = self.slots.get_mut(self.vacant as usize) {
            let Content::Vacant { next } = slot.content else {
                unreachable!("an occupied slot is never on the vacant list")
            };
            let index = std::mem::replace(&mut self.vacant, next);
            slot.content = Content::Occupied(value);
            return Key { index, generation: slot.generation };
        }
        assert!(self.slots.len() < NO_SLOT as usize, "the table is full");
        let index = self.slots.len() as u32;
        self.slots.push(Slot { generation: 0, content: Content::Occupied(value) });
        Key { index, generation: 0 }
    }

    /// Takes the value out, unless the key is stale.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation != key.generation || !matches!(slot.content, Content::Occupied(_)) {
            return None;
        }
        slot.generation = slot.generation.wrapping_add(1) & GENERATION_MASK;
        let vacated = Content::Vacant { next: std::mem::replace(&mut self.vacant, key.index) };
        self.len -= 1;
        match std::mem::replace(&mut slot.content, vacated) {
            Content::Occupied(value) => Some(value),
            Content::Vacant { .. } => None,
        }
    }

    /// The value, unless the key is stale.
    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        match self.slots.get(key.index as usize) {
            Some(Slot { generation, content: Content::Occupied(value) })
                if *generation == key.generation =>
            {
                Some(value)
            }
            _ => None,
        }
    }

    /// The value, unless the key is stale.
    #[inline]
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        match self.slots.get_mut(key.index as usize) {
            Some(Slot { generation, content: Content::Occupied(value) })
                if *generation == key.generation =>
            {
                Some(value)
            }
            _ => None,
        }
    }

    /// The value at an index that a list of occupied slots led to.
    #[inline]
    pub(crate) fn at_mut(&mut self, index: u32) -> &mut T {
        match &mut self.slots[index as usize].content {
            Content::Occupied(value) => value,
            Content::Vacant { .. } => unreachable!("a list led to a vacant slot"),
        }
    }

    /// The key of an occupied slot.
    pub(crate) fn key_at(&self, index: u32) -> Key {
        Key { index, generation: self.slots[index as usize].generation }
    }

    /// All values, in the order of their slots.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().filter_map(|slot| match &mut slot.content {
            Content::Occupied(value) => Some(value),
            Content::Vacant { .. } => None,
        })
    }

    /// Takes all values out. Every key becomes stale.
    pub(crate) fn drain(&mut self) -> Vec<T> {
        (0..self.slots.len() as u32).filter_map(|index| self.remove(self.key_at(index))).collect()
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_key_finds_its_value_until_it_is_removed() {
        let mut slab = Slab::new();
        let (a, b) = (slab.insert("a"), slab.insert("b"));
        assert_eq!((slab.get(a), slab.get(b), slab.len()), (Some(&"a"), Some(&"b"), 2));
        assert_eq!(slab.remove(a), Some("a"));
        assert_eq!(slab.get(a), None);
        assert_eq!(slab.remove(a), None);
        assert_eq!(slab.len(), 1);
    }

    #[test]
    fn a_reused_slot_does_not_answer_to_the_old_key() {
        let mut slab = Slab::new();
        let old = slab.insert(1);
        slab.remove(old);
        let new = slab.insert(2);
        assert_eq!(new.index(), old.index());
        assert_eq!(slab.get(old), None);
        assert_eq!(slab.get_mut(old), None);
        assert_eq!(slab.remove(old), None);
        assert_eq!(slab.get(new), Some(&2));
    }

    #[test]
    fn tokens_carry_index_and_generation() {
        for key in [
            Key { index: 0, generation: 0 },
            Key { index: NO_SLOT - 1, generation: GENERATION_MASK },
            Key { index: 7, generation: 9 },
        ] {
            assert_eq!(Key::from_token(key.token()), key);
            assert_ne!(key.token(), usize::MAX, "that token is the reactor's own");
        }
    }

    #[test]
    fn generations_wrap_within_the_token() {
        let mut slab = Slab::new();
        let key = slab.insert(());
        slab.slots[0].generation = GENERATION_MASK;
        slab.remove(Key { generation: GENERATION_MASK, ..key });
        assert_eq!(slab.insert(()), Key { index: 0, generation: 0 });
    }

    #[test]
    fn draining_takes_everything_and_makes_every_key_stale() {
        let mut slab = Slab::new();
        let keys: Vec<_> = (0..5).map(|n| slab.insert(n)).collect();
        slab.remove(keys[2]);
        assert_eq!(slab.drain(), [0, 1, 3, 4]);
        assert_eq!(slab.len(), 0);
        assert!(keys.into_iter().all(|key| slab.get(key).is_none()));
    }

    #[test]
    fn steady_use_does_not_grow_the_table() {
        let mut slab = Slab::new();
        for n in 0..1000 {
            let (a, b) = (slab.insert(n), slab.insert(n));
            slab.remove(a);
            slab.remove(b);
        }
        assert_eq!(slab.slots.len(), 2);
    }
}
