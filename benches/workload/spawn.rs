//! Spawning, from every side.

use super::done::{Done, done};
use crate::{Cost, Flavor, Round, Runtime, THREADS};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;

/// Tasks a pass.
pub(crate) const MANY: u64 = 10_000;
/// Tasks a pass, half of them from each thread.
pub(crate) const FROM_TWO: u64 = 2_000;
/// Tasks a pass that a task spawns and awaits, one after the other.
pub(crate) const JOINED: u64 = 1_000;
/// Tasks a pass, each spawned by the one before.
pub(crate) const CHAINED: u64 = 1_000;

/// All from `block_on`, which waits until the last of them says so. (Although Tokio calls it local,
/// no worker does the spawning: with several threads it measures the inject queue.)
pub(crate) fn many_local<R: Runtime>(flavor: Flavor, tasks: u64) -> Round {
    let runtime = R::start(flavor);
    let (done, wait) = done(flavor);
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes {
                done.expect(tasks);
                runtime.block_on(async {
                    for _ in 0..tasks {
                        let done = done.clone();
                        R::detach(async move { done.one() });
                    }
                    wait.last().await;
                });
            }
        })
    })
}

/// All from a thread outside, onto sleeping workers; then every handle is awaited.
pub(crate) fn many_remote_idle<R: Runtime>() -> Round {
    let runtime = R::start(THREADS);
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes {
                spawn_and_await_all(&runtime, MANY);
            }
        })
    })
}

/// The part that the workloads on busy workers share.
pub(super) fn spawn_and_await_all<R: Runtime>(runtime: &R, tasks: u64) {
    let handles: Vec<_> = (0..tasks).map(|_| runtime.spawn_on(async {})).collect();
    runtime.block_on(async {
        for handle in handles {
            handle.await.unwrap();
        }
    });
}

/// Two threads outside spawn against each other; a counter tells when all have run.
pub(crate) fn from_two_threads<R: Runtime>() -> Round {
    let runtime = R::start(THREADS);
    Box::new(move |passes| {
        let left = Arc::new(AtomicU64::new(passes * FROM_TWO));
        let (done, wait) = mpsc::sync_channel(1);
        Cost::of(|| {
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        for _ in 0..passes * FROM_TWO / 2 {
                            let (left, done) = (left.clone(), done.clone());
                            runtime.detach_on(async move {
                                if left.fetch_sub(1, Relaxed) == 1 {
                                    done.send(()).unwrap();
                                }
                            });
                        }
                    });
                }
            });
            wait.recv().unwrap();
        })
    })
}

/// A task spawns another and awaits it, again and again: no thread outside has part in it.
pub(crate) fn and_join<R: Runtime>(flavor: Flavor) -> Round {
    let runtime = R::start(flavor);
    Box::new(move |passes| {
        Cost::of(|| {
            let all = runtime.spawn_on(async move {
                let mut sum = 0;
                for _ in 0..passes * JOINED {
                    sum += R::spawn(async { 1 }).await.unwrap();
                }
                sum
            });
            assert_eq!(runtime.block_on(all).unwrap(), passes * JOINED);
        })
    })
}

/// Each task spawns the next and ends.
pub(crate) fn chained<R: Runtime>(flavor: Flavor) -> Round {
    fn link<R: Runtime>(done: Done, left: u64) {
        if left == 0 {
            done.one();
        } else {
            R::detach(async move { link::<R>(done, left - 1) });
        }
    }

    let runtime = R::start(flavor);
    let (done, wait) = done(flavor);
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes {
                done.expect(1);
                let done = done.clone();
                runtime.block_on(async {
                    R::detach(async move { link::<R>(done, CHAINED) });
                    wait.last().await;
                });
            }
        })
    })
}
