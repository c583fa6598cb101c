//! Shared ownership.

use crate::record;
use std::fmt;
use std::ops::Deref;
use std::pin::Pin;

/// Loom's `Arc`. Its steps are not written down: to count pointers is not what one wants to read in a table.
/// They are still points at which threads are switched, and what they find (a leak, for one) is a verdict.
pub struct Arc<T: ?Sized> {
    /// `None` only when it is about to go.
    inner: Option<loom::sync::Arc<T>>,
}

impl<T> Arc<T> {
    /// Shares a value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::of(loom::sync::Arc::new(value))
    }

    /// Shares a value that stays where it is.
    #[track_caller]
    pub fn pin(value: T) -> Pin<Self>
    where
        T: Unpin,
    {
        Pin::new(Self::new(value))
    }

    /// The value, if this is the only pointer to it.
    #[track_caller]
    pub fn try_unwrap(mut this: Self) -> Result<T, Self> {
        loom::sync::Arc::try_unwrap(this.take()).map_err(Self::of)
    }
}

impl<T: ?Sized> Arc<T> {
    fn of(inner: loom::sync::Arc<T>) -> Self {
        Self { inner: Some(inner) }
    }

    fn take(&mut self) -> loom::sync::Arc<T> {
        self.inner.take().expect("taken once, when it goes")
    }

    fn inner(&self) -> &loom::sync::Arc<T> {
        self.inner.as_ref().expect("taken once, when it goes")
    }

    /// Takes over a standard `Arc` to which there is no other pointer.
    #[track_caller]
    pub fn from_std(std: std::sync::Arc<T>) -> Self {
        Self::of(loom::sync::Arc::from_std(std))
    }

    /// How many pointers there are.
    #[track_caller]
    pub fn strong_count(this: &Self) -> usize {
        loom::sync::Arc::strong_count(this.inner())
    }

    /// The value, if this is the only pointer to it.
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        loom::sync::Arc::get_mut(this.inner.as_mut()?)
    }

    /// Do both point to the same value?
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        loom::sync::Arc::ptr_eq(this.inner(), other.inner())
    }

    /// Where the value is.
    pub fn as_ptr(this: &Self) -> *const T {
        loom::sync::Arc::as_ptr(this.inner())
    }

    /// Where the value is; the pointer still counts.
    pub fn into_raw(mut this: Self) -> *const T {
        loom::sync::Arc::into_raw(this.take())
    }

    /// A pointer that came from [`into_raw`](Self::into_raw).
    ///
    /// # Safety
    ///
    /// It must have come from there, and be given back once.
    #[track_caller]
    pub unsafe fn from_raw(raw: *const T) -> Self {
        // SAFETY: the caller's promise.
        Self::of(unsafe { loom::sync::Arc::from_raw(raw) })
    }

    /// One pointer more.
    ///
    /// # Safety
    ///
    /// `raw` must have come from [`into_raw`](Self::into_raw), and still count.
    #[track_caller]
    pub unsafe fn increment_strong_count(raw: *const T) {
        // SAFETY: the caller's promise.
        unsafe { loom::sync::Arc::increment_strong_count(raw) };
    }

    /// One pointer less.
    ///
    /// # Safety
    ///
    /// `raw` must have come from [`into_raw`](Self::into_raw), and still count.
    #[track_caller]
    pub unsafe fn decrement_strong_count(raw: *const T) {
        // SAFETY: the caller's promise.
        drop(unsafe { Self::from_raw(raw) });
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    fn drop(&mut self) {
        // A model that has failed stops here, before loom's own destructor.
        record::writing();
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Self::of(self.inner().clone())
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner()
    }
}

impl<T: ?Sized> AsRef<T> for Arc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: Default> Default for Arc<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Arc<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
