//! Atomics, cells, locks and threads: the real ones, or loom's.
//!
//! Everything in the house that a model checks takes its primitives from here, and this is the
//! only file that knows which kind it is. Built with `--cfg handcrank_loom`, the same source runs
//! under loom, which tries every order in which the threads' steps can interleave. (A cfg of our
//! own, because a global `--cfg loom` would also change crates that we merely depend on.)

#[cfg(not(handcrank_loom))]
pub use real::*;

#[cfg(handcrank_loom)]
pub use modelled::*;

/// Runs foreign code from which no panic may come back.
///
/// What a panic leaves behind, its payload, is foreign code too once it is dropped, and may panic
/// in its turn. That second payload is leaked: somewhere it has to end.
pub fn contain(f: impl FnOnce()) {
    if let Err(payload) = caught(f)
        && let Err(worse) = caught(|| drop(payload))
    {
        std::mem::forget(worse);
    }
}

/// The real thing.
#[cfg(not(handcrank_loom))]
mod real {
    pub use std::thread;

    /// Runs foreign code; its panic is returned as a value.
    #[inline]
    pub fn caught<R>(f: impl FnOnce() -> R) -> thread::Result<R> {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(f))
    }

    /// Locks and shared ownership.
    pub mod sync {
        pub use parking_lot::{Condvar, Mutex, MutexGuard};
        pub use std::sync::Arc;
    }

    /// Atomic integers, pointers and fences.
    pub mod atomic {
        pub use std::sync::atomic::*;
    }

    /// A cell whose accesses a checker can see.
    pub mod cell {
        /// `std::cell::UnsafeCell` with loom's calling convention: the pointer is handed to a
        /// closure, so that under the checker each access has a beginning and an end.
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

        impl<T> UnsafeCell<T> {
            /// Wraps a value.
            pub const fn new(value: T) -> Self {
                Self(std::cell::UnsafeCell::new(value))
            }

            /// Takes the value out.
            pub fn into_inner(self) -> T {
                self.0.into_inner()
            }
        }

        impl<T: ?Sized> UnsafeCell<T> {
            /// A shared access: others may read at the same time.
            #[inline(always)]
            pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
                f(self.0.get())
            }

            /// An exclusive access: nobody else may touch the value meanwhile.
            #[inline(always)]
            pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
                f(self.0.get())
            }
        }
    }
}

/// Loom's.
#[cfg(handcrank_loom)]
mod modelled {
    pub use loom::thread;

    /// Runs foreign code. A panic goes through: under the checker it is the checker's verdict, and
    /// to catch it would be to hide it.
    pub fn caught<R>(f: impl FnOnce() -> R) -> std::thread::Result<R> {
        Ok(f())
    }

    /// Locks and shared ownership.
    pub mod sync {
        pub use loom::sync::{Arc, MutexGuard};
        use std::time::Duration;

        /// `loom::sync::Mutex` with `parking_lot`'s signatures.
        #[derive(Debug)]
        pub struct Mutex<T>(loom::sync::Mutex<T>);

        impl<T> Mutex<T> {
            /// Wraps a value.
            pub fn new(value: T) -> Self {
                Self(loom::sync::Mutex::new(value))
            }

            /// Waits for the lock.
            pub fn lock(&self) -> MutexGuard<'_, T> {
                self.0.lock().unwrap()
            }

            /// Takes the lock if it is free.
            pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
                self.0.try_lock().ok()
            }
        }

        impl<T: Default> Default for Mutex<T> {
            fn default() -> Self {
                Self::new(T::default())
            }
        }

        /// `loom::sync::Condvar` with `parking_lot`'s signatures.
        #[derive(Debug)]
        pub struct Condvar(loom::sync::Condvar);

        /// What a timed wait returns.
        #[derive(Clone, Copy, Debug)]
        pub struct WaitTimeoutResult(bool);

        impl WaitTimeoutResult {
            /// Whether the time ran out.
            pub fn timed_out(&self) -> bool {
                self.0
            }
        }

        impl Condvar {
            /// A condition nobody waits for.
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(loom::sync::Condvar::new())
            }

            /// Gives the lock up while waiting.
            pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
                replace_with(guard, |guard| (self.0.wait(guard).unwrap(), ()));
            }

            /// The same with a limit. Loom knows no time: the model's wait has none either.
            pub fn wait_for<T>(
                &self,
                guard: &mut MutexGuard<'_, T>,
                _limit: Duration,
            ) -> WaitTimeoutResult {
                self.wait(guard);
                WaitTimeoutResult(false)
            }

            /// Wakes one waiter.
            pub fn notify_one(&self) {
                self.0.notify_one();
            }

            /// Wakes all waiters.
            pub fn notify_all(&self) {
                self.0.notify_all();
            }
        }

        /// Passes a borrowed guard by value through `f`; loom's condvar takes and returns it.
        fn replace_with<G, R>(slot: &mut G, f: impl FnOnce(G) -> (G, R)) -> R {
            // SAFETY: the guard is read out once and written back once. Between the two nothing
            // unwinds in a way that matters: a panic in a model ends the model.
            unsafe {
                let (back, result) = f(std::ptr::read(slot));
                std::ptr::write(slot, back);
                result
            }
        }
    }

    /// Atomic integers, pointers and fences.
    pub mod atomic {
        pub use loom::sync::atomic::*;
    }

    /// A cell whose accesses a checker can see.
    pub mod cell {
        pub use loom::cell::UnsafeCell;
    }

    /// Explores every interleaving of the threads that `f` starts.
    pub fn model(f: impl Fn() + Send + Sync + 'static) {
        loom::model(f);
    }
}
