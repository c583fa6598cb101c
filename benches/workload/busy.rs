//! Spawning from outside while the workers have their hands full.
//!
//! These start a runtime of their own for every round and stop it afterwards, outside of what is
//! measured: a runtime that stayed busy would take the processors from the one measured next.

use super::spawn::spawn_and_await_all;
use crate::{Cost, Round, Runtime, THREADS, WORKERS};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// Tasks a pass beside tasks that yield.
pub(crate) const YIELDING: u64 = 10_000;
/// Tasks a pass beside tasks that spawn. Fewer: Tokio needs long for them.
pub(crate) const SPAWNING: u64 = 1_000;

/// How long each of the busy tasks holds its worker.
const HELD: Duration = Duration::from_micros(10);

/// Two tasks a worker that hold it for a while, yield, and begin again.
pub(crate) fn many_remote_busy1<R: Runtime>() -> Round {
    Box::new(|passes| {
        let (runtime, busy) = (R::start(THREADS), Arc::new(AtomicBool::new(true)));
        for _ in 0..2 * WORKERS {
            let busy = busy.clone();
            runtime.detach_on(async move {
                while busy.load(Relaxed) {
                    R::yield_now().await;
                    hold();
                }
            });
        }
        measured(&runtime, &busy, passes, YIELDING)
    })
}

/// One task a worker that holds it for a while, spawns its successor and ends.
pub(crate) fn many_remote_busy2<R: Runtime>() -> Round {
    fn again<R: Runtime>(busy: Arc<AtomicBool>) {
        R::detach(async move {
            if busy.load(Relaxed) {
                hold();
                again::<R>(busy);
            }
        });
    }

    Box::new(|passes| {
        let (runtime, busy) = (R::start(THREADS), Arc::new(AtomicBool::new(true)));
        for _ in 0..WORKERS {
            let busy = busy.clone();
            runtime.detach_on(async move { again::<R>(busy) });
        }
        measured(&runtime, &busy, passes, SPAWNING)
    })
}

fn measured<R: Runtime>(runtime: &R, busy: &AtomicBool, passes: u64, tasks: u64) -> Cost {
    // The first pass meets workers that are only starting, and little that keeps them busy.
    spawn_and_await_all(runtime, tasks);
    let cost = Cost::of(|| {
        for _ in 0..passes {
            spawn_and_await_all(runtime, tasks);
        }
    });
    busy.store(false, Relaxed);
    cost
}

fn hold() {
    let since = Instant::now();
    while since.elapsed() < HELD {
        thread::yield_now();
    }
}
