#![cfg(handcrank_loom)]

use std::future::Future;
use std::pin::Pin;
// The standard ones: what only counts is no step of the model.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use exercise::{Receiver, channel};
use handcrank_task::primitives::{model, thread};

/// A waker that counts its calls.
#[derive(Default)]
struct Calls(AtomicUsize);

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A value that counts its drops.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn poll<T>(receiver: &mut Receiver<T>, waker: &Waker) -> Poll<Option<T>> {
    Pin::new(receiver).poll(&mut Context::from_waker(waker))
}

/// In some order of the steps the receiver sleeps although the value is there. Read the table from the
/// bottom: what did the receiver read before it went to sleep, and what had changed since?
#[test]
fn a_send_against_a_poll() {
    model(|| {
        let (sender, mut receiver) = channel();
        let other = thread::spawn(move || assert_eq!(sender.send(7), Ok(())));
        let calls = Arc::new(Calls::default());
        let mut found = poll(&mut receiver, &calls.clone().into());
        other.join().unwrap();
        if found.is_pending() {
            assert_eq!(calls.0.load(SeqCst), 1, "sent, and the receiver sleeps for ever");
            found = poll(&mut receiver, Waker::noop());
        }
        assert_eq!(found, Poll::Ready(Some(7)));
    });
}

/// The receiver moves to another task, and so has another waker, while the sender sends. In some order the last
/// waker is not called, or one thread writes the place for the waker while the other reads it.
#[test]
fn a_send_against_a_change_of_wakers() {
    model(|| {
        let (sender, mut receiver) = channel();
        let first = Arc::new(Calls::default());
        assert!(poll(&mut receiver, &first.clone().into()).is_pending());
        let other = thread::spawn(move || assert_eq!(sender.send(7), Ok(())));
        let second = Arc::new(Calls::default());
        let mut found = poll(&mut receiver, &second.clone().into());
        other.join().unwrap();
        if found.is_pending() {
            assert_eq!(second.0.load(SeqCst), 1, "sent, and the receiver sleeps for ever");
            found = poll(&mut receiver, Waker::noop());
        }
        assert_eq!(found, Poll::Ready(Some(7)));
    });
}

/// The sender goes without sending while the receiver is polled. In some order the receiver sleeps although
/// nobody is left who could wake it.
#[test]
fn the_end_of_the_sender_against_a_poll() {
    model(|| {
        let (sender, mut receiver) = channel::<u32>();
        let other = thread::spawn(move || drop(sender));
        let calls = Arc::new(Calls::default());
        let mut found = poll(&mut receiver, &calls.clone().into());
        other.join().unwrap();
        if found.is_pending() {
            assert_eq!(calls.0.load(SeqCst), 1, "no sender, and the receiver sleeps for ever");
            found = poll(&mut receiver, Waker::noop());
        }
        assert_eq!(found, Poll::Ready(None));
    });
}

/// The receiver goes while the sender sends. In some order the value was dropped twice, or never, or two threads
/// touched its place at once. Either `send` gives it back, or it goes with the channel.
#[test]
fn a_send_against_the_end_of_the_receiver() {
    model(|| {
        let (sender, mut receiver) = channel();
        let calls = Arc::new(Calls::default());
        assert!(poll(&mut receiver, &calls.clone().into()).is_pending());
        let drops = Arc::new(AtomicUsize::new(0));
        let value = Dropped(drops.clone());
        let other = thread::spawn(move || drop(sender.send(value)));
        drop(receiver);
        other.join().unwrap();
        assert_eq!(drops.load(SeqCst), 1, "drops of the value");
        assert_eq!(Arc::strong_count(&calls), 1, "who holds the waker");
    });
}
