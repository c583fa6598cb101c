//! Tasks with a name.

use crate::runtime::Handle;
use crate::task::local::{LocalSet, spawn_local_in_current};
use handcrank_task::{JoinHandle, Named};
use pin_project_lite::pin_project;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Sets up a task before it is spawned: gives it a name.
///
/// The name can be asked for from within by [`task::name`](super::name), in a panic hook for
/// instance; a task has it from its first poll to its end. It lies outside of the task itself, so
/// that a task without a name pays nothing for it.
///
/// ```
/// use handcrank::task;
///
/// # handcrank::runtime::Runtime::new().unwrap().block_on(async {
/// let task = task::Builder::new().name("miller").spawn(async { task::name() })?;
/// assert_eq!(task.await?.as_deref(), Some("miller"));
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a builder does nothing until it spawns a task"]
pub struct Builder<'a> {
    name: Option<&'a str>,
}

impl<'a> Builder<'a> {
    /// A task without a name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names it.
    pub fn name(&self, name: &'a str) -> Self {
        Self { name: Some(name) }
    }

    /// As [`spawn`](crate::spawn).
    ///
    /// # Errors
    ///
    /// None that is known.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_on(future, &Handle::current())
    }

    /// As [`Handle::spawn`].
    ///
    /// # Errors
    ///
    /// None that is known.
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(match self.name {
            Some(name) => handle.spawn(NamedFuture::new(future, name)),
            None => handle.spawn(future),
        })
    }

    /// As [`spawn_local`](super::spawn_local).
    ///
    /// # Errors
    ///
    /// None that is known.
    ///
    /// # Panics
    ///
    /// If no [`LocalSet`] is current on this thread.
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        Ok(match self.name {
            Some(name) => spawn_local_in_current(NamedFuture::new(future, name)),
            None => spawn_local_in_current(future),
        })
    }

    /// As [`LocalSet::spawn_local`].
    ///
    /// # Errors
    ///
    /// None that is known.
    #[track_caller]
    pub fn spawn_local_on<F>(self, future: F, set: &LocalSet) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        Ok(match self.name {
            Some(name) => set.spawn_local(NamedFuture::new(future, name)),
            None => set.spawn_local(future),
        })
    }

    /// As [`spawn_blocking`](super::spawn_blocking).
    ///
    /// # Errors
    ///
    /// If the pool has no thread and the system will not start one.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn_blocking<F, R>(self, f: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.spawn_blocking_on(f, &Handle::current())
    }

    /// As [`Handle::spawn_blocking`].
    ///
    /// # Errors
    ///
    /// If the pool has no thread and the system will not start one.
    #[track_caller]
    pub fn spawn_blocking_on<F, R>(self, f: F, handle: &Handle) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let Some(name) = self.name.map(str::to_owned) else { return handle.try_spawn_blocking(f) };
        handle.try_spawn_blocking(move || {
            let _name = Named::new(super::id(), &name);
            f()
        })
    }
}

pin_project! {
    /// A future that keeps its task's name. The name goes last.
    struct NamedFuture<F> {
        #[pin]
        future: F,
        name: Name,
    }
}

/// Only from within does a future learn which task it is in.
enum Name {
    Given(Box<str>),
    Shown(#[allow(dead_code, reason = "kept for its destructor")] Named),
}

impl<F> NamedFuture<F> {
    fn new(future: F, name: &str) -> Self {
        Self { future, name: Name::Given(name.into()) }
    }
}

impl<F: Future> Future for NamedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Name::Given(name) = this.name {
            *this.name = Name::Shown(Named::new(super::id(), name));
        }
        this.future.poll(cx)
    }
}
