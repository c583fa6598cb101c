//! A channel for one value, from one sender to one receiver.
//!
//! Typically the answer to a request: the request carries the [`Sender`], and whoever made it
//! awaits the [`Receiver`].
//!
//! ```
//! use handcrank_sync::oneshot;
//!
//! let (sender, receiver) = oneshot::channel();
//! std::thread::spawn(move || sender.send(6 * 7));
//! assert_eq!(handcrank_executor::block_on(receiver), Ok(42));
//! ```
//!
//! If either side goes away first, the other one learns of it: the receiver yields
//! [`RecvError`], and [`send`](Sender::send) gives the value back.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};
use std::thread::{self, Thread};

use handcrank_task::coop;
use handcrank_task::drives::may_block;
use handcrank_task::primitives::sync::Mutex;

use error::{RecvError, TryRecvError};

/// What can go wrong.
pub mod error {
    use std::fmt;

    /// The sender was dropped without sending, or the receiver was closed before.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct RecvError(pub(super) ());

    /// Why there is no value to be had from [`try_recv`](super::Receiver::try_recv).
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum TryRecvError {
        /// None has been sent yet.
        Empty,
        /// None will ever come: the sender was dropped, the receiver was closed, or it has already
        /// yielded what there was.
        Closed,
    }

    impl fmt::Display for RecvError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("channel closed")
        }
    }

    impl fmt::Display for TryRecvError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(match self {
                Self::Empty => "channel empty",
                Self::Closed => "channel closed",
            })
        }
    }

    impl std::error::Error for RecvError {}
    impl std::error::Error for TryRecvError {}
}

/// Makes the two sides of a channel.
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Mutex::new(Shared {
        value: None,
        sender_done: false,
        receiver_done: false,
        sender: None,
        receiver: None,
    }));
    (Sender { shared: Some(Arc::clone(&shared)) }, Receiver { shared: Some(shared) })
}

/// The sending side.
///
/// Dropping it without sending closes the channel.
pub struct Sender<T> {
    /// `None` once the value has been sent, so that the drop that follows has nothing to do.
    shared: Option<Arc<Mutex<Shared<T>>>>,
}

/// The receiving side: a future of the value.
///
/// # Errors
///
/// [`RecvError`] if the sender was dropped without sending, or the receiver was
/// [closed](Receiver::close) before.
///
/// # Cancel safety
///
/// Poll it through `&mut receiver` where it competes with other futures: a poll that returned
/// `Pending` has lost nothing. Dropping the receiver drops a value that has come meanwhile.
///
/// # Panics
///
/// If polled again after it was ready.
#[must_use = "a receiver does nothing unless you `.await` or poll it"]
pub struct Receiver<T> {
    /// `None` once the value, or the error, has been handed out.
    shared: Option<Arc<Mutex<Shared<T>>>>,
}

/// What both sides see. Each side takes the lock once or twice in its life, for a few instructions,
/// so the two rarely meet there; the lock keeps five fields consistent that would otherwise need a
/// word of five bits and a proof. Values and wakers leave the lock before they are dropped or woken.
struct Shared<T> {
    value: Option<T>,
    /// Sent or dropped: nothing more will come.
    sender_done: bool,
    /// Closed or dropped: nothing more will be accepted.
    receiver_done: bool,
    /// Whom to wake when `receiver_done` is set: a task in [`Sender::closed`].
    sender: Option<Waker>,
    /// Whom to wake when `sender_done` is set.
    receiver: Option<Waker>,
}

/// Puts a waker in its place; returns the one it replaces, to be dropped without the lock.
fn register(place: &mut Option<Waker>, waker: &Waker) -> Option<Waker> {
    match place {
        Some(current) if current.will_wake(waker) => None,
        _ => place.replace(waker.clone()),
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<T> Sender<T> {
    /// Sends the value. It is there at once: this waits for nothing.
    ///
    /// # Errors
    ///
    /// Gives the value back if the receiver was dropped or closed. `Ok` does not mean that the
    /// value will be looked at: the receiver may still be dropped.
    pub fn send(mut self, value: T) -> Result<(), T> {
        let shared = self.shared.take().expect("a sender sends once");
        let mut guard = shared.lock();
        if guard.receiver_done {
            return Err(value);
        }
        guard.value = Some(value);
        guard.sender_done = true;
        let receiver = guard.receiver.take();
        let own = guard.sender.take();
        drop(guard);
        drop(own);
        wake(receiver);
        Ok(())
    }

    /// Waits until the receiver is dropped or closed: nobody wants the value any more.
    ///
    /// ```
    /// # handcrank_executor::block_on(async {
    /// let (mut sender, receiver) = handcrank_sync::oneshot::channel::<u8>();
    /// drop(receiver);
    /// sender.closed().await;
    /// assert_eq!(sender.send(1), Err(1));
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn closed(&mut self) {
        poll_fn(|cx| self.poll_closed(cx)).await;
    }

    /// Returns whether the receiver was dropped or closed.
    pub fn is_closed(&self) -> bool {
        self.shared().lock().receiver_done
    }

    /// [`closed`](Sender::closed) as a poll. The last waker given is the one that is woken.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let unit = ready!(coop::poll_proceed(cx));
        let mut guard = self.shared().lock();
        if guard.receiver_done {
            unit.made_progress();
            return Poll::Ready(());
        }
        let old = register(&mut guard.sender, cx.waker());
        drop(guard);
        drop(old);
        Poll::Pending
    }

    fn shared(&self) -> &Mutex<Shared<T>> {
        self.shared.as_ref().expect("only `send` takes it, and the sender with it")
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            let mut guard = shared.lock();
            guard.sender_done = true;
            let receiver = guard.receiver.take();
            let own = guard.sender.take();
            drop(guard);
            drop(own);
            wake(receiver);
        }
    }
}

