//! What a runtime is doing, in numbers. Always counted, never behind a flag.

use super::Handle;
use handcrank_scheduler::WorkerMetrics;
use std::time::Duration;

/// A view of a runtime's figures: each method reads one of them, as it is at that moment. It does not keep the
/// runtime running, and can still be read when the runtime has ended.
#[derive(Clone, Debug)]
pub struct RuntimeMetrics {
    handle: Handle,
}

impl RuntimeMetrics {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    fn scheduler(&self) -> &handcrank_scheduler::Handle {
        &self.handle.inner().scheduler
    }

    fn reactor(&self) -> handcrank_reactor::Metrics {
        self.handle.inner().reactor.metrics()
    }

    fn blocking(&self) -> handcrank_blocking::Metrics {
        self.handle.inner().blocking.metrics()
    }

    #[track_caller]
    fn worker(&self, worker: usize) -> WorkerMetrics {
        let workers = self.num_workers();
        self.scheduler()
            .worker_metrics(worker)
            .unwrap_or_else(|| panic!("there is no worker {worker}, only {workers}"))
    }

    /// How many workers there are: how many tasks can run at once.
    pub fn num_workers(&self) -> usize {
        self.scheduler().num_workers()
    }

    /// Tasks spawned and not yet ended.
    pub fn num_alive_tasks(&self) -> usize {
        self.scheduler().metrics().alive
    }

    /// Tasks spawned since the runtime began.
    pub fn spawned_tasks_count(&self) -> u64 {
        self.scheduler().metrics().spawned
    }

    /// Tasks waiting in the queue that all workers take from.
    pub fn global_queue_depth(&self) -> usize {
        self.scheduler().metrics().injected
    }

    /// Tasks waiting in one worker's own queue.
    ///
    /// # Panics
    ///
    /// As all methods that name a worker: if there is no such worker.
    #[track_caller]
    pub fn worker_local_queue_depth(&self, worker: usize) -> usize {
        self.worker(worker).queued
    }

    /// For how long the worker's seat has been taken, by the worker or by a thread in `block_on`.
    #[track_caller]
    pub fn worker_total_busy_duration(&self, worker: usize) -> Duration {
        self.worker(worker).busy
    }

    /// Polls of tasks from the worker's seat.
    #[track_caller]
    pub fn worker_poll_count(&self, worker: usize) -> u64 {
        self.worker(worker).polls
    }

    /// Successful steals from other seats; each may have moved several tasks.
    #[track_caller]
    pub fn worker_steal_operations(&self, worker: usize) -> u64 {
        self.worker(worker).steals
    }

    /// How often the worker went to sleep.
    #[track_caller]
    pub fn worker_park_count(&self, worker: usize) -> u64 {
        self.worker(worker).parks
    }

    /// How often it woke up.
    #[track_caller]
    pub fn worker_unpark_count(&self, worker: usize) -> u64 {
        self.worker(worker).unparks
    }

    /// How often it went to sleep or woke up: odd while it sleeps.
    #[track_caller]
    pub fn worker_park_unpark_count(&self, worker: usize) -> u64 {
        let worker = self.worker(worker);
        worker.parks + worker.unparks
    }

    /// How often the worker's seat was late: 10 ms or more went by before it looked at sockets and timers again, or
    /// was left.
    ///
    /// It looks after every [`event_interval`](super::Builder::event_interval) polls. So a poll has taken that long,
    /// or several in a row together; each such stretch counts once, when it is over. On a current-thread runtime
    /// polls of the future in `block_on` are part of it. Time spent in
    /// [`block_in_place`](crate::task::block_in_place) is not, nor is a blocking job.
    ///
    /// A runtime that serves sockets should have few: find what computes or blocks, and give it to
    /// [`spawn_blocking`](crate::task::spawn_blocking). Handcrank's own figure.
    #[track_caller]
    pub fn worker_overrun_count(&self, worker: usize) -> u64 {
        self.worker(worker).overruns
    }

    /// Threads of the blocking pool.
    pub fn num_blocking_threads(&self) -> usize {
        self.blocking().threads
    }

    /// Those of them that wait for a job.
    pub fn num_idle_blocking_threads(&self) -> usize {
        self.blocking().idle
    }

    /// Blocking jobs that wait for a thread.
    pub fn blocking_queue_depth(&self) -> usize {
        self.blocking().queued
    }

    /// Sockets and other sources registered with the driver.
    pub fn io_driver_fd_count(&self) -> usize {
        self.reactor().fds
    }

    /// Readiness events that the driver has handed out.
    pub fn io_driver_ready_count(&self) -> u64 {
        self.reactor().ready_events
    }

    /// Timers that wait.
    pub fn num_alive_timers(&self) -> usize {
        self.reactor().timers
    }
}
