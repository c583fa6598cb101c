//! An executor with two priorities, a queue for each, and a count that keeps the low one alive.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How many polls of high tasks may come one after the other while a low task is ready.
pub const HIGH_IN_A_ROW: usize = 4;

/// How urgent a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Goes first.
    High,
    /// Goes when no high task is ready, and now and then all the same.
    Low,
}

/// Runs tasks on the thread that made it.
pub struct Executor {
    shared: Arc<Shared>,
    alive: usize,
}

/// What the wakers reach, from any thread.
struct Shared {
    ready: Mutex<Ready>,
    thread: Thread,
}

/// What is ready, and what has come before.
#[derive(Default)]
struct Ready {
    high: VecDeque<Arc<Task>>,
    low: VecDeque<Arc<Task>>,
    /// How many high tasks have been taken in a row while a low one was there.
    in_a_row: usize,
}

impl Ready {
    fn push(&mut self, task: Arc<Task>) {
        match task.priority {
            Priority::High => self.high.push_back(task),
            Priority::Low => self.low.push_back(task),
        }
    }

    fn pop(&mut self) -> Option<Arc<Task>> {
        // Whoever would have been due while nobody low was ready has missed nothing.
        if self.low.is_empty() {
            self.in_a_row = 0;
            return self.high.pop_front();
        }
        if self.in_a_row < HIGH_IN_A_ROW
            && let Some(task) = self.high.pop_front()
        {
            self.in_a_row += 1;
            return Some(task);
        }
        self.in_a_row = 0;
        self.low.pop_front()
    }
}

struct Task {
    /// `None` once it has ended.
    future: Mutex<Option<Boxed>>,
    /// Whether it is in the queue.
    queued: AtomicBool,
    /// For its whole life: a wake puts it back where it belongs.
    priority: Priority,
    shared: Arc<Shared>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if self.queued.swap(true, Ordering::Release) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        shared.ready.lock().unwrap().push(self);
        shared.thread.unpark();
    }
}

impl Executor {
    /// Makes an executor without tasks, for this thread.
    pub fn new() -> Self {
        let shared = Shared { ready: Mutex::default(), thread: thread::current() };
        Self { shared: Arc::new(shared), alive: 0 }
    }

    /// Spawns a task.
    pub fn spawn(&mut self, priority: Priority, future: impl Future<Output = ()> + Send + 'static) {
        self.alive += 1;
        let task = Task {
            future: Mutex::new(Some(Box::pin(future))),
            queued: AtomicBool::new(true),
            priority,
            shared: Arc::clone(&self.shared),
        };
        self.shared.ready.lock().unwrap().push(Arc::new(task));
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
            if future.as_mut().poll(&mut cx).is_ready() {
                *slot = None;
                self.alive -= 1;
            }
        }
    }

    /// The task whose turn it is.
    fn next(&mut self) -> Option<Arc<Task>> {
        self.shared.ready.lock().unwrap().pop()
    }
}

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}
