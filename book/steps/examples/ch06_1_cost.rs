//! Cost: what a task costs that is an `Arc` around a lock, and what a task of the house costs.

use handcrank_task::{Id, OwnedTasks, Schedule, Task, Woke};
use parking_lot::Mutex;
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
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

/// The naive task: whoever has a waker has an `Arc` of it.
struct Naive {
    /// Empty while it is polled, and once it has ended.
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    queue: Arc<Mutex<VecDeque<Arc<Naive>>>>,
}

impl Wake for Naive {
    fn wake(self: Arc<Self>) {
        let queue = self.queue.clone();
        queue.lock().push_back(self);
    }
}

impl Naive {
    /// Queues a task, and returns the place where its output will lie.
    fn spawn<T: Send + 'static>(
        queue: &Arc<Mutex<VecDeque<Arc<Self>>>>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Arc<Mutex<Option<T>>> {
        let output = Arc::new(Mutex::new(None));
        let place = output.clone();
        let future = async move { *place.lock() = Some(future.await) };
        let future = Mutex::new(Some(Box::pin(future) as Pin<Box<_>>));
        queue.lock().push_back(Arc::new(Self { future, queue: queue.clone() }));
        output
    }

    fn run(self: Arc<Self>) {
        // Out of the lock: the poll may take long, and may wake this very task.
        let Some(mut future) = self.future.lock().take() else { return };
        let waker = Waker::from(self.clone());
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            *self.future.lock() = Some(future);
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
    let mut outputs = Vec::with_capacity(TASKS);
    let naive = tally(|| outputs.push(Naive::spawn(&queue, nap(wakers.clone()))));
    let first = queue.lock().pop_front().expect("the first");
    queue.lock().clear();
    first.run();
    (0..3).for_each(|_| wakers.lock()[0].wake_by_ref());
    let naive_entries = queue.lock().len();
    wakers.lock().clear();

    let house = House(Arc::new((Mutex::new(VecDeque::with_capacity(TASKS)), OwnedTasks::new())));
    let mut handles = Vec::with_capacity(TASKS);
    let ours = tally(|| {
        let (task, handle) = handcrank_task::spawn(nap(wakers.clone()), house.clone(), Id::next());
        house.0.0.lock().push_back(task);
        handles.push(handle);
    });
    let first = house.0.0.lock().pop_front().expect("the first");
    house.0.0.lock().clear();
    first.run();
    (0..3).for_each(|_| wakers.lock()[0].wake_by_ref());
    let our_entries = house.0.0.lock().len();

    println!("{:<34}{:>14}{:>12}", "", "Arc and lock", "handcrank");
    for (what, naive, ours) in [
        ("allocations for a task", naive[0], ours[0]),
        ("bytes for a task", naive[1], ours[1]),
        ("queue entries after three wakes", naive_entries, our_entries),
    ] {
        println!("{what:<34}{naive:>14}{ours:>12}");
    }
}
