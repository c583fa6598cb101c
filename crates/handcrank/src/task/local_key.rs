//! Values that go with a task.
//!
//! A thread-local would be seen by whatever task the thread polls next. So the value lies in the
//! future that it belongs to, and is swapped with the thread-local slot for the length of each poll:
//! in before, out after, also when the poll panics. Scopes nest, since what was in the slot lies in
//! the inner future meanwhile.

use pin_project_lite::pin_project;
use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

/// Declares values that go with a task: a [`LocalKey`](crate::task::LocalKey) each.
///
/// ```
/// handcrank::task_local! {
///     /// Who asked.
///     pub static USER: String;
///     static DEPTH: u32;
/// }
///
/// # handcrank::runtime::Runtime::new().unwrap().block_on(async {
/// let greeting = USER.scope("Ada".to_owned(), async {
///     handcrank::task::yield_now().await;
///     format!("Hello, {}!", USER.get())
/// });
/// assert_eq!(greeting.await, "Hello, Ada!");
/// assert!(USER.try_get().is_err());
/// assert_eq!(DEPTH.sync_scope(3, || DEPTH.with(|depth| depth + 1)), 4);
/// # });
/// ```
#[macro_export]
macro_rules! task_local {
    () => {};
    ($(#[$attribute:meta])* $vis:vis static $name:ident: $type:ty; $($rest:tt)*) => {
        $crate::task_local!($(#[$attribute])* $vis static $name: $type);
        $crate::task_local!($($rest)*);
    };
    ($(#[$attribute:meta])* $vis:vis static $name:ident: $type:ty) => {
        $(#[$attribute])*
        $vis static $name: $crate::task::LocalKey<$type> = {
            ::std::thread_local! {
                static __SLOT: ::std::cell::RefCell<::std::option::Option<$type>> =
                    const { ::std::cell::RefCell::new(::std::option::Option::None) };
            }
            $crate::task::LocalKey { inner: __SLOT }
        };
    };
}

/// A value that goes with a task, declared by [`task_local!`](crate::task_local).
///
/// It is there within a [`scope`](Self::scope), and nowhere else: a task that is spawned within does
/// not inherit it.
pub struct LocalKey<T: 'static> {
    /// The macro's business.
    #[doc(hidden)]
    pub inner: thread::LocalKey<RefCell<Option<T>>>,
}

impl<T: 'static> LocalKey<T> {
    /// Gives `future` a value, which is there in all its polls and while it is dropped.
    ///
    /// # Panics
    ///
    /// The future panics if it is polled from within [`with`](Self::with) of the same key, or while the
    /// thread's thread-locals are being destroyed.
    pub fn scope<F: Future>(&'static self, value: T, future: F) -> TaskLocalFuture<T, F> {
        TaskLocalFuture {
            key: self,
            value: Some(value),
            future: Some(future),
            _pinned: PhantomPinned,
        }
    }

    /// Gives `f` a value for the length of the call.
    ///
    /// # Panics
    ///
    /// From within [`with`](Self::with) of the same key, and while the thread's thread-locals are being
    /// destroyed.
    #[track_caller]
    pub fn sync_scope<F, R>(&'static self, value: T, f: F) -> R
    where
        F: FnOnce() -> R,
    {
        let mut value = Some(value);
        match self.swapped(&mut value, f) {
            Ok(result) => result,
            Err(error) => error.panic(),
        }
    }

    /// Runs `f` with `value` in the slot; afterwards both are again what they were.
    fn swapped<R>(
        &'static self,
        value: &mut Option<T>,
        f: impl FnOnce() -> R,
    ) -> Result<R, NoEntry> {
        struct SwapBack<'a, T: 'static> {
            key: &'static LocalKey<T>,
            value: &'a mut Option<T>,
        }
        impl<T: 'static> Drop for SwapBack<'_, T> {
            fn drop(&mut self) {
                // The slot was there before, and nobody can hold on to a borrow of it: `with` lends
                // it for a call.
                self.key.inner.with(|slot| mem::swap(self.value, &mut *slot.borrow_mut()));
            }
        }
        let swap = |slot: &RefCell<Option<T>>| match slot.try_borrow_mut() {
            Ok(mut slot) => {
                mem::swap(value, &mut *slot);
                Ok(())
            }
            Err(_) => Err(NoEntry::Borrowed),
        };
        self.inner.try_with(swap).unwrap_or(Err(NoEntry::Destroyed))?;
        let _back = SwapBack { key: self, value };
        Ok(f())
    }

    /// Looks at the value.
    ///
    /// # Panics
    ///
    /// Outside of a scope.
    #[track_caller]
    pub fn with<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        match self.try_with(f) {
            Ok(result) => result,
            Err(AccessError { .. }) => {
                panic!("cannot access a task-local storage value without setting it first")
            }
        }
    }

    /// Looks at the value.
    ///
    /// # Errors
    ///
    /// Outside of a scope.
    pub fn try_with<F, R>(&'static self, f: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        // No borrow to write can be under way: none lasts longer than a swap.
        let look = |slot: &RefCell<Option<T>>| slot.borrow().as_ref().map(f);
        self.inner.try_with(look).ok().flatten().ok_or(AccessError { _private: () })
    }
}

impl<T: Clone + 'static> LocalKey<T> {
    /// A copy of the value.
    ///
    /// # Panics
    ///
    /// Outside of a scope.
    #[track_caller]
    pub fn get(&'static self) -> T {
        self.with(T::clone)
    }

    /// A copy of the value.
    ///
    /// # Errors
    ///
    /// Outside of a scope.
    pub fn try_get(&'static self) -> Result<T, AccessError> {
        self.try_with(T::clone)
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("LocalKey { .. }")
    }
}

pin_project! {
    /// The future of [`LocalKey::scope`].
    #[must_use = "futures do nothing unless polled"]
    pub struct TaskLocalFuture<T, F>
    where
        T: 'static,
    {
        key: &'static LocalKey<T>,
        // None while the future is polled, and after `take_value`.
        value: Option<T>,
        // None after its end.
        #[pin]
        future: Option<F>,
        #[pin]
        _pinned: PhantomPinned,
    }

    impl<T: 'static, F> PinnedDrop for TaskLocalFuture<T, F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let mut future = this.future;
            if mem::needs_drop::<F>() && future.is_some() {
                // If the slot cannot be had, the future is dropped without the value, as a field.
                let _ = this.key.swapped(this.value, || future.set(None));
            }
        }
    }
}

