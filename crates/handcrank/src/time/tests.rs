use super::*;
use crate::runtime::Builder;
use crate::testing::{poll_once, run, run_paused, run_with};
use futures_util::future::{FutureExt, join3, pending};
use std::cell::RefCell;
use std::future::{Future, ready};
use std::pin::pin;
use std::task::Poll;

const MS: Duration = Duration::from_millis(1);

#[test]
fn sleeps_end_in_the_order_of_their_deadlines() {
    run_paused(async {
        let start = Instant::now();
        let order = RefCell::new(Vec::new());
        let sleeper = |ms| {
            let order = &order;
            async move {
                sleep(MS * ms).await;
                order.borrow_mut().push(ms);
                assert_eq!(start.elapsed(), MS * ms);
            }
        };
        join3(sleeper(3_600_000), sleeper(5), sleeper(70)).await;
        assert_eq!(*order.borrow(), [5, 70, 3_600_000]);
    });
}

#[test]
fn a_real_sleep_is_never_early() {
    run(async {
        let start = std::time::Instant::now();
        sleep(MS * 3).await;
        assert!(start.elapsed() >= MS * 3);
    });
}

#[test]
fn zero_and_past_deadlines_are_ready_at_once() {
    run_paused(async {
        let now = Instant::now();
        assert!(sleep(Duration::ZERO).now_or_never().is_some());
        assert!(sleep_until(now - MS).now_or_never().is_some());
        assert_eq!(Instant::now(), now);
        let mut sleep = pin!(sleep(MS));
        assert!(!sleep.is_elapsed());
        assert_eq!(sleep.deadline(), now + MS);
        sleep.as_mut().await;
        assert!(sleep.is_elapsed());
    });
}

#[test]
fn far_away_deadlines_saturate() {
    run_paused(async {
        let year = Duration::from_hours(365 * 24);
        let mut never = pin!(sleep(Duration::MAX));
        assert!(never.deadline() > Instant::now() + year * 29);
        assert!(poll_once(&mut never).await.is_pending());
        let mut slow = interval(Duration::MAX);
        slow.tick().await;
        assert!(poll_once(&mut pin!(slow.tick())).await.is_pending());
        slow.reset_after(Duration::MAX);
        assert!(poll_once(&mut pin!(slow.tick())).await.is_pending());
        // No deadline at all: nothing to advance to.
        let mut forever = pin!(timeout(Duration::MAX, pending::<()>()));
        assert!(poll_once(&mut forever).await.is_pending());
        assert_eq!(timeout(year, &mut never).await, Err(error::Elapsed::new()));
    });
}

#[test]
fn a_sleep_can_be_moved() {
    run_paused(async {
        let start = Instant::now();
        let mut sleep = pin!(sleep(MS * 10));
        assert!(poll_once(&mut sleep).await.is_pending());
        sleep.as_mut().reset(start + MS * 50);
        sleep.as_mut().await;
        assert_eq!(start.elapsed(), MS * 50);
        sleep.as_mut().reset(start + MS * 90);
        assert!(poll_once(&mut sleep).await.is_pending());
        sleep.as_mut().reset(start + MS * 60);
        sleep.as_mut().await;
        assert_eq!(start.elapsed(), MS * 60);
    });
}

#[test]
fn a_timeout_polls_the_value_first() {
    run_paused(async {
        assert_eq!(timeout(Duration::ZERO, ready(1)).await, Ok(1));
        assert_eq!(timeout_at(Instant::now() - MS, ready(2)).await, Ok(2));
        assert_eq!(timeout(Duration::ZERO, pending::<()>()).await, Err(error::Elapsed::new()));
        let error = timeout(MS, pending::<()>()).await.unwrap_err();
        assert_eq!(error.to_string(), "deadline has elapsed");
        assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::TimedOut);
        // Both at the same time: the value wins.
        let both = timeout(MS * 10, async {
            sleep(MS * 10).await;
            3
        });
        assert_eq!(both.await, Ok(3));
        let slow = timeout(MS * 10, async { sleep(MS * 11).await });
        assert!(slow.await.is_err());
        assert_eq!(timeout(MS, ready(4)).into_inner().await, 4);
    });
}

#[test]
fn a_future_that_eats_the_budget_is_still_cut_off() {
    run_paused(async {
        let mut greedy = pin!(timeout(
            Duration::ZERO,
            std::future::poll_fn(|cx| -> Poll<()> {
                while let Poll::Ready(unit) = handcrank_task::coop::poll_proceed(cx) {
                    unit.made_progress();
                }
                Poll::Pending
            })
        ));
        let outcome = std::future::poll_fn(|cx| {
            Poll::Ready(handcrank_task::coop::budget(|| greedy.as_mut().poll(cx)))
        });
        assert!(matches!(outcome.await, Poll::Ready(Err(_))));
    });
}

