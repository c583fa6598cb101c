//! Telling tasks that something has happened.

use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use handcrank_task::primitives::atomic::{AtomicUsize, Ordering};
use handcrank_task::primitives::sync::Mutex;

use crate::waiters::{Notification, Waiters};

/// Tells one waiting task, or all of them, that something has happened.
///
/// It carries no data: what has happened is written down elsewhere. In effect it is a semaphore
/// with at most one permit, which begins with none. [`notified`](Notify::notified) waits for
/// the permit and takes it; [`notify_one`](Notify::notify_one) gives it to a waiter, or stores it
/// if there is none. Any number of stored permits are one, so a waiter has to look for everything
/// that may have happened, not for one thing:
///
/// ```
/// use handcrank_sync::Notify;
/// use std::collections::VecDeque;
/// use std::sync::Mutex;
///
/// /// A channel: push and notify, or pop and wait.
/// struct Channel<T> {
///     values: Mutex<VecDeque<T>>,
///     notify: Notify,
/// }
///
/// impl<T> Channel<T> {
///     fn send(&self, value: T) {
///         self.values.lock().unwrap().push_back(value);
///         self.notify.notify_one();
///     }
///
///     // For a single receiver: of two, one might sleep beside the other's values.
///     async fn recv(&self) -> T {
///         loop {
///             if let Some(value) = self.values.lock().unwrap().pop_front() {
///                 return value;
///             }
///             // A value that comes right here has left its permit, and this returns at once.
///             self.notify.notified().await;
///         }
///     }
/// }
///
/// let channel = Channel { values: Mutex::default(), notify: Notify::new() };
/// channel.send(1);
/// channel.send(2);
/// assert_eq!(handcrank_executor::block_on(async { channel.recv().await + channel.recv().await }), 3);
/// ```
pub struct Notify {
    /// How often `notify_waiters` was called. Changes under the lock, but is also read without.
    broadcasts: AtomicUsize,
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    /// Never set while somebody waits.
    permit: bool,
    waiters: Waiters,
}

impl Notify {
    /// Makes one without a permit and without waiters.
    pub fn new() -> Self {
        let queue = Queue { permit: false, waiters: Waiters::new() };
        Self { broadcasts: AtomicUsize::new(0), queue: Mutex::new(queue) }
    }

    /// The same in a `const`, for a `static`.
    #[cfg(not(handcrank_loom))] // loom's types are made at run time
    pub const fn const_new() -> Self {
        let queue = Queue { permit: false, waiters: Waiters::new() };
        Self { broadcasts: AtomicUsize::new(0), queue: Mutex::new(queue) }
    }

    /// Waits for a notification.
    ///
    /// A waiter gets every [`notify_waiters`](Notify::notify_waiters) that comes after this call,
    /// even before the first poll. It takes part in [`notify_one`](Notify::notify_one) from its first poll or from
    /// [`enable`](Notified::enable) on, in the order of arrival; until then, a permit is stored
    /// for whoever comes first.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is ready gives up its place in the queue. If it was notified
    /// by `notify_one` and never got to say so, the notification passes on to the next
    /// waiter, or is stored.
    pub fn notified(&self) -> Notified<'_> {
        Notified { notify: self, wait: Wait::new(self) }
    }

    /// The same for a future that keeps the `Notify` alive itself.
    pub fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        let wait = Wait::new(&self);
        OwnedNotified { notify: self, wait }
    }

    /// Notifies the waiter that has waited longest, or stores a permit if nobody waits.
    ///
    /// ```
    /// let notify = handcrank_sync::Notify::new();
    /// notify.notify_one();
    /// notify.notify_one(); // one permit is all it holds
    /// handcrank_executor::block_on(notify.notified());
    /// ```
    pub fn notify_one(&self) {
        self.notify(Notification::One);
    }

    /// Notifies the waiter that came last, or stores a permit if nobody waits.
    ///
    /// Last come, first served keeps caches warm, and lets those at the other end starve.
    pub fn notify_last(&self) {
        self.notify(Notification::Last);
    }

    /// Notifies everybody who waits now, and stores nothing.
    ///
    /// "Waits now" means that [`notified`](Notify::notified) was called before this.
    ///
    /// ```
    /// let notify = handcrank_sync::Notify::new();
    /// let (first, second) = (notify.notified(), notify.notified());
    /// notify.notify_waiters();
    /// handcrank_executor::block_on(async {
    ///     first.await;
    ///     second.await;
    /// });
    /// ```
    pub fn notify_waiters(&self) {
        let mut wakers = Vec::new();
        let mut queue = self.queue.lock();
        // Release: pairs with the Acquire in `Wait::new`.
        self.broadcasts.fetch_add(1, Ordering::Release);
        while let Some(waker) = queue.waiters.notify(Notification::All) {
            wakers.extend(waker);
        }
        drop(queue);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn notify(&self, how: Notification) {
        let waker = self.queue.lock().notify(how);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Queue {
    /// Hands the permit over or stores it. The waker is to be called without the lock.
    fn notify(&mut self, how: Notification) -> Option<Waker> {
        if let Some(waker) = self.waiters.notify(how) {
            waker
        } else {
            self.permit = true;
            None
        }
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self::new()
    }
}

impl UnwindSafe for Notify {}
impl RefUnwindSafe for Notify {}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = self.queue.lock();
        f.debug_struct("Notify")
            .field("permit", &queue.permit)
            .field("is_waited_for", &!queue.waiters.is_empty())
            .finish_non_exhaustive()
    }
}

