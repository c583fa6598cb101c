//! Tasks: spawning, waiting, aborting, and stepping aside.

mod block_in_place;
pub mod coop;

pub use block_in_place::block_in_place;
pub use coop::{consume_budget, unconstrained};
pub use handcrank_executor::{YieldNow, yield_now};
pub use handcrank_task::{AbortHandle, Id, JoinError, JoinHandle, id, try_id};

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
