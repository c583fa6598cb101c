use super::*;
use handcrank_task::primitives::{model, thread};
use loom::future::block_on;
use std::pin::pin;

#[test]
fn a_notification_meets_a_poll() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let notifying = Arc::clone(&notify);
        let other = thread::spawn(move || notifying.notify_one());
        block_on(notify.notified());
        other.join().unwrap();
    });
}

#[test]
fn a_notification_survives_the_waiter_it_was_meant_for() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let notifying = Arc::clone(&notify);
        let mut first = Box::pin(notify.notified());
        first.as_mut().enable();
        let other = thread::spawn(move || notifying.notify_one());
        // Dropped before, while or after it is notified; the next one gets it in any case.
        drop(first);
        block_on(notify.notified());
        other.join().unwrap();
    });
}

#[test]
fn a_notification_is_passed_on_to_a_sleeper() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let mut first = Box::pin(Arc::clone(&notify).notified_owned());
        first.as_mut().enable();
        notify.notify_one();
        let other = thread::spawn(move || drop(first));
        block_on(notify.notified());
        other.join().unwrap();
    });
}

#[test]
fn a_condition_is_seen_or_its_broadcast_is() {
    model(|| {
        let shared = Arc::new((Notify::new(), AtomicUsize::new(0)));
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.1.store(1, Ordering::Relaxed);
                shared.0.notify_waiters();
            }
        });
        let (notify, condition) = &*shared;
        let notified = pin!(notify.notified());
        // Relaxed on purpose: that it is seen is `Notify`'s business.
        if condition.load(Ordering::Relaxed) == 0 {
            block_on(notified);
        }
        other.join().unwrap();
    });
}
