//! `interval`, tick by tick.

use super::paused::{millis, paused, polled};
use super::rt;
use super::setup::{run, runtime};
use super::sleep::without_timers;
use crate::harness::{Case, Flavour, Log, cases};
use rt::time::{Duration, Instant, MissedTickBehavior, advance, interval, interval_at, sleep};
use std::pin::pin;
use std::task::Poll;

pub(crate) const CASES: &[Case] = cases![
    both: a_period_of_zero, needs_a_runtime, never_early, behaviours_are_values;
    current_thread: ticks_at_once_and_then, starts_later, started_in_the_past, burst, delay, skip, a_little_late,
        exactly_late, behaviour_changed_on_the_way, late_several_times, reset, reset_to, reset_while_it_waits,
        a_cancelled_tick, polled_by_hand, odd_periods, huge_periods, two_at_once, in_a_task;
];

const MS: Duration = Duration::from_millis(1);

fn a_period_of_zero(flavour: Flavour, log: &Log) {
    // Also where there is no runtime: the period is looked at first.
    log.note_panic(|| interval(Duration::ZERO));
    log.note_panic(|| interval_at(Instant::now(), Duration::ZERO));
    let runtime = runtime(flavour);
    let _entered = runtime.enter();
    log.note_panic(|| interval(Duration::ZERO));
    log.note_panic(|| interval_at(Instant::now(), Duration::ZERO));
    log.note_panic(|| interval(Duration::from_nanos(1)));
}

fn needs_a_runtime(flavour: Flavour, log: &Log) {
    log.note_text(|| interval(MS));
    log.note_text(|| interval_at(Instant::now(), MS));
    let runtime = without_timers(flavour);
    let _entered = runtime.enter();
    log.note_text(|| interval(MS));
}

fn never_early(flavour: Flavour, log: &Log) {
    run(flavour, async {
        let start = Instant::now();
        let mut ticks = interval_at(start + MS * 2, MS * 3);
        for number in 0..5 {
            let due = ticks.tick().await;
            log.note(format!("{:?} {}", due - start, start.elapsed() >= MS * (2 + number * 3)));
        }
    });
}

fn behaviours_are_values(_: Flavour, log: &Log) {
    use MissedTickBehavior::{Burst, Delay, Skip};
    log.note(format!("{:?} {:?}", MissedTickBehavior::default(), [Burst, Delay, Skip]));
    log.note(MissedTickBehavior::default() == Burst && Burst != Delay && Delay != Skip);
}

/// Takes that many ticks, and notes when each was due and when it came.
async fn note_ticks(log: &Log, ticks: &mut rt::time::Interval, start: Instant, count: usize) {
    for _ in 0..count {
        let due = ticks.tick().await;
        log.note(format!("due {:?} at {:?}", due - start, start.elapsed()));
    }
}

fn ticks_at_once_and_then(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut ticks = interval(MS * 300);
        log.note(format!("{:?} {:?}", ticks.period(), ticks.missed_tick_behavior()));
        note_ticks(log, &mut ticks, start, 4).await;
    });
}

fn starts_later(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        note_ticks(log, &mut interval_at(start + MS * 7, MS * 10), start, 3).await;
    });
}

fn started_in_the_past(_: Flavour, log: &Log) {
    use MissedTickBehavior::{Burst, Delay, Skip};
    for behaviour in [Burst, Delay, Skip] {
        paused(async {
            advance(MS * 100).await;
            let start = Instant::now() - MS * 35;
            let mut ticks = interval_at(start, MS * 10);
            ticks.set_missed_tick_behavior(behaviour);
            log.note(format!("{behaviour:?}"));
            note_ticks(log, &mut ticks, start, 6).await;
        });
    }
}

/// Comes late for the second tick, by several amounts.
fn late(log: &Log, behaviour: MissedTickBehavior) {
    for late in [60, 130, 150, 155, 156, 161, 200, 333] {
        paused(async {
            log.note(late);
            let start = Instant::now();
            let mut ticks = interval(MS * 50);
            ticks.set_missed_tick_behavior(behaviour);
            log.note(format!("{:?}", ticks.missed_tick_behavior()));
            note_ticks(log, &mut ticks, start, 1).await;
            advance(MS * late).await;
            note_ticks(log, &mut ticks, start, 8).await;
        });
    }
}

fn burst(_: Flavour, log: &Log) {
    late(log, MissedTickBehavior::Burst);
}

fn delay(_: Flavour, log: &Log) {
    late(log, MissedTickBehavior::Delay);
}

fn skip(_: Flavour, log: &Log) {
    late(log, MissedTickBehavior::Skip);
}

fn a_little_late(_: Flavour, log: &Log) {
    use MissedTickBehavior::{Delay, Skip};
    for behaviour in [Delay, Skip] {
        for late in [1000, 4999, 5000, 5001, 6000] {
            paused(async {
                let start = Instant::now();
                let mut ticks = interval_at(start + MS * 20, MS * 20);
                ticks.set_missed_tick_behavior(behaviour);
                advance(MS * 20 + Duration::from_micros(late)).await;
                log.note(format!("{behaviour:?} {late}"));
                note_ticks(log, &mut ticks, start, 3).await;
            });
        }
    }
}

