use super::*;
use crate::reactor::{Config, Reactor};
use crate::testing::{Counter, Crank, block_on, look, paused, turn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_hours(1);

fn poll(timer: &mut Timer, waker: &Waker) -> bool {
    timer.poll_elapsed(&mut Context::from_waker(waker)).is_ready()
}

/// A timer `after` the present.
fn timer(reactor: &Reactor, after: Duration) -> Timer {
    let handle = reactor.handle();
    handle.timer(handle.clock().now() + after)
}

#[test]
fn an_idle_turn_moves_the_paused_clock_to_the_deadline() {
    let reactor = paused();
    let clock = reactor.handle().clock().clone();
    let start = clock.now();
    let (counter, waker) = Counter::new();
    let mut timer = timer(&reactor, HOUR);
    assert!(!poll(&mut timer, &waker));
    assert_eq!(turn(&reactor), 1);
    assert_eq!(clock.now() - start, HOUR);
    assert_eq!(counter.count(), 1);
    assert!(timer.is_elapsed());
    assert!(poll(&mut timer, &waker));
    assert!(poll(&mut timer, &waker), "and remains so");
}

#[test]
fn many_timers_fire_in_order_each_at_its_time() {
    let reactor = paused();
    let clock = reactor.handle().clock().clone();
    let start = clock.now();
    let after = [500, 3, 70_000, 64, 4_096, 1, 63, 3];
    let mut timers: Vec<_> = after
        .iter()
        .map(|ms| {
            let (counter, waker) = Counter::new();
            let mut timer = timer(&reactor, MS * *ms);
            assert!(!poll(&mut timer, &waker));
            (*ms, timer, counter, waker)
        })
        .collect();
    assert_eq!(reactor.handle().metrics().timers, after.len());
    timers.sort_by_key(|(ms, ..)| *ms);
    let mut fired = 0;
    while fired < timers.len() {
        fired += turn(&reactor);
        let now = clock.now() - start;
        for (ms, timer, counter, waker) in &mut timers {
            let due = MS * *ms <= now;
            assert_eq!(counter.count(), usize::from(due), "{ms} ms, {now:?}");
            assert_eq!(timer.is_elapsed(), due);
            if due {
                assert!(poll(timer, waker));
            }
        }
    }
    assert_eq!(clock.now() - start, MS * 70_000);
    assert_eq!(reactor.handle().metrics().timers, 0);
}

#[test]
fn no_time_and_past_time_are_over_at_once_and_cost_the_wheel_nothing() {
    let reactor = paused();
    let mut now = timer(&reactor, Duration::ZERO);
    let mut past = reactor.handle().timer(reactor.handle().clock().now() - MS);
    assert!(poll(&mut now, Waker::noop()));
    assert!(poll(&mut past, Waker::noop()));
    assert_eq!(reactor.handle().metrics().timers, 0);
}

#[test]
fn rounds_up_never_down() {
    let reactor = paused();
    let clock = reactor.handle().clock().clone();
    let (counter, waker) = Counter::new();
    let mut timer = timer(&reactor, Duration::from_nanos(1_000_001));
    assert!(!poll(&mut timer, &waker));
    clock.advance(Duration::from_nanos(1_999_999));
    assert_eq!(look(&reactor), 0);
    assert!(!poll(&mut timer, &waker), "the deadline has passed, the tick has not");
    clock.advance(Duration::from_nanos(1));
    assert_eq!(look(&reactor), 1);
    assert_eq!(counter.count(), 1);
    assert!(poll(&mut timer, &waker));
}

#[test]
fn deadlines_beyond_all_measure_wait() {
    let reactor = paused();
    let handle = reactor.handle();
    let start = handle.clock().now();
    // About as far as an instant reaches.
    let mut far = Duration::MAX;
    while start.checked_add(far).is_none() {
        far /= 2;
    }
    for after in [far, far / 2, Duration::from_hours(24 * 365 * 30)] {
        let mut timer = handle.timer(start + after);
        assert!(!poll(&mut timer, Waker::noop()));
        assert!(!timer.is_elapsed());
        handle.clock().advance(MS);
        assert_eq!(look(&reactor), 0);
        assert!(!poll(&mut timer, Waker::noop()));
    }
    assert_eq!(handle.metrics().timers, 0);
    let mut timer = handle.timer(Instant::far_future());
    assert!(!poll(&mut timer, Waker::noop()));
    assert_eq!(turn(&reactor), 1);
    assert!(poll(&mut timer, Waker::noop()));
}

#[test]
fn dropping_takes_the_registration_back() {
    let reactor = paused();
    let (counter, waker) = Counter::new();
    let mut kept = timer(&reactor, HOUR * 2);
    let mut dropped = timer(&reactor, HOUR);
    assert!(!poll(&mut kept, &waker) && !poll(&mut dropped, &waker));
    assert_eq!(reactor.handle().metrics().timers, 2);
    assert_eq!(Arc::strong_count(&counter), 4);
    drop(dropped);
    assert_eq!(reactor.handle().metrics().timers, 1);
    assert_eq!(Arc::strong_count(&counter), 3);
    let start = reactor.handle().clock().now();
    assert_eq!(turn(&reactor), 1);
    assert_eq!(reactor.handle().clock().now() - start, HOUR * 2, "not stopping for the other");
}

#[test]
fn dropping_after_it_fired_does_not_take_a_strangers_slot() {
    let reactor = paused();
    let mut old = timer(&reactor, MS);
    assert!(!poll(&mut old, Waker::noop()));
    assert_eq!(turn(&reactor), 1);
    let mut new = timer(&reactor, MS);
    assert!(!poll(&mut new, Waker::noop()));
    drop(old);
    assert_eq!(reactor.handle().metrics().timers, 1);
    assert_eq!(turn(&reactor), 1);
}

#[test]
fn the_last_waker_counts() {
    let reactor = paused();
    let (first, first_waker) = Counter::new();
    let (last, last_waker) = Counter::new();
    let mut timer = timer(&reactor, MS);
    assert!(!poll(&mut timer, &first_waker));
    assert!(!poll(&mut timer, &last_waker));
    assert!(!poll(&mut timer, &last_waker));
    assert_eq!((Arc::strong_count(&first), Arc::strong_count(&last)), (2, 3));
    assert_eq!(turn(&reactor), 1);
    assert_eq!((first.count(), last.count()), (0, 1));
}

#[test]
fn a_deadline_that_grows_leaves_the_wheel_alone() {
    let reactor = paused();
    let clock = reactor.handle().clock().clone();
    let (start, (counter, waker)) = (clock.now(), Counter::new());
    let mut timer = timer(&reactor, MS * 100);
    assert!(!poll(&mut timer, &waker));
    // Held, so that touching the wheel would hang.
    let handle = reactor.handle();
    let untouched = handle.timers().hold();
    for later in 101..200 {
        timer.reset(start + MS * later);
        assert!(!poll(&mut timer, &waker));
    }
    drop(untouched);
    assert_eq!(handle.metrics().timers, 1);
    assert_eq!(turn(&reactor), 1, "the old registration");
    assert_eq!(clock.now() - start, MS * 100);
    assert!(!timer.is_elapsed());
    assert!(!poll(&mut timer, &waker));
    assert_eq!(turn(&reactor), 1);
    assert_eq!(clock.now() - start, MS * 199);
    assert!(poll(&mut timer, &waker));
    assert_eq!(counter.count(), 2);
}

#[test]
fn a_deadline_that_shrinks_is_moved_at_once() {
    let reactor = paused();
    let clock = reactor.handle().clock().clone();
    let (start, (counter, waker)) = (clock.now(), Counter::new());
    let mut timer = timer(&reactor, HOUR);
    assert!(!poll(&mut timer, &waker));
    timer.reset(start + MS);
    assert_eq!(reactor.handle().metrics().timers, 1);
    assert_eq!(turn(&reactor), 1);
    assert_eq!((clock.now() - start, counter.count()), (MS, 1));
    assert!(poll(&mut timer, &waker));
}

#[test]
fn grown_and_shrunk_again_it_fires_at_the_last_deadline() {
    let reactor = paused();
    let clock = reactor.handle().clock().clone();
    let start = clock.now();
    let mut timer = timer(&reactor, MS * 50);
    assert!(!poll(&mut timer, Waker::noop()));
    timer.reset(start + MS * 90);
    timer.reset(start + MS * 70);
    timer.reset(start + MS * 20);
    assert_eq!(timer.deadline(), start + MS * 20);
    assert_eq!(turn(&reactor), 1);
    assert_eq!(clock.now() - start, MS * 20);
    assert!(poll(&mut timer, Waker::noop()));
}

#[test]
fn moved_into_the_past_it_wakes_its_task() {
    let reactor = paused();
    let clock = reactor.handle().clock().clone();
    let (counter, waker) = Counter::new();
    let mut timer = timer(&reactor, HOUR);
    assert!(!poll(&mut timer, &waker));
    clock.advance(MS * 10);
    assert_eq!(look(&reactor), 0);
    timer.reset(clock.now() - MS * 10);
    assert_eq!(counter.count() + look(&reactor), 1);
    assert_eq!(counter.count(), 1);
    assert!(poll(&mut timer, &waker));
    assert_eq!(reactor.handle().metrics().timers, 0);
}

#[test]
fn it_can_elapse_again_after_a_reset() {
    let reactor = paused();
    let clock = reactor.handle().clock().clone();
    let mut timer = timer(&reactor, MS);
    for _ in 0..3 {
        assert!(!poll(&mut timer, Waker::noop()));
        assert_eq!(turn(&reactor), 1);
        assert!(poll(&mut timer, Waker::noop()));
        timer.reset(clock.now() + MS);
        assert!(!timer.is_elapsed());
    }
}

#[test]
fn reset_between_firing_and_polling_waits_anew() {
    let reactor = paused();
    let clock = reactor.handle().clock().clone();
    let mut timer = timer(&reactor, MS);
    assert!(!poll(&mut timer, Waker::noop()));
    assert_eq!(turn(&reactor), 1);
    timer.reset(clock.now() + HOUR);
    assert!(!poll(&mut timer, Waker::noop()));
    assert_eq!(reactor.handle().metrics().timers, 1);
}

#[test]
fn shutting_down_wakes_all_and_polling_panics() {
    let reactor = paused();
    let mut elapsed = timer(&reactor, Duration::ZERO);
    assert!(poll(&mut elapsed, Waker::noop()));
    let mut fresh = timer(&reactor, HOUR);
    let mut pending = timer(&reactor, HOUR);
    assert!(!poll(&mut pending, Waker::noop()));
    let mut woken = Vec::new();
    reactor.shutdown(&mut woken);
    assert_eq!(woken.len(), 1);
    assert_eq!((fresh.is_elapsed(), pending.is_elapsed()), (false, true));
    for timer in [&mut fresh, &mut pending, &mut elapsed] {
        timer.reset(timer.deadline() - MS);
        let panic = catch_unwind(AssertUnwindSafe(|| poll(timer, Waker::noop()))).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some(SHUTTING_DOWN));
    }
    assert_eq!(look(&reactor), 0, "a turn still works");
}

