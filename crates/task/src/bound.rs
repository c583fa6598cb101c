//! Keeping a `!Send` future on its thread.
//!
//! A task's pointers travel between threads, but the future of a local task may not. Nothing in
//! this crate moves it; still the promise is checked where it would be broken, so that
//! [`spawn_local`](crate::spawn_local) is safe to call whatever the scheduler does with the task.

use crate::current;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future that is polled and dropped on the thread that made it, or not at all.
pub(crate) struct ThreadBound<F> {
    thread: u64,
    future: ManuallyDrop<F>,
}

impl<F> ThreadBound<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { thread: current::thread(), future: ManuallyDrop::new(future) }
    }

    fn at_home(&self) -> bool {
        self.thread == current::thread()
    }
}

impl<F: Future> Future for ThreadBound<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        assert!(self.at_home(), "local task polled by a thread that did not spawn it");
        // SAFETY: the future is pinned whenever the wrapper is: it never leaves it.
        unsafe { self.map_unchecked_mut(|this| &mut *this.future) }.poll(cx)
    }
}

impl<F> Drop for ThreadBound<F> {
    fn drop(&mut self) {
        // On a strange thread the future is leaked: that is safe, and dropping it is not.
        assert!(self.at_home(), "local task dropped by a thread that did not spawn it");
        // SAFETY: dropped once, here.
        unsafe { ManuallyDrop::drop(&mut self.future) };
    }
}
