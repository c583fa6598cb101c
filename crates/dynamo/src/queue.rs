//! A bounded queue with many senders and one receiver: what subscriptions and watches read from.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

struct Shared<T> {
    items: VecDeque<T>,
    capacity: usize,
    /// Items that found the queue full.
    dropped: u64,
    senders: usize,
    receiver: bool,
    waker: Option<Waker>,
}

/// Puts items in. Never waits: whoever publishes must not be slowed by a slow reader.
pub(crate) struct Sender<T>(Arc<Mutex<Shared<T>>>);

/// Takes items out.
pub(crate) struct Receiver<T>(Arc<Mutex<Shared<T>>>);

/// A queue for up to `capacity` items.
pub(crate) fn queue<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Mutex::new(Shared {
        items: VecDeque::new(),
        capacity,
        dropped: 0,
        senders: 1,
        receiver: true,
        waker: None,
    }));
    (Sender(shared.clone()), Receiver(shared))
}

impl<T> Sender<T> {
    /// Adds `item`, or drops it and returns `false` if the queue is full or nobody reads it.
    pub(crate) fn push(&self, item: T) -> bool {
        let mut shared = self.0.lock();
        if !shared.receiver {
            return false;
        }
        if shared.items.len() == shared.capacity {
            shared.dropped += 1;
            return false;
        }
        shared.items.push_back(item);
        let waker = shared.waker.take();
        // A waker runs foreign code, which must find the queue unlocked.
        drop(shared);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    pub(crate) fn is_closed(&self) -> bool {
        !self.0.lock().receiver
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.lock().senders += 1;
        Self(self.0.clone())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut shared = self.0.lock();
        shared.senders -= 1;
        let waker = if shared.senders == 0 { shared.waker.take() } else { None };
        drop(shared);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Receiver<T> {
    /// The next item; `None` once all senders are gone and the queue is empty.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut shared = self.0.lock();
        if let Some(item) = shared.items.pop_front() {
            return Poll::Ready(Some(item));
        }
        if shared.senders == 0 {
            return Poll::Ready(None);
        }
        let old = shared.waker.replace(cx.waker().clone());
        drop(shared);
        drop(old);
        Poll::Pending
    }

    /// Waits for the next item. Cancel safe: an item is either returned or still queued.
    pub(crate) async fn next(&mut self) -> Option<T> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// How many items found the queue full.
    pub(crate) fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut shared = self.0.lock();
        shared.receiver = false;
        let (items, waker) = (std::mem::take(&mut shared.items), shared.waker.take());
        // Items may hold senders of this very queue: they must find it unlocked.
        drop(shared);
        drop((items, waker));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::block_until;

    #[test]
    fn items_come_out_in_order_and_the_end_is_seen() {
        let (sender, mut receiver) = queue(8);
        assert!(sender.push(1) && sender.push(2));
        let other = std::thread::spawn(move || sender.push(3));
        let take = async { (receiver.next().await, receiver.next().await, receiver.next().await) };
        assert_eq!(block_until(None, take), Some((Some(1), Some(2), Some(3))));
        assert!(other.join().unwrap());
        assert_eq!(block_until(None, receiver.next()), Some(None));
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let (sender, mut receiver) = queue(1);
        assert!(sender.push('a'));
        assert!(!sender.push('b'));
        assert_eq!(receiver.dropped(), 1);
        assert_eq!(block_until(None, receiver.next()), Some(Some('a')));
        drop(receiver);
        assert!(sender.is_closed());
        assert!(!sender.push('c'));
    }
}
