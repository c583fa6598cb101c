//! What cases observe with: values that say when they are dropped, wakers that count.

use crate::harness::Log;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// Says when it is dropped.
pub(crate) struct Loud(pub(crate) Log, pub(crate) &'static str);

impl Drop for Loud {
    fn drop(&mut self) {
        self.0.note(format!("{} dropped", self.1));
    }
}

/// A waker that counts how often it was called.
#[derive(Default)]
pub(crate) struct Bell(pub(crate) AtomicUsize);

impl Bell {
    /// How often so far.
    pub(crate) fn rings(&self) -> usize {
        self.0.load(SeqCst)
    }

    /// How often since the last time.
    pub(crate) fn take(&self) -> usize {
        self.0.swap(0, SeqCst)
    }

    /// Polls a future with this waker.
    pub(crate) fn poll<F: Future + Unpin>(self: &Arc<Self>, future: &mut F) -> Poll<F::Output> {
        let waker = Waker::from(Arc::clone(self));
        Pin::new(future).poll(&mut Context::from_waker(&waker))
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}
