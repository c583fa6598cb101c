//! Atomics, cells, locks and threads: the real ones, or loom's.
//!
//! Everything in the house that a model checks takes its primitives from here, and this is the
//! only file that knows which kind it is. Built with `--cfg handcrank_loom`, the same source runs
//! under loom, which tries every order in which the threads' steps can interleave. (A cfg of our
//! own, because a global `--cfg loom` would also change crates that we merely depend on.) A model that
//! fails prints how it came to that, as a table: see `handcrank-witness`.

#[cfg(not(handcrank_loom))]
pub use real::*;

#[cfg(handcrank_loom)]
pub use modelled::*;

/// Runs foreign code from which no panic may come back.
///
/// What a panic leaves behind, its payload, is foreign code too once it is dropped, and may panic
/// in its turn. That second payload is leaked: somewhere it has to end.
#[inline]
pub fn contain(f: impl FnOnce()) {
    if let Err(payload) = caught(f) {
        bury(payload);
    }
}

#[cold]
fn bury(payload: Box<dyn std::any::Any + Send>) {
    if let Err(worse) = caught(|| drop(payload)) {
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

/// Loom's, with a witness who writes down what each thread did if a model fails.
#[cfg(handcrank_loom)]
mod modelled {
    pub use handcrank_witness::{Builder, atomic, cell, model, sync, thread};

    /// Runs foreign code. A panic goes through: under the checker it is the checker's verdict, and
    /// to catch it would be to hide it.
    pub fn caught<R>(f: impl FnOnce() -> R) -> std::thread::Result<R> {
        Ok(f())
    }
}
