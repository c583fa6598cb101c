//! A cell whose accesses are written down.

use crate::record::{self, Kind, Object, What};
use std::fmt;
use std::panic::Location;

/// `loom::cell::UnsafeCell`, written down.
pub struct UnsafeCell<T: ?Sized> {
    object: Object,
    inner: loom::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// Wraps a value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let object = record::object(Kind::Unsigned(0), 0);
        Self { object, inner: loom::cell::UnsafeCell::new(value) }
    }

    /// Takes the value out.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// A shared access: others may read at the same time.
    ///
    /// # Panics
    ///
    /// If another thread has written, and nothing says that it did so before.
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        // Written down first: if loom objects, this is the step that it objects to. An access is no
        // point at which threads are switched.
        record::step_on(Location::caller(), What::Read(self.object));
        self.inner.with(f)
    }

    /// An exclusive access: nobody else may touch the value meanwhile.
    ///
    /// # Panics
    ///
    /// If another thread has touched it, and nothing says that it did so before.
    #[track_caller]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        record::step_on(Location::caller(), What::Write(self.object));
        self.inner.with_mut(f)
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}
