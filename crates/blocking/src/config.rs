//! What can be set.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Called on a thread of the pool when it starts or stops.
pub type Hook = Arc<dyn Fn() + Send + Sync>;

/// Gives the next thread its name.
pub type ThreadName = Arc<dyn Fn() -> String + Send + Sync>;

/// How a pool is made.
#[derive(Clone)]
pub struct Config {
    /// The most jobs that run at one time; further ones wait. At least 1, by default 512.
    pub max_threads: usize,
    /// How long a thread waits for its next job before it ends. By default 10 seconds.
    pub keep_alive: Duration,
    /// The threads' stack in bytes; `None` is the standard library's default.
    pub stack_size: Option<usize>,
    /// Called for each thread that is started, on the thread that needs it.
    pub thread_name: ThreadName,
    /// Called on each thread before its first job. A panic in it is reported and ignored.
    pub on_thread_start: Option<Hook>,
    /// Called on each thread after its last job. A panic in it is reported and ignored.
    pub on_thread_stop: Option<Hook>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_threads: 512,
            keep_alive: Duration::from_secs(10),
            stack_size: None,
            thread_name: Arc::new(|| "handcrank-blocking".to_owned()),
            on_thread_start: None,
            on_thread_stop: None,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("max_threads", &self.max_threads)
            .field("keep_alive", &self.keep_alive)
            .field("stack_size", &self.stack_size)
            .finish_non_exhaustive()
    }
}