#[test]
#[should_panic(
    expected = "A Handcrank 1.x context was found, but timers are disabled. Call `enable_time` on the runtime builder to enable timers."
)]
fn without_time_there_are_no_timers() {
    let reactor = Reactor::new(Config { time: false, ..Config::default() }).unwrap();
    timer(&reactor, MS);
}

#[test]
fn an_elapsed_timer_spends_budget_and_a_pending_one_does_not() {
    let reactor = paused();
    let mut pending = timer(&reactor, HOUR);
    let mut elapsed = timer(&reactor, Duration::ZERO);
    coop::budget(|| {
        for _ in 0..1000 {
            assert!(!poll(&mut pending, Waker::noop()));
        }
        let (counter, waker) = Counter::new();
        let mut ready = 0;
        while poll(&mut elapsed, &waker) {
            ready += 1;
            assert!(ready < 1000, "no end of it");
        }
        assert!(ready > 1);
        assert_eq!(counter.count(), 1, "told to come again");
    });
    assert!(poll(&mut elapsed, Waker::noop()));
}

#[test]
fn an_earlier_timer_ends_a_longer_sleep() {
    // The turn sleeps for an hour, or for ever, when the short timer comes; or it is just about
    // to. If it missed the timer once, this would not end.
    let reactor = Arc::new(Reactor::new(Config::default()).unwrap());
    let mut hour = timer(&reactor, HOUR);
    let _crank = Crank::new(&reactor);
    for round in 0..200 {
        if round == 100 {
            assert!(!poll(&mut hour, Waker::noop()));
        }
        let start = Instant::now();
        let mut short = timer(&reactor, Duration::from_micros(1 + round * 5));
        block_on(std::future::poll_fn(|cx| short.poll_elapsed(cx)));
        assert!(start.elapsed() >= Duration::from_micros(1 + round * 5));
    }
}

