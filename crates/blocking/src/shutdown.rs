//! The end, with a deadline.

use std::mem;
use std::panic::Location;
use std::time::{Duration, Instant};

use handcrank_task::Id;
use handcrank_task::primitives::thread;

use crate::pool::{Entry, Pool};

/// How a pool ended.
#[derive(Clone, Debug)]
#[must_use = "it says what is still running"]
pub struct ShutdownReport {
    /// The jobs that were running when the deadline came. They cannot be stopped and go on.
    pub still_running: Vec<RunningJob>,
    /// How many threads had not ended at that time: those of the jobs, and those in a hook.
    pub threads_left: usize,
    /// How many jobs were dropped because they had not begun.
    pub cancelled: usize,
    /// How long the shutdown took.
    pub waited: Duration,
}

/// A job that outlived its pool.
#[derive(Clone, Copy, Debug)]
pub struct RunningJob {
    /// The job's task id.
    pub id: Id,
    /// Where it was spawned.
    pub location: &'static Location<'static>,
    /// How long it had been running.
    pub running_for: Duration,
}

impl Pool {
    /// Takes no more jobs, drops those that have not begun, and waits until the others have ended
    /// and all threads are joined, but no longer than `timeout`. `None` waits for as long as it
    /// takes; zero does not wait at all.
    ///
    /// The jobs that have not begun are dropped on this thread, and their handles say cancelled.
    /// Called from one of the pool's own jobs, it does not wait for that one. Called again, it waits
    /// again.
    pub fn shutdown(&self, timeout: Option<Duration>) -> ShutdownReport {
        let start = Instant::now();
        let shared = &self.shared;
        let mut state = shared.state.lock();
        state.is_shut_down = true;
        let queue = mem::take(&mut state.queue);
        drop(state);
        shared.call.notify_all();

        // Without the lock: this drops the users' closures.
        let cancelled = queue.len();
        drop(queue);

        let me = thread::current().id();
        let mut state = shared.state.lock();
        while state.others(me).next().is_some() {
            match timeout.map(|timeout| timeout.saturating_sub(start.elapsed())) {
                None => shared.ended.wait(&mut state),
                Some(Duration::ZERO) => break,
                Some(left) => drop(shared.ended.wait_for(&mut state, left)),
            }
        }
        let still_running: Vec<_> = state.others(me).filter_map(Entry::running_job).collect();
        let threads_left = state.others(me).count();
        let last_ended = state.last_ended.take();
        drop(state);
        if let Some(last_ended) = last_ended {
            // Each thread joins the one before it, so this joins them all.
            let _ = last_ended.join();
        }
        ShutdownReport { still_running, threads_left, cancelled, waited: start.elapsed() }
    }
}

impl Entry {
    fn running_job(&self) -> Option<RunningJob> {
        let (running, since) = self.running?;
        let (id, location) = (running.id, running.location);
        Some(RunningJob { id, location, running_for: since.elapsed() })
    }
}
