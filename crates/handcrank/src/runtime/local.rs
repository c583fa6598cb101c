//! The runtime of one thread, on which every task may stay on that thread.
//!
//! A current-thread runtime and a [`LocalSet`] that belongs to it. The set is driven wherever the
//! runtime's `block_on` is, and dropped before the runtime. [`spawn_local`](crate::task::spawn_local)
//! finds the set through the runtime that is current: by its id, in a list that only the thread of the
//! set can see. So no other thread comes near it, whatever handles it has.

use super::context::{self, Drives, EnterGuard};
use super::{Builder, Handle, Id, Runtime, RuntimeFlavor, RuntimeMetrics};
use crate::task::LocalSet;
use handcrank_executor::LocalHandle;
use handcrank_task::JoinHandle;
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::Duration;

thread_local! {
    /// The local runtimes that were made on this thread, and have not gone.
    static HERE: RefCell<Vec<(Id, LocalHandle)>> = const { RefCell::new(Vec::new()) };
}

/// A runtime that runs everything on the thread that it was made on, and cannot leave it: so
/// [`spawn_local`](crate::task::spawn_local) works everywhere in it, without a [`LocalSet`].
///
/// Tasks that are `Send` may be spawned on it from anywhere, through its [`handle`](Self::handle).
///
/// ```
/// use handcrank::{runtime::LocalRuntime, task::spawn_local};
/// use std::rc::Rc;
///
/// let runtime = LocalRuntime::new()?;
/// let answer = runtime.block_on(async {
///     let six = Rc::new(6);
///     spawn_local(async move { *six * 7 }).await.unwrap()
/// });
/// assert_eq!(answer, 42);
/// # std::io::Result::Ok(())
/// ```
///
/// Dropping it drops the futures of all of its tasks, on this thread, and ends it as the drop of a
/// [`Runtime`] does.
///
/// # Panics
///
/// Dropping it on a thread that runs async code.
pub struct LocalRuntime {
    /// `None` once it is ending.
    set: Option<LocalSet>,
    /// As above.
    runtime: Option<Runtime>,
    handle: Handle,
}

/// Settings for a [`LocalRuntime`]. There are none yet.
#[derive(Default, Debug)]
#[non_exhaustive]
pub struct LocalOptions {
    /// They may come to hold what is not `Send`.
    _stays_on_its_thread: PhantomData<*mut u8>,
}

impl LocalRuntime {
    /// A local runtime with everything turned on.
    ///
    /// # Errors
    ///
    /// See [`Builder::build`].
    pub fn new() -> io::Result<Self> {
        Builder::new_current_thread().enable_all().build_local(LocalOptions::default())
    }

    fn compose(runtime: Runtime) -> Self {
        let (set, handle) = (LocalSet::new(), runtime.handle().clone());
        HERE.with_borrow_mut(|here| here.push((handle.id(), set.handle())));
        Self { set: Some(set), runtime: Some(runtime), handle }
    }

    /// A handle to it. It may go to other threads: what it spawns is `Send`.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Spawns a task that stays on this thread, and need not be `Send`.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.set().spawn_local(future)
    }

    /// Runs code that blocks; see [`Handle::spawn_blocking`].
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, func: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.handle.spawn_blocking(func)
    }

    /// Runs a future to its end on this thread, and the runtime's tasks beside it.
    ///
    /// # Panics
    ///
    /// On a thread that runs async code already, and if the future panics.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.handle.block_on_as(Drives::Alone, self.set().run_until(future))
    }

    /// Makes it the current runtime of this thread; see [`Handle::enter`].
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// What it is doing, and has done.
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }

    /// Ends it, but waits no longer than `duration` for blocking jobs; see
    /// [`Runtime::shutdown_timeout`].
    pub fn shutdown_timeout(mut self, duration: Duration) {
        if let Some(runtime) = self.leave() {
            runtime.shutdown_timeout(duration);
        }
    }

    /// Ends it without waiting for blocking jobs.
    pub fn shutdown_background(self) {
        self.shutdown_timeout(Duration::ZERO);
    }

    fn set(&self) -> &LocalSet {
        self.set.as_ref().expect("the set is there until the end")
    }

    /// Drops the local tasks in the context of their runtime, and hands that out.
    fn leave(&mut self) -> Option<Runtime> {
        let runtime = self.runtime.take()?;
        self.handle.scope(|| drop(self.set.take()));
        let id = self.handle.id();
        let mine = HERE.try_with(|here| {
            let mut here = here.borrow_mut();
            let at = here.iter().position(|(other, _)| *other == id)?;
            Some(here.swap_remove(at))
        });
        drop(mine); // with the list free again
        Some(runtime)
    }
}

impl Drop for LocalRuntime {
    fn drop(&mut self) {
        drop(self.leave());
    }
}

// As for the `Runtime`: whatever panics within, its tasks and queues are left as they should be.
impl UnwindSafe for LocalRuntime {}
impl RefUnwindSafe for LocalRuntime {}

impl fmt::Debug for LocalRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRuntime").field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl Builder {
    /// Makes a [`LocalRuntime`], bound to this thread.
    ///
    /// # Errors
    ///
    /// See [`build`](Self::build).
    ///
    /// # Panics
    ///
    /// If this is the builder of a multi-thread runtime.
    #[track_caller]
    pub fn build_local(&mut self, _options: LocalOptions) -> io::Result<LocalRuntime> {
        assert!(
            self.flavor == RuntimeFlavor::CurrentThread,
            "multi_thread is not supported for LocalRuntime"
        );
        let mut own = self.clone();
        own.local = true;
        own.build().map(LocalRuntime::compose)
    }
}

/// Where [`spawn_local`](crate::task::spawn_local) is to spawn, as far as the current runtime decides
/// it. `None`: it does not.
///
/// # Panics
///
/// If it is a local runtime of another thread.
#[track_caller]
pub(crate) fn current() -> Option<LocalHandle> {
    let id = context::with_current(|runtime| runtime.local.then_some(runtime.id)).ok()??;
    let find = |here: &RefCell<Vec<(Id, LocalHandle)>>| {
        here.borrow().iter().find(|(other, _)| *other == id).map(|(_, set)| set.clone())
    };
    match HERE.try_with(find).ok().flatten() {
        Some(set) => Some(set),
        None => panic!(
            "Local tasks can only be spawned on a LocalRuntime from the thread the runtime was created on"
        ),
    }
}
