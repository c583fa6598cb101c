//! Once: a flag says that the task is in the queue already, and a second wake adds nothing.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use futures_util::future::join;
use parking_lot::Mutex;
use steps::gate::{Gate, pause};

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

impl Executor {
    fn new() -> Self {
        let shared = Shared { ready: Mutex::default(), thread: thread::current() };
        Self { shared: Arc::new(shared), alive: 0, polls: 0, longest: 0 }
    }

    fn spawn(&mut self, future: impl Future<Output = ()> + Send + 'static) {
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

fn main() {
    let mut executor = Executor::new();
    let (loaded, connected, closed) = (Gate::new(), Gate::new(), Gate::new());

    // One task pauses ten times, opens two gates, and a while later the third.
    let gates = (Arc::clone(&loaded), Arc::clone(&connected), Arc::clone(&closed));
    executor.spawn(async move {
        for _ in 0..10 {
            pause(Duration::from_millis(2)).await;
        }
        gates.0.open();
        gates.1.open();
        pause(Duration::from_millis(20)).await;
        gates.2.open();
    });
    // 99 tasks wait for the two, and then for the third.
    for _ in 0..99 {
        let gates = (Arc::clone(&loaded), Arc::clone(&connected), Arc::clone(&closed));
        executor.spawn(async move {
            join(gates.0.passed(), gates.1.passed()).await;
            gates.2.passed().await;
        });
    }
    executor.run();

    // A task needs one poll to begin, and one for each wait that comes to its end.
    let needed = (1 + 10 + 1) + 99 * (1 + 1 + 1);
    let for_nothing = executor.polls - needed;
    println!("polls needed  {needed:>6}");
    println!("polls         {:>6}", executor.polls);
    println!("for nothing   {for_nothing:>6}");
    println!("longest queue {:>6}", executor.longest);
}
