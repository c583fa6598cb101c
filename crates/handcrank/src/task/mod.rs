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

/// Runs code that blocks on a thread of its own.
#[track_caller]
pub(crate) fn spawn_blocking<R: Send + 'static>(
    f: impl FnOnce() -> R + Send + 'static,
) -> JoinHandle<R> {
    let (task, handle) = handcrank_task::spawn(async { f() }, Threads, Id::next());
    std::thread::spawn(|| task.map(Task::run));
    handle
}