/// Takes a tick, comes back for the next one at 130 ms, and says when the next three were due and
/// when they came.
fn late(behavior: MissedTickBehavior) -> Vec<(u128, u128)> {
    run_paused(async {
        let start = Instant::now();
        let mut ticks = interval(MS * 50);
        ticks.set_missed_tick_behavior(behavior);
        assert_eq!(ticks.missed_tick_behavior(), behavior);
        assert_eq!(ticks.tick().await, start);
        advance(MS * 130).await;
        assert_eq!(ticks.tick().await, start + MS * 50);
        assert_eq!(start.elapsed(), MS * 130);
        let mut seen = Vec::new();
        for _ in 0..3 {
            let due = ticks.tick().await;
            seen.push(((due - start).as_millis(), start.elapsed().as_millis()));
        }
        seen
    })
}

#[test]
fn missed_ticks() {
    assert_eq!(late(MissedTickBehavior::Burst), [(100, 130), (150, 150), (200, 200)]);
    assert_eq!(late(MissedTickBehavior::Delay), [(180, 180), (230, 230), (280, 280)]);
    assert_eq!(late(MissedTickBehavior::Skip), [(150, 150), (200, 200), (250, 250)]);
    assert_eq!(MissedTickBehavior::default(), MissedTickBehavior::Burst);
}

#[test]
fn a_little_late_is_not_missed() {
    run_paused(async {
        let start = Instant::now();
        let mut ticks = interval_at(start + MS * 10, MS * 10);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        assert_eq!(ticks.period(), MS * 10);
        advance(MS * 15).await;
        assert_eq!(ticks.tick().await, start + MS * 10);
        assert_eq!(ticks.tick().await, start + MS * 20);
    });
}

#[test]
fn an_interval_can_be_moved() {
    run_paused(async {
        let start = Instant::now();
        let mut ticks = interval(MS * 10);
        ticks.reset();
        assert_eq!(ticks.tick().await, start + MS * 10);
        ticks.reset_at(start + MS * 15);
        assert_eq!(ticks.tick().await, start + MS * 15);
        ticks.reset_after(MS * 3);
        assert_eq!(ticks.tick().await, start + MS * 18);
        ticks.reset_immediately();
        assert_eq!(ticks.tick().await, start + MS * 18);
        assert_eq!(ticks.tick().await, start + MS * 28);
    });
}

#[test]
fn a_cancelled_tick_is_not_lost() {
    run_paused(async {
        let start = Instant::now();
        let mut ticks = interval_at(start + MS * 10, MS * 10);
        assert!(poll_once(&mut pin!(ticks.tick())).await.is_pending());
        advance(MS * 10).await;
        assert_eq!(ticks.tick().await, start + MS * 10);
    });
}

#[test]
fn the_clock_stops_jumps_and_runs_again() {
    run(async {
        pause();
        let start = Instant::now();
        let mut sleep = pin!(sleep(MS * 100));
        assert!(poll_once(&mut sleep).await.is_pending());
        assert_eq!(Instant::now(), start);
        advance(MS * 99).await;
        assert!(poll_once(&mut sleep).await.is_pending());
        // The clock stopped somewhere between two ticks, so the tick of the deadline may be the one
        // after it.
        advance(MS * 2).await;
        assert!(poll_once(&mut sleep).await.is_ready());
        assert_eq!(start.elapsed(), MS * 101);
        resume();
        super::sleep(MS).await;
        assert!(start.elapsed() >= MS * 102);
    });
}

#[test]
#[should_panic(expected = "`period` must be non-zero.")]
fn a_period_of_zero_is_refused() {
    run(async { drop(interval(Duration::ZERO)) });
}

#[test]
#[should_panic(expected = "there is no reactor running")]
fn a_sleep_needs_a_runtime() {
    drop(sleep(MS));
}

#[test]
#[should_panic(expected = "A Handcrank 1.x context was found, but timers are disabled.")]
fn a_sleep_needs_a_runtime_with_timers() {
    run_with(Builder::new_current_thread().enable_io(), async { drop(sleep(MS)) });
}

#[test]
#[should_panic(expected = "time cannot be frozen from outside the Handcrank runtime")]
fn pausing_needs_a_runtime() {
    pause();
}

#[test]
#[should_panic(expected = "time is already frozen")]
fn pausing_twice() {
    run_paused(async { pause() });
}

#[test]
#[should_panic(expected = "time is not frozen")]
fn resuming_a_running_clock() {
    run(async { resume() });
}

#[test]
#[should_panic(expected = "time is not frozen")]
fn advancing_a_running_clock() {
    run(advance(MS));
}
