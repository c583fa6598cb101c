//! Cost: what chapter 5's task costs, an `Arc` around a lock, and what a task of the house costs.

use handcrank_task::{Id, OwnedTasks, Schedule, Task, Woke};
use parking_lot::{Mutex, MutexGuard};
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::task::{Context, Poll, Wake, Waker};

/// The system's allocator, with a tally.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size(), Relaxed);
        // SAFETY: passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: passed on.
        unsafe { System.dealloc(ptr, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static LOCKED: AtomicUsize = AtomicUsize::new(0);

/// A lock, with a tally.
struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    fn lock(&self) -> MutexGuard<'_, T> {
        LOCKED.fetch_add(1, Relaxed);
        self.0.lock()
    }
}

type Queue<T> = Arc<Mutex<VecDeque<T>>>;

/// Chapter 5's task: whoever has a waker has an `Arc` of it.
struct ArcTask {
    /// `None` once it has ended.
    future: Lock<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    queued: AtomicBool,
    queue: Queue<Arc<ArcTask>>,
}

/// Where a task leaves its output, and its handle a waker.
struct Slot<T> {
    output: Option<T>,
    joiner: Option<Waker>,
}

impl Wake for ArcTask {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Release) {
            let queue = self.queue.clone();
            queue.lock().push_back(self);
        }
    }
}

impl ArcTask {
    /// Queues a task; its output will lie in the slot.
    fn spawn<T: Send + 'static>(
        queue: &Queue<Arc<Self>>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Arc<Lock<Slot<T>>> {
        let slot = Arc::new(Lock(Mutex::new(Slot { output: None, joiner: None })));
        let handle = slot.clone();
        let future = async move {
            let output = future.await;
            let joiner = {
                let mut slot = slot.lock();
                slot.output = Some(output);
                slot.joiner.take()
            };
            if let Some(joiner) = joiner {
                joiner.wake();
            }
        };
        let future = Lock(Mutex::new(Some(Box::pin(future) as Pin<Box<_>>)));
        let task = Self { future, queued: AtomicBool::new(true), queue: queue.clone() };
        queue.lock().push_back(Arc::new(task));
        handle
    }

    fn run(self: Arc<Self>) {
        self.queued.swap(false, Acquire);
        let waker = Waker::from(self.clone());
        let mut slot = self.future.lock();
        let Some(future) = slot.as_mut() else { return };
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            *slot = None;
        }
    }
}

/// A queue for tasks of the house.
#[derive(Clone)]
struct House(Arc<(Mutex<VecDeque<Task>>, OwnedTasks)>);

impl Schedule for House {
    fn schedule(&self, task: Task, _: Woke) {
        self.0.0.lock().push_back(task);
    }
    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.0.1)
    }
}

const TASKS: usize = 100;

/// Waits until its waker has been put into `slot` and called.
fn nap(slot: Arc<Mutex<Vec<Waker>>>) -> impl Future<Output = u64> + Send {
    let mut asleep = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut asleep, true) {
            return Poll::Ready(42);
        }
        slot.lock().push(cx.waker().clone());
        Poll::Pending
    })
}

/// Allocations and bytes for each of the tasks that `spawn` makes.
fn tally(mut spawn: impl FnMut()) -> [usize; 2] {
    let before = [ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed)];
    (0..TASKS).for_each(|_| spawn());
    [(ALLOCATIONS.load(Relaxed) - before[0]) / TASKS, (BYTES.load(Relaxed) - before[1]) / TASKS]
}

fn main() {
    let wakers = Arc::new(Mutex::new(Vec::with_capacity(TASKS)));

    let queue = Arc::new(Mutex::new(VecDeque::with_capacity(TASKS)));
    let mut handles = Vec::with_capacity(TASKS);
    let theirs = tally(|| handles.push(ArcTask::spawn(&queue, nap(wakers.clone()))));
    let pop = || queue.lock().pop_front().expect("an entry");
    let first = pop();
    queue.lock().clear();
    first.run();
    wakers.lock().pop().expect("a waker").wake();
    pop().run();
    assert_eq!(handles[0].lock().output.take(), Some(42));
    let locked = LOCKED.load(Relaxed);

    let house = House(Arc::new((Mutex::new(VecDeque::with_capacity(TASKS)), OwnedTasks::new())));
    let mut handles = Vec::with_capacity(TASKS);
    let ours = tally(|| {
        let (task, handle) = handcrank_task::spawn(nap(wakers.clone()), house.clone(), Id::next());
        house.0.0.lock().push_back(task);
        handles.push(handle);
    });

    println!("{:<24}{:>12}{:>12}", "for each task", "chapter 5", "handcrank");
    println!("{:<24}{:>12}{:>12}", "allocations", theirs[0], ours[0]);
    println!("{:<24}{:>12}{:>12}", "bytes", theirs[1], ours[1]);
    println!("\nIn a life of two polls, chapter 5's task takes its own locks {locked} times.");
}
