//! What timers, handles and channels spend.

use super::rt::sync::{Notify, oneshot};
use super::rt::task::{self, coop};
use super::rt::time::{self, Duration, Instant};
use super::setup::run;
use super::{count_in_task, left, left_after};
use crate::harness::{Case, Flavour, Log, cases};
use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::Poll;

pub(crate) const CASES: &[Case] = cases![
    both: sleeps, pending_sleep_is_free, intervals, timeouts, timeout_over_a_greedy_future,
        timeout_without_budget, join_handles, pending_join_handle_is_free, oneshots, notifies,
        pending_leaves_are_free;
];

fn sleeps(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let past = Instant::now();
        time::sleep(Duration::from_millis(20)).await;
        log.note(count_in_task(move || time::sleep_until(past)).await);
        let seen = task::spawn(poll_fn(move |cx| {
            let mut sleep = pin!(time::sleep(Duration::from_hours(1)));
            let ready = (0..1_000).take_while(|_| {
                sleep.as_mut().reset(past);
                sleep.as_mut().poll(cx).is_ready()
            });
            Poll::Ready(ready.count())
        }));
        log.note(seen.await.unwrap());
    });
}

fn pending_sleep_is_free(flavour: Flavour, log: &Log) {
    left_after(flavour, log, |cx| {
        let mut sleep = pin!(time::sleep(Duration::from_hours(1)));
        for _ in 0..200 {
            assert!(sleep.as_mut().poll(cx).is_pending());
        }
    });
}

fn intervals(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let start = Instant::now();
        time::sleep(Duration::from_millis(20)).await;
        let mut ticks = time::interval_at(start, Duration::from_micros(50));
        let seen = task::spawn(poll_fn(move |cx| {
            Poll::Ready((0..300).take_while(|_| ticks.poll_tick(cx).is_ready()).count())
        }));
        log.note(seen.await.unwrap());
    });
}

fn timeouts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let hour = Duration::from_hours(1);
        log.note(count_in_task(move || time::timeout(hour, ready(()))).await);
        log.note(count_in_task(move || time::timeout(hour, coop::consume_budget())).await);
        let past = Instant::now();
        time::sleep(Duration::from_millis(20)).await;
        let never = std::future::pending::<()>;
        log.note(count_in_task(move || time::timeout_at(past, never())).await);
    });
}

/// The deadline is looked at also when the future inside has spent everything.
fn timeout_over_a_greedy_future(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let greedy = async {
            loop {
                task::consume_budget().await;
            }
        };
        let result: Result<(), _> = time::timeout(Duration::from_millis(5), greedy).await;
        log.note(format!("{result:?}"));
        let past = Instant::now();
        time::sleep(Duration::from_millis(20)).await;
        let seen = task::spawn(async move {
            let greedy = poll_fn(|cx| {
                left(cx);
                Poll::<()>::Pending
            });
            let mut timeout = Box::pin(time::timeout_at(past, greedy));
            poll_fn(|cx| {
                let polled = timeout.as_mut().poll(cx);
                Poll::Ready((format!("{polled:?}"), coop::has_budget_remaining()))
            })
            .await
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

/// With nothing left from the start, even a deadline that has passed has to wait for the next poll.
fn timeout_without_budget(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let past = Instant::now();
        time::sleep(Duration::from_millis(20)).await;
        let seen = task::spawn(async move {
            let mut timeout = Box::pin(time::timeout_at(past, std::future::pending::<()>()));
            let first = poll_fn(|cx| {
                left(cx);
                Poll::Ready(timeout.as_mut().poll(cx).is_pending())
            })
            .await;
            task::yield_now().await;
            (first, timeout.await.is_err())
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

fn join_handles(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let tasks: Vec<_> = (0..300).map(|_| task::spawn(async {})).collect();
        while !tasks.iter().all(task::JoinHandle::is_finished) {
            task::yield_now().await;
        }
        let mut tasks = tasks.into_iter();
        log.note(count_in_task(move || tasks.next().unwrap()).await);
    });
}

fn pending_join_handle_is_free(flavour: Flavour, log: &Log) {
    left_after(flavour, log, |cx| {
        let mut never = task::spawn(std::future::pending::<()>());
        for _ in 0..200 {
            assert!(Pin::new(&mut never).poll(cx).is_pending());
        }
        never.abort();
    });
}

fn oneshots(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(
            count_in_task(|| {
                let (send, receive) = oneshot::channel();
                send.send(1).unwrap();
                receive
            })
            .await,
        );
        // An error is progress, too.
        log.note(count_in_task(|| oneshot::channel::<()>().1).await);
        log.note(
            count_in_task(|| async {
                let (mut send, receive) = oneshot::channel::<()>();
                drop(receive);
                send.closed().await;
            })
            .await,
        );
    });
}

fn notifies(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(
            count_in_task(|| async {
                let notify = Notify::new();
                notify.notify_one();
                notify.notified().await;
            })
            .await,
        );
        log.note(
            count_in_task(|| async {
                let notify = Notify::new();
                let notified = notify.notified();
                notify.notify_waiters();
                notified.await;
            })
            .await,
        );
    });
}

fn pending_leaves_are_free(flavour: Flavour, log: &Log) {
    left_after(flavour, log, |cx| {
        let notify = Notify::new();
        let (mut send, mut receive) = oneshot::channel::<()>();
        let mut notified = pin!(notify.notified());
        for _ in 0..200 {
            assert!(notified.as_mut().poll(cx).is_pending());
            assert!(Pin::new(&mut receive).poll(cx).is_pending());
            assert!(send.poll_closed(cx).is_pending());
        }
    });
}
