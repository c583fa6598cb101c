//! What is current on a thread: a thread-local slot with a pointer in it, and no count paid.
//!
//! Most who make something current hold it for longer than it is current: whoever calls `block_on`
//! borrows the runtime meanwhile. To count an `Arc` up and down for that would cost more than a
//! short future. So a [`Slot`] holds a bare pointer, set in one of two ways:
//!
//! * [`scope`] borrows the `Arc` for the length of a closure;
//! * [`Entered`] is a guard that owns a clone of it, for those who have no closure.
//!
//! # Why no pointer is followed after its end
//!
//! Call what a scope or a guard puts into the slot an *entry*. An entry remembers the one that was
//! on top when it was made; so from the one on top the entries form a *chain*. The chain changes
//! in two ways only. A new entry is pushed on it. Or it is cut: a guard that finds its own entry on
//! top puts back the one below, and a scope at its end puts back the one below its own, whatever
//! lies above. What was cut off never comes back, since no one puts back an entry that is not on the
//! chain:
//!
//! * A scope's entry is on the chain until the scope ends. Guards only cut off their own entry, and
//!   other scopes begun within have ended within, as closures do, also when they unwind.
//! * A guard that is on top is on the chain. It knows that it is on top by a number that no other
//!   guard of the process ever has. (Depth would not do: a guard carried out of a scope could meet
//!   another of the same depth, and put back an entry whose scope has ended.)
//!
//! Every entry on the chain is alive: a scope's `Arc` is borrowed until the scope ends. A guard's is
//! owned by the guard; dropped on top, it is cut off first and then freed, and dropped anywhere else
//! the `Arc` is leaked. So it is when the guard is forgotten, or when somebody else's memory holds
//! it for ever.
//!
//! [`with`] reads the top entry, and lends it to foreign code. Scopes begun in there end in there,
//! and those begun before end after. But a guard that is on top may be dropped in there. So the slot
//! counts the loans, and a guard dropped during one leaks its `Arc`.
//!
//! The slot has no destructor, so it can be read while its thread ends. On systems whose
//! thread-locals go even so there is nothing current any more, and a guard dropped then leaks.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::LocalKey;

/// A thread's slot. To be made in a `thread_local!`, with `const`.
pub struct Slot<T> {
    /// From `Arc::as_ptr` of the entry on top. Null if there is none.
    top: Cell<*const T>,
    /// The number of the guard whose entry that is; 0 for a scope's, and for none.
    number: Cell<u64>,
    /// How many calls of [`with`] are under way.
    loans: Cell<usize>,
    /// The next guard's number. Its upper half is the slot's own; 0 below asks for a new one.
    next: Cell<u64>,
}

impl<T> Slot<T> {
    /// An empty slot.
    pub const fn new() -> Self {
        Self {
            top: Cell::new(ptr::null()),
            number: Cell::new(0),
            loans: Cell::new(0),
            next: Cell::new(0),
        }
    }

    /// A number that no guard has had. The process hands them out by blocks, so that threads do
    /// not all count in one place; a count that begins anew with each thread would not do, as on
    /// some systems an ending thread's variables can be freed and made again.
    fn next_number(&self) -> u64 {
        const BLOCK: u64 = 1 << 32;
        static BLOCKS: AtomicU64 = AtomicU64::new(BLOCK);
        let mut number = self.next.get();
        if number.is_multiple_of(BLOCK) {
            number = BLOCKS.fetch_add(BLOCK, Relaxed) + 1;
        }
        self.next.set(number + 1);
        number
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("empty", &self.top.get().is_null()).finish_non_exhaustive()
    }
}

/// Runs `f` with `value` current on this thread, then puts back what was current before.
#[inline]
pub fn scope<T, R>(key: &'static LocalKey<Slot<T>>, value: &Arc<T>, f: impl FnOnce() -> R) -> R {
    struct End<'a, T> {
        slot: &'a Slot<T>,
        top: *const T,
        number: u64,
    }
    impl<T> Drop for End<'_, T> {
        #[inline]
        fn drop(&mut self) {
            self.slot.top.set(self.top);
            self.slot.number.set(self.number);
        }
    }
    key.with(|slot| {
        let top = slot.top.replace(Arc::as_ptr(value));
        let _end = End { slot, top, number: slot.number.replace(0) };
        f()
    })
}

/// Looks at what is current on this thread. `None` if nothing is.
#[inline]
pub fn with<T, R>(key: &'static LocalKey<Slot<T>>, f: impl FnOnce(&Arc<T>) -> R) -> Option<R> {
    struct Loan<'a>(&'a Cell<usize>);
    impl Drop for Loan<'_> {
        #[inline]
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }
    let look = |slot: &Slot<T>| {
        let top = slot.top.get();
        if top.is_null() {
            return None;
        }
        slot.loans.set(slot.loans.get() + 1);
        let _loan = Loan(&slot.loans);
        // SAFETY: the pointer is of an `Arc`, and the entry on top is on the chain, so the `Arc` is
        // alive. It stays so until the loan ends: a scope's ends later, a guard's is leaked rather
        // than freed while there are loans. `ManuallyDrop`: the count is the owner's, not ours.
        let value = ManuallyDrop::new(unsafe { Arc::from_raw(top) });
        Some(f(&value))
    };
    key.try_with(look).ok().flatten()
}

