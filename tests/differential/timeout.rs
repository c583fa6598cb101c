//! `timeout` and what it wraps.

use super::paused::{millis, paused, polled};
use super::rt;
use super::setup::run;
use super::sleep::{without_timers, years};
use crate::harness::{Case, Flavour, Log, cases};
use rt::time::{Duration, Instant, advance, sleep, timeout, timeout_at};
use std::cell::Cell;
use std::future::{Future, IntoFuture, Ready, pending, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

pub(crate) const CASES: &[Case] = cases![
    both: the_error_speaks, needs_a_runtime, needs_timers, the_future_is_made_first, ready_at_once,
        a_greedy_future_is_cut_off;
    current_thread: value_or_error, a_tie_goes_to_the_value, zero, a_deadline_in_the_past, never,
        the_future_can_be_had_back, dropped_with_its_future, in_each_other, of_a_future_that_panics, by_reference,
        polls_in_order;
];

const MS: Duration = Duration::from_millis(1);

fn the_error_speaks(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let error = timeout(MS, pending::<()>()).await.unwrap_err();
        log.note(format!("{error} | {error:?} | {error:>25} | {error:<22}|"));
        let boxed: Box<dyn std::error::Error + Send + Sync> =
            timeout(MS, pending::<()>()).await.unwrap_err().into();
        log.note(boxed.source().is_none());
        log.note(error == timeout(MS, pending::<()>()).await.unwrap_err());
        let error = std::io::Error::from(error);
        log.note(format!("{error} | {error:?} | {:?}", error.kind()));
    });
}

fn needs_a_runtime(_: Flavour, log: &Log) {
    log.note_panic(|| timeout(MS, ready(1)));
    log.note_panic(|| timeout_at(Instant::now(), ready(1)));
    // No deadline, no need for a timer.
    log.note_panic(|| timeout(Duration::MAX, ready(1)));
}

fn needs_timers(flavour: Flavour, log: &Log) {
    without_timers(flavour).block_on(async {
        log.note_panic(|| timeout(MS, ready(1)));
        log.note_panic(|| timeout_at(Instant::now(), ready(1)));
        log.note(format!("{:?}", timeout(Duration::MAX, ready(1)).await));
    });
}

/// Says when it is turned into a future.
struct Lazy<'a>(&'a Log);

impl IntoFuture for Lazy<'_> {
    type Output = u8;
    type IntoFuture = Ready<u8>;

    fn into_future(self) -> Ready<u8> {
        self.0.note("into_future");
        ready(7)
    }
}

fn the_future_is_made_first(flavour: Flavour, log: &Log) {
    log.note_panic(|| timeout(MS, Lazy(log)));
    log.note_panic(|| timeout_at(Instant::now(), Lazy(log)));
    run(flavour, async {
        let unpolled = timeout(MS, Lazy(log));
        log.note("made");
        log.note(format!("{:?}", unpolled.await));
    });
}

fn ready_at_once(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(format!("{:?}", timeout(MS * 60_000, async { 1 }).await));
        log.note(format!("{:?}", timeout(Duration::ZERO, ready("now")).await));
        log.note(format!("{:?}", timeout_at(Instant::now() - MS * 5, ready("late")).await));
    });
}

fn a_greedy_future_is_cut_off(flavour: Flavour, log: &Log) {
    run(flavour, async {
        // What is always ready uses up the budget with each poll.
        let task = rt::spawn(async {
            let greedy = async {
                loop {
                    rt::task::consume_budget().await;
                }
            };
            timeout(MS * 5, greedy).await
        });
        log.note(format!("{:?}", task.await.unwrap().map(|()| "never")));
    });
}

fn value_or_error(_: Flavour, log: &Log) {
    paused(async {
        for (limit, need) in [(10, 9), (10, 11), (1, 0), (100, 99), (64, 65)] {
            let start = Instant::now();
            let outcome = timeout(MS * limit, async {
                sleep(MS * need).await;
                need
            });
            log.note(format!("{:?} at {}", outcome.await, millis(start)));
        }
    });
}

fn a_tie_goes_to_the_value(_: Flavour, log: &Log) {
    paused(async {
        let tie = timeout(MS * 10, async { sleep(MS * 10).await });
        log.note(format!("{:?}", tie.await));
        let mut late = Box::pin(timeout(MS * 10, async { sleep(MS * 12).await }));
        log.note(polled(&mut late).await);
        // Both have passed when it is looked at.
        advance(MS * 20).await;
        log.note(format!("{:?}", late.await));
    });
}

