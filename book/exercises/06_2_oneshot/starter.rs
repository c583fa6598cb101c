//! A channel for one value, with one word that both ends agree on.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use handcrank_task::primitives::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire},
};
use handcrank_task::primitives::cell::UnsafeCell;
use handcrank_task::primitives::sync::Arc;

/// The sender has sent its value, or has gone without. Set once, never cleared.
const SENT: usize = 1 << 0;
/// The place for the waker is filled, and the sender may read it.
const WAITING: usize = 1 << 1;
/// The receiver has gone. Set once, never cleared.
const CLOSED: usize = 1 << 2;

/// What both ends share. What is left in the two places is dropped with it.
struct Shared<T> {
    word: AtomicUsize,
    value: UnsafeCell<Option<T>>,
    waker: UnsafeCell<Option<Waker>>,
}

// SAFETY: the word says whose the two places are. The value goes from one thread to another.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above; nobody gets a `&T`.
unsafe impl<T: Send> Sync for Shared<T> {}

/// The end that a value goes into.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// The end that the value comes out of: a future. It yields `None` if the sender went without sending.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
}

/// Makes a channel for one value.
pub fn channel<T: Send>() -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        word: AtomicUsize::new(0),
        value: UnsafeCell::new(None),
        waker: UnsafeCell::new(None),
    });
    (Sender { shared: shared.clone() }, Receiver { shared })
}

impl<T> Sender<T> {
    /// Sends the value. Never waits.
    ///
    /// # Errors
    ///
    /// The value, if the receiver has gone before.
    pub fn send(self, value: T) -> Result<(), T> {
        // SAFETY: SENT is clear, and only we set it: the place is ours.
        self.shared.value.with_mut(|place| unsafe { *place = Some(value) });
        // Who tells the receiver? And what if there is none?
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // Called at the end of `send` too.
    }
}

impl<T> Future for Receiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        // Acquire: for the value, if it is there.
        if self.shared.word.load(Acquire) & SENT != 0 {
            // SAFETY: SENT is set: the place is the receiver's.
            return Poll::Ready(self.shared.value.with_mut(|place| unsafe { (*place).take() }));
        }
        let _ = (cx, &self.shared.waker, WAITING, AcqRel);
        Poll::Pending
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let _ = CLOSED;
    }
}
