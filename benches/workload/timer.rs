//! Timers: most of them never fire, and some fire by the thousand.

use crate::{Cost, Round, Runtime, THREADS};
use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Timers a pass that never fire.
pub(crate) const UNUSED: u64 = 1_000;
/// Timers that sleep and fire together. Tests only want to see them go.
pub(crate) const SLEEPERS: u64 = if cfg!(test) { 5_000 } else { 100_000 };

/// The longest sleep, in milliseconds.
const LONGEST: u64 = 100;

/// Timers are made and dropped again before anybody waits for them.
pub(crate) fn dropped<R: Runtime>() -> Round {
    on_a_worker::<R>(|passes| {
        for n in 0..passes * UNUSED {
            drop(black_box(R::sleep(time_limit(n))));
        }
    })
}

/// Timers are waited for once, and dropped: time limits that are not reached.
pub(crate) fn polled<R: Runtime>() -> Round {
    on_a_worker::<R>(poll_many::<R>)
}

fn poll_many<R: Runtime>(passes: u64) {
    for n in 0..passes * UNUSED {
        let sleep = pin!(R::sleep(time_limit(n)));
        assert!(sleep.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
}

/// The same while so many tasks sleep for hours.
pub(crate) fn polled_among<R: Runtime>(sleepers: u64) -> Round {
    let runtime = R::start(THREADS);
    runtime.block_on(async {
        let asleep = Arc::new(AtomicU64::new(0));
        for n in 0..sleepers {
            let asleep = Arc::clone(&asleep);
            R::detach(async move {
                let mut sleep = pin!(R::sleep(60 * time_limit(n)));
                let first = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx))).await;
                assert!(first.is_pending());
                asleep.fetch_add(1, Relaxed);
                sleep.await;
            });
        }
        while asleep.load(Relaxed) < sleepers {
            R::sleep(Duration::from_millis(1)).await;
        }
    });
    measured(runtime, poll_many::<R>)
}

/// One timer is waited for and set anew, again and again, sooner as often as later.
pub(crate) fn reset<R: Runtime>() -> Round {
    on_a_worker::<R>(|passes| {
        let mut sleep = pin!(R::sleep(time_limit(0)));
        for n in 0..passes * UNUSED {
            R::reset(sleep.as_mut(), time_limit(n));
            assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
    })
}

/// Between one minute and two, every millisecond of it in turn, but not one after the other.
fn time_limit(n: u64) -> Duration {
    Duration::from_millis(60_000 + n * 7_919 % 60_000)
}

/// Has a worker do it: only a runtime's own threads may have short ways to its timers.
fn on_a_worker<R: Runtime>(work: fn(u64)) -> Round {
    measured(R::start(THREADS), work)
}

fn measured<R: Runtime>(runtime: R, work: fn(u64)) -> Round {
    Box::new(move |passes| {
        Cost::of(|| {
            let task = runtime.spawn_on(async move { work(passes) });
            runtime.block_on(task).unwrap();
        })
    })
}

/// Tasks that sleep for up to a tenth of a second and fire. The time on the clock is bounded by the
/// longest sleep: what can be compared is the processor time.
pub(crate) fn fired<R: Runtime>(sleepers: u64) -> Round {
    let runtime = R::start(THREADS);
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes {
                let sleepers: Vec<_> = (0..sleepers)
                    // Made inside the task: a sleep wants to know its runtime's clock.
                    .map(|n| Duration::from_millis(1 + n % LONGEST))
                    .map(|time| runtime.spawn_on(async move { R::sleep(time).await }))
                    .collect();
                runtime.block_on(async {
                    for sleeper in sleepers {
                        sleeper.await.unwrap();
                    }
                });
            }
        })
    })
}
