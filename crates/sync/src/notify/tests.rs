use super::*;
use crate::testing::{CountingWaker, poll};
use handcrank_task::coop;
use std::pin::pin;

#[test]
fn one_permit_is_stored_and_no_more() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_last();
    assert!(poll(pin!(notify.notified())).is_ready());
    assert!(poll(pin!(notify.notified())).is_pending());
}

#[test]
fn waiters_are_served_in_order_of_arrival() {
    let notify = Notify::new();
    // Created in one order, polled in another: the poll counts.
    let (mut a, mut b, mut c) =
        (pin!(notify.notified()), pin!(notify.notified()), pin!(notify.notified()));
    assert!(poll(b.as_mut()).is_pending());
    assert!(poll(c.as_mut()).is_pending());
    assert!(!a.as_mut().enable());
    notify.notify_one();
    assert!(poll(a.as_mut()).is_pending());
    assert!(poll(c.as_mut()).is_pending());
    assert!(poll(b.as_mut()).is_ready());
    notify.notify_last();
    assert!(poll(c.as_mut()).is_pending());
    assert!(a.as_mut().enable());
    assert!(poll(a.as_mut()).is_ready(), "ready stays ready");
}

#[test]
fn a_broadcast_is_for_those_who_were_there() {
    let notify = Notify::new();
    let (mut polled, created) = (pin!(notify.notified()), notify.notified());
    assert!(poll(polled.as_mut()).is_pending());
    notify.notify_waiters();
    let late = notify.notified();
    assert!(poll(polled).is_ready());
    assert!(poll(pin!(created)).is_ready());
    assert!(poll(pin!(late)).is_pending());
}

#[test]
fn a_broadcast_leaves_the_permit_to_others() {
    let notify = Notify::new();
    let before = notify.notified();
    notify.notify_one();
    notify.notify_waiters();
    assert!(poll(pin!(before)).is_ready());
    assert!(poll(pin!(notify.notified())).is_ready(), "the permit was taken for nothing");
}

#[test]
fn a_dropped_waiter_passes_its_notification_on() {
    let notify = Notify::new();
    let waker = CountingWaker::new();
    let mut first = Box::pin(notify.notified());
    let mut second = pin!(notify.notified());
    assert!(poll(first.as_mut()).is_pending());
    assert!(second.as_mut().poll(&mut waker.context()).is_pending());
    notify.notify_one();
    assert_eq!(waker.count(), 0);
    drop(first);
    assert_eq!(waker.count(), 1);
    assert!(poll(second).is_ready());
    assert!(poll(pin!(notify.notified())).is_pending(), "it was passed on twice");
}

#[test]
fn a_notification_passes_on_the_way_it_came() {
    let notify = Notify::new();
    let mut waiters: Vec<_> = (0..4).map(|_| Box::pin(notify.notified())).collect();
    for waiter in &mut waiters {
        assert!(poll(waiter.as_mut()).is_pending());
    }
    notify.notify_last();
    drop(waiters.pop());
    notify.notify_one();
    drop(waiters.remove(0));
    // Passed on to the one that is now last, and the one that is now first.
    assert!(waiters.iter_mut().all(|waiter| poll(waiter.as_mut()).is_ready()));
}

#[test]
fn without_a_next_waiter_the_notification_becomes_a_permit() {
    let notify = Notify::new();
    let mut only = Box::pin(notify.notified());
    assert!(poll(only.as_mut()).is_pending());
    notify.notify_one();
    drop(only);
    assert!(poll(pin!(notify.notified())).is_ready());

    // A broadcast does not.
    let mut only = Box::pin(notify.notified());
    assert!(poll(only.as_mut()).is_pending());
    notify.notify_waiters();
    drop(only);
    assert!(poll(pin!(notify.notified())).is_pending());
}

#[test]
fn the_last_waker_is_the_one_that_is_called() {
    let notify = Arc::new(Notify::new());
    let (old, new) = (CountingWaker::new(), CountingWaker::new());
    let mut notified = pin!(Arc::clone(&notify).notified_owned());
    assert!(!notified.as_mut().enable());
    assert!(notified.as_mut().poll(&mut old.context()).is_pending());
    assert!(notified.as_mut().poll(&mut new.context()).is_pending());
    assert_eq!(old.handles(), 1, "the old waker is still kept");
    notify.notify_one();
    assert_eq!((old.count(), new.count()), (0, 1));
    assert!(poll(notified).is_ready());
}

#[test]
fn a_waker_may_come_back_to_the_same_notify() {
    /// Notifies when woken, and again when dropped.
    struct Again(Arc<Notify>);
    impl std::task::Wake for Again {
        fn wake(self: Arc<Self>) {
            self.0.notify_one();
        }
    }
    impl Drop for Again {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }

    let notify = Arc::new(Notify::new());
    let waker = Waker::from(Arc::new(Again(Arc::clone(&notify))));
    let mut notified = Box::pin(notify.notified());
    assert!(notified.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    // Replaces the waker, and so drops it.
    assert!(poll(notified.as_mut()).is_pending());
    assert!(poll(notified.as_mut()).is_ready());

    let waker = Waker::from(Arc::new(Again(Arc::clone(&notify))));
    let mut notified = Box::pin(notify.notified());
    assert!(notified.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    notify.notify_waiters();
    assert!(poll(notified.as_mut()).is_ready());
    assert!(poll(pin!(notify.notified())).is_ready());
}

/// As in tokio: a notification is no operation that a task could do without end by itself.
#[test]
fn a_notification_is_not_in_the_budget() {
    let notify = Notify::new();
    coop::budget(|| {
        for _ in 0..200 {
            notify.notify_one();
            assert!(poll(pin!(notify.notified())).is_ready());
        }
        assert!(coop::has_budget_remaining());
    });
}
