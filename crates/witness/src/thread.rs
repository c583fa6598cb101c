//! Threads, written down.

use crate::explore::contained;
use crate::record::{self, At, Doing, What};
use std::fmt;
use std::io;
use std::panic::Location;

pub use loom::thread::{LocalKey, Thread, ThreadId, current, panicking};

/// Starts a thread.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    let at = Location::caller();
    let child = record::spawned(at, None);
    JoinHandle { inner: loom::thread::spawn(life(at, child, f)), child }
}

/// Lets the others go first.
#[track_caller]
pub fn yield_now() {
    let at = Location::caller();
    record::step(at, |_| Some(What::Yields));
    record::before(at, Doing::Step);
    loom::thread::yield_now();
}

/// What a thread does, with its beginning and its end.
fn life<T>(at: At, child: Option<usize>, f: impl FnOnce() -> T) -> impl FnOnce() -> T {
    move || {
        record::starts(child);
        let result = contained(f);
        record::ends(at);
        result
    }
}

/// A thread that will be started.
pub struct Builder {
    inner: loom::thread::Builder,
    name: Option<String>,
}

impl Builder {
    /// A thread without a name.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self { inner: loom::thread::Builder::new(), name: None }
    }

    /// Its name, which stands above its column.
    pub fn name(self, name: String) -> Self {
        Self { inner: self.inner.name(name.clone()), name: Some(name) }
    }

    /// How much stack it gets.
    pub fn stack_size(self, size: usize) -> Self {
        Self { inner: self.inner.stack_size(size), name: self.name }
    }

    /// Starts it.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let at = Location::caller();
        let child = record::spawned(at, self.name);
        Ok(JoinHandle { inner: self.inner.spawn(life(at, child, f))?, child })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// A thread that was started.
pub struct JoinHandle<T> {
    inner: loom::thread::JoinHandle<T>,
    child: Option<usize>,
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has ended.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        let at = Location::caller();
        let Some(child) = self.child.filter(|_| record::writing()) else {
            return self.inner.join();
        };
        let waits = !record::has_ended(child);
        if waits {
            record::step(at, |_| Some(What::WaitsFor(child)));
        }
        record::before(at, Doing::Join(child));
        let result = self.inner.join();
        record::step(at, |_| (!waits).then_some(What::Joins(child)));
        result
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        self.inner.thread()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}
