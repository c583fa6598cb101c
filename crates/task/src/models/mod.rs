//! The task's protocol under a model checker: every interleaving of two or three threads.
//!
//! Each model is one question about the state word. What they all check besides: no cell is touched
//! by two threads at once, nothing is freed while in use, nothing leaks (loom counts the `Arc`s),
//! and each future and each output is dropped exactly once.
//!
//! Run with `RUSTFLAGS="--cfg handcrank_loom" cargo test --release -p handcrank-task --lib`.

mod atomic_waker;
mod cancels;
mod joins;
mod wakes;

use crate::primitives::atomic::{
    AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use crate::primitives::cell::UnsafeCell;
use crate::primitives::sync::{Arc, Mutex};
use crate::{Id, JoinHandle, OwnedTasks, Schedule, Task, Woke, spawn};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

/// A queue for at most a few entries.
struct Queue {
    ready: Mutex<Vec<Task>>,
    tasks: OwnedTasks,
}

#[derive(Clone)]
struct Executor {
    queue: Arc<Queue>,
    /// Does it stay in `schedule` after the push?
    lingers: bool,
    inside: Inside,
}

/// A scheduler lies inside its tasks. This part of it is touched when it lingers after a push, and
/// when the task is freed: the first must not come after the second.
struct Inside(UnsafeCell<()>);

impl Inside {
    fn new() -> Self {
        Self(UnsafeCell::new(()))
    }
}

impl Clone for Inside {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.with_mut(|_| ());
    }
}

// SAFETY: there is nothing in it; who touches it when is what the models ask.
unsafe impl Sync for Inside {}

impl Executor {
    fn new() -> Self {
        let queue = Queue { ready: Mutex::new(Vec::new()), tasks: OwnedTasks::new() };
        Self { queue: Arc::new(queue), lingers: false, inside: Inside::new() }
    }

    fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, handle) = spawn(future, self.clone(), Id::next());
        self.queue.ready.lock().push(task);
        handle
    }

    /// Runs one entry, if there is one.
    fn turn(&self) -> bool {
        let task = self.queue.ready.lock().pop();
        task.map(Task::run).is_some()
    }

    fn drain(&self) {
        while self.turn() {}
    }
}

impl Schedule for Executor {
    fn schedule(&self, task: Task, _: Woke) {
        let lingers = self.lingers;
        let queue = self.queue.clone();
        let mut ready = queue.ready.lock();
        assert!(ready.is_empty(), "one task, two entries");
        ready.push(task);
        drop(ready);
        if lingers {
            // The checker switches threads at a lock, not at a cell: let somebody run the task.
            let _ = queue.tasks.len();
            self.inside.0.with(|_| ());
        }
    }
    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.queue.tasks)
    }
}

/// Counts its drop, in a cell that no two threads may touch at once.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        assert_eq!(self.0.fetch_add(1, SeqCst), 0, "dropped twice");
    }
}

/// A flag with plain data behind it: the poll that sees the flag must see the data.
struct Signal {
    data: UnsafeCell<u32>,
    raised: AtomicUsize,
}

impl Signal {
    fn new() -> Arc<Self> {
        Arc::new(Self { data: UnsafeCell::new(0), raised: AtomicUsize::new(0) })
    }
}

// SAFETY: the models' whole point: the data is written before the wake and read after it.
unsafe impl Sync for Signal {}

// SAFETY: as above.
unsafe impl Send for Signal {}

/// Waits for `raises` relaxed increments; counts on the wakes alone to make them visible.
fn wait_for(
    signal: Arc<Signal>,
    raises: usize,
    slot: Arc<Mutex<Vec<Waker>>>,
    dropped: Dropped,
) -> impl Future<Output = ()> {
    poll_fn(move |cx| {
        let _ = &dropped;
        let mut slot = slot.lock();
        if slot.is_empty() {
            slot.extend((0..raises).map(|_| cx.waker().clone()));
        }
        drop(slot);
        if signal.raised.load(Relaxed) == raises { Poll::Ready(()) } else { Poll::Pending }
    })
}

/// A joiner's waker, counted.
mod joiner {
    use super::{Arc, AtomicUsize, RawWaker, RawWakerVTable, SeqCst, Waker};

    static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, forget);

    /// A waker that adds one to `count` when called, and holds a reference to it while it lives.
    pub(super) fn waker(count: &Arc<AtomicUsize>) -> Waker {
        // SAFETY: the table below counts references with loom's Arc.
        unsafe { Waker::new(Arc::into_raw(count.clone()).cast(), &VTABLE) }
    }

    unsafe fn clone(ptr: *const ()) -> RawWaker {
        // SAFETY: the pointer came from `into_raw` and counts.
        unsafe { Arc::increment_strong_count(ptr.cast::<AtomicUsize>()) };
        RawWaker::new(ptr, &VTABLE)
    }
    unsafe fn wake(ptr: *const ()) {
        // SAFETY: as above.
        unsafe {
            wake_by_ref(ptr);
            forget(ptr);
        }
    }
    unsafe fn wake_by_ref(ptr: *const ()) {
        // SAFETY: as above.
        unsafe { (*ptr.cast::<AtomicUsize>()).fetch_add(1, SeqCst) };
    }
    unsafe fn forget(ptr: *const ()) {
        // SAFETY: as above.
        drop(unsafe { Arc::from_raw(ptr.cast::<AtomicUsize>()) });
    }
}

fn poll<T>(handle: &mut JoinHandle<T>, waker: &Waker) -> Poll<Result<T, crate::JoinError>> {
    Pin::new(handle).poll(&mut Context::from_waker(waker))
}
