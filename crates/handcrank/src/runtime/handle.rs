//! The handle: everything that can be done with a runtime but ending it.

use super::context::{self, Drives, EnterGuard, TryCurrentError};
use super::metrics::RuntimeMetrics;
use handcrank_blocking::{Keep, SpawnError, Spawner};
use handcrank_task::{Id as TaskId, JoinHandle};
use std::fmt;
use std::future::Future;
use std::io;
use std::num::NonZeroU64;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};

/// A handle to a runtime. Cheap to clone, and it does not keep the runtime running.
///
/// ```
/// let runtime = handcrank::runtime::Runtime::new()?;
/// let handle = runtime.handle().clone();
/// let answer = std::thread::spawn(move || handle.block_on(async { 6 * 7 }));
/// assert_eq!(answer.join().unwrap(), 42);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct Handle {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(super) id: Id,
    pub(super) name: Option<String>,
    pub(crate) flavor: RuntimeFlavor,
    /// Has it a set of local tasks?
    pub(super) local: bool,
    pub(super) scheduler: handcrank_scheduler::Handle,
    pub(crate) reactor: handcrank_reactor::Handle,
    pub(super) blocking: Spawner,
}

// A panic may pass through anything that is done with a runtime: what it holds is changed under locks that
// are left as they should be, or by atomic steps.
impl UnwindSafe for Inner {}
impl RefUnwindSafe for Inner {}

/// Is this better moved once into a box than from call to call on the stack? A compiler that does not
/// optimize leaves a copy in every frame, and a thread's stack may have no more than 2 MiB.
pub(super) const fn is_large<T>() -> bool {
    size_of::<T>() > if cfg!(debug_assertions) { 2_048 } else { 16_384 }
}

impl Inner {
    #[track_caller]
    #[inline]
    pub(crate) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        if const { is_large::<F>() } {
            self.scheduler.spawn(Box::pin(future), TaskId::next())
        } else {
            self.scheduler.spawn(future, TaskId::next())
        }
    }
}

/// Names a runtime for as long as the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(NonZeroU64);

impl Id {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NonZeroU64::new(NEXT.fetch_add(1, Relaxed)).unwrap_or(NonZeroU64::MIN))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The kinds of runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuntimeFlavor {
    /// Everything runs on the thread in `block_on`.
    CurrentThread,
    /// Worker threads that steal from each other.
    MultiThread,
}

impl Handle {
    pub(super) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// The handle of the current runtime.
    ///
    /// # Panics
    ///
    /// Outside of a runtime: neither in a task, nor in `block_on`, nor in a blocking job, nor under
    /// an [`EnterGuard`].
    #[track_caller]
    pub fn current() -> Self {
        match Self::try_current() {
            Ok(handle) => handle,
            Err(error) => panic!("{error}"),
        }
    }

    /// The handle of the current runtime.
    ///
    /// # Errors
    ///
    /// Outside of a runtime.
    pub fn try_current() -> Result<Self, TryCurrentError> {
        context::with_current(|inner| Self { inner: Arc::clone(inner) })
    }

    /// Makes this runtime current on this thread until the guard is dropped.
    pub fn enter(&self) -> EnterGuard<'_> {
        context::enter(&self.inner)
    }

    /// Spawns a task.
    ///
    /// It begins to run at once, also if its handle is never awaited. When the runtime has been shut
    /// down, the future is dropped and its handle says cancelled.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.inner.spawn(future)
    }

    /// Runs code that blocks on a thread of the blocking pool.
    ///
    /// Once begun it cannot be aborted. When the runtime has been shut down it does not begin, and
    /// its handle says cancelled.
    ///
    /// # Panics
    ///
    /// If the pool has no thread and the system will not start one.
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        match self.try_spawn_blocking(f) {
            Ok(task) => task,
            Err(error) => panic!("OS can't spawn worker thread: {error}"),
        }
    }

    /// As [`spawn_blocking`](Self::spawn_blocking), with an error where that panics.
    #[track_caller]
    pub(crate) fn try_spawn_blocking<F, R>(&self, f: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        if const { is_large::<F>() } {
            self.put_into_pool(Box::new(f))
        } else {
            self.put_into_pool(f)
        }
    }

    #[track_caller]
    #[inline]
    fn put_into_pool<F, R>(&self, f: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let handle = self.clone();
        // A stopped clock is not to be moved while a job is under way that may look at it. Nor
        // until whoever waits for the job has been woken: with nobody awake and the clock let go,
        // the runtime would go to the next deadline, and a timeout would win over a finished job.
        let clock = self.inner.reactor.clock();
        let hold = clock.is_paused().then(|| Box::new(clock.inhibit_auto_advance()) as Keep);
        let job = move || handle.scope(f);
        match self.inner.blocking.spawn_blocking_keeping(job, hold) {
            Ok(task) => Ok(task),
            Err(SpawnError::NoThreads(error)) => Err(error),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// Runs a future to its end on this thread.
    ///
    /// On a multi-thread runtime this thread also runs tasks while the future waits: what the future
    /// spawns and awaits then costs no thread switch. On a current-thread runtime it runs all of
    /// them, unless another thread is already doing so.
    ///
    /// Beware of a task that *blocks* its thread (with a lock, a channel of the standard library, a
    /// sleep) until the future goes on: if this is the thread that helps with it, the two wait for
    /// each other for ever. On tokio's multi-thread runtime such a program may run. Blocking code
    /// belongs in [`spawn_blocking`](Self::spawn_blocking); or turn the helping off with
    /// [`Builder::block_on_helps`](super::Builder::block_on_helps).
    ///
    /// # Panics
    ///
    /// On a thread that runs async code already, and if the future panics.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.block_on_as(Drives::Tasks, future)
    }

    /// The same on a thread that drives this.
    #[track_caller]
    #[inline]
    pub(super) fn block_on_as<F: Future>(&self, drives: Drives, future: F) -> F::Output {
        let Some(_drives) = context::drive(drives) else {
            panic!(
                "Cannot start a runtime from within a runtime. This happens because a function (like \
                 `block_on`) attempted to block the current thread while the thread is being used to \
                 drive asynchronous tasks. If you are in an async function, use `.await` on the \
                 future instead of blocking on it."
            )
        };
        if const { is_large::<F>() } {
            let future = Box::pin(future);
            self.scope(|| self.inner.scheduler.block_on(future))
        } else {
            self.scope(|| self.inner.scheduler.block_on(future))
        }
    }

    /// Makes this runtime current for the length of a call.
    #[inline]
    pub(super) fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        context::scope(&self.inner, f)
    }

    /// What kind of runtime this is.
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        self.inner.flavor
    }

    pub(super) fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.inner)
    }

    /// The runtime's id.
    pub fn id(&self) -> Id {
        self.inner.id
    }

    /// The name given to the [`Builder`](super::Builder::name), if any.
    pub fn name(&self) -> Option<&str> {
        self.inner.name.as_deref()
    }

    /// A view of what the runtime is doing, and has done.
    pub fn metrics(&self) -> RuntimeMetrics {
        RuntimeMetrics::new(self.clone())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("id", &self.inner.id)
            .field("name", &self.inner.name)
            .field("flavor", &self.inner.flavor)
            .finish_non_exhaustive()
    }
}
