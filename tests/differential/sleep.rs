//! `sleep`, deadlines, and their rounding.

use super::paused::{millis, paused, polled};
use super::rt;
use super::setup::{builder, run, runtime};
use crate::harness::{Case, Flavour, Log, cases};
use crate::observers::Bell;
use futures_util::future::join3;
use rt::time::{Duration, Instant, sleep, sleep_until};
use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub(crate) const CASES: &[Case] = cases![
    both: a_sleep_is_never_early, a_sleep_needs_a_runtime, a_sleep_needs_timers, a_sleep_outlives_its_runtime,
        a_sleep_made_under_another_runtime, reset_from_another_task, one_sleep_polled_by_two_tasks;
    current_thread: rounded_up_to_milliseconds, deadlines_that_have_passed, far_away, order_of_deadlines,
        order_of_equal_deadlines, order_of_deadlines_in_one_millisecond, elapsed_or_not, reset_before_the_first_poll,
        reset_while_it_waits, reset_after_its_end, reset_into_the_past, the_last_waker_is_woken, polled_again,
        dropped_while_it_waits, counted_from_the_call, many;
];

const MS: Duration = Duration::from_millis(1);

pub(super) fn years(count: u64) -> Duration {
    Duration::from_hours(24 * 365 * count)
}

fn a_sleep_is_never_early(flavour: Flavour, log: &Log) {
    run(flavour, async {
        for nanos in [0, 1, 999_999, 1_000_000, 1_500_000, 3_000_001] {
            let duration = Duration::from_nanos(nanos);
            let start = std::time::Instant::now();
            sleep(duration).await;
            log.note(start.elapsed() >= duration);
        }
    });
}

fn a_sleep_needs_a_runtime(flavour: Flavour, log: &Log) {
    log.note_panic(|| sleep(MS));
    log.note_panic(|| sleep_until(Instant::now()));
    let runtime = runtime(flavour);
    let _entered = runtime.enter();
    log.note_panic(|| sleep(MS));
}

fn a_sleep_needs_timers(flavour: Flavour, log: &Log) {
    let runtime = without_timers(flavour);
    runtime.block_on(async {
        log.note_panic(|| sleep(MS));
        log.note_panic(|| sleep_until(Instant::now()));
    });
    let error = runtime.block_on(runtime.spawn(async { sleep(MS).await })).unwrap_err();
    log.note(error.is_panic());
}

pub(super) fn without_timers(flavour: Flavour) -> rt::runtime::Runtime {
    match flavour {
        Flavour::CurrentThread => rt::runtime::Builder::new_current_thread(),
        Flavour::MultiThread => rt::runtime::Builder::new_multi_thread(),
    }
    .enable_io()
    .build()
    .expect("a runtime")
}

fn a_sleep_outlives_its_runtime(flavour: Flavour, log: &Log) {
    let first = runtime(flavour);
    let (mut unpolled, mut waiting, mut over) = first.block_on(async {
        let unpolled = Box::pin(sleep(MS * 60_000));
        let mut waiting = Box::pin(sleep(MS * 60_000));
        log.note(polled(&mut waiting).await);
        let mut over = Box::pin(sleep(MS));
        over.as_mut().await;
        (unpolled, waiting, over)
    });
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut cx = Context::from_waker(&waker);
    log.note(format!("{:?}", waiting.as_mut().poll(&mut cx)));
    drop(first);
    log.note(bell.rings());
    log.note_panic(|| unpolled.as_mut().poll(&mut cx));
    log.note_panic(|| waiting.as_mut().poll(&mut cx));
    log.note_panic(|| over.as_mut().poll(&mut cx));
    // Another runtime does not help.
    run(flavour, async {
        log.note(over.is_elapsed());
        waiting.as_mut().reset(Instant::now());
    });
    log.note_panic(|| waiting.as_mut().poll(&mut cx));
}

fn a_sleep_made_under_another_runtime(flavour: Flavour, log: &Log) {
    // The runtime that drives it has to run: a multi-thread one does so by itself.
    let driving = runtime(Flavour::MultiThread);
    let sleep = {
        let _entered = driving.enter();
        sleep(MS * 2)
    };
    let start = std::time::Instant::now();
    run(flavour, sleep);
    log.note(start.elapsed() < MS * 30_000);
}

fn reset_from_another_task(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let sleep = Arc::new(std::sync::Mutex::new(Box::pin(sleep(MS * 3_600_000))));
        let (waits, is_waiting) = rt::sync::oneshot::channel();
        let waiter = rt::spawn({
            let sleep = Arc::clone(&sleep);
            let mut waits = Some(waits);
            std::future::poll_fn(move |cx| {
                let poll = sleep.lock().unwrap().as_mut().poll(cx);
                if let Some(waits) = waits.take() {
                    waits.send(poll.is_ready()).unwrap();
                }
                poll
            })
        });
        log.note(is_waiting.await.unwrap());
        // Nobody polls it for this; the new deadline alone has to wake the task.
        sleep.lock().unwrap().as_mut().reset(Instant::now() + MS * 3);
        waiter.await.unwrap();
        log.note(sleep.lock().unwrap().is_elapsed());
    });
}