fn exactly_late(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut ticks = interval(MS * 10);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        note_ticks(log, &mut ticks, start, 1).await;
        // The very moment of a later tick.
        advance(MS * 40).await;
        note_ticks(log, &mut ticks, start, 3).await;
    });
}

fn behaviour_changed_on_the_way(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut ticks = interval(MS * 10);
        note_ticks(log, &mut ticks, start, 1).await;
        advance(MS * 55).await;
        note_ticks(log, &mut ticks, start, 2).await;
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        note_ticks(log, &mut ticks, start, 3).await;
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        advance(MS * 47).await;
        note_ticks(log, &mut ticks, start, 3).await;
    });
}

fn late_several_times(_: Flavour, log: &Log) {
    use MissedTickBehavior::{Burst, Delay, Skip};
    for behaviour in [Burst, Delay, Skip] {
        paused(async {
            let start = Instant::now();
            let mut ticks = interval(MS * 20);
            ticks.set_missed_tick_behavior(behaviour);
            for work in [5, 30, 45, 1, 70, 0, 0] {
                note_ticks(log, &mut ticks, start, 1).await;
                sleep(MS * work).await;
            }
        });
    }
}

fn reset(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut ticks = interval(MS * 10);
        // The immediate tick is lost by it.
        ticks.reset();
        note_ticks(log, &mut ticks, start, 2).await;
        advance(MS * 7).await;
        ticks.reset();
        note_ticks(log, &mut ticks, start, 2).await;
        advance(MS * 35).await;
        ticks.reset();
        note_ticks(log, &mut ticks, start, 2).await;
        advance(MS * 4).await;
        ticks.reset_immediately();
        note_ticks(log, &mut ticks, start, 3).await;
    });
}

fn reset_to(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut ticks = interval(MS * 10);
        ticks.reset_after(MS * 3);
        note_ticks(log, &mut ticks, start, 2).await;
        ticks.reset_after(Duration::ZERO);
        note_ticks(log, &mut ticks, start, 2).await;
        ticks.reset_at(start + MS * 100);
        note_ticks(log, &mut ticks, start, 2).await;
        // A past that is missed: bursts until it has caught up.
        ticks.reset_at(start + MS * 75);
        note_ticks(log, &mut ticks, start, 6).await;
        ticks.reset_after(Duration::MAX);
        log.note(polled(&mut Box::pin(ticks.tick())).await);
        ticks.reset_immediately();
        note_ticks(log, &mut ticks, start, 2).await;
    });
}

fn reset_while_it_waits(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut ticks = interval(MS * 50);
        note_ticks(log, &mut ticks, start, 1).await;
        log.note(polled(&mut Box::pin(ticks.tick())).await);
        ticks.reset_at(start + MS * 5);
        note_ticks(log, &mut ticks, start, 1).await;
        log.note(polled(&mut Box::pin(ticks.tick())).await);
        ticks.reset_at(start + MS * 200);
        note_ticks(log, &mut ticks, start, 2).await;
    });
}

fn a_cancelled_tick(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut ticks = interval(MS * 10);
        drop(ticks.tick());
        note_ticks(log, &mut ticks, start, 1).await;
        for _ in 0..3 {
            log.note(polled(&mut Box::pin(ticks.tick())).await);
        }
        advance(MS * 10).await;
        drop(ticks.tick());
        note_ticks(log, &mut ticks, start, 2).await;
        let cut_off = rt::time::timeout(MS * 3, ticks.tick()).await;
        log.note(format!("{}", cut_off.is_err()));
        note_ticks(log, &mut ticks, start, 1).await;
    });
}

fn polled_by_hand(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut ticks = interval(MS * 10);
        for step in [0, 4, 6, 3, 30, 0, 0, 0] {
            advance(MS * step).await;
            let poll = std::future::poll_fn(|cx| Poll::Ready(ticks.poll_tick(cx))).await;
            log.note(format!("{:?} at {}", poll.map(|due| due - start), millis(start)));
        }
    });
}

fn odd_periods(_: Flavour, log: &Log) {
    paused(async {
        for micros in [1, 250, 1500, 3333] {
            let start = Instant::now();
            let mut ticks = interval(Duration::from_micros(micros));
            note_ticks(log, &mut ticks, start, 6).await;
        }
    });
}

fn huge_periods(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let mut ticks = interval(Duration::MAX);
        log.note(format!("{:?}", ticks.period()));
        note_ticks(log, &mut ticks, start, 2).await;
        ticks.reset();
        note_ticks(log, &mut ticks, start, 1).await;
    });
}

fn two_at_once(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let run = |name: &'static str, period| async move {
            let mut ticks = interval(MS * period);
            for _ in 0..5 {
                let due = ticks.tick().await;
                log.note(format!("{name} {:?}", due - start));
            }
        };
        let (three, five) = (pin!(run("three", 3)), pin!(run("five", 5)));
        futures_util::future::join(three, five).await;
    });
}

fn in_a_task(_: Flavour, log: &Log) {
    paused(async {
        let start = Instant::now();
        let log = log.clone();
        let task = rt::spawn(async move {
            let mut ticks = interval(MS * 250);
            loop {
                note_ticks(&log, &mut ticks, start, 1).await;
            }
        });
        sleep(MS * 900).await;
        task.abort();
        let ended = task.await.unwrap_err().is_cancelled();
        assert!(ended && start.elapsed() == MS * 900);
    });
}
