//! The scheduler's handle, and the scheduler with its threads.

use crate::config::{Around, Config};
use crate::crew::Crew;
use crate::driver::Park;
use crate::here;
use crate::home::{Anchor, Home};
use crate::metrics::{Metrics, WorkerMetrics};
use crate::shared::Shared;
use crate::solo::Solo;
use handcrank_task::primitives::sync::Arc;
use handcrank_task::{Id, JoinHandle, Task, Woke};
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// Spawns tasks on a [`Scheduler`] and waits for futures on it. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    /// The waker state of the thread that drives a scheduler without threads.
    pub(crate) solo: Option<Solo>,
}

/// Pushes to this thread's seat. `here::seat` has just said that there is one.
pub(crate) fn push_here(task: Task, how: Woke) {
    here::with(|here| {
        // SAFETY: a thread with a seat is inside its scheduler's `run`, `block_on` or `drive`, all
        // of which keep the scheduler alive for longer than they hold the seat.
        let (shared, seat) = unsafe { (&*here.shared.get(), &*here.seat.get()) };
        // SAFETY: the seat is this thread's.
        unsafe { seat.desk() }.push(task, how, shared);
    });
}

impl Handle {
    /// Spawns a task. From a thread that sits at this scheduler it goes to the seat's own queue,
    /// from any other thread to the queue that all look at.
    ///
    /// When the scheduler has been shut down, the future is dropped and the handle says cancelled.
    #[track_caller]
    #[inline]
    pub fn spawn<F>(&self, future: F, id: Id) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let shared = &self.inner.shared;
        let seat = here::seat(shared);
        let (task, handle) = handcrank_task::spawn(future, Home::new(shared, seat), id);
        match seat {
            // SAFETY: the seat is this thread's.
            Some(seat) => unsafe { seat.desk() }.push(task, Woke::Idle, shared),
            None => shared.push_remote(task),
        }
        handle
    }

    /// Are both handles of one scheduler?
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Has the scheduler begun to shut down?
    pub fn is_closed(&self) -> bool {
        self.inner.shared.ending.is_closed()
    }

    /// What the scheduler has done so far. Read without stopping it: the figures are each right,
    /// but not all from the same instant.
    pub fn metrics(&self) -> Metrics {
        let shared = &self.inner.shared;
        // In this order, so that none is taken for ended that has not been seen spawned.
        let ended = shared.ended();
        let spawned = shared.spawned();
        Metrics {
            alive: usize::try_from(spawned.saturating_sub(ended)).unwrap_or(usize::MAX),
            spawned,
            injected: shared.inject.len(),
        }
    }

    /// How many seats there are.
    pub fn num_workers(&self) -> usize {
        self.inner.shared.seats.len()
    }

    /// What one worker has done so far; `None` if there is no such worker.
    pub fn worker_metrics(&self, worker: usize) -> Option<WorkerMetrics> {
        self.inner.shared.seats.get(worker).map(WorkerMetrics::read)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("config", &self.inner.shared.config).finish_non_exhaustive()
    }
}

/// A work-stealing scheduler and its threads.
///
/// Dropping it shuts it down and waits, without a limit, for the polls that are under way; unless
/// a [`shutdown`](Self::shutdown) with a limit has given up before.
pub struct Scheduler {
    handle: Handle,
    /// `false` once somebody has given up waiting for the end: the drop does not wait then either.
    waits: AtomicBool,
}

impl Scheduler {
    /// A scheduler and its worker threads. Idle workers sleep on `park`.
    ///
    /// # Errors
    ///
    /// As for [`start_threads`](Self::start_threads).
    ///
    /// # Panics
    ///
    /// As for [`new`](Self::new).
    pub fn start(config: Config, park: impl Park) -> io::Result<Self> {
        let scheduler = Self::new(config, park);
        scheduler.start_threads(None)?;
        Ok(scheduler)
    }

    /// A scheduler whose threads have yet to be started: tasks can be spawned, and wait.
    ///
    /// # Panics
    ///
    /// If the configuration asks for no workers, or for several without threads.
    pub fn new(config: Config, park: impl Park) -> Self {
        let solo = !config.threads;
        let shared = Arc::new(Shared::new(config, Box::new(park)));
        Anchor::cast(&shared);
        let solo = solo.then(|| Solo::new(shared.clone()));
        let handle = Handle { inner: Arc::new(Inner { shared, solo }) };
        Self { handle, waits: AtomicBool::new(true) }
    }

    /// Starts the worker threads, each wrapped in `around`. To be called once. A scheduler without
    /// threads has nothing to start.
    ///
    /// # Errors
    ///
    /// If the system will not start a thread. Those already started go with the scheduler.
    pub fn start_threads(&self, around: Option<&Around>) -> io::Result<()> {
        let shared = &self.handle.inner.shared;
        let workers = if shared.config.threads { shared.config.workers } else { 0 };
        shared.crew.surround(around);
        (0..workers).try_for_each(|number| Crew::engage(shared, number))
    }

    /// A handle to it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Stops the scheduler: polls under way end, every future is dropped exactly once, every
    /// handle says cancelled, and the threads go. Returns whether all of that was over within
    /// `limit`; `None` waits for as long as it takes. Calling it again waits again.
    ///
    /// Called from one of the scheduler's own tasks it waits in vain: that task's poll is one of
    /// those it waits for.
    pub fn shutdown(&self, limit: Option<Duration>) -> bool {
        let shared = &self.handle.inner.shared;
        shared.close();
        if !shared.ending.wait(limit) {
            self.waits.store(false, Relaxed);
            return false;
        }
        // The threads are past their last line; what is left is to take them back.
        shared.crew.join();
        true
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        if self.waits.load(Relaxed) {
            self.shutdown(None);
        }
    }
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}
