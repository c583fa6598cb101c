//! What a scheduler can be told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A hook run on a worker's thread.
pub type Hook = Arc<dyn Fn() + Send + Sync>;

/// Wraps the life of a worker's thread: called once on it, with the loop to run.
pub type Around = Arc<dyn Fn(&mut dyn FnMut()) + Send + Sync>;

/// The settings of a [`Scheduler`](crate::Scheduler).
#[derive(Clone)]
pub struct Config {
    /// How many seats there are, and with them how many tasks may run at once. At least 1.
    pub workers: usize,
    /// `false`: no threads of its own; tasks run on the thread in `block_on`. Needs one seat.
    pub threads: bool,
    /// May a thread in `block_on` run tasks from a free seat while its own future waits?
    pub helping: bool,
    /// A busy seat looks at the global queue first every so many polls.
    pub global_queue_interval: u32,
    /// A busy seat turns the driver, without waiting, every so many polls; but no more often than
    /// every 10 µs, unless a task yields without threads.
    pub event_interval: u32,
    /// Names the threads.
    pub thread_name: Arc<dyn Fn() -> String + Send + Sync>,
    /// The size of a worker's stack, in bytes; `None` for the standard library's default.
    pub stack_size: Option<usize>,
    /// How long a spare thread waits for another worker that blocks before it ends. Default 10 s.
    pub keep_alive: Duration,
    /// Before a worker sleeps.
    pub on_park: Option<Hook>,
    /// After it has slept.
    pub on_unpark: Option<Hook>,
}

impl Config {
    /// The defaults, for this many workers.
    pub fn new(workers: usize) -> Self {
        Self {
            workers,
            threads: true,
            helping: true,
            global_queue_interval: 61,
            event_interval: 61,
            thread_name: Arc::new(|| "handcrank-worker".to_owned()),
            stack_size: None,
            keep_alive: Duration::from_secs(10),
            on_park: None,
            on_unpark: None,
        }
    }

    /// One seat and no threads: what a current-thread runtime stands on.
    pub fn current_thread() -> Self {
        Self { threads: false, ..Self::new(1) }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("workers", &self.workers)
            .field("threads", &self.threads)
            .field("helping", &self.helping)
            .field("global_queue_interval", &self.global_queue_interval)
            .field("event_interval", &self.event_interval)
            .finish_non_exhaustive()
    }
}
