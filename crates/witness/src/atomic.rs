//! Atomic integers, pointers and fences: loom's, written down.

use crate::explore;
use crate::record::{self, Doing, Kind, Object, What, known};
use std::fmt;
use std::panic::Location;

pub use std::sync::atomic::Ordering;

/// A value as the log keeps it.
trait Bits: Copy {
    const KIND: Kind;
    fn bits(self) -> u64;
}

macro_rules! bits {
    ($($kind:ident $($type:ty)*;)*) => { $($(
        impl Bits for $type {
            const KIND: Kind = Kind::$kind(<$type>::BITS);
            #[allow(clippy::cast_lossless)]
            fn bits(self) -> u64 {
                self as u64
            }
        }
    )*)* };
}

bits! {
    Unsigned u8 u16 u32 u64 usize;
    Signed i8 i16 i32 i64 isize;
}

impl Bits for bool {
    const KIND: Kind = Kind::Bool;
    fn bits(self) -> u64 {
        u64::from(self)
    }
}

impl<T> Bits for *mut T {
    const KIND: Kind = Kind::Pointer;
    fn bits(self) -> u64 {
        self.addr() as u64
    }
}

/// What was read, and what was last written.
fn loaded(
    object: Object,
    found: u64,
    order: Ordering,
) -> impl FnOnce(&mut [record::Known]) -> Option<What> {
    move |objects| {
        let newest = known(objects, object)?.newest;
        Some(What::Load { object, found, newest, order })
    }
}

/// A write, with the value that is the newest now.
fn written(
    object: Object,
    newest: u64,
    what: What,
) -> impl FnOnce(&mut [record::Known]) -> Option<What> {
    move |objects| {
        known(objects, object)?.newest = newest;
        Some(what)
    }
}

/// Makes two loads of one atomic by two threads a matter of order, where the search is thorough.
///
/// Loom tries another order of two steps if they touch the same thing and one of them writes. To find such
/// pairs it remembers, for each atomic, one last access of any kind. A thread that loads and then exchanges
/// has hidden, by its own load, the load of another thread before it: that one is then never tried after
/// the exchange. So each load first writes something that nobody reads. Loom tries both orders of *these*
/// writes, and thereby comes to those that it would have missed.
struct Loads(Option<loom::sync::atomic::AtomicBool>);

impl Loads {
    fn new() -> Self {
        Self(explore::is_thorough().then(|| loom::sync::atomic::AtomicBool::new(false)))
    }

    fn count(&self) {
        if let Some(word) = &self.0 {
            // Relaxed: nothing may come to be seen by it.
            word.swap(true, Ordering::Relaxed);
        }
    }
}

macro_rules! atomic {
    ($name:ident, $inner:ty, $type:ty $(, $generic:ident)?) => {
        #[doc = concat!("`loom::sync::atomic::", stringify!($name), "`, written down.")]
        pub struct $name $(<$generic>)? {
            inner: $inner,
            object: Object,
            loads: Loads,
        }

        impl $(<$generic>)? $name $(<$generic>)? {
            /// Wraps a value.
            #[track_caller]
            pub fn new(value: $type) -> Self {
                let object = record::object(<$type>::KIND, value.bits());
                Self { inner: <$inner>::new(value), object, loads: Loads::new() }
            }

            /// Takes the value out.
            #[track_caller]
            pub fn into_inner(self) -> $type {
                record::writing();
                self.inner.into_inner()
            }

            /// Reads.
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $type {
                let at = Location::caller();
                record::before(at, Doing::Step);
                self.loads.count();
                let found = self.inner.load(order);
                record::step(at, loaded(self.object, found.bits(), order));
                found
            }

            /// Writes.
            #[track_caller]
            pub fn store(&self, value: $type, order: Ordering) {
                let at = Location::caller();
                record::before(at, Doing::Step);
                self.inner.store(value, order);
                let (object, value) = (self.object, value.bits());
                record::step(at, written(object, value, What::Store { object, value, order }));
            }

            /// Writes, and returns what was there before.
            #[track_caller]
            pub fn swap(&self, value: $type, order: Ordering) -> $type {
                let at = Location::caller();
                record::before(at, Doing::Step);
                let found = self.inner.swap(value, order);
                self.changed(at, "swap", value, found, value, order);
                found
            }

            /// Writes `new` if `current` is there; returns what was there.
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $type,
                new: $type,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$type, $type> {
                let at = Location::caller();
                record::before(at, Doing::Step);
                let found = self.inner.compare_exchange(current, new, success, failure);
                let object = self.object;
                record::step(at, |objects| {
                    let known = known(objects, object)?;
                    let order = if found.is_ok() { success } else { failure };
                    if found.is_ok() {
                        known.newest = new.bits();
                    }
                    let found = found.map(Bits::bits).map_err(Bits::bits);
                    let (current, new) = (current.bits(), new.bits());
                    Some(What::Exchange { object, current, new, found, order })
                });
                found
            }

            /// The same: loom knows no failure without a reason.
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $type,
                new: $type,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$type, $type> {
                self.compare_exchange(current, new, success, failure)
            }

            /// A load, and exchanges until one succeeds or `f` wants none.
            #[track_caller]
            pub fn fetch_update<F>(
                &self,
                set: Ordering,
                fetch: Ordering,
                mut f: F,
            ) -> Result<$type, $type>
            where
                F: FnMut($type) -> Option<$type>,
            {
                let mut before = self.load(fetch);
                while let Some(next) = f(before) {
                    match self.compare_exchange(before, next, set, fetch) {
                        Ok(before) => return Ok(before),
                        Err(found) => before = found,
                    }
                }
                Err(before)
            }

            fn changed(
                &self,
                at: record::At,
                how: &'static str,
                argument: $type,
                found: $type,
                now: $type,
                order: Ordering,
            ) {
                let object = self.object;
                let (argument, found) = (argument.bits(), found.bits());
                let what = What::Change { object, how, argument, found, order };
                record::step(at, written(object, now.bits(), what));
            }
        }

        impl $(<$generic>)? From<$type> for $name $(<$generic>)? {
            #[track_caller]
            fn from(value: $type) -> Self {
                Self::new(value)
            }
        }

        impl $(<$generic>)? fmt::Debug for $name $(<$generic>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.inner.fmt(f)
            }
        }
    };
}

