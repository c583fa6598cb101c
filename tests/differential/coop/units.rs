//! A budget's units: taken, spent, given back, and whose they are.

use super::rt;
use super::rt::task::{self, coop};
use super::setup::{run, runtime};
use super::{count_in_task, left, left_after, noop};
use crate::harness::{Case, Flavour, Log, cases};
use std::future::{Future, poll_fn, ready};
use std::pin::pin;
use std::task::Poll;

pub(crate) const CASES: &[Case] = cases![
    both: proceed_until_pending, restored_without_progress, restore_erases, progress_twice,
        has_budget_remaining, none_outside, block_on_has_a_budget, a_blocking_job_has_none,
        block_on_in_a_blocking_job, consume_budget, consume_budget_dropped, cooperative_counts,
        cooperative_pending_is_free, unconstrained_is_free, unconstrained_nests, fresh_every_poll,
        inner_block_on_does_not_spend, pending_wakes, yields_are_free, spawned_in_the_same_poll;
    current_thread: neighbours_get_their_turn;
];

fn proceed_until_pending(flavour: Flavour, log: &Log) {
    left_after(flavour, log, |_| ());
}

fn restored_without_progress(flavour: Flavour, log: &Log) {
    left_after(flavour, log, |cx| {
        for _ in 0..200 {
            drop(coop::poll_proceed(cx));
        }
    });
}

/// A unit that is not spent puts back what was there when it was taken, whatever happened since.
fn restore_erases(flavour: Flavour, log: &Log) {
    left_after(flavour, log, |cx| {
        let Poll::Ready(unit) = coop::poll_proceed(cx) else { panic!("no unit") };
        for _ in 0..50 {
            coop::poll_proceed(cx).map(|unit| unit.made_progress()).is_ready();
        }
        drop(unit);
    });
}

fn progress_twice(flavour: Flavour, log: &Log) {
    left_after(flavour, log, |cx| {
        let Poll::Ready(unit) = coop::poll_proceed(cx) else { panic!("no unit") };
        unit.made_progress();
        unit.made_progress();
        drop(unit);
    });
}

fn has_budget_remaining(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(|cx| {
            let mut spent = 0;
            while coop::has_budget_remaining() {
                coop::poll_proceed(cx).map(|unit| unit.made_progress()).is_ready();
                spent += 1;
            }
            Poll::Ready((spent, coop::poll_proceed(cx).is_pending()))
        }));
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

fn none_outside(flavour: Flavour, log: &Log) {
    log.note(format!("{} {}", coop::has_budget_remaining(), left(&mut noop())));
    let runtime = runtime(flavour);
    let _guard = runtime.enter();
    log.note(format!("{} {}", coop::has_budget_remaining(), left(&mut noop())));
}

fn block_on_has_a_budget(flavour: Flavour, log: &Log) {
    log.note(run(flavour, poll_fn(|cx| Poll::Ready(left(cx)))));
    log.note(left(&mut noop()));
}

fn a_blocking_job_has_none(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(task::spawn_blocking(|| left(&mut noop())).await.unwrap());
        log.note(task::spawn_blocking(coop::has_budget_remaining).await.unwrap());
    });
}

fn block_on_in_a_blocking_job(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn_blocking(|| {
            let handle = rt::runtime::Handle::current();
            let inner = handle.block_on(poll_fn(|cx| Poll::Ready(left(cx))));
            (inner, left(&mut noop()))
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

fn consume_budget(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(count_in_task(task::consume_budget).await);
        log.note(count_in_task(coop::consume_budget).await);
        for _ in 0..1_000 {
            task::consume_budget().await;
        }
        log.note("done");
    });
}

fn consume_budget_dropped(flavour: Flavour, log: &Log) {
    left_after(flavour, log, |_| {
        drop(task::consume_budget());
    });
}

fn cooperative_counts(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(count_in_task(|| coop::cooperative(ready(1))).await);
        // Around something that counts itself, it counts twice.
        log.note(count_in_task(|| coop::cooperative(coop::consume_budget())).await);
        log.note(coop::cooperative(async { 5 }).await);
        let mut sum = 0;
        for _ in 0..1_000 {
            sum += coop::cooperative(ready(1)).await;
        }
        log.note(sum);
    });
}

fn cooperative_pending_is_free(flavour: Flavour, log: &Log) {
    left_after(flavour, log, |cx| {
        let mut never = pin!(coop::cooperative(std::future::pending::<()>()));
        for _ in 0..200 {
            assert!(never.as_mut().poll(cx).is_pending());
        }
    });
}

fn unconstrained_is_free(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(count_in_task(|| coop::unconstrained(coop::consume_budget())).await);
        let seen = task::spawn(async {
            let free = task::unconstrained(poll_fn(|cx| Poll::Ready(left(cx)))).await;
            (free, poll_fn(|cx| Poll::Ready(left(cx))).await)
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

fn unconstrained_nests(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(async {
            let inner =
                task::unconstrained(task::unconstrained(async { coop::has_budget_remaining() }));
            let seen = inner.await;
            // With nothing left, it still goes on in there.
            poll_fn(|cx| Poll::Ready(left(cx))).await;
            let none = coop::has_budget_remaining();
            let free = task::unconstrained(async { coop::has_budget_remaining() }).await;
            (seen, none, free, coop::has_budget_remaining())
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

fn fresh_every_poll(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(async {
            let first = poll_fn(|cx| Poll::Ready(left(cx))).await;
            let none = poll_fn(|cx| Poll::Ready(left(cx))).await;
            task::yield_now().await;
            (first, none, poll_fn(|cx| Poll::Ready(left(cx))).await)
        });
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

/// A runtime polled by another thread's job spends its own.
fn inner_block_on_does_not_spend(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(poll_fn(move |cx| {
            let other =
                std::thread::spawn(move || run(flavour, poll_fn(|cx| Poll::Ready(left(cx)))));
            Poll::Ready((other.join().unwrap(), left(cx)))
        }));
        log.note(format!("{:?}", seen.await.unwrap()));
    });
}

/// Spends budget and is pending, three times, then ready. Says how often it was polled.
async fn sent_away() -> u32 {
    let mut polls = 0;
    poll_fn(|cx| {
        polls += 1;
        if polls > 3 {
            Poll::Ready(())
        } else {
            left(cx);
            Poll::Pending
        }
    })
    .await;
    polls
}

/// Who is sent away for want of budget is woken, without having registered anywhere.
fn pending_wakes(flavour: Flavour, log: &Log) {
    run(flavour, async {
        log.note(sent_away().await);
        log.note(task::spawn(sent_away()).await.unwrap());
    });
}

fn yields_are_free(flavour: Flavour, log: &Log) {
    left_after(flavour, log, |cx| {
        for _ in 0..200 {
            assert!(pin!(task::yield_now()).poll(cx).is_pending());
        }
    });
}

fn spawned_in_the_same_poll(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let seen = task::spawn(async {
            poll_fn(|cx| Poll::Ready(left(cx))).await;
            // The child has a budget of its own.
            task::spawn(poll_fn(|cx| Poll::Ready(left(cx)))).await.unwrap()
        });
        log.note(seen.await.unwrap());
    });
}

/// One that is always ready does not keep the thread for itself.
fn neighbours_get_their_turn(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let theirs = log.clone();
        let greedy = task::spawn(async move {
            for n in 0..300 {
                if n % 100 == 0 {
                    theirs.note(format!("greedy {n}"));
                }
                task::consume_budget().await;
            }
        });
        let theirs = log.clone();
        let modest = task::spawn(async move { theirs.note("modest") });
        greedy.await.unwrap();
        modest.await.unwrap();
    });
}
