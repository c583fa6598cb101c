//! Panic: it takes the executor down, unless it is caught and given to the handle.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use parking_lot::Mutex;

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Executor {
    shared: Arc<Shared>,
    alive: usize,
    polls: usize,
    longest: usize,
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
    shared: Arc<Shared>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if self.queued.swap(true, Ordering::Release) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        shared.ready.lock().push_back(self);
        shared.thread.unpark();
    }
}

/// Where a task leaves its output, and its handle a waker.
struct Slot<T> {
    output: Option<thread::Result<T>>,
    joiner: Option<Waker>,
}

struct JoinHandle<T> {
    slot: Arc<Mutex<Slot<T>>>,
}

impl<T> Future for JoinHandle<T> {
    type Output = thread::Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.slot.lock();
        if let Some(output) = slot.output.take() {
            return Poll::Ready(output);
        }
        slot.joiner = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Executor {
    fn new() -> Self {
        let shared = Shared { ready: Mutex::default(), thread: thread::current() };
        Self { shared: Arc::new(shared), alive: 0, polls: 0, longest: 0 }
    }

    fn spawn<F>(&mut self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let slot = Arc::new(Mutex::new(Slot { output: None, joiner: None }));
        let handle = JoinHandle { slot: Arc::clone(&slot) };
        self.push(async move {
            let output = catch(future).await;
            let joiner = {
                let mut slot = slot.lock();
                slot.output = Some(output);
                slot.joiner.take()
            };
            if let Some(joiner) = joiner {
                joiner.wake();
            }
        });
        handle
    }

    fn push(&mut self, future: impl Future<Output = ()> + Send + 'static) {
        self.alive += 1;
        let future: Boxed = Box::pin(future);
        let shared = Arc::clone(&self.shared);
        let queued = AtomicBool::new(true);
        let task = Task { future: Mutex::new(Some(future)), queued, shared };
        self.shared.ready.lock().push_back(Arc::new(task));
    }

    /// Runs until all tasks have ended.
    fn run(&mut self) {
        while self.alive > 0 {
            let Some(task) = self.next() else {
                thread::park();
                continue;
            };
            // Before the poll, so that a wake during it counts. A swap and not a store, so that the
            // poll sees what the wakers did before, those that found the flag set included.
            task.queued.swap(false, Ordering::Acquire);
            let waker = Waker::from(Arc::clone(&task));
            let mut cx = Context::from_waker(&waker);
            let mut slot = task.future.lock();
            // An entry may be left over from a task that has ended.
            let Some(future) = slot.as_mut() else { continue };
            self.polls += 1;
            if future.as_mut().poll(&mut cx).is_ready() {
                *slot = None;
                self.alive -= 1;
            }
        }
    }

    fn next(&mut self) -> Option<Arc<Task>> {
        let mut ready = self.shared.ready.lock();
        self.longest = self.longest.max(ready.len());
        ready.pop_front()
    }
}

/// Catches what a future throws.
async fn catch<F: Future>(future: F) -> thread::Result<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        // Unwind safe, as nobody polls the future again after a panic.
        match panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(thrown) => Poll::Ready(Err(thrown)),
        }
    })
    .await
}

/// Counts the drops.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn main() {
    // Without the message that the hook prints for every panic.
    panic::set_hook(Box::new(|_| {}));
    println!("              run()     the handle    others ended   others dropped");
    trial("not caught", |executor| {
        executor.push(async { panic!("a bug") });
        None
    });
    trial("caught", |executor| Some(executor.spawn(async { panic!("a bug") })));
}

/// Runs a task that panics and three that do not, and drops the executor.
fn trial(name: &str, spawn: fn(&mut Executor) -> Option<JoinHandle<()>>) {
    let (ended, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut executor = Executor::new();
    let handle = spawn(&mut executor);
    for _ in 0..3 {
        let (ended, dropped) = (Arc::clone(&ended), Dropped(Arc::clone(&dropped)));
        executor.push(async move {
            let _dropped = dropped;
            ended.fetch_add(1, Ordering::Relaxed);
        });
    }

    let run = panic::catch_unwind(AssertUnwindSafe(|| executor.run()));
    drop(executor);
    let run = if run.is_ok() { "returned" } else { "panicked" };
    let output = handle.and_then(|handle| handle.slot.lock().output.take());
    let output = match output {
        None => "-",
        Some(Ok(())) => "ok",
        Some(Err(thrown)) => thrown.downcast_ref::<&str>().copied().unwrap_or("?"),
    };
    let (ended, dropped) = (ended.load(Ordering::Relaxed), dropped.load(Ordering::Relaxed));
    println!("{name:<12}  {run:<8}  {output:<12}  {ended} of 3         {dropped} of 3");
}
