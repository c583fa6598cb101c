//! Tasks.

pub use handcrank_executor::yield_now;
pub use handcrank_task::JoinHandle;

use handcrank_task::{Id, OwnedTasks, Schedule, Task, Woke};

/// Runs each task on a thread of its own.
struct Threads;

impl Schedule for Threads {
    fn schedule(&self, task: Task, _: Woke) {
        std::thread::spawn(|| task.run());
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        None
    }
}

/// Runs a future on threads of its own.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (task, handle) = handcrank_task::spawn(future, Threads, Id::next());
    if let Some(task) = task {
        Threads.schedule(task, Woke::Idle);
    }
    handle
}

/// Runs code that blocks on a thread of its own.
#[track_caller]
pub(crate) fn spawn_blocking<R: Send + 'static>(
    f: impl FnOnce() -> R + Send + 'static,
) -> JoinHandle<R> {
    spawn(async { f() })
}
