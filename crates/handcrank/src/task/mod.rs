//! Tasks: spawning, waiting, aborting, and stepping aside.

mod block_in_place;
mod builder;
pub mod coop;
pub mod join_set;
pub(crate) mod local;
mod local_key;

/// The futures that this module's functions return.
pub mod futures {
    pub use super::local_key::TaskLocalFuture;
}

pub use block_in_place::block_in_place;
pub use builder::Builder;
pub use coop::{Unconstrained, consume_budget, unconstrained};
pub use handcrank_executor::{YieldNow, yield_now};
pub use handcrank_task::{AbortHandle, Id, JoinError, JoinHandle, id, name, try_id};
#[doc(inline)]
pub use join_set::JoinSet;
pub use local::{LocalEnterGuard, LocalSet, spawn_local};
pub use local_key::{AccessError, LocalKey};

use crate::runtime::context;
use std::future::Future;

/// Spawns a task on the current runtime.
///
/// It begins to run at once, also if its handle is never awaited; dropping the handle detaches it.
///
/// ```
/// # handcrank::runtime::Runtime::new().unwrap().block_on(async {
/// let task = handcrank::spawn(async { 6 * 7 });
/// assert_eq!(task.await.unwrap(), 42);
/// # });
/// ```
///
/// # Panics
///
/// Outside of a runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    match context::with_current(|runtime| runtime.spawn(future)) {
        Ok(task) => task,
        Err(error) => panic!("{error}"),
    }
}

/// Runs code that blocks on the current runtime's blocking pool.
///
/// A task that blocks holds up whatever else its thread should run. Code that reads files, waits
/// for locks, or calls a library that knows no async belongs here. Once begun it cannot be
/// aborted. For much computing a pool of as many threads as there are cores serves better: this one
/// grows to hundreds.
///
/// ```
/// # handcrank::runtime::Runtime::new().unwrap().block_on(async {
/// let text = handcrank::task::spawn_blocking(|| std::fs::read_to_string("/proc/self/comm"));
/// # let _ =
/// text.await.unwrap();
/// # });
/// ```
///
/// # Panics
///
/// Outside of a runtime, and if the pool has no thread and the system will not start one.
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    crate::runtime::Handle::current().spawn_blocking(f)
}
