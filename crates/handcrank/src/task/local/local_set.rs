//! The set of tasks that one thread runs.

use crate::runtime::{self, Runtime, context};
use handcrank_executor::{LocalEntered, LocalExecutor, LocalHandle};
use handcrank_task::JoinHandle;
use std::cell::OnceCell;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// Tasks that all run on the thread of the set, and so need not be `Send`.
///
/// They run while the set is polled: in [`run_until`](Self::run_until), in
/// [`block_on`](Self::block_on), or when the set itself is awaited, which is ready when all its tasks
/// have ended. In one poll 61 of them get a turn at most; then the set lets others go first. It is to be driven in one place at a time.
///
/// Since the set is not `Send`, neither is a future that awaits it: it can be driven in a `block_on`
/// (or `#[handcrank::main]`), and not in a task of [`spawn`](crate::spawn).
///
/// ```
/// use handcrank::task::LocalSet;
/// use std::{cell::Cell, rc::Rc};
///
/// # handcrank::runtime::Runtime::new()?.block_on(async {
/// let set = LocalSet::new();
/// let sum = Rc::new(Cell::new(0));
/// for n in 1..=3 {
///     let sum = Rc::clone(&sum);
///     set.spawn_local(async move { sum.set(sum.get() + n) });
/// }
/// set.await;
/// assert_eq!(sum.get(), 6);
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// Dropping the set drops the future of every task that has not ended, on this thread; their handles
/// then say cancelled.
pub struct LocalSet {
    executor: LocalExecutor,
    id: OnceCell<runtime::Id>,
}

impl LocalSet {
    /// A set without tasks.
    pub fn new() -> Self {
        Self { executor: LocalExecutor::new(), id: OnceCell::new() }
    }

    /// Makes this the set that [`spawn_local`](super::spawn_local) spawns on, until the guard is
    /// dropped. The tasks run when the set is driven, and no sooner.
    ///
    /// ```
    /// use handcrank::task::{LocalSet, spawn_local};
    ///
    /// let set = LocalSet::new();
    /// let task = {
    ///     let _guard = set.enter();
    ///     spawn_local(async { 6 * 7 })
    /// };
    /// let runtime = handcrank::runtime::Runtime::new()?;
    /// assert_eq!(set.block_on(&runtime, task).unwrap(), 42);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn enter(&self) -> LocalEnterGuard {
        LocalEnterGuard { _entered: self.executor.name_current() }
    }

    /// Spawns a task on this set. It begins to run when the set is next driven.
    ///
    /// This can be called outside of the set, and outside of a runtime.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.executor.spawn(future)
    }

    /// Runs a future to its end on this thread, and the tasks of the set beside it. Those that have
    /// not ended by then stay, and go on when the set is driven again.
    ///
    /// # Panics
    ///
    /// As [`Runtime::block_on`]: on a thread that runs async code already, and if the future panics.
    #[track_caller]
    pub fn block_on<F: Future>(&self, rt: &Runtime, future: F) -> F::Output {
        rt.block_on(self.run_until(future))
    }

    /// Runs a future, and the tasks of the set beside it, until the future is ready. Tasks that have
    /// not ended by then stay, and go on when the set is driven again.
    ///
    /// The future is no task of the set; but [`spawn_local`](super::spawn_local) in it spawns there.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the future; the tasks stay.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        let mut run = pin!(self.executor.run(future));
        poll_fn(|cx| {
            let _stays = context::stay_in_place();
            run.as_mut().poll(cx)
        })
        .await
    }

    /// For the runtime that drives it.
    pub(crate) fn handle(&self) -> LocalHandle {
        self.executor.handle()
    }

    /// A number for the set that no runtime and no other set ever has.
    pub fn id(&self) -> runtime::Id {
        *self.id.get_or_init(runtime::Id::next)
    }
}

impl Future for LocalSet {
    type Output = ();

    /// Ready when all tasks have ended. The set can be used again after that.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _stays = context::stay_in_place();
        self.executor.poll_tasks(cx)
    }
}

impl Drop for LocalSet {
    fn drop(&mut self) {
        // Destructors of the tasks' futures are as bound to this thread as their polls.
        let _stays = context::stay_in_place();
        self.executor.close();
    }
}

impl Default for LocalSet {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSet").finish()
    }
}

/// A [`LocalSet`] is the current one until this is dropped; then the one before.
#[must_use = "the set is left as soon as the guard is dropped"]
pub struct LocalEnterGuard {
    _entered: LocalEntered,
}

impl fmt::Debug for LocalEnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnterGuard").finish()
    }
}