macro_rules! changes {
    ($name:ident, $type:ty; $($how:ident: $(#[$doc:meta])* |$now:ident, $value:ident| $new:expr;)*) => {
        impl $name {
            $(
                $(#[$doc])*
                #[track_caller]
                pub fn $how(&self, value: $type, order: Ordering) -> $type {
                    let at = Location::caller();
                    record::before(at, Doing::Step);
                    let found = self.inner.$how(value, order);
                    let ($now, $value) = (found, value);
                    self.changed(at, stringify!($how), value, found, $new, order);
                    found
                }
            )*
        }

        impl Default for $name {
            #[track_caller]
            fn default() -> Self {
                Self::new(<$type>::default())
            }
        }
    };
}

macro_rules! integers {
    ($($name:ident $type:ident)*) => { $(
        atomic!($name, loom::sync::atomic::$name, $type);

        impl $name {
            /// The value, which nobody else can see meanwhile.
            #[track_caller]
            pub fn with_mut<R>(&mut self, f: impl FnOnce(&mut $type) -> R) -> R {
                let object = self.object;
                self.inner.with_mut(|value| {
                    let result = f(value);
                    record::set(object, value.bits());
                    result
                })
            }
        }
        changes! { $name, $type;
            fetch_add: /** Adds; returns what was there before. */ |now, value| now.wrapping_add(value);
            fetch_sub: /** Subtracts; returns what was there before. */ |now, value| now.wrapping_sub(value);
            fetch_and: /** Bitwise and; returns what was there before. */ |now, value| now & value;
            fetch_nand: /** Bitwise nand; returns what was there before. */ |now, value| !(now & value);
            fetch_or: /** Bitwise or; returns what was there before. */ |now, value| now | value;
            fetch_xor: /** Bitwise exclusive or; returns what was there before. */ |now, value| now ^ value;
            fetch_max: /** The greater one; returns what was there before. */ |now, value| now.max(value);
            fetch_min: /** The smaller one; returns what was there before. */ |now, value| now.min(value);
        }
    )* };
}

integers! {
    AtomicU8 u8 AtomicU16 u16 AtomicU32 u32 AtomicU64 u64 AtomicUsize usize
    AtomicI8 i8 AtomicI16 i16 AtomicI32 i32 AtomicI64 i64 AtomicIsize isize
}

atomic!(AtomicBool, loom::sync::atomic::AtomicBool, bool);
changes! { AtomicBool, bool;
    fetch_and: /** Logical and; returns what was there before. */ |now, value| now & value;
    fetch_nand: /** Logical nand; returns what was there before. */ |now, value| !(now & value);
    fetch_or: /** Logical or; returns what was there before. */ |now, value| now | value;
    fetch_xor: /** Exclusive or; returns what was there before. */ |now, value| now ^ value;
}

atomic!(AtomicPtr, loom::sync::atomic::AtomicPtr<T>, *mut T, T);

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(std::ptr::null_mut())
    }
}

/// A fence.
#[track_caller]
pub fn fence(order: Ordering) {
    let at = Location::caller();
    record::before(at, Doing::Step);
    loom::sync::atomic::fence(order);
    record::step(at, |_| Some(What::Fence(order)));
}
