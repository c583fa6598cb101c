//! `Notify`.

use super::paused::polled;
use super::rt;
use super::setup::run;
use crate::harness::{Case, Flavour, Log, cases};
use crate::observers::Bell;
use rt::sync::Notify;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: a_task_is_notified, waiters_in_tasks, a_static_one, notified_owned_outlives;
    current_thread: a_permit_is_stored_once, one_after_the_other, last_comes_first, all_at_once_and_no_permit,
        a_broadcast_reaches_the_unpolled, a_permit_and_a_broadcast, dropped_before_it_is_seen,
        dropped_after_a_broadcast, dropped_after_notify_last, enabled, enabled_then_dropped, polled_by_another,
        ready_stays_ready, owned;
];

/// Some that wait, each with a bell of its own.
struct Waiting<'a> {
    futures: Vec<Option<Pin<Box<dyn Future<Output = ()> + 'a>>>>,
    bells: Vec<Arc<Bell>>,
}

impl<'a> Waiting<'a> {
    fn new(futures: Vec<impl Future<Output = ()> + 'a>) -> Self {
        let bells = futures.iter().map(|_| Arc::default()).collect();
        let boxed =
            futures.into_iter().map(|future| Some(Box::pin(future) as Pin<Box<_>>)).collect();
        Waiting { futures: boxed, bells }
    }

    /// Polls one. Is it ready?
    fn poll(&mut self, at: usize) -> bool {
        let waker = Waker::from(Arc::clone(&self.bells[at]));
        let future = self.futures[at].as_mut().unwrap();
        future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
    }

    fn poll_all(&mut self) -> Vec<bool> {
        (0..self.futures.len()).map(|at| self.poll(at)).collect()
    }

    fn drop(&mut self, at: usize) {
        self.futures[at] = None;
    }

    fn woken(&self) -> Vec<usize> {
        self.bells.iter().map(|bell| bell.rings()).collect()
    }
}

fn waiting(notify: &Notify, count: usize) -> Waiting<'_> {
    let mut waiting = Waiting::new((0..count).map(|_| notify.notified()).collect());
    assert_eq!(waiting.poll_all(), vec![false; count]);
    waiting
}

fn a_task_is_notified(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let notify = Arc::new(Notify::new());
        for round in 0..3 {
            let waiter = rt::spawn({
                let notify = Arc::clone(&notify);
                async move { notify.notified().await }
            });
            notify.notify_one();
            waiter.await.unwrap();
            log.note(round);
        }
    });
}

fn waiters_in_tasks(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let notify = Arc::new(Notify::new());
        let futures: Vec<_> = (0..10).map(|_| Arc::clone(&notify).notified_owned()).collect();
        let tasks: Vec<_> = futures.into_iter().map(rt::spawn).collect();
        notify.notify_waiters();
        for task in tasks {
            task.await.unwrap();
        }
        log.note("all were told");
    });
}

/// One for each flavour: the case runs on both at the same time, and two permits of one would be one.
static STATICS: [Notify; 2] = [Notify::const_new(), Notify::const_new()];

fn a_static_one(flavour: Flavour, log: &Log) {
    let notify = &STATICS[usize::from(flavour == Flavour::MultiThread)];
    run(flavour, async {
        let task = rt::spawn(notify.notified());
        notify.notify_one();
        task.await.unwrap();
        log.note("told");
    });
}

fn notified_owned_outlives(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let notify = Arc::new(Notify::new());
        let task = rt::spawn(Arc::clone(&notify).notified_owned());
        notify.notify_one();
        drop(notify);
        task.await.unwrap();
        log.note("told");
    });
}

fn a_permit_is_stored_once(_: Flavour, log: &Log) {
    let notify = Notify::default();
    notify.notify_one();
    notify.notify_one();
    notify.notify_last();
    let mut waiting = Waiting::new((0..2).map(|_| notify.notified()).collect());
    log.note(format!("{:?}", waiting.poll_all()));
    notify.notify_last();
    log.note(format!("{:?} {}", waiting.woken(), waiting.poll(1)));
}

fn one_after_the_other(_: Flavour, log: &Log) {
    let notify = Notify::new();
    let mut waiting = waiting(&notify, 4);
    for _ in 0..3 {
        notify.notify_one();
        log.note(format!("{:?}", waiting.woken()));
    }
    log.note(format!("{:?}", waiting.poll_all()));
}

fn last_comes_first(_: Flavour, log: &Log) {
    let notify = Notify::new();
    let mut waiting = waiting(&notify, 4);
    notify.notify_last();
    log.note(format!("{:?}", waiting.woken()));
    notify.notify_one();
    notify.notify_last();
    log.note(format!("{:?}", waiting.woken()));
    log.note(format!("{:?}", waiting.poll_all()));
}

fn all_at_once_and_no_permit(_: Flavour, log: &Log) {
    let notify = Notify::new();
    let mut many = waiting(&notify, 40);
    notify.notify_waiters();
    log.note(many.woken().iter().all(|&woken| woken == 1));
    log.note(many.poll_all().iter().all(|&ready| ready));
    notify.notify_waiters();
    let mut late = waiting(&notify, 1);
    log.note(late.poll(0));
}