/// One wait, apart from how it holds its `Notify`.
#[derive(Debug)]
pub(crate) enum Wait {
    /// Not in the queue yet.
    Created {
        /// `Notify::broadcasts` at the time.
        broadcasts: usize,
    },
    /// In the queue, or called and not yet aware of it.
    Waiting {
        key: usize,
    },
    Done,
}

impl Wait {
    pub(crate) fn new(notify: &Notify) -> Self {
        // Acquire: pairs with the Release in `notify_waiters`. If this wait is too late for
        // a broadcast, then it must also see what the broadcast was about. Otherwise one could
        // call `notified`, find the condition not yet true, and wait for a broadcast that is over.
        Self::Created { broadcasts: notify.broadcasts.load(Ordering::Acquire) }
    }

    /// Without a waker, it joins the queue all the same: that is `enable`.
    pub(crate) fn poll(&mut self, notify: &Notify, waker: Option<&Waker>) -> Poll<()> {
        let mut queue = notify.queue.lock();
        let old_waker = match *self {
            Self::Done => return Poll::Ready(()),
            Self::Created { broadcasts } => {
                // The broadcast first: it was meant for this wait, a permit is for anybody.
                // Relaxed: it changes under the lock only.
                let is_over = broadcasts != notify.broadcasts.load(Ordering::Relaxed)
                    || mem::take(&mut queue.permit);
                if !is_over {
                    *self = Self::Waiting { key: queue.waiters.push(waker.cloned()) };
                    return Poll::Pending;
                }
                None
            }
            Self::Waiting { key } => {
                if queue.waiters.notification(key).is_none() {
                    let old_waker = waker.and_then(|waker| queue.waiters.set_waker(key, waker));
                    drop(queue);
                    drop(old_waker);
                    return Poll::Pending;
                }
                queue.waiters.remove(key).1
            }
        };
        *self = Self::Done;
        drop(queue);
        drop(old_waker);
        Poll::Ready(())
    }

    /// Gives up; to be called when the future is dropped.
    pub(crate) fn leave(&mut self, notify: &Notify) {
        let Self::Waiting { key } = mem::replace(self, Self::Done) else {
            return;
        };
        let mut queue = notify.queue.lock();
        let (notification, old_waker) = queue.waiters.remove(key);
        let next = match notification {
            Some(how @ (Notification::One | Notification::Last)) => queue.notify(how),
            Some(Notification::All) | None => None,
        };
        drop(queue);
        drop(old_waker);
        if let Some(next) = next {
            next.wake();
        }
    }
}

/// The future of [`Notify::notified`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Notified<'a> {
    notify: &'a Notify,
    wait: Wait,
}

impl Notified<'_> {
    /// Joins the queue without waiting, and returns whether the notification is there already.
    ///
    /// From here on `notify_one` counts this waiter. That is what one needs to look at a condition
    /// between joining and waiting, with several receivers:
    ///
    /// ```
    /// # use handcrank_sync::Notify;
    /// # use std::{collections::VecDeque, pin::pin, sync::Mutex};
    /// async fn recv<T>(values: &Mutex<VecDeque<T>>, notify: &Notify) -> T {
    ///     loop {
    ///         let mut notified = pin!(notify.notified());
    ///         notified.as_mut().enable();
    ///         // A value pushed before this line is found; one pushed after it notifies us.
    ///         if let Some(value) = values.lock().unwrap().pop_front() {
    ///             return value;
    ///         }
    ///         notified.await;
    ///     }
    /// }
    /// # let (values, notify) = (Mutex::new(VecDeque::from([1])), Notify::new());
    /// # assert_eq!(handcrank_executor::block_on(recv(&values, &notify)), 1);
    /// ```
    pub fn enable(self: Pin<&mut Self>) -> bool {
        let this = self.get_mut();
        this.wait.poll(this.notify, None).is_ready()
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.wait.poll(this.notify, Some(cx.waker()))
    }
}

impl Drop for Notified<'_> {
    fn drop(&mut self) {
        self.wait.leave(self.notify);
    }
}

/// The future of [`Notify::notified_owned`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct OwnedNotified {
    notify: Arc<Notify>,
    wait: Wait,
}

impl OwnedNotified {
    /// As [`Notified::enable`].
    pub fn enable(self: Pin<&mut Self>) -> bool {
        let this = self.get_mut();
        this.wait.poll(&this.notify, None).is_ready()
    }
}

impl Future for OwnedNotified {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.wait.poll(&this.notify, Some(cx.waker()))
    }
}

impl Drop for OwnedNotified {
    fn drop(&mut self) {
        self.wait.leave(&self.notify);
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests;

#[cfg(all(test, handcrank_loom))]
mod models;
