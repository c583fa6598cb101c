//! The pool under loom. It has no clock, so a wait with a limit waits like one without; that a
//! thread whose time is over still answers a call is left to the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use handcrank_task::primitives::sync::{Condvar, Mutex};
use handcrank_task::primitives::thread;
use loom::future::block_on;

use crate::{Config, Pool};

fn explore(max_threads: usize, model: impl Fn(Pool) + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    // Three threads: two forced switches are as deep as the search goes in seconds.
    builder.preemption_bound = Some(2);
    builder.check(move || model(Pool::new(Config { max_threads, ..Config::default() })));
}

/// A second push meets the only thread at any point of its way from the first job to its sleep.
#[test]
fn a_push_meets_a_thread_that_goes_idle() {
    explore(1, |pool| {
        let first = pool.spawner().spawn_blocking(|| 1).unwrap();
        let second = pool.spawner().spawn_blocking(|| 2).unwrap();
        assert_eq!(block_on(second).unwrap(), 2);
        assert_eq!(block_on(first).unwrap(), 1);
        let report = pool.shutdown(None);
        assert_eq!((report.cancelled, report.threads_left), (0, 0));
    });
}

/// Two pushes in a row while a thread is idle: the second must not count on the same sleeper.
#[test]
fn two_pushes_want_two_threads() {
    explore(2, |pool| {
        block_on(pool.spawner().spawn_blocking(|| ()).unwrap()).unwrap();
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let (open, wait) = (Arc::clone(&gate), gate);
        let waits = move || {
            let mut is_open = wait.0.lock();
            while !*is_open {
                wait.1.wait(&mut is_open);
            }
        };
        let waits = pool.spawner().spawn_blocking(waits).unwrap();
        // Ends only if it gets a thread beside the one that waits for it.
        let opens = move || {
            *open.0.lock() = true;
            open.1.notify_one();
        };
        let opens = pool.spawner().spawn_blocking(opens).unwrap();
        block_on(waits).unwrap();
        block_on(opens).unwrap();
        let _ = pool.shutdown(None);
    });
}

/// A job that is pushed while the pool shuts down is run or dropped, and either way once.
#[test]
fn a_push_meets_the_shutdown() {
    explore(1, |pool| {
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
