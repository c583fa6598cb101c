//! Many tasks, awaited as they end.

mod builder;
mod entries;

pub use builder::Builder;

use crate::runtime::Handle;
use crate::task::local::{LocalSet, spawn_local_in_current};
use entries::Entries;
use handcrank_task::{AbortHandle, Id, JoinError, JoinHandle, coop};
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

/// Tasks with one type of output, awaited in the order in which they end.
///
/// Dropping the set aborts all that is in it; [`detach_all`](Self::detach_all) lets go of it instead.
/// A task that ends costs the set the same whether there are ten others or a million.
///
/// ```
/// use handcrank::task::JoinSet;
///
/// # handcrank::runtime::Runtime::new().unwrap().block_on(async {
/// let mut set = JoinSet::new();
/// for n in 1..=3 {
///     set.spawn(async move { n * n });
/// }
/// let mut sum = 0;
/// while let Some(square) = set.join_next().await {
///     sum += square.unwrap();
/// }
/// assert_eq!(sum, 14);
/// # });
/// ```
pub struct JoinSet<T> {
    entries: Entries<T>,
}

impl<T> JoinSet<T> {
    /// An empty set.
    pub fn new() -> Self {
        Self { entries: Entries::new() }
    }

    /// How many tasks are in the set: those that have ended count until they are taken out.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Is there no task in the set?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: 'static> JoinSet<T> {
    /// Sets up a task, say with a name, and then spawns it into the set.
    pub fn build_task(&mut self) -> Builder<'_, T> {
        Builder::new(self)
    }

    /// Spawns a task on the current runtime.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(crate::spawn(task))
    }

    /// Spawns a task on the runtime of `handle`.
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn(task))
    }

    /// Spawns a task on the current [`LocalSet`]; see [`spawn_local`](super::spawn_local). It runs
    /// whenever that set is driven; to be in this set does not drive it.
    ///
    /// # Panics
    ///
    /// If no [`LocalSet`] is current on this thread.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(spawn_local_in_current(task))
    }

    /// Spawns a task on `local_set`.
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(local_set.spawn_local(task))
    }

    /// Runs code that blocks on the current runtime's blocking pool; see
    /// [`spawn_blocking`](super::spawn_blocking).
    ///
    /// # Panics
    ///
    /// Outside of a runtime, and if the pool has no thread and the system will not start one.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(super::spawn_blocking(f))
    }

    /// Runs code that blocks on the blocking pool of the runtime of `handle`.
    ///
    /// # Panics
    ///
    /// If the pool has no thread and the system will not start one.
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn_blocking(f))
    }

    fn insert(&mut self, handle: JoinHandle<T>) -> AbortHandle {
        let abort = handle.abort_handle();
        self.entries.insert(handle);
        abort
    }

    /// Waits until a task has ended, and takes it out. `None` if the set is empty.
    ///
    /// # Errors
    ///
    /// The inner result is the task's own: [`JoinError`] if it panicked or was aborted.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a task is taken out only when this returns.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// As [`join_next`](Self::join_next), with the task's id. (An error has it already.)
    ///
    /// # Errors
    ///
    /// As for [`join_next`](Self::join_next).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a task is taken out only when this returns.
    pub async fn join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        poll_fn(|cx| self.poll_join_next_with_id(cx)).await
    }

    /// Takes out a task that has ended, if there is one. Outside of the budget, as it never waits.
    ///
    /// # Errors
    ///
    /// As for [`join_next`](Self::join_next).
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.entries.try_next().map(|handle| coop::unlimited(|| output(handle)))
    }

    /// As [`try_join_next`](Self::try_join_next), with the task's id. (An error has it already.)
    ///
    /// # Errors
    ///
    /// As for [`join_next`](Self::join_next).
    pub fn try_join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        self.entries.try_next().map(|handle| coop::unlimited(|| output_with_id(handle)))
    }

    /// Aborts all tasks and waits until they have ended. What they leave, panics too, is dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is done, it has aborted all tasks and not awaited them all; the set is fit
    /// for use.
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Waits until all tasks have ended. The outputs are in the order in which they did.
    ///
    /// # Panics
    ///
    /// If a task panicked, with its panic, and if one was aborted. The others are aborted then.
    ///
    /// # Cancel safety
    ///
    /// Dropping it aborts the tasks that have not ended, and drops the outputs of those that have.
    pub async fn join_all(mut self) -> Vec<T> {
        let mut outputs = Vec::with_capacity(self.len());
        while let Some(result) = self.join_next().await {
            match result {
                Ok(output) => outputs.push(output),
                Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                Err(error) => panic!("{error}"),
            }
        }
        outputs
    }

    /// Aborts all tasks. They stay in the set until they are taken out.
    pub fn abort_all(&mut self) {
        self.entries.in_order().for_each(JoinHandle::abort);
    }

    /// Takes all tasks out and lets them run on by themselves.
    pub fn detach_all(&mut self) {
        self.entries.drain(drop);
    }

    /// As [`join_next`](Self::join_next), for a caller with a [`Context`]: `Pending` means that the
    /// task that called last will be woken.
    ///
    /// # Errors
    ///
    /// As for [`join_next`](Self::join_next).
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        let handle = ready!(self.entries.poll_next(cx));
        Poll::Ready(handle.map(output))
    }

    /// As [`join_next_with_id`](Self::join_next_with_id), for a caller with a [`Context`].
    ///
    /// # Errors
    ///
    /// As for [`join_next`](Self::join_next).
    pub fn poll_join_next_with_id(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Id, T), JoinError>>> {
        let handle = ready!(self.entries.poll_next(cx));
        Poll::Ready(handle.map(output_with_id))
    }
}

/// What a task has left that has ended. Spends a unit of the budget.
fn output<T>(mut handle: JoinHandle<T>) -> Result<T, JoinError> {
    let mut cx = Context::from_waker(Waker::noop());
    match Pin::new(&mut handle).poll(&mut cx) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("the task has ended, and there is budget"),
    }
}

fn output_with_id<T>(handle: JoinHandle<T>) -> Result<(Id, T), JoinError> {
    let id = handle.id();
    output(handle).map(|output| (id, output))
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        self.entries.drain(|handle| handle.abort());
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Spawns each future on the current runtime.
impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn from_iter<I: IntoIterator<Item = F>>(tasks: I) -> Self {
        let mut set = Self::new();
        set.extend(tasks);
        set
    }
}

/// Spawns each future on the current runtime.
impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn extend<I: IntoIterator<Item = F>>(&mut self, tasks: I) {
        tasks.into_iter().for_each(|task| {
            self.spawn(task);
        });
    }
}
