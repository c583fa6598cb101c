//! A channel for one value, with one word that both ends agree on.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use handcrank_task::primitives::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
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

impl<T> Shared<T> {
    /// The receiver may have the value now, or knows that there is none. Returns the word as it was.
    fn announce(&self) -> usize {
        // Release: pairs with the receiver's Acquire, for the value. Acquire: pairs with the step that
        // sets WAITING, for the waker.
        let before = self.word.fetch_or(SENT, AcqRel);
        if before & (SENT | WAITING | CLOSED) == WAITING {
            // SAFETY: WAITING was set when SENT was not yet: the receiver leaves the place alone.
            self.waker.with(|place| {
                if let Some(waker) = unsafe { &*place } {
                    waker.wake_by_ref();
                }
            });
        }
        before
    }

    /// Takes out what is in the place for the value.
    ///
    /// # Safety
    ///
    /// The place is the caller's.
    unsafe fn take(&self) -> Option<T> {
        // SAFETY: the caller's promise.
        self.value.with_mut(|place| unsafe { (*place).take() })
    }
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
        if self.shared.announce() & CLOSED == 0 {
            return Ok(());
        }
        // SAFETY: the receiver had gone before SENT was set, so the place is still ours.
        match unsafe { self.shared.take() } {
            Some(value) => Err(value),
            None => unreachable!("nobody else takes it"),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // After `send` this is the second time, and finds SENT set.
        self.shared.announce();
    }
}

impl<T> Future for Receiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let shared = &self.shared;
        // Acquire: pairs with `announce`, for the value.
        let mut now = shared.word.load(Acquire);
        if now & (SENT | WAITING) == WAITING {
            // SAFETY: only we write the place, and only while WAITING is clear. Now both sides read.
            let same = shared.waker.with(|place| unsafe {
                (*place).as_ref().is_some_and(|stored| stored.will_wake(cx.waker()))
            });
            if same {
                return Poll::Pending;
            }
            // We want the place back. Release: our reading is over. Acquire: as above.
            now = shared.word.fetch_and(!WAITING, AcqRel);
        }
        if now & SENT == 0 {
            let waker = cx.waker().clone();
            // SAFETY: WAITING is clear, and SENT was clear after that or in the same step: the sender
            // will not read the place.
            let old = shared.waker.with_mut(|place| unsafe { (*place).replace(waker) });
            drop(old);
            // Release: for the waker. Acquire: as above, for the case that the value has come meanwhile;
            // then the sender has not seen WAITING, and wakes nobody.
            now = shared.word.fetch_or(WAITING, AcqRel);
        }
        if now & SENT == 0 {
            return Poll::Pending;
        }
        // SAFETY: SENT is set: the place is ours.
        Poll::Ready(unsafe { shared.take() })
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // Relaxed: one who goes before SENT is set has not touched the place for the value.
        self.shared.word.fetch_or(CLOSED, Relaxed);
    }
}
