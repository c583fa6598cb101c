//! An executor that leaves its tasks behind when it is dropped.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs tasks that are ready.
#[derive(Default)]
pub struct Executor {
    shared: Arc<Shared>,
}

/// What the wakers reach, from any thread.
#[derive(Default)]
struct Shared {
    ready: Mutex<VecDeque<Arc<Task>>>,
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
        shared.ready.lock().unwrap().push_back(self);
    }
}

impl Executor {
    /// Makes an executor without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Spawns a task.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + Send + 'static) {
        let task = Task {
            future: Mutex::new(Some(Box::pin(future))),
            queued: AtomicBool::new(true),
            shared: Arc::clone(&self.shared),
        };
        self.shared.ready.lock().unwrap().push_back(Arc::new(task));
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
            }
        }
    }

    fn next(&mut self) -> Option<Arc<Task>> {
        self.shared.ready.lock().unwrap().pop_front()
    }
}
