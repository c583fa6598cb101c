//! The task's protocol under a model checker: every interleaving of two or three threads.
//!
//! Each model is one question about the state word. What they all check besides: no cell is touched
//! by two threads at once, nothing is freed while in use, nothing leaks (loom counts the `Arc`s),
//! and each future and each output is dropped exactly once.
//!
//! Run with `RUSTFLAGS="--cfg handcrank_loom" cargo test --release -p handcrank-task --lib`.

use crate::primitives::atomic::{
    AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use crate::primitives::cell::UnsafeCell;
use crate::primitives::sync::{Arc, Mutex};
use crate::primitives::{model, thread};
use crate::{AtomicWaker, Id, JoinHandle, OwnedTasks, Schedule, Task, Woke, spawn};
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

/// Is a wake-up ever lost, between a runner and two wakers?
#[test]
fn wakes_against_a_poll() {
    model(|| {
        let executor = Executor::new();
        let (signal, slot) = (Signal::new(), Arc::new(Mutex::new(Vec::new())));
        let drops = Arc::new(AtomicUsize::new(0));
        let handle =
            executor.spawn(wait_for(signal.clone(), 2, slot.clone(), Dropped(drops.clone())));
        executor.turn();
        let by_val = slot.lock().pop().unwrap();
        let by_ref = slot.lock().pop().unwrap();
        let other = {
            let (signal, executor) = (signal.clone(), executor.clone());
            thread::spawn(move || {
                signal.raised.fetch_add(1, Relaxed);
                by_val.wake();
                executor.turn();
            })
        };
        signal.raised.fetch_add(1, Relaxed);
        by_ref.wake_by_ref();
        executor.turn();
        other.join().unwrap();
        executor.drain();
        assert!(handle.is_finished(), "a wake-up was lost");
        assert_eq!(drops.load(SeqCst), 1);
        drop((by_ref, handle));
    });
}

/// The task ends and is freed while the thread that pushed it is still inside its scheduler.
#[test]
fn a_push_against_the_end_of_the_task() {
    model(|| {
        let executor = Executor { lingers: true, ..Executor::new() };
        let (signal, slot) = (Signal::new(), Arc::new(Mutex::new(Vec::new())));
        let drops = Arc::new(AtomicUsize::new(0));
        drop(executor.spawn(wait_for(signal.clone(), 1, slot.clone(), Dropped(drops.clone()))));
        executor.turn();
        let waker = slot.lock().pop().unwrap();
        // It holds another waker, as the task will leave one there.
        drop(slot);
        signal.raised.fetch_add(1, Relaxed);
        let other = {
            let executor = executor.clone();
            thread::spawn(move || executor.turn())
        };
        waker.wake();
        other.join().unwrap();
        executor.drain();
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// Does what the waker wrote reach the poll, with nothing but the state word in between?
#[test]
fn a_wake_carries_its_writes() {
    model(|| {
        let executor = Executor::new();
        let signal = Signal::new();
        let waker = Arc::new(Mutex::new(None));
        let (seen, shown) = (signal.clone(), waker.clone());
        let handle = executor.spawn(poll_fn(move |cx| {
            if shown.lock().is_none() {
                *shown.lock() = Some(cx.waker().clone());
                // Scheduled again at once: the other thread's wake finds SCHEDULED or RUNNING.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if seen.raised.load(Relaxed) == 0 {
                return Poll::Pending;
            }
            // SAFETY: written before the wake that let us here.
            assert_eq!(seen.data.with(|data| unsafe { *data }), 7);
            Poll::Ready(())
        }));
        executor.turn();
        let waker = waker.lock().take().unwrap();
        let other = thread::spawn(move || {
            // SAFETY: nobody reads before `raised` is seen.
            signal.data.with_mut(|data| unsafe { *data = 7 });
            signal.raised.store(1, SeqCst);
            waker.wake();
        });
        executor.turn();
        other.join().unwrap();
        executor.drain();
        assert!(handle.is_finished());
    });
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

/// A scheduler for a task that runs once.
struct Nowhere;

impl Schedule for Nowhere {
    fn schedule(&self, task: Task, _: Woke) {
        drop(task);
    }
    fn owned(&self) -> Option<&OwnedTasks> {
        None
    }
}

/// One poll of the handle against the end: is the output there, or will somebody call?
#[test]
fn a_joiner_is_called_or_has_the_output() {
    model(|| {
        let (task, mut handle) = spawn(async {}, Nowhere, Id::next());
        let runner = thread::spawn(|| task.run());
        let calls = Arc::new(AtomicUsize::new(0));
        let ready = poll(&mut handle, &joiner::waker(&calls)).is_ready();
        runner.join().unwrap();
        assert!(ready || calls.load(SeqCst) == 1, "the joiner sleeps for ever");
    });
}

/// Does the handle either see the output or get woken, also when it changes its waker?
#[test]
fn a_join_against_the_completion() {
    model(|| {
        let executor = Executor::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let output = Dropped(drops.clone());
        let mut handle = executor.spawn(async move { output });
        let runner = {
            let executor = executor.clone();
            thread::spawn(move || executor.turn())
        };
        let (first, second) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut done = false;
        let mut waited = None;
        for calls in [&first, &second] {
            if !done {
                done = poll(&mut handle, &joiner::waker(calls)).is_ready();
                waited = Some(calls);
            }
        }
        runner.join().unwrap();
        if !done {
            assert_eq!(waited.unwrap().load(SeqCst), 1, "the joiner sleeps for ever");
            assert!(poll(&mut handle, Waker::noop()).is_ready());
        }
        drop(handle);
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// Who drops the output and the joiner's waker, when the handle goes while the task ends?
#[test]
fn dropping_the_handle_against_the_completion() {
    model(|| {
        let executor = Executor::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let output = Dropped(drops.clone());
        let mut handle = executor.spawn(async move { output });
        let calls = Arc::new(AtomicUsize::new(0));
        assert!(poll(&mut handle, &joiner::waker(&calls)).is_pending());
        let runner = {
            let executor = executor.clone();
            thread::spawn(move || executor.turn())
        };
        drop(handle);
        runner.join().unwrap();
        assert_eq!(drops.load(SeqCst), 1);
        assert!(calls.load(SeqCst) <= 1);
    });
}

/// Is an aborted task dropped once, by a runner, and never polled again?
#[test]
fn an_abort_against_a_wake_and_a_poll() {
    model(|| {
        let executor = Executor::new();
        let (signal, slot) = (Signal::new(), Arc::new(Mutex::new(Vec::new())));
        let drops = Arc::new(AtomicUsize::new(0));
        let mut handle =
            executor.spawn(wait_for(signal.clone(), 1, slot.clone(), Dropped(drops.clone())));
        executor.turn();
        let waker = slot.lock().pop().unwrap();
        let abort = handle.abort_handle();
        let aborter = thread::spawn(move || {
            abort.abort();
            assert!(Arc::strong_count(&drops) >= 1);
            drops
        });
        signal.raised.fetch_add(1, Relaxed);
        waker.wake();
        executor.turn();
        let drops = aborter.join().unwrap();
        executor.drain();
        match poll(&mut handle, Waker::noop()) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => assert!(error.is_cancelled()),
            Poll::Pending => panic!("neither finished nor cancelled"),
        }
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// A shutdown while a wake is on its way: the late entry must find nothing to do.
#[test]
fn a_shutdown_against_a_wake() {
    model(|| {
        let executor = Executor::new();
        let (signal, slot) = (Signal::new(), Arc::new(Mutex::new(Vec::new())));
        let drops = Arc::new(AtomicUsize::new(0));
        let mut handle = executor.spawn(wait_for(signal, 1, slot.clone(), Dropped(drops.clone())));
        executor.turn();
        let waker = slot.lock().pop().unwrap();
        let other = thread::spawn(move || waker.wake());
        executor.queue.tasks.close_and_shutdown_all();
        assert_eq!(drops.load(SeqCst), 1);
        match poll(&mut handle, Waker::noop()) {
            Poll::Ready(Err(error)) => assert!(error.is_cancelled()),
            _ => panic!("the shutdown left it alive"),
        }
        other.join().unwrap();
        // What a scheduler does with entries that come after its end: it drops them.
        executor.queue.ready.lock().clear();
    });
}

/// Is a waker that is registered while a wake happens ever left asleep?
#[test]
fn atomic_waker_register_against_wake() {
    model(|| {
        let shared = Arc::new((AtomicWaker::new(), AtomicUsize::new(0)));
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.1.store(1, Relaxed);
                shared.0.wake();
            })
        };
        let calls = Arc::new(AtomicUsize::new(0));
        shared.0.register(&joiner::waker(&calls));
        let ready = shared.1.load(Relaxed) == 1;
        other.join().unwrap();
        assert!(ready || calls.load(SeqCst) > 0, "registered, not ready, never woken");
        drop(shared.0.take());
    });
}

/// Two wakers at once, and a second registration: at least one wake reaches the last waker.
#[test]
fn atomic_waker_two_wakes() {
    model(|| {
        let slot = Arc::new(AtomicWaker::new());
        let (first, second) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        slot.register(&joiner::waker(&first));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let slot = slot.clone();
                thread::spawn(move || slot.wake())
            })
            .collect();
        slot.register(&joiner::waker(&second));
        for other in others {
            other.join().unwrap();
        }
        assert!(first.load(SeqCst) + second.load(SeqCst) >= 1);
        drop(slot.take());
    });
}