impl<T: 'static, F> TaskLocalFuture<T, F> {
    /// Takes the value out. From then on the future runs without it.
    ///
    /// For a future that has ended, to have back what it was given. `None` the second time, and from
    /// within the future itself.
    pub fn take_value(self: Pin<&mut Self>) -> Option<T> {
        self.project().value.take()
    }
}

impl<T: 'static, F: Future> Future for TaskLocalFuture<T, F> {
    type Output = F::Output;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut future = this.future;
        let polled = this.key.swapped(this.value, || {
            let polled = future.as_mut().as_pin_mut()?.poll(cx);
            if polled.is_ready() {
                // Its destructor is to see the value, too.
                future.set(None);
            }
            Some(polled)
        });
        match polled {
            Ok(Some(polled)) => polled,
            Ok(None) => panic!("`TaskLocalFuture` polled after completion"),
            Err(error) => error.panic(),
        }
    }
}

// The value alone: the future need not be printable.
#[allow(clippy::missing_fields_in_debug)]
impl<T: fmt::Debug + 'static, F> fmt::Debug for TaskLocalFuture<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut future = f.debug_struct("TaskLocalFuture");
        match &self.value {
            Some(value) => future.field("value", value),
            None => future.field("value", &format_args!("<missing>")),
        };
        future.finish()
    }
}

/// There is no value: [`LocalKey::try_with`] was called outside of a scope.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccessError {
    _private: (),
}

impl fmt::Debug for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessError").finish()
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("task-local value not set")
    }
}

impl Error for AccessError {}

/// Why a scope cannot be entered.
enum NoEntry {
    Borrowed,
    Destroyed,
}

impl NoEntry {
    #[track_caller]
    fn panic(&self) -> ! {
        match self {
            Self::Borrowed => {
                panic!("cannot enter a task-local scope while the task-local storage is borrowed")
            }
            Self::Destroyed => panic!(
                "cannot enter a task-local scope during or after destruction of the underlying \
                 thread-local"
            ),
        }
    }
}
