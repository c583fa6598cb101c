//! Fair: whoever yields goes behind the others; if the newest goes first, they starve.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use handcrank_executor::yield_now;
use parking_lot::Mutex;

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Which entry of the queue is run next.
#[derive(Clone, Copy)]
enum Next {
    Oldest,
    Newest,
}

struct Executor {
    next: Next,
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
    fn new(next: Next) -> Self {
        let shared = Shared { ready: Mutex::default(), thread: thread::current() };
        Self { next, shared: Arc::new(shared), alive: 0, polls: 0, longest: 0 }
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
        match self.next {
            Next::Oldest => ready.pop_front(),
            Next::Newest => ready.pop_back(),
        }
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

fn main() {
    println!("              three turns each     a yields until b has run");
    for (name, next) in [("oldest first", Next::Oldest), ("newest first", Next::Newest)] {
        let turns = three_turns_each(next);
        let yields = yields_until_the_other_has_run(next);
        println!("{name}  {turns}  {yields}");
    }
}

/// Three tasks write their names down and yield, three times.
fn three_turns_each(next: Next) -> String {
    let mut executor = Executor::new(next);
    let turns = Arc::new(Mutex::new(String::new()));
    for name in ["a ", "b ", "c "] {
        let turns = Arc::clone(&turns);
        executor.push(async move {
            for _ in 0..3 {
                turns.lock().push_str(name);
                yield_now().await;
            }
        });
    }
    executor.run();
    turns.lock().clone()
}

/// Task b is ready all the time, and would like to run once.
fn yields_until_the_other_has_run(next: Next) -> String {
    let mut executor = Executor::new(next);
    let has_run = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&has_run);
    // Here the oldest and the newest are the other way round: b comes first, then a.
    executor.push(async move {
        yield_now().await;
        has_run.store(true, Ordering::Relaxed);
    });
    let yields = executor.spawn(async move {
        for yields in 0..10_000 {
            if seen.load(Ordering::Relaxed) {
                return yields.to_string();
            }
            yield_now().await;
        }
        "10000, and gives up".to_owned()
    });
    executor.run();
    let output = yields.slot.lock().output.take();
    output.expect("it has ended").expect("no panic")
}
