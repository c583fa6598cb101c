//! Which executor is current on a thread, and spawning on it.

use super::Local;
use handcrank_task::JoinHandle;
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::rc::Rc;

thread_local! {
    /// The executor that is current on this thread. Of nested ones, the innermost.
    pub(super) static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

pub(super) struct Current {
    pub(super) local: Rc<Local>,
    /// Does it run just now? If not, it has merely been named as the one to spawn on.
    pub(super) runs: bool,
}

/// Makes an executor current.
pub(super) fn enter(local: &Rc<Local>, runs: bool) -> LocalEntered {
    let own = Current { local: Rc::clone(local), runs };
    // `try_with`: an executor may be dropped while the thread is being torn down. Then none is
    // current any more, and its tasks' wakes go through the inbox.
    let before = CURRENT.try_with(|current| current.replace(Some(own))).unwrap_or_default();
    LocalEntered { before, _stays_on_its_thread: PhantomData }
}

/// An executor is current until this is dropped; then the one before.
#[must_use = "the executor is current only until this is dropped"]
pub struct LocalEntered {
    before: Option<Current>,
    /// Even if there is nothing to put back: what is current is its thread's.
    _stays_on_its_thread: PhantomData<*const ()>,
}

impl Drop for LocalEntered {
    fn drop(&mut self) {
        let before = self.before.take();
        let own = CURRENT.try_with(|current| current.replace(before));
        drop(own); // with the thread-local free again
    }
}

impl fmt::Debug for LocalEntered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEntered").finish_non_exhaustive()
    }
}

/// Spawns on a [`LocalExecutor`](crate::LocalExecutor) that somebody else drives, on the same thread.
///
/// When the executor is gone, what is spawned is dropped at once, and its handle says cancelled.
///
/// ```
/// use handcrank_executor::{LocalExecutor, LocalHandle};
///
/// let executor = LocalExecutor::new();
/// let answer = executor.block_on(async {
///     let here = LocalHandle::current().expect("an executor runs");
///     here.spawn(async { 6 * 7 }).await.unwrap()
/// });
/// assert_eq!(answer, 42);
/// ```
#[derive(Clone)]
pub struct LocalHandle {
    pub(super) local: Rc<Local>,
}

impl LocalHandle {
    /// The executor that is current on this thread: the one that runs the code that asks, or that
    /// [`LocalExecutor::name_current`](crate::LocalExecutor::name_current) names.
    pub fn current() -> Option<Self> {
        let find = |current: &RefCell<Option<Current>>| {
            current.borrow().as_ref().map(|current| Self { local: Rc::clone(&current.local) })
        };
        CURRENT.try_with(find).ok().flatten()
    }

    /// Spawns a task, as [`LocalExecutor::spawn`](crate::LocalExecutor::spawn) does.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.local.spawn(future)
    }
}

impl fmt::Debug for LocalHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalHandle").finish_non_exhaustive()
    }
}
