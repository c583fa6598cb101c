//! Timers: in order, never early, any number of them, and with the clock stopped.

use futures_util::future::{join_all, pending};
use futures_util::poll;
use handcrank::runtime::{Handle, Runtime};
use handcrank::sync::{Notify, oneshot};
use handcrank::task;
use handcrank::time::{
    self, Duration, Instant, MissedTickBehavior, interval, interval_at, sleep, sleep_until,
    timeout, timeout_at,
};
use parking_lot::Mutex;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use tests::{Flavour, PATIENCE, Random, Watchdog, block_on_each, panic_of, threads_named};

const MS: Duration = Duration::from_millis(1);

/// A runtime whose clock stands still, and moves when there is nothing else to do.
fn paused() -> Runtime {
    Flavour::CurrentThread.builder().start_paused(true).build().unwrap()
}

#[test]
fn ten_thousand_timers_fire_in_order() {
    let _watchdog = Watchdog::new("");
    paused().block_on(async {
        const COUNT: usize = 10_000;
        let mut random = Random::new(1);
        let begun = Instant::now();
        let fired = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..COUNT)
            .map(|_| {
                // From a millisecond to a day, through all levels of the wheel.
                let exponent = random.below(27) as u32;
                let after = MS * (1 + random.below(1 << exponent) as u32);
                let fired = fired.clone();
                handcrank::spawn(async move {
                    sleep_until(begun + after).await;
                    fired.lock().push((after, begun.elapsed()));
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let fired = fired.lock();
        assert_eq!(fired.len(), COUNT);
        assert!(fired.is_sorted_by_key(|(after, _)| *after), "in the order of their deadlines");
        // Each exactly on time, as nothing else moves this clock.
        assert!(fired.iter().all(|(after, at)| after == at));
        assert_eq!(Handle::current().metrics().num_alive_timers(), 0);
    });
}

#[test]
fn never_early_and_not_long_after() {
    block_on_each(|_| async {
        let mut random = Random::new(2);
        let tasks: Vec<_> = (0..1000)
            .map(|_| {
                let after = Duration::from_micros(random.below(200_000) as u64);
                handcrank::spawn(async move {
                    let begun = Instant::now();
                    sleep(after).await;
                    assert!(begun.elapsed() >= after, "{:?} after {after:?}", begun.elapsed());
                })
            })
            .collect();
        let begun = Instant::now();
        for task in tasks {
            task.await.unwrap();
        }
        assert!(begun.elapsed() < PATIENCE / 2);
    });
}

#[test]
fn a_hundred_thousand_sleepers_and_no_thread_for_any() {
    for flavour in [Flavour::CurrentThread, Flavour::MultiThread(2)] {
        let _watchdog = Watchdog::new(format!("{flavour:?}"));
        let runtime = flavour.builder().thread_name("sleepers").build().unwrap();
        runtime.block_on(async {
            let (woken, all) = (Arc::new(AtomicUsize::new(0)), 100_000);
            // All tasks begin to sleep before any timer fires.
            let deadline = Instant::now() + Duration::from_hours(1);
            let (soon, at_last) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
            let tasks: Vec<_> = (0..all)
                .map(|n| {
                    let (woken, soon, at_last) = (woken.clone(), soon.clone(), at_last.clone());
                    handcrank::spawn(async move {
                        let mut sleep = pin!(sleep_until(deadline));
                        assert!(poll!(&mut sleep).is_pending());
                        let notified = soon.notified();
                        at_last.fetch_add(1, Relaxed);
                        notified.await;
                        // Now in a moment instead.
                        sleep.as_mut().reset(Instant::now() + MS * (n % 50));
                        sleep.await;
                        woken.fetch_add(1, Relaxed);
                    })
                })
                .collect();
            while at_last.load(Relaxed) < all as usize {
                task::yield_now().await;
            }
            let metrics = Handle::current().metrics();
            assert_eq!(metrics.num_alive_timers(), all as usize);
            if let Some(threads) = threads_named("sleepers") {
                assert_eq!(threads, if flavour.has_threads() { metrics.num_workers() } else { 0 });
            }
            soon.notify_waiters();
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(woken.load(Relaxed), all as usize);
            assert_eq!(Handle::current().metrics().num_alive_timers(), 0);
        });
    }
}

#[test]
fn zero_and_far_away() {
    block_on_each(|_| async {
        sleep(Duration::ZERO).await;
        sleep_until(Instant::now()).await;
        if let Some(past) = Instant::now().checked_sub(Duration::from_hours(1)) {
            sleep_until(past).await;
        }
        assert_eq!(timeout(Duration::ZERO, async { 1 }).await.unwrap(), 1);
        assert!(timeout(Duration::ZERO, pending::<()>()).await.is_err());
        for far in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(1 << 40)] {
            let mut sleep = pin!(sleep(far));
            assert!(poll!(&mut sleep).is_pending());
            assert!(timeout(5 * MS, &mut sleep).await.is_err());
            assert!(!sleep.is_elapsed());
            assert_eq!(timeout(far, async { 2 }).await.unwrap(), 2);
            // And from far away to here.
            sleep.as_mut().reset(Instant::now() + MS);
            sleep.await;
        }
        assert_eq!(Handle::current().metrics().num_alive_timers(), 0);
    });
}

#[test]
fn cancelled_by_drop() {
    block_on_each(|_| async {
        let mut sleeps = Vec::new();
        for n in 0..1000 {
            let mut sleep = Box::pin(sleep(Duration::from_secs(3600 + n)));
            assert!(poll!(&mut sleep).is_pending());
            sleeps.push(sleep);
        }
        assert_eq!(Handle::current().metrics().num_alive_timers(), 1000);
        // In no order of theirs, and some from another thread.
        let mut random = Random::new(3);
        let others = sleeps.split_off(500);
        let other = thread::spawn(move || drop(others));
        while !sleeps.is_empty() {
            drop(sleeps.swap_remove(random.below(sleeps.len())));
        }
        other.join().unwrap();
        assert_eq!(Handle::current().metrics().num_alive_timers(), 0);
        // One that has never been polled was never there.
        drop(sleep(Duration::from_secs(1)));
        sleep(MS).await;
    });
}

#[test]
fn a_timer_moved_to_another_task_wakes_that_one() {
    block_on_each(|_| async {
        let begun = Instant::now();
        let mut first = Box::pin(sleep(20 * MS));
        assert!(poll!(&mut first).is_pending());
        handcrank::spawn(first).await.unwrap();
        assert!(begun.elapsed() >= 20 * MS);
    });
}

#[test]
fn a_nearer_timer_wakes_a_runtime_that_sleeps_for_a_farther_one() {
    block_on_each(|_| async {
        let far = handcrank::spawn(sleep(Duration::from_hours(1)));
        sleep(5 * MS).await;
        let handle = Handle::current();
        let from_thread = thread::spawn(move || {
            let _guard = handle.enter();
            handle.spawn(async { sleep(MS).await })
        });
        // Not with `spawn_blocking`, which could be what wakes it.
        let near = from_thread.join().unwrap();
        near.await.unwrap();
        far.abort();
        assert!(far.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn timeouts() {
    block_on_each(|_| async {
        let error = timeout(MS, pending::<()>()).await.unwrap_err();
        assert_eq!(error.to_string(), "deadline has elapsed");
        let io: std::io::Error = error.into();
        assert_eq!(io.kind(), std::io::ErrorKind::TimedOut);

        let (send, receive) = oneshot::channel();
        let waiting = handcrank::spawn(timeout(Duration::from_hours(1), receive));
        sleep(MS).await;
        send.send(4).unwrap();
        assert_eq!(waiting.await.unwrap().unwrap().unwrap(), 4);

        // The inner future is dropped with it.
        let alive = Arc::new(());
        let inner = alive.clone();
        let future = async move {
            pending::<()>().await;
            drop(inner);
        };
        assert!(timeout_at(Instant::now() + MS, future).await.is_err());
        assert_eq!(Arc::strong_count(&alive), 1);

        // A busy future cannot keep its timeout from being looked at.
        let busy = async {
            loop {
                task::yield_now().await;
            }
        };
        assert!(timeout(5 * MS, busy).await.is_err());
        let nested = timeout(Duration::from_hours(1), timeout(MS, pending::<()>()));
        assert!(nested.await.unwrap().is_err());
    });
}

#[test]
fn intervals_under_a_stopped_clock() {
    let _watchdog = Watchdog::new("");
    paused().block_on(async {
        let begun = Instant::now();
        let mut ticks = interval(10 * MS);
        for n in 0..5 {
            assert_eq!(ticks.tick().await, begun + n * 10 * MS);
        }
        // 35 ms late, three ways to go on.
        for (behaviour, first, second) in [
            (MissedTickBehavior::Burst, 10, 20),
            (MissedTickBehavior::Delay, 10, 45 + 10),
            (MissedTickBehavior::Skip, 10, 50),
        ] {
            let begun = Instant::now();
            let mut ticks = interval_at(begun + 10 * MS, 10 * MS);
            ticks.set_missed_tick_behavior(behaviour);
            time::advance(45 * MS).await;
            assert_eq!(ticks.tick().await, begun + first * MS, "{behaviour:?}");
            assert_eq!(ticks.tick().await, begun + second * MS, "{behaviour:?}");
        }
        let mut ticks = interval(Duration::from_mins(1));
        ticks.tick().await;
        ticks.reset_after(MS);
        let before = Instant::now();
        assert_eq!(ticks.tick().await, before + MS);
        assert_eq!(panic_of(|| interval(Duration::ZERO)), "`period` must be non-zero.");
    });
}

#[test]
fn a_stopped_clock_moves_by_itself_only_when_all_is_idle() {
    let _watchdog = Watchdog::new("");
    let real = std::time::Instant::now();
    paused().block_on(async {
        let begun = Instant::now();
        // A year passes in no time.
        sleep(Duration::from_hours(8760)).await;
        assert_eq!(begun.elapsed(), Duration::from_hours(8760));

        // Two clients in turn: the clock goes from deadline to deadline.
        let begun = Instant::now();
        let tasks = [3, 1, 2].map(|n| {
            handcrank::spawn(async move {
                for round in 1..=3 {
                    sleep(Duration::from_secs(n)).await;
                    assert_eq!(begun.elapsed(), Duration::from_secs(n * round));
                }
            })
        });
        for task in join_all(tasks).await {
            task.unwrap();
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(9));

        // A blocking job under way holds it.
        let begun = Instant::now();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let job = task::spawn_blocking(move || released.recv().unwrap());
        let slept = handcrank::spawn(async move {
            sleep(Duration::from_secs(1)).await;
            begun.elapsed()
        });
        for _ in 0..100 {
            task::yield_now().await;
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        release.send(()).unwrap();
        job.await.unwrap();
        assert_eq!(slept.await.unwrap(), Duration::from_secs(1));

        // By hand.
        let mut slow = pin!(sleep(Duration::from_secs(10)));
        assert!(poll!(&mut slow).is_pending());
        time::advance(Duration::from_secs(9)).await;
        assert!(poll!(&mut slow).is_pending());
        time::advance(Duration::from_secs(1)).await;
        slow.await;

        // And on again with real time.
        time::resume();
        let (begun, real) = (Instant::now(), std::time::Instant::now());
        sleep(2 * MS).await;
        assert!(begun.elapsed() >= 2 * MS && real.elapsed() >= 2 * MS);
        time::pause();
    });
    assert!(real.elapsed() < PATIENCE / 2);
}

#[test]
fn a_stopped_clock_stands_until_a_blocking_job_has_been_answered() {
    let _watchdog = Watchdog::new("");
    paused().block_on(async {
        for round in 0..2000 {
            let job = task::spawn_blocking(move || round);
            // If the clock were let go when the job's code has ended, but nobody has been told,
            // there would be a moment with nothing to do but to go to this deadline.
            let answer = timeout(Duration::from_secs(1), job).await;
            assert_eq!(answer.expect("the job took no time").unwrap(), round);
        }
    });
}

#[test]
fn a_stopped_clock_is_its_own_runtimes() {
    let _watchdog = Watchdog::new("");
    let (stopped, other) = (paused(), Flavour::MultiThread(1).build());
    stopped.block_on(async {
        let begun = Instant::now();
        let real = other.spawn(async {
            let (begun, std) = (Instant::now(), std::time::Instant::now());
            sleep(2 * MS).await;
            (begun.elapsed(), std.elapsed())
        });
        let (ours, std) = real.await.unwrap();
        assert!(ours >= 2 * MS && std >= 2 * MS, "{ours:?} {std:?}");
        assert_eq!(begun.elapsed(), Duration::ZERO);
    });
    let text = panic_of(|| other.block_on(async { time::pause() }));
    assert!(text.contains("requires the `current_thread` Handcrank runtime"), "{text}");
}

#[test]
fn without_timers() {
    let mut builder = handcrank::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_io().build().unwrap();
    let text = panic_of(|| runtime.block_on(async { sleep(MS).await }));
    assert_eq!(
        text,
        "A Handcrank 1.x context was found, but timers are disabled. Call `enable_time` on the \
         runtime builder to enable timers."
    );
}
