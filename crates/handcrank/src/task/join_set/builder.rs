//! Named tasks for a set.

use super::JoinSet;
use crate::runtime::Handle;
use crate::task::{self, LocalSet};
use handcrank_task::AbortHandle;
use std::fmt;
use std::future::Future;
use std::io;

/// Sets up a task before it is spawned into a [`JoinSet`]. From [`JoinSet::build_task`].
///
/// ```
/// # handcrank::runtime::Runtime::new().unwrap().block_on(async {
/// let mut set = handcrank::task::JoinSet::new();
/// set.build_task().name("answer").spawn(async { 6 * 7 })?;
/// assert_eq!(set.join_all().await, [42]);
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
#[must_use = "a builder does nothing until it spawns a task"]
pub struct Builder<'a, T> {
    set: &'a mut JoinSet<T>,
    builder: task::Builder<'a>,
}

impl<'a, T: 'static> Builder<'a, T> {
    pub(super) fn new(set: &'a mut JoinSet<T>) -> Self {
        Self { set, builder: task::Builder::new() }
    }

    /// Names the task.
    pub fn name(self, name: &'a str) -> Self {
        Self { builder: self.builder.name(name), ..self }
    }

    /// As [`JoinSet::spawn`].
    ///
    /// # Errors
    ///
    /// None that is known.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let handle = self.builder.spawn(future)?;
        Ok(self.set.insert(handle))
    }

    /// As [`JoinSet::spawn_on`].
    ///
    /// # Errors
    ///
    /// None that is known.
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let handle = self.builder.spawn_on(future, handle)?;
        Ok(self.set.insert(handle))
    }

    /// As [`JoinSet::spawn_local`].
    ///
    /// # Errors
    ///
    /// None that is known.
    ///
    /// # Panics
    ///
    /// If no [`LocalSet`] is current on this thread.
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + 'static,
    {
        let handle = self.builder.spawn_local(future)?;
        Ok(self.set.insert(handle))
    }

    /// As [`JoinSet::spawn_local_on`].
    ///
    /// # Errors
    ///
    /// None that is known.
    #[track_caller]
    pub fn spawn_local_on<F>(self, future: F, local_set: &LocalSet) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + 'static,
    {
        let handle = self.builder.spawn_local_on(future, local_set)?;
        Ok(self.set.insert(handle))
    }

    /// As [`JoinSet::spawn_blocking`].
    ///
    /// # Errors
    ///
    /// If the pool has no thread and the system will not start one.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn_blocking<F>(self, f: F) -> io::Result<AbortHandle>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let handle = self.builder.spawn_blocking(f)?;
        Ok(self.set.insert(handle))
    }

    /// As [`JoinSet::spawn_blocking_on`].
    ///
    /// # Errors
    ///
    /// If the pool has no thread and the system will not start one.
    #[track_caller]
    pub fn spawn_blocking_on<F>(self, f: F, handle: &Handle) -> io::Result<AbortHandle>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let handle = self.builder.spawn_blocking_on(f, handle)?;
        Ok(self.set.insert(handle))
    }
}

impl<T> fmt::Debug for Builder<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("join_set::Builder")
            .field("joinset", &self.set)
            .field("builder", &self.builder)
            .finish()
    }
}