fn one_sleep_polled_by_two_tasks(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let mut sleep = Box::pin(sleep(MS * 5));
        log.note(polled(&mut sleep).await);
        rt::spawn(sleep).await.unwrap();
        log.note("woken where it was polled last");
    });
}

fn rounded_up_to_milliseconds(_: Flavour, log: &Log) {
    paused(async {
        for micros in [0, 1, 999, 1000, 1001, 1500, 2000, 63_999, 64_001, 4_096_500] {
            let start = Instant::now();
            sleep(Duration::from_micros(micros)).await;
            log.note(format!("{micros} {:?}", start.elapsed()));
        }
        let start = Instant::now();
        sleep(Duration::from_nanos(1)).await;
        log.note(format!("{:?}", start.elapsed()));
        // A clock between two milliseconds keeps the odd part.
        rt::time::advance(Duration::from_micros(1300)).await;
        for micros in [200, 1000, 1500, 1700, 1701] {
            let start = Instant::now();
            sleep(Duration::from_micros(micros)).await;
            log.note(format!("{micros} {:?}", start.elapsed()));
        }
    });
}

fn deadlines_that_have_passed(_: Flavour, log: &Log) {
    paused(async {
        let now = Instant::now();
        rt::time::advance(MS * 5).await;
        for past in [now + MS * 5, now + MS, now, now - MS] {
            let mut sleep = Box::pin(sleep_until(past));
            log.note(format!("{} {}", sleep.is_elapsed(), sleep.deadline() == past));
            log.note(polled(&mut sleep).await);
            log.note(sleep.is_elapsed());
        }
        sleep(Duration::ZERO).await;
        log.note(format!("{:?}", now.elapsed()));
    });
}

fn far_away(_: Flavour, log: &Log) {
    paused(async {
        let now = Instant::now();
        let days = |duration: Duration| duration.as_secs() / 86_400;
        log.note(days(sleep(Duration::MAX).deadline() - now));
        log.note(days(sleep(years(31)).deadline() - now));
        log.note(days(sleep(years(29)).deadline() - now));
        // Nothing else is to be done, so the clock jumps there.
        sleep(years(3)).await;
        log.note(days(now.elapsed()));
        sleep(Duration::MAX).await;
        log.note(days(now.elapsed()));
        let far = Instant::now() + years(40);
        let mut further = Box::pin(sleep_until(far));
        log.note(further.deadline() == far);
        log.note(polled(&mut further).await);
    });
}

