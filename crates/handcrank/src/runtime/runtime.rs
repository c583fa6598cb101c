//! The runtime itself: what owns the threads, and ends them.

use super::context::{self, Drives, EnterGuard};
use super::{Builder, Handle, RuntimeFlavor, RuntimeMetrics};
use handcrank_blocking::Pool;
use handcrank_reactor::Reactor;
use handcrank_scheduler::Scheduler;
use handcrank_task::JoinHandle;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

/// A runtime: worker threads, an I/O driver, timers, and a pool for code that blocks.
///
/// Dropping it ends it: polls under way come to their end, every future is dropped exactly once,
/// every `JoinHandle` says cancelled, and all threads are joined. That takes as long as the
/// longest poll and the longest blocking job; with
/// [`shutdown_timeout`](Self::shutdown_timeout) it takes a limited time.
///
/// ```
/// let runtime = handcrank::runtime::Runtime::new()?;
/// let sum = runtime.block_on(async {
///     let task = handcrank::spawn(async { 20 });
///     task.await.unwrap() + 22
/// });
/// assert_eq!(sum, 42);
/// # std::io::Result::Ok(())
/// ```
///
/// # Panics
///
/// Dropping it on a thread that runs async code, where waiting would hold others up.
pub struct Runtime {
    handle: Handle,
    scheduler: Scheduler,
    blocking: Pool,
    reactor: Arc<Reactor>,
    /// Has `end` been called?
    ended: bool,
}

impl Runtime {
    /// A multi-thread runtime with a worker for each CPU, and everything turned on.
    ///
    /// # Errors
    ///
    /// See [`Builder::build`].
    pub fn new() -> io::Result<Self> {
        Builder::new_multi_thread().enable_all().build()
    }

    pub(super) fn compose(
        handle: Handle,
        scheduler: Scheduler,
        blocking: Pool,
        reactor: Arc<Reactor>,
    ) -> Self {
        Self { handle, scheduler, blocking, reactor, ended: false }
    }

    /// A handle to it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Spawns a task; see [`Handle::spawn`].
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Runs code that blocks; see [`Handle::spawn_blocking`].
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.handle.spawn_blocking(f)
    }

    /// Runs a future to its end on this thread; see [`Handle::block_on`].
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let drives = match self.handle.runtime_flavor() {
            RuntimeFlavor::CurrentThread => Drives::Alone,
            RuntimeFlavor::MultiThread => Drives::Tasks,
        };
        self.handle.block_on_as(drives, future)
    }

    /// Makes it the current runtime of this thread; see [`Handle::enter`].
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// What it is doing, and has done.
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }

    /// Ends the runtime, but waits no longer than `limit`. Tasks whose poll has not returned and
    /// blocking jobs that have not ended by then go on by themselves; everything else is dropped.
    ///
    /// It may be called from async code, where dropping the runtime panics; the limit then holds
    /// up whoever shares the thread.
    pub fn shutdown_timeout(mut self, limit: Duration) {
        self.end(Some(limit));
    }

    /// Ends the runtime without waiting for anything.
    pub fn shutdown_background(mut self) {
        self.end(Some(Duration::ZERO));
    }

    /// In this order: no task runs any more and every future is dropped; then the reactor closes,
    /// so that blocking jobs that wait for a socket or a timer learn that there will be none; then
    /// the blocking pool ends.
    fn end(&mut self, limit: Option<Duration>) {
        self.ended = true;
        let begun = Instant::now();
        let left = || limit.map(|limit| limit.saturating_sub(begun.elapsed()));
        // What is dropped finds its own runtime, wherever this thread has come from.
        self.handle.scope(|| {
            self.scheduler.shutdown(limit);
            let mut woken = Vec::new();
            self.reactor.shutdown(&mut woken);
            woken.into_iter().for_each(Waker::wake);
            let _report = self.blocking.shutdown(left());
        });
    }
}

// As its handle is.
impl UnwindSafe for Runtime {}
impl RefUnwindSafe for Runtime {}

/// Does this error say that the runtime behind a socket has been shut down?
///
/// ```
/// use handcrank::net::TcpListener;
/// use handcrank::runtime::{Runtime, is_rt_shutdown_err};
///
/// let (one, other) = (Runtime::new()?, Runtime::new()?);
/// let listener = one.block_on(TcpListener::bind("127.0.0.1:0"))?;
/// drop(one);
/// let error = other.block_on(listener.accept()).unwrap_err();
/// assert!(is_rt_shutdown_err(&error));
/// # std::io::Result::Ok(())
/// ```
pub fn is_rt_shutdown_err(err: &io::Error) -> bool {
    handcrank_reactor::is_shutdown_error(err)
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if context::may_block() {
            self.end(None);
            return;
        }
        // Nobody may wait here, so begin the end and leave it to itself.
        self.end(Some(Duration::ZERO));
        assert!(
            std::thread::panicking(),
            "Cannot drop a runtime in a context where blocking is not allowed. This happens when a \
             runtime is dropped from within an asynchronous context."
        );
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("handle", &self.handle).finish_non_exhaustive()
    }
}
