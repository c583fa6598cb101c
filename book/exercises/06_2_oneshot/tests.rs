use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use exercise::{Receiver, channel};

/// A waker that counts its calls.
#[derive(Default)]
struct Calls(AtomicUsize);

impl Calls {
    fn new() -> (Arc<Self>, Waker) {
        let calls = Arc::new(Self::default());
        (calls.clone(), Waker::from(calls))
    }

    fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn poll<T>(receiver: &mut Receiver<T>, waker: &Waker) -> Poll<Option<T>> {
    Pin::new(receiver).poll(&mut Context::from_waker(waker))
}

/// The value was sent before the first poll, and the poll did not find it. `send` has to say in the word that
/// the value is there.
#[test]
fn what_was_sent_is_received() {
    let (sender, mut receiver) = channel();
    assert_eq!(sender.send(7), Ok(()));
    assert_eq!(poll(&mut receiver, Waker::noop()), Poll::Ready(Some(7)));
}

/// The receiver was polled and sleeps; `send` did not call its waker. `poll` has to leave the waker where the
/// sender finds it, and to say in the word that it is there.
#[test]
fn send_wakes_the_receiver() {
    let (sender, mut receiver) = channel();
    let (calls, waker) = Calls::new();
    assert_eq!(poll(&mut receiver, &waker), Poll::Pending);
    assert_eq!(sender.send(7), Ok(()));
    assert_eq!(calls.count(), 1, "calls of the waker");
    assert_eq!(poll(&mut receiver, &waker), Poll::Ready(Some(7)));
}

/// The receiver was polled twice, with two wakers, and `send` did not call the second, or called the first. To
/// store another waker, take the place back first: while WAITING is set the sender may read it.
#[test]
fn the_last_waker_counts() {
    let (sender, mut receiver) = channel();
    let ((old, first), (new, second)) = (Calls::new(), Calls::new());
    assert_eq!(poll(&mut receiver, &first), Poll::Pending);
    assert_eq!(poll(&mut receiver, &second), Poll::Pending);
    assert_eq!(sender.send(7), Ok(()));
    assert_eq!((old.count(), new.count()), (0, 1), "calls of the two wakers");
    assert_eq!(poll(&mut receiver, &second), Poll::Ready(Some(7)));
}

/// The sender went without sending, and the receiver waits for ever. That there will be no value is news
/// too, and the receiver has to be woken for it.
#[test]
fn a_sender_that_goes_is_noticed() {
    let (sender, mut receiver) = channel::<u32>();
    let (calls, waker) = Calls::new();
    assert_eq!(poll(&mut receiver, &waker), Poll::Pending);
    drop(sender);
    assert_eq!(calls.count(), 1, "calls of the waker");
    assert_eq!(poll(&mut receiver, &waker), Poll::Ready(None));
}

/// One value has to wake the receiver once. `send` consumes the sender, so the sender's `drop` runs as well: if
/// there were two calls, both have made one.
#[test]
fn one_value_one_wake() {
    let (sender, mut receiver) = channel();
    let (calls, waker) = Calls::new();
    assert_eq!(poll(&mut receiver, &waker), Poll::Pending);
    assert_eq!(sender.send(7), Ok(()));
    assert_eq!(calls.count(), 1, "calls of the waker");
}

/// The receiver has gone, and `send` said that all is well, or lost the value. One who sends into the void
/// gets the value back.
#[test]
fn a_receiver_that_goes_is_noticed() {
    let (sender, receiver) = channel();
    drop(receiver);
    assert_eq!(sender.send(7), Err(7));
}

/// Both ends have gone, and somebody still holds the value or the waker. A waker keeps a whole task
/// alive: what is left in the two places has to go with the channel.
#[test]
fn nothing_leaks() {
    let value = Arc::new(());
    let (calls, waker) = Calls::new();
    let (sender, mut receiver) = channel();
    assert!(poll(&mut receiver, &waker).is_pending());
    assert!(sender.send(value.clone()).is_ok());
    drop((receiver, waker));
    assert_eq!(Arc::strong_count(&value), 1, "who holds the value");
    assert_eq!(Arc::strong_count(&calls), 1, "who holds the waker");
}