fn order_of_deadlines(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut tasks = Vec::new();
        for wait in [5000, 3, 70, 64, 4097, 0, 1, 63, 65, 128, 4096] {
            let log = log.clone();
            tasks.push(rt::spawn(async move {
                sleep(MS * wait).await;
                log.note(format!("{wait} at {}", millis(start)));
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

fn order_of_equal_deadlines(_: Flavour, log: &Log) {
    paused(async {
        let deadline = Instant::now() + MS * 100;
        let mut tasks = Vec::new();
        for number in 0..5 {
            let log = log.clone();
            tasks.push(rt::spawn(async move {
                // They wait from different moments on, and so came by different ways.
                sleep(MS * number).await;
                sleep_until(deadline).await;
                log.note(number);
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

fn order_of_deadlines_in_one_millisecond(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut tasks = Vec::new();
        for micros in [1900, 1100, 2001, 1500, 2000] {
            let log = log.clone();
            tasks.push(rt::spawn(async move {
                sleep_until(start + Duration::from_micros(micros)).await;
                log.note(format!("{micros} at {}", millis(start)));
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

fn elapsed_or_not(_: Flavour, log: &Log) {
    paused(async {
        let mut unpolled = Box::pin(sleep(MS * 5));
        let mut waits = Box::pin(sleep(MS * 5));
        let mut zero = Box::pin(sleep(Duration::ZERO));
        log.note(polled(&mut waits).await);
        log.note(format!("{} {} {}", unpolled.is_elapsed(), waits.is_elapsed(), zero.is_elapsed()));
        rt::time::advance(MS * 4).await;
        log.note(waits.is_elapsed());
        rt::time::advance(MS * 2).await;
        // A sleep that nobody has polled does not know.
        log.note(format!("{} {} {}", unpolled.is_elapsed(), waits.is_elapsed(), zero.is_elapsed()));
        log.note(polled(&mut unpolled).await && polled(&mut zero).await);
        log.note(format!("{} {} {}", unpolled.is_elapsed(), waits.is_elapsed(), zero.is_elapsed()));
    });
}

fn reset_before_the_first_poll(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut moved = pin!(sleep(MS * 10));
        moved.as_mut().reset(start + MS * 20);
        log.note(format!("{:?} {}", moved.deadline() - start, moved.is_elapsed()));
        moved.as_mut().await;
        log.note(millis(start));
        let mut unpolled = pin!(sleep(MS * 10));
        unpolled.as_mut().reset(Instant::now() + MS * 5);
        rt::time::advance(MS * 7).await;
        log.note(unpolled.is_elapsed());
        unpolled.as_mut().reset(Instant::now() + MS * 5);
        log.note(unpolled.is_elapsed());
    });
}

fn reset_while_it_waits(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut moved = Box::pin(sleep(MS * 10));
        log.note(polled(&mut moved).await);
        moved.as_mut().reset(start + MS * 50);
        log.note(moved.is_elapsed());
        rt::time::advance(MS * 20).await;
        log.note(format!("{} {}", moved.is_elapsed(), polled(&mut moved).await));
        moved.as_mut().reset(start + MS * 30);
        moved.as_mut().await;
        log.note(format!("{} {}", millis(start), moved.is_elapsed()));
        // Moved away without a poll, past the old time and past the new one.
        let mut unpolled = Box::pin(sleep(MS * 10));
        log.note(polled(&mut unpolled).await);
        unpolled.as_mut().reset(Instant::now() + MS * 20);
        rt::time::advance(MS * 12).await;
        log.note(unpolled.is_elapsed());
        rt::time::advance(MS * 12).await;
        log.note(unpolled.is_elapsed());
    });
}

fn reset_after_its_end(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut again = Box::pin(sleep(MS * 10));
        for round in 1..4 {
            again.as_mut().await;
            log.note(format!("{} {}", millis(start), again.is_elapsed()));
            again.as_mut().reset(start + MS * 10 * (round + 1));
            log.note(again.is_elapsed());
            log.note(polled(&mut again).await);
        }
    });
}

fn reset_into_the_past(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        rt::time::advance(MS * 10).await;
        let mut moved = Box::pin(sleep(MS * 10));
        moved.as_mut().reset(start);
        log.note(format!("{} {}", moved.is_elapsed(), moved.deadline() == start));
        log.note(polled(&mut moved).await);
        let mut waits = Box::pin(sleep(MS * 10));
        log.note(polled(&mut waits).await);
        waits.as_mut().reset(start + MS);
        log.note(waits.is_elapsed());
        waits.await;
        log.note(millis(start));
    });
}

fn the_last_waker_is_woken(_: Flavour, log: &Log) {
    paused(async {
        let bells = [Arc::new(Bell::default()), Arc::new(Bell::default())];
        let mut waits = Box::pin(sleep(MS * 5));
        for bell in [&bells[0], &bells[1]] {
            let waker = Waker::from(Arc::clone(bell));
            log.note(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
        }
        sleep(MS * 10).await;
        log.note(format!("{} {}", bells[0].rings(), bells[1].rings()));
        log.note(Arc::strong_count(&bells[0]) + Arc::strong_count(&bells[1]));
    });
}

fn polled_again(_: Flavour, log: &Log) {
    paused(async {
        let mut over = Box::pin(sleep(MS));
        over.as_mut().await;
        log.note(polled(&mut over).await && polled(&mut over).await);
        let start = Instant::now();
        over.await;
        log.note(millis(start));
    });
}

fn dropped_while_it_waits(_: Flavour, log: &Log) {
    paused(async {
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        let mut waits = Box::pin(sleep(MS * 5));
        log.note(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
        drop(waker);
        log.note(Arc::strong_count(&bell));
        drop(waits);
        log.note(Arc::strong_count(&bell));
        let start = Instant::now();
        sleep(MS * 10).await;
        log.note(format!("{} {}", bell.rings(), millis(start)));
    });
}

fn counted_from_the_call(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let (five, ten) = (sleep(MS * 5), sleep(MS * 10));
        sleep(MS * 7).await;
        five.await;
        log.note(millis(start));
        ten.await;
        log.note(millis(start));
    });
}

fn many(flavour: Flavour, log: &Log) {
    let order = RefCell::new(Vec::new());
    builder(flavour).start_paused(true).build().unwrap().block_on(async {
        let start = Instant::now();
        let sleeper = |wait: u32| {
            let order = &order;
            async move {
                for _ in 0..3 {
                    sleep(MS * wait).await;
                    order.borrow_mut().push((wait, millis(start)));
                }
            }
        };
        join3(sleeper(7), sleeper(21), sleeper(11)).await;
        let polls = std::future::poll_fn(|cx| Poll::Ready(pin!(sleep(MS)).poll(cx))).await;
        log.note(format!("{polls:?}"));
    });
    log.note(format!("{:?}", order.borrow()));
}
