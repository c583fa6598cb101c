//! The pool under loom. It has no clock, so a wait with a limit waits like one without; that a
//! thread whose time is over still answers a call is left to the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use handcrank_task::primitives::thread;
use loom::future::block_on;

use crate::{Config, Pool};

fn explore(model: impl Fn(Pool) + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    // Three threads: two forced switches are as deep as the search goes in seconds.
    builder.preemption_bound = Some(2);
    builder.check(move || model(Pool::new(Config { max_threads: 1, ..Config::default() })));
}

/// A second push meets the only thread at any point of its way from the first job to its sleep.
#[test]
fn a_push_meets_a_thread_that_goes_idle() {
    explore(|pool| {
        let first = pool.spawner().spawn_blocking(|| 1).unwrap();
        let second = pool.spawner().spawn_blocking(|| 2).unwrap();
        assert_eq!(block_on(second).unwrap(), 2);
        assert_eq!(block_on(first).unwrap(), 1);
        let report = pool.shutdown(None);
        assert_eq!((report.cancelled, report.threads_left), (0, 0));
    });
}

/// A job that is pushed while the pool shuts down is run or dropped, and either way once.
#[test]
fn a_push_meets_the_shutdown() {
    explore(|pool| {
        let ran = Arc::new(AtomicUsize::new(0));
        let captured = Arc::clone(&ran);
        let spawner = pool.spawner();
        let pushing = thread::spawn(move || {
            spawner.spawn_blocking(move || captured.fetch_add(1, Ordering::Relaxed)).unwrap()
        });
        let report = pool.shutdown(None);
        let handle = pushing.join().unwrap();
        match block_on(handle) {
            Ok(_) => assert_eq!(ran.load(Ordering::Relaxed), 1),
            Err(error) => {
                assert!(error.is_cancelled());
                assert_eq!(ran.load(Ordering::Relaxed), 0);
            }
        }
        assert!(report.still_running.is_empty());
        assert_eq!(Arc::strong_count(&ran), 1, "the closure was not dropped");
    });
}

/// A job for which an idle thread was called, and which is gone when the thread comes.
#[test]
fn a_call_meets_the_shutdown() {
    explore(|pool| {
        block_on(pool.spawner().spawn_blocking(|| ()).unwrap()).unwrap();
        let handle = pool.spawner().spawn_blocking(|| ()).unwrap();
        let report = pool.shutdown(None);
        assert_eq!(block_on(handle).is_err(), report.cancelled == 1);
        assert_eq!(report.threads_left, 0);
        let state = pool.shared.state.lock();
        assert_eq!((state.threads, state.idle, state.calls), (0, 0, 0));
    });
}
