//! The queue, and who is called when something is put into it.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;
use std::{fmt, io};

use handcrank_task::primitives::sync::{Condvar, Mutex};
use handcrank_task::primitives::thread::{self, ThreadId};
use handcrank_task::{JoinHandle, Task};
use slab::Slab;

use crate::config::Config;
use crate::job::{self, Running};
use crate::worker::Worker;

/// Threads for code that blocks; see the [crate's page](crate).
///
/// Dropping it without [`shutdown`](Pool::shutdown) is a shutdown without a deadline.
#[derive(Debug)]
pub struct Pool {
    pub(crate) shared: Arc<Shared>,
}

/// Puts jobs into a [`Pool`]. Clone it freely; it does not keep the pool open.
#[derive(Clone, Debug)]
pub struct Spawner {
    shared: Arc<Shared>,
}

/// What a pool is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// Threads that run jobs or wait for them.
    pub threads: usize,
    /// Those of them that wait.
    pub idle: usize,
    /// Jobs that have not begun.
    pub queued: usize,
    /// Jobs taken in since the pool was made.
    pub spawned: u64,
}

/// Why a job could not be taken in.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpawnError {
    /// The system refused to start a thread, and there is no other that could do the job.
    NoThreads(io::Error),
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub config: Config,
    pub state: Mutex<State>,
    /// Where idle threads wait.
    pub call: Condvar,
    /// Where `shutdown` waits for threads to end.
    pub ended: Condvar,
}

/// Something that is kept until a job has been answered; see [`Spawner::spawn_blocking_keeping`].
pub type Keep = Box<dyn Any + Send>;

/// A job that has not begun. Dropped, its closure is dropped, and its handle says cancelled.
#[derive(Debug)]
pub(crate) struct Queued {
    pub task: Task,
    /// Dropped after the task has run, or has been dropped: the fields' order matters.
    pub keep: Option<Keep>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub queue: VecDeque<Queued>,
    pub is_shut_down: bool,
    /// Threads that look at the queue: busy, idle or called, but not leaving.
    pub threads: usize,
    /// Threads that have been started and have not looked at the queue yet.
    pub starting: usize,
    /// Threads that wait and have not been called.
    pub idle: usize,
    /// Calls that no thread has answered yet.
    pub calls: usize,
    /// Everyone who has not ended yet, leaving or not.
    pub roster: Slab<Entry>,
    /// The thread that ended last, and whose handle nobody has joined.
    pub last_ended: Option<thread::JoinHandle<()>>,
    pub spawned: u64,
}

/// A thread in the roster.
#[derive(Debug)]
pub(crate) struct Entry {
    pub handle: thread::JoinHandle<()>,
    pub running: Option<(Running, Instant)>,
}

impl Pool {
    /// Makes a pool. It has no threads until it has jobs.
    ///
    /// # Panics
    ///
    /// If `max_threads` is 0.
    pub fn new(config: Config) -> Self {
        assert!(config.max_threads > 0, "max_threads may not be 0");
        let shared = Shared {
            config,
            state: Mutex::new(State::default()),
            call: Condvar::new(),
            ended: Condvar::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Returns a handle that puts jobs into the pool.
    pub fn spawner(&self) -> Spawner {
        Spawner { shared: Arc::clone(&self.shared) }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if !self.shared.state.lock().is_shut_down {
            let _ = self.shutdown(None); // without a deadline there is nothing to report
        }
    }
}

impl Spawner {
    /// Runs a closure on a thread of the pool, at once if there is one to be had or started, and
    /// otherwise as soon as there is.
    ///
    /// The job goes on if the handle is dropped. [`abort`](JoinHandle::abort) has an effect only
    /// before it has begun. If the pool is shut down already, the closure is dropped, and the
    /// handle says cancelled.
    ///
    /// # Errors
    ///
    /// [`SpawnError::NoThreads`] if the system refused to start a first thread. The closure is
    /// dropped then.
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> Result<JoinHandle<R>, SpawnError>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.spawn_blocking_keeping(f, None)
    }

    /// As [`spawn_blocking`](Self::spawn_blocking), and drops `keep` after the job has been
    /// answered: its handle is ready by then, and whoever waits for it has been woken. What the
    /// closure itself holds is dropped before that.
    ///
    /// # Errors
    ///
    /// As for [`spawn_blocking`](Self::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking_keeping<F, R>(
        &self,
        f: F,
        keep: Option<Keep>,
    ) -> Result<JoinHandle<R>, SpawnError>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let (task, handle) = job::make(f, self.clone());
        self.push(Queued { task, keep }).map(|()| handle)
    }

    /// Returns what the pool is doing right now.
    pub fn metrics(&self) -> Metrics {
        let state = self.shared.state.lock();
        Metrics {
            threads: state.threads,
            idle: state.idle,
            queued: state.queue.len(),
            spawned: state.spawned,
        }
    }

    /// (1) and (4): queues a job and makes sure that somebody comes for it.
    pub(crate) fn push(&self, job: Queued) -> Result<(), SpawnError> {
        let shared = &self.shared;
        let mut name = None;
        let mut state = shared.state.lock();
        let refused = loop {
            if state.is_shut_down {
                break None;
            }
            if state.queue.len() < state.starting + state.calls + state.idle {
                // There is a thread for this job too.
                state.enqueue(job);
                let calls = state.call_up_to(1);
                drop(state);
                shared.ring(calls);
                return Ok(());
            }
            if state.threads < shared.config.max_threads {
                // The name is the user's code, and may even come back to this pool: not under the
                // lock. After that everything has to be looked at again.
                let Some(name) = name.take() else {
                    drop(state);
                    name = Some((shared.config.thread_name)());
                    state = shared.state.lock();
                    continue;
                };
                if let Err(error) = Worker::start(shared, &mut state, name)
                    && state.threads == 0
                {
                    break Some(error);
                }
            }
            state.enqueue(job);
            return Ok(());
        };
        drop(state);
        // Without the lock: this drops the user's closure.
        drop(job);
        refused.map_or(Ok(()), |error| Err(SpawnError::NoThreads(error)))
    }
}

impl Shared {
    /// Wakes as many as [`State::call_up_to`] has called. Without the lock, or they would only
    /// stand at it.
    pub(crate) fn ring(&self, calls: usize) {
        for _ in 0..calls {
            self.call.notify_one();
        }
    }
}

impl State {
    fn enqueue(&mut self, job: Queued) {
        self.spawned += 1;
        self.queue.push_back(job);
    }

    /// (9): calls idle threads for the jobs in the queue, until `most` are on the way. Returns how
    /// many it has called, for the caller to [ring](Shared::ring).
    #[must_use]
    pub(crate) fn call_up_to(&mut self, most: usize) -> usize {
        let wanted = most.min(self.queue.len());
        let calls = wanted.saturating_sub(self.calls).min(self.idle);
        self.idle -= calls;
        self.calls += calls;
        calls
    }

    /// The roster without the given thread: a thread does not wait for its own end.
    pub(crate) fn others(&self, thread: ThreadId) -> impl Iterator<Item = &Entry> {
        self.roster
            .iter()
            .map(|(_, entry)| entry)
            .filter(move |entry| entry.handle.thread().id() != thread)
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoThreads(error) => {
                write!(f, "the system refused to start a thread for blocking work: {error}")
            }
        }
    }
}

impl std::error::Error for SpawnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoThreads(error) => Some(error),
        }
    }
}
