//! An executor with a list of its tasks, so that it can drop them when it is dropped.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs tasks that are ready.
#[derive(Default)]
pub struct Executor {
    /// The tasks that have not ended, by number. Their wakers alone would not do: nobody can find those.
    tasks: HashMap<usize, Arc<Task>>,
    spawned: usize,
    shared: Arc<Shared>,
}

/// What the wakers reach, from any thread.
struct Shared {
    /// `None` once the executor has gone.
    ready: Mutex<Option<VecDeque<Arc<Task>>>>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { ready: Mutex::new(Some(VecDeque::new())) }
    }
}

impl Shared {
    fn push(&self, task: Arc<Task>) {
        if let Some(ready) = &mut *self.ready.lock().unwrap() {
            ready.push_back(task);
        }
    }
}

struct Task {
    number: usize,
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
        shared.push(self);
    }
}

impl Executor {
    /// Makes an executor without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Spawns a task.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + Send + 'static) {
        self.spawned += 1;
        let task = Arc::new(Task {
            number: self.spawned,
            future: Mutex::new(Some(Box::pin(future))),
            queued: AtomicBool::new(true),
            shared: Arc::clone(&self.shared),
        });
        self.tasks.insert(task.number, Arc::clone(&task));
        self.shared.push(task);
    }

    /// Runs until no task is ready. Those that wait stay for the next time.
    pub fn run(&mut self) {
        while let Some(task) = self.next() {
            task.queued.swap(false, Ordering::Acquire);
            let waker = Waker::from(Arc::clone(&task));
            let mut cx = Context::from_waker(&waker);
            let mut slot = task.future.lock().unwrap();
            let Some(future) = slot.as_mut() else { continue };
            if future.as_mut().poll(&mut cx).is_ready() {
                *slot = None;
                self.tasks.remove(&task.number);
            }
        }
    }

    fn next(&mut self) -> Option<Arc<Task>> {
        self.shared.ready.lock().unwrap().as_mut()?.pop_front()
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        // The queue first: wakes that come from now on, also from the destructors below, find nothing
        // to push to, and so no circle can be made again.
        let ready = self.shared.ready.lock().unwrap().take();
        drop(ready);
        for task in self.tasks.values() {
            // In two lines, so that the destructor runs without the lock.
            let future = task.future.lock().unwrap().take();
            drop(future);
        }
    }
}