fn zero(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        log.note(format!("{:?}", timeout(Duration::ZERO, pending::<()>()).await));
        let polls = Cell::new(0);
        let counting = poll_fn(|_| {
            polls.set(polls.get() + 1);
            Poll::<()>::Pending
        });
        log.note(format!("{:?}", timeout(Duration::ZERO, counting).await));
        log.note(format!("{} {}", polls.get() > 0, millis(start)));
    });
}

fn a_deadline_in_the_past(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        log.note(format!("{:?}", timeout_at(start - MS, pending::<()>()).await));
        advance(MS * 5).await;
        log.note(format!("{:?}", timeout_at(start, pending::<()>()).await));
        log.note(format!("{:?}", timeout_at(start, ready(())).await));
        log.note(format!("{:?}", timeout_at(start + MS * 8, sleep(MS * 4)).await));
        log.note(millis(start));
    });
}

fn never(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        log.note(format!("{:?}", timeout(Duration::MAX, sleep(MS)).await));
        let mut endless = Box::pin(timeout(Duration::MAX, pending::<()>()));
        log.note(polled(&mut endless).await);
        // Forty years are a deadline like any other.
        log.note(format!("{:?}", timeout(years(40), pending::<()>()).await));
        log.note(start.elapsed().as_secs() / 86_400);
        log.note(polled(&mut endless).await);
    });
}

fn the_future_can_be_had_back(_: Flavour, log: &Log) {
    paused(async {
        let mut limited = timeout(MS, ready(1));
        *limited.get_mut() = ready(2);
        log.note(format!("{:?}", limited.get_ref()));
        log.note(limited.into_inner().await);
        let mut waits = Box::pin(sleep(MS * 10));
        let start = Instant::now();
        log.note(format!("{:?}", timeout(MS * 3, &mut waits).await));
        let limited = timeout(MS * 3, waits);
        limited.into_inner().await;
        log.note(millis(start));
    });
}

/// Says when it is dropped.
struct Loud<'a>(&'a Log, &'static str);

impl Drop for Loud<'_> {
    fn drop(&mut self) {
        self.0.note(format!("{} dropped", self.1));
    }
}

impl Future for Loud<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

fn dropped_with_its_future(_: Flavour, log: &Log) {
    paused(async {
        drop(timeout(MS, Loud(log, "unpolled")));
        let mut limited = Box::pin(timeout(MS, Loud(log, "polled")));
        log.note(polled(&mut limited).await);
        drop(limited);
        let mut over = Box::pin(timeout(MS, Loud(log, "elapsed")));
        log.note(format!("{:?}", over.as_mut().await));
        log.note("still there");
        drop(over);
        log.note(format!("{:?}", timeout(MS, Loud(log, "awaited")).await));
        log.note("end");
    });
}

fn in_each_other(_: Flavour, log: &Log) {
    paused(async {
        for (outer, inner) in [(5, 10), (10, 5), (7, 7)] {
            let start = Instant::now();
            let outcome = timeout(MS * outer, timeout(MS * inner, pending::<()>())).await;
            log.note(format!("{outcome:?} at {}", millis(start)));
        }
    });
}

fn of_a_future_that_panics(_: Flavour, log: &Log) {
    paused(async {
        let error = rt::spawn(timeout(MS, async { panic!("inside") })).await.unwrap_err();
        log.note(error.is_panic());
        log.note(crate::harness::message(&*error.into_panic()));
    });
}

fn by_reference(_: Flavour, log: &Log) {
    paused(async {
        let (sender, mut receiver) = rt::sync::oneshot::channel();
        log.note(format!("{:?}", timeout(MS, &mut receiver).await));
        sender.send("not lost").unwrap();
        log.note(format!("{:?}", timeout(MS, &mut receiver).await));
    });
}

fn polls_in_order(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let noted = poll_fn(|_| {
            log.note(format!("polled at {}", millis(start)));
            Poll::<()>::Pending
        });
        let mut limited = pin!(timeout(MS * 10, noted));
        log.note(format!("{:?}", limited.as_mut().await));
    });
}