fn a_broadcast_reaches_the_unpolled(_: Flavour, log: &Log) {
    let notify = Arc::new(Notify::new());
    let before = notify.notified();
    let owned = Arc::clone(&notify).notified_owned();
    notify.notify_waiters();
    let after = notify.notified();
    log.note(format!("{:?}", Waiting::new(vec![before, after]).poll_all()));
    log.note(Waiting::new(vec![owned]).poll(0));
}

fn a_permit_and_a_broadcast(_: Flavour, log: &Log) {
    let notify = Notify::new();
    let before = notify.notified();
    notify.notify_one();
    notify.notify_waiters();
    // Which of the two the first one takes shows in what is left.
    let mut futures = Waiting::new(vec![before, notify.notified(), notify.notified()]);
    log.note(format!("{:?}", futures.poll_all()));
}

fn dropped_before_it_is_seen(_: Flavour, log: &Log) {
    let notify = Notify::new();
    let mut waiting = waiting(&notify, 3);
    notify.notify_one();
    waiting.drop(0);
    log.note(format!("{:?}", waiting.woken()));
    waiting.drop(1);
    waiting.drop(2);
    log.note(format!("{:?}", waiting.woken()));
    // Nobody is left, so it is a permit now.
    let mut late = Waiting::new(vec![notify.notified(), notify.notified()]);
    log.note(format!("{:?}", late.poll_all()));
}

fn dropped_after_a_broadcast(_: Flavour, log: &Log) {
    let notify = Notify::new();
    let mut waiting = waiting(&notify, 2);
    notify.notify_waiters();
    waiting.drop(0);
    log.note(format!("{:?}", waiting.woken()));
    let mut late = Waiting::new(vec![notify.notified()]);
    log.note(format!("{:?} {}", late.poll_all(), waiting.poll(1)));
    // One that never saw its own broadcast has no permit to pass on either.
    let unpolled = notify.notified();
    notify.notify_waiters();
    drop(unpolled);
    log.note(format!("{:?}", Waiting::new(vec![notify.notified()]).poll_all()));
}

fn dropped_after_notify_last(_: Flavour, log: &Log) {
    let notify = Notify::new();
    let mut waiting = waiting(&notify, 4);
    notify.notify_last();
    waiting.drop(3);
    log.note(format!("{:?}", waiting.woken()));
    notify.notify_one();
    waiting.drop(0);
    log.note(format!("{:?}", waiting.woken()));
    log.note(format!("{} {}", waiting.poll(1), waiting.poll(2)));
}

fn enabled(_: Flavour, log: &Log) {
    let notify = Notify::new();
    let mut first = pin!(notify.notified());
    let mut second = Waiting::new(vec![notify.notified()]);
    log.note(first.as_mut().enable());
    log.note(first.as_mut().enable());
    log.note(second.poll(0));
    // It is in the queue before the second, without a waker.
    notify.notify_one();
    log.note(format!("{:?}", second.woken()));
    log.note(first.as_mut().enable());
    let mut cx = Context::from_waker(Waker::noop());
    log.note(format!("{:?}", first.as_mut().poll(&mut cx)));
    notify.notify_one();
    log.note(format!("{:?}", second.woken()));
    notify.notify_one();
    // A stored permit is taken by enabling.
    let mut third = pin!(notify.notified());
    log.note(third.as_mut().enable());
    log.note(format!("{:?}", Waiting::new(vec![notify.notified()]).poll_all()));
    log.note(format!("{:?}", third.as_mut().poll(&mut cx)));
}

fn enabled_then_dropped(_: Flavour, log: &Log) {
    let notify = Arc::new(Notify::new());
    let mut enabled = Box::pin(Arc::clone(&notify).notified_owned());
    log.note(enabled.as_mut().enable());
    let mut waiting = waiting(&notify, 1);
    notify.notify_one();
    log.note(format!("{:?}", waiting.woken()));
    drop(enabled);
    log.note(format!("{:?} {}", waiting.woken(), waiting.poll(0)));
}

fn polled_by_another(_: Flavour, log: &Log) {
    let notify = Notify::new();
    let mut future = Box::pin(notify.notified());
    let bells = [Arc::new(Bell::default()), Arc::new(Bell::default())];
    for bell in &bells {
        let waker = Waker::from(Arc::clone(bell));
        log.note(format!("{:?}", future.as_mut().poll(&mut Context::from_waker(&waker))));
    }
    notify.notify_one();
    log.note(format!("{} {}", bells[0].rings(), bells[1].rings()));
}

fn ready_stays_ready(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let notify = Notify::new();
        notify.notify_one();
        let mut future = Box::pin(notify.notified());
        log.note(format!("{} {}", polled(&mut future).await, polled(&mut future).await));
        log.note(future.as_mut().enable());
        drop(future);
        log.note(polled(&mut Box::pin(notify.notified())).await);
    });
}

fn owned(_: Flavour, log: &Log) {
    let notify = Arc::new(Notify::new());
    let mut both = Waiting::new(vec![
        Arc::clone(&notify).notified_owned(),
        Arc::clone(&notify).notified_owned(),
    ]);
    log.note(format!("{:?} {}", both.poll_all(), Arc::strong_count(&notify)));
    notify.notify_one();
    log.note(format!("{:?}", both.woken()));
    both.drop(0);
    log.note(format!("{:?} {} {}", both.woken(), both.poll(1), Arc::strong_count(&notify)));
}
