//! An event that happens once, and a future that waits for it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use handcrank_task::primitives::atomic::{AtomicBool, Ordering};
use handcrank_task::primitives::sync::Mutex;

/// An event that happens once.
pub struct Signal {
    happened: AtomicBool,
    /// Whom to wake. At most one task waits at a time.
    waiter: Mutex<Option<Waker>>,
}

impl Signal {
    /// Makes a signal that nobody has set.
    pub fn new() -> Self {
        Self { happened: AtomicBool::new(false), waiter: Mutex::new(None) }
    }

    /// Announces the event. What this thread did before is visible to whoever waited.
    pub fn set(&self) {
        self.happened.store(true, Ordering::Release);
        // A statement of its own, so that the lock is free before the waker runs: it may well come
        // back to this signal.
        let waiter = self.waiter.lock().take();
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    /// Waits until somebody has called [`set`](Signal::set).
    pub fn wait(&self) -> Wait<'_> {
        Wait { signal: self }
    }
}

impl Default for Signal {
    fn default() -> Self {
        Self::new()
    }
}

/// What [`Signal::wait`] returns.
pub struct Wait<'a> {
    signal: &'a Signal,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.signal.happened.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        // The newest waker counts: the task may have moved to another executor since.
        let old = self.signal.waiter.lock().replace(cx.waker().clone());
        // Dropping a waker may run anything too.
        drop(old);
        Poll::Pending
    }
}
