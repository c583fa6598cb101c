//! The pool under loom. It has no clock, so a wait with a limit waits like one without; that a
//! thread whose time is over still answers a call is left to the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use handcrank_task::primitives::sync::{Condvar, Mutex};
use handcrank_task::primitives::thread;
use loom::future::block_on;

use crate::{Config, Pool};

fn explore(model: impl Fn(Pool) + Send + Sync + 'static) {
    // Three threads: two forced switches are as deep as the search goes in seconds.
    explore_with(1, 2, model);
}

fn explore_with(max_threads: usize, switches: usize, model: impl Fn(Pool) + Send + Sync + 'static) {
    let mut builder = handcrank_task::primitives::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(move || model(Pool::new(Config { max_threads, ..Config::default() })));
}

/// Both threads have lain down, or are about to, and only one of them is called for two jobs, the
/// first of which ends when the second has run: the one that comes must call the other.
#[test]
fn a_job_left_behind_gets_the_other_thread() {
    explore_with(2, 1, |pool| {
        let spawner = pool.spawner();
        for _ in 0..2 {
            drop(spawner.spawn_blocking(|| ()).unwrap());
        }
        while spawner.metrics().idle == 0 {
            thread::yield_now();
        }
        let door = Arc::new(Door { open: Mutex::new(false), opened: Condvar::new() });
        let (open, opened) = (Arc::clone(&door), door);
        let waits = spawner.spawn_blocking(move || opened.wait()).unwrap();
        let opens = spawner.spawn_blocking(move || open.open()).unwrap();
        block_on(waits).unwrap();
        block_on(opens).unwrap();
        assert_eq!(pool.shutdown(None).threads_left, 0);
    });
}

/// A door that one thread waits at until another opens it.
struct Door {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Door {
    fn open(&self) {
        *self.open.lock() = true;
        self.opened.notify_one();
    }

    fn wait(&self) {
        let mut open = self.open.lock();
        while !*open {
            self.opened.wait(&mut open);
        }
    }
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
