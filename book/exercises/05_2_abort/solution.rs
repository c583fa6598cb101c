//! An executor whose tasks have a handle. An abort marks the task and wakes it; the executor
//! does the rest, on its own thread.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs tasks on the thread that made it.
pub struct Executor {
    shared: Arc<Shared>,
    alive: usize,
}

/// What the wakers reach, from any thread.
struct Shared {
    ready: Mutex<VecDeque<Arc<Task>>>,
    thread: Thread,
}

struct Task {
    /// `None` once it has ended.
    future: Mutex<Option<Boxed>>,
    /// Whether it is in the queue.
    queued: AtomicBool,
    /// Somebody wants the future dropped.
    aborted: AtomicBool,
    /// Tells the joiner so, once that is done. The task itself does not know the output's type.
    tell_aborted: Box<dyn Fn() + Send + Sync>,
    shared: Arc<Shared>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if self.queued.swap(true, Ordering::Release) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        shared.ready.lock().unwrap().push_back(self);
        shared.thread.unpark();
    }
}

/// The task was aborted, and its future has been dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aborted;

/// Where a task leaves its output, and its handle a waker.
struct Slot<T> {
    output: Option<Result<T, Aborted>>,
    joiner: Option<Waker>,
}

/// Puts the output in and wakes who waits for it.
fn fill<T>(slot: &Mutex<Slot<T>>, output: Result<T, Aborted>) {
    let joiner = {
        let mut slot = slot.lock().unwrap();
        slot.output = Some(output);
        slot.joiner.take()
    };
    if let Some(joiner) = joiner {
        joiner.wake();
    }
}

/// Waits for a task. Dropping it lets the task run on.
pub struct JoinHandle<T> {
    task: Arc<Task>,
    slot: Arc<Mutex<Slot<T>>>,
}

impl<T> JoinHandle<T> {
    /// Asks for the task to be dropped at its next await.
    pub fn abort(&self) {
        // No lock and no drop here: the future may be in the middle of a poll, on another thread or
        // further up this very stack. Relaxed: the wake that follows carries it.
        self.task.aborted.store(true, Ordering::Relaxed);
        Arc::clone(&self.task).wake();
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, Aborted>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.slot.lock().unwrap();
        if let Some(output) = slot.output.take() {
            return Poll::Ready(output);
        }
        slot.joiner = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Executor {
    /// Makes an executor without tasks, for this thread.
    pub fn new() -> Self {
        let shared = Shared { ready: Mutex::default(), thread: thread::current() };
        Self { shared: Arc::new(shared), alive: 0 }
    }

    /// Spawns a task.
    pub fn spawn<F>(&mut self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.alive += 1;
        let slot = Arc::new(Mutex::new(Slot { output: None, joiner: None }));
        let (filled, told) = (Arc::clone(&slot), Arc::clone(&slot));
        let future = async move { fill(&filled, Ok(future.await)) };
        let task = Arc::new(Task {
            future: Mutex::new(Some(Box::pin(future))),
            queued: AtomicBool::new(true),
            aborted: AtomicBool::new(false),
            tell_aborted: Box::new(move || fill(&told, Err(Aborted))),
            shared: Arc::clone(&self.shared),
        });
        self.shared.ready.lock().unwrap().push_back(Arc::clone(&task));
        JoinHandle { task, slot }
    }

    /// Runs until all tasks have ended.
    pub fn run(&mut self) {
        while self.alive > 0 {
            let Some(task) = self.next() else {
                thread::park();
                continue;
            };
            task.queued.swap(false, Ordering::Acquire);
            let waker = Waker::from(Arc::clone(&task));
            let mut cx = Context::from_waker(&waker);
            let mut slot = task.future.lock().unwrap();
            let Some(future) = slot.as_mut() else { continue };
            if task.aborted.load(Ordering::Relaxed) {
                let future = slot.take();
                // Without the lock: a destructor is foreign code.
                drop(slot);
                drop(future);
                (task.tell_aborted)();
                self.alive -= 1;
                continue;
            }
            if future.as_mut().poll(&mut cx).is_ready() {
                *slot = None;
                self.alive -= 1;
            }
        }
    }

    fn next(&mut self) -> Option<Arc<Task>> {
        self.shared.ready.lock().unwrap().pop_front()
    }
}

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}