/// Keeps a value current on this thread until it is dropped; then what was current before is.
///
/// Guards have to be dropped in the reverse order of their making. One that is not leaks its value,
/// and changes nothing.
#[must_use = "the value is current only until this is dropped"]
pub struct Entered<T: 'static> {
    key: &'static LocalKey<Slot<T>>,
    /// Freed in `drop`, or leaked.
    value: ManuallyDrop<Arc<T>>,
    number: u64,
    /// The entry below.
    below: *const T,
    below_number: u64,
    /// The slot is its thread's.
    _stays_on_its_thread: PhantomData<*const ()>,
}

// SAFETY: a shared guard tells whether it is on top, which is asked of the asking thread's own slot and
// compared with a number that no other thread's slot ever holds. It can be neither dropped nor moved
// elsewhere, and the value is not reached through it.
unsafe impl<T: Send + Sync> Sync for Entered<T> {}

impl<T> Entered<T> {
    /// Makes `value` current.
    pub fn new(key: &'static LocalKey<Slot<T>>, value: Arc<T>) -> Self {
        let (number, below, below_number) = key.with(|slot| {
            let number = slot.next_number();
            (number, slot.top.replace(Arc::as_ptr(&value)), slot.number.replace(number))
        });
        let value = ManuallyDrop::new(value);
        Self { key, value, number, below, below_number, _stays_on_its_thread: PhantomData }
    }

    /// Would it be in order to drop it now? If so, this is what is current.
    pub fn is_on_top(&self) -> bool {
        self.key.try_with(|slot| slot.number.get() == self.number).unwrap_or(false)
    }
}

impl<T> Drop for Entered<T> {
    fn drop(&mut self) {
        let may_free = self.key.try_with(|slot| {
            if slot.number.get() != self.number {
                return false;
            }
            slot.top.set(self.below);
            slot.number.set(self.below_number);
            slot.loans.get() == 0
        });
        if may_free == Ok(true) {
            // SAFETY: dropped once, here, and not used after. The entry has just been cut off the
            // chain, and nobody has it on loan. What the value's destructor does, it does after.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

impl<T> fmt::Debug for Entered<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered").field("number", &self.number).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    thread_local! {
        static SLOT: Slot<u32> = const { Slot::new() };
    }

    fn current() -> Option<u32> {
        with(&SLOT, |value| **value)
    }

    fn enter(value: &Arc<u32>) -> Entered<u32> {
        Entered::new(&SLOT, Arc::clone(value))
    }

    #[test]
    fn scopes_and_guards_nest() {
        let (one, two, three) = (Arc::new(1), Arc::new(2), Arc::new(3));
        assert_eq!(current(), None);
        scope(&SLOT, &one, || {
            assert_eq!(current(), Some(1));
            let guard = enter(&two);
            assert_eq!(current(), Some(2));
            scope(&SLOT, &three, || assert_eq!(current(), Some(3)));
            assert_eq!(current(), Some(2));
            assert!(guard.is_on_top());
            drop(guard);
            assert_eq!(current(), Some(1));
        });
        assert_eq!(current(), None);
        assert_eq!(Arc::strong_count(&two), 1, "freed in order");
        assert_eq!(Arc::strong_count(&one), 1, "a scope does not count");
    }

    #[test]
    fn unwinding_puts_back_what_was_before() {
        let (one, two) = (Arc::new(1), Arc::new(2));
        let _guard = enter(&one);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            scope(&SLOT, &two, || {
                let _guard = enter(&two);
                with(&SLOT, |_| panic!("within"))
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(current(), Some(1));
        assert_eq!(Arc::strong_count(&two), 1, "no loan was left behind");
    }

    #[test]
    fn a_guard_dropped_out_of_order_leaks() {
        let (one, two) = (Arc::new(1), Arc::new(2));
        let (first, second) = (enter(&one), enter(&two));
        assert!(!first.is_on_top());
        drop(first);
        assert_eq!(current(), Some(2));
        drop(second);
        assert_eq!(current(), Some(1), "the first is never left");
        assert_eq!((Arc::strong_count(&one), Arc::strong_count(&two)), (2, 1));
    }

    #[test]
    fn a_guard_carried_out_of_its_scope_puts_nothing_back() {
        let two = Arc::new(2);
        let carried = scope(&SLOT, &Arc::new(1), || enter(&two));
        assert_eq!(current(), None);
        let same_depth = (enter(&two), enter(&two));
        drop(carried);
        assert_eq!(current(), Some(2));
        drop(same_depth.1);
        drop(same_depth.0);
        assert_eq!(current(), None);
        assert_eq!(Arc::strong_count(&two), 2, "the carried one leaked");
    }

    #[test]
    fn a_guard_dropped_within_a_scope_begun_later_changes_nothing() {
        let (one, two) = (Arc::new(1), Arc::new(2));
        let guard = enter(&one);
        scope(&SLOT, &two, || {
            drop(guard);
            assert_eq!(current(), Some(2));
        });
        assert_eq!(current(), Some(1));
    }

    #[test]
    fn a_forgotten_guard_leaks() {
        let one = Arc::new(1);
        std::mem::forget(enter(&one));
        let weak = Arc::downgrade(&one);
        drop(one);
        assert_eq!(current(), Some(1));
        assert_eq!(weak.strong_count(), 1);
    }

    #[test]
    fn a_guard_dropped_while_its_value_is_lent_leaks() {
        let one = Arc::new(1);
        let guard = enter(&one);
        with(&SLOT, |value| {
            drop(guard);
            assert_eq!(current(), None);
            assert_eq!((**value, Arc::strong_count(value)), (1, 2));
        });
        assert_eq!(Arc::strong_count(&one), 2);
        drop(enter(&one));
        assert_eq!(Arc::strong_count(&one), 2, "the loan is over");
    }
}