#[test]
fn timers_of_several_threads_all_fire() {
    let reactor = Arc::new(Reactor::new(Config::default()).unwrap());
    let _crank = Crank::new(&reactor);
    let threads: Vec<_> = (0..3_u64)
        .map(|thread| {
            let reactor = Arc::clone(&reactor);
            std::thread::spawn(move || {
                for round in 0..50 {
                    let wait = Duration::from_micros((thread * 977 + round * 331) % 3000);
                    let mut kept = timer(&reactor, wait);
                    let mut dropped = timer(&reactor, wait / 2);
                    let _ = poll(&mut dropped, Waker::noop());
                    block_on(std::future::poll_fn(|cx| kept.poll_elapsed(cx)));
                    assert!(Instant::now() >= kept.deadline());
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(reactor.handle().metrics().timers, 0);
}

/// The clock is not read a second time, so the deadline passes unseen: no poll is lost by it.
#[test]
fn a_fresh_timer_that_passes_before_its_first_poll_fires_with_the_next_turn() {
    let reactor = Reactor::new(Config::default()).unwrap();
    let (counter, waker) = Counter::new();
    let mut timer = reactor.handle().timer_after(Instant::now(), Duration::from_millis(1));
    std::thread::sleep(Duration::from_millis(3));
    assert!(!poll(&mut timer, &waker));
    assert_eq!(turn(&reactor), 1);
    assert_eq!(counter.count(), 1);
    assert!(poll(&mut timer, &waker));
    let mut none = reactor.handle().timer_after(Instant::now(), Duration::ZERO);
    assert!(poll(&mut none, &waker), "no time at all is over at once");
}

#[test]
fn a_fresh_timer_never_fires_early_whatever_its_part_of_a_millisecond() {
    let reactor = Reactor::new(Config::default()).unwrap();
    let waker = Waker::noop();
    for micros in [1, 499, 500, 999, 1_000, 1_001, 1_999, 2_000, 2_001] {
        let now = Instant::now();
        let mut timer = reactor.handle().timer_after(now, Duration::from_micros(micros));
        while !poll(&mut timer, waker) {
            reactor.turn(None, &mut Vec::new()).unwrap();
        }
        assert!(now.elapsed() >= Duration::from_micros(micros));
    }
}
