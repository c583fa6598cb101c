//! The idle protocol, the seats and the shutdown under a model checker.
//!
//! The code that runs here is the real one, down to the parkers; only the queues are stand-ins (see
//! `queue`). Nothing is asserted about sleeping: a wake-up that gets lost leaves every thread
//! asleep, and that the checker reports by itself. So does it if a reference to the scheduler
//! remains, as one would in an entry that was left in a queue, or if two threads sit on one seat.
//!
//! Three threads cannot be explored without a limit. Each model says how many times a thread may be
//! interrupted against its will; switches at a sleep are free. Nearly all known bugs of this kind
//! need one or two.
//!
//! Run with `RUSTFLAGS="--cfg handcrank_loom" cargo test --release -p handcrank-scheduler --lib`.

mod end;
mod idle;
mod in_place;
mod socket;
mod solo;

use crate::{Alone, Config, Handle, Park, Scheduler};
use handcrank_executor::Parker;
use handcrank_task::primitives::atomic::{AtomicUsize, Ordering::SeqCst};
use handcrank_task::primitives::sync::{Arc, Condvar, Mutex};
use handcrank_task::{Id, JoinHandle};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Explores with at most so many forced switches between threads, in what `watch` surrounds.
fn explore(switches: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = handcrank_task::primitives::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.max_branches = 20_000;
    builder.expect_explicit_explore = true;
    let runs = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = runs.clone();
    builder.check(move || {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        model();
    });
    eprintln!("{runs:?} executions");
}

/// The part of a model whose interleavings are explored; before and after it, each thread runs
/// until it sleeps. (Where workers meet, the meeting is its end.)
fn watch<R>(f: impl FnOnce() -> R) -> R {
    loom::explore();
    let result = f();
    loom::stop_exploring();
    result
}

/// Nothing is done in passing.
fn config(workers: usize) -> Config {
    Config { global_queue_interval: u32::MAX, event_interval: u32::MAX, ..Config::new(workers) }
}

/// A scheduler whose workers are all asleep, the last of them in the driver.
fn start(workers: usize) -> Scheduler {
    start_on(config(workers), Alone::new())
}

fn start_on(config: Config, park: impl Park) -> Scheduler {
    let scheduler = Scheduler::start(config, park).unwrap();
    wait(spawn(scheduler.handle(), async {})).unwrap();
    scheduler
}

fn solo() -> Scheduler {
    Scheduler::start(Config { threads: false, ..config(1) }, Alone::new()).unwrap()
}

fn spawn<F>(handle: &Handle, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    handle.spawn(future, Id::next())
}

/// Waits without helping.
fn wait<F: Future>(future: F) -> F::Output {
    let parker = Parker::new();
    let waker = Waker::from(parker.unparker());
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => parker.park(),
        }
    }
}

/// Two that wait for each other, threads and all. That they met is all there is to see, so there the
/// exploration ends.
struct Meeting {
    here: Mutex<usize>,
    came: Condvar,
}

impl Meeting {
    fn new() -> Arc<Self> {
        Arc::new(Self { here: Mutex::new(0), came: Condvar::new() })
    }

    fn meet(&self) {
        let mut here = self.here.lock();
        *here += 1;
        self.came.notify_all();
        if *here == 2 {
            loom::stop_exploring();
        }
        while *here < 2 {
            self.came.wait(&mut here);
        }
    }
}

/// Counts its drop.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        assert_eq!(self.0.fetch_add(1, SeqCst), 0, "dropped twice");
    }
}