impl<T> Receiver<T> {
    /// Refuses any value that has not been sent yet.
    ///
    /// A value that has been sent can still be received: by awaiting, or by
    /// [`try_recv`](Receiver::try_recv).
    ///
    /// ```
    /// # use handcrank_sync::oneshot::{channel, error::TryRecvError};
    /// let (sender, mut receiver) = channel();
    /// receiver.close();
    /// assert_eq!(sender.send("late"), Err("late"));
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    /// ```
    pub fn close(&mut self) {
        if let Some(shared) = &self.shared {
            let mut guard = shared.lock();
            guard.receiver_done = true;
            let sender = guard.sender.take();
            // The next poll is ready in any case, so there is nothing more to be woken for.
            let own = guard.receiver.take();
            drop(guard);
            drop(own);
            wake(sender);
        }
    }

    /// Returns whether the receiver has yielded its value or error, after which it must not be
    /// polled.
    pub fn is_terminated(&self) -> bool {
        self.shared.is_none()
    }

    /// Returns whether there is no value to be received now. A closed channel without a value is
    /// empty, and still yields its error.
    pub fn is_empty(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.lock().value.is_none())
    }

    /// Returns the value if it has been sent.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] if there is none yet, [`TryRecvError::Closed`] if none will come.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let Some(shared) = &self.shared else {
            return Err(TryRecvError::Closed);
        };
        let Some(result) = shared.lock().outcome() else {
            return Err(TryRecvError::Empty);
        };
        self.shared = None;
        result.map_err(|RecvError(())| TryRecvError::Closed)
    }

    /// Blocks this thread until the value comes. For threads that run no tasks: anywhere else it
    /// would keep a worker from its work, and perhaps from the very task that is to send.
    ///
    /// # Errors
    ///
    /// [`RecvError`], as when awaited.
    ///
    /// # Panics
    ///
    /// In async code, and if the receiver has already yielded its value or error.
    #[track_caller]
    pub fn blocking_recv(mut self) -> Result<T, RecvError> {
        /// The standard library's own parker is enough here: whoever else unparks this thread
        /// only makes the loop below look once more.
        struct Unpark(Thread);

        impl Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }

        assert!(
            may_block(),
            "Cannot block the current thread from within a runtime. This happens because a function \
             attempted to block the current thread while the thread is being used to drive \
             asynchronous tasks."
        );
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        loop {
            // Not through `Future::poll`: a task's budget, if this is called inside one of an executor that
            // does not say so, would never be refilled while it blocks, and this would turn into a spin.
            match self.poll_recv(&waker) {
                Poll::Ready(result) => return result,
                Poll::Pending => thread::park(),
            }
        }
    }

    fn poll_recv(&mut self, waker: &Waker) -> Poll<Result<T, RecvError>> {
        let Some(shared) = &self.shared else {
            panic!("called after complete");
        };
        let mut guard = shared.lock();
        if let Some(result) = guard.outcome() {
            drop(guard);
            self.shared = None;
            return Poll::Ready(result);
        }
        let old = register(&mut guard.receiver, waker);
        drop(guard);
        drop(old);
        Poll::Pending
    }
}

impl<T> Shared<T> {
    /// What the receiver gets, if that is decided. The value leaves.
    fn outcome(&mut self) -> Option<Result<T, RecvError>> {
        match self.value.take() {
            Some(value) => Some(Ok(value)),
            None if self.sender_done || self.receiver_done => Some(Err(RecvError(()))),
            None => None,
        }
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let unit = ready!(coop::poll_proceed(cx));
        let result = ready!(self.poll_recv(cx.waker()));
        unit.made_progress();
        Poll::Ready(result)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            let mut guard = shared.lock();
            guard.receiver_done = true;
            let sender = guard.sender.take();
            let own = guard.receiver.take();
            let value = guard.value.take();
            drop(guard);
            wake(sender);
            drop(own);
            drop(value);
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("is_closed", &self.is_closed()).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("is_empty", &self.is_empty())
            .field("is_terminated", &self.is_terminated())
            .finish()
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests;

#[cfg(all(test, handcrank_loom))]
mod models;
