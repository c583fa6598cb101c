use super::*;
use crate::testing::{CountingWaker, poll};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

#[test]
fn a_value_comes_and_wakes() {
    let (sender, mut receiver) = channel();
    let waker = CountingWaker::new();
    assert!(receiver.is_empty() && !receiver.is_terminated());
    assert!(Pin::new(&mut receiver).poll(&mut waker.context()).is_pending());
    assert_eq!(sender.send(1), Ok(()));
    assert_eq!((waker.count(), waker.handles()), (1, 1));
    assert!(!receiver.is_empty());
    assert_eq!(poll(Pin::new(&mut receiver)), Poll::Ready(Ok(1)));
    assert!(receiver.is_empty() && receiver.is_terminated());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    let again = catch_unwind(AssertUnwindSafe(|| poll(Pin::new(&mut receiver))));
    assert_eq!(*again.unwrap_err().downcast::<&str>().unwrap(), "called after complete");
}

#[test]
fn a_sender_that_goes_away_wakes() {
    let (sender, mut receiver) = channel::<u8>();
    let waker = CountingWaker::new();
    assert!(Pin::new(&mut receiver).poll(&mut waker.context()).is_pending());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    drop(sender);
    assert_eq!(waker.count(), 1);
    assert_eq!(poll(Pin::new(&mut receiver)), Poll::Ready(Err(RecvError(()))));
}

#[test]
fn a_receiver_that_goes_away_wakes() {
    let (mut sender, receiver) = channel::<u8>();
    let waker = CountingWaker::new();
    assert!(sender.poll_closed(&mut waker.context()).is_pending());
    assert!(!sender.is_closed());
    drop(receiver);
    assert_eq!((waker.count(), waker.handles()), (1, 1));
    assert!(sender.is_closed());
    assert!(poll(pin!(sender.closed())).is_ready());
    assert_eq!(sender.send(5), Err(5));
}

#[test]
fn a_closed_receiver_keeps_what_was_sent() {
    let (sender, mut receiver) = channel();
    sender.send(1).unwrap();
    receiver.close();
    assert_eq!(receiver.try_recv(), Ok(1));

    let (mut sender, mut receiver) = channel();
    let waker = CountingWaker::new();
    assert!(sender.poll_closed(&mut waker.context()).is_pending());
    receiver.close();
    assert_eq!(waker.count(), 1);
    assert_eq!(sender.send(1), Err(1));
    assert!(receiver.is_empty() && !receiver.is_terminated());
    assert_eq!(poll(Pin::new(&mut receiver)), Poll::Ready(Err(RecvError(()))));
}

#[test]
fn an_unwanted_value_is_dropped_with_the_receiver_and_once() {
    let value = Arc::new(());
    let (sender, receiver) = channel();
    sender.send(Arc::clone(&value)).unwrap();
    assert_eq!(Arc::strong_count(&value), 2);
    drop(receiver);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn the_last_waker_is_the_one_that_is_called() {
    let (sender, mut receiver) = channel::<u8>();
    let (old, new) = (CountingWaker::new(), CountingWaker::new());
    assert!(Pin::new(&mut receiver).poll(&mut old.context()).is_pending());
    assert!(Pin::new(&mut receiver).poll(&mut new.context()).is_pending());
    drop(sender);
    assert_eq!((old.count(), old.handles(), new.count()), (0, 1, 1));
}

#[test]
fn a_value_may_use_its_own_channel_when_it_is_dropped() {
    /// Holds the other side of the channel that it is sent through.
    struct Loop(#[allow(dead_code)] Sender<Loop>);
    let (sender, receiver) = channel::<Loop>();
    let (inner_sender, mut inner_receiver) = channel::<Loop>();
    sender.send(Loop(inner_sender)).map_err(drop).unwrap();
    drop(receiver);
    assert!(matches!(inner_receiver.try_recv(), Err(TryRecvError::Closed)));
}

#[test]
fn a_thread_can_wait_even_when_its_budget_is_spent() {
    coop::budget(|| {
        for i in 0..200 {
            let (sender, receiver) = channel();
            let sending = thread::spawn(move || sender.send(i));
            assert_eq!(receiver.blocking_recv(), Ok(i));
            sending.join().unwrap().unwrap();
        }
    });
    let (sender, receiver) = channel::<u8>();
    drop(sender);
    assert_eq!(receiver.blocking_recv(), Err(RecvError(())));
}

#[test]
fn texts() {
    assert_eq!(RecvError(()).to_string(), "channel closed");
    assert_eq!(TryRecvError::Empty.to_string(), "channel empty");
    assert_eq!(TryRecvError::Closed.to_string(), "channel closed");
    assert_eq!(format!("{:?}", RecvError(())), "RecvError(())");
}
