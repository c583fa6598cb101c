//! Many futures on one thread.
//!
//! ```text
//!            wake on this thread, while the executor runs
//!          ┌───────────────────────────────────────────────┐
//!          │                                               │
//!          ▼                                               │
//!     local queue  ── front ──▶  Task::run ──▶ its future ─┘
//!          ▲
//!          │ all at once, before each task
//!        inbox  ◀── wake from anywhere else (and the driver is woken)
//! ```
//!
//! Tasks run in the order in which they became ready: what comes through the inbox goes behind what
//! is in the local queue, and a task that is woken while it runs goes behind everything. Nobody
//! starves as long as every task returns from its polls.
//!
//! A waker may be called from any thread, and it does not know this executor's thread from others.
//! So while the executor runs, a thread-local says so. A wake that finds its own executor there
//! takes the queue without a lock; any other goes through the inbox.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

use handcrank_task::{Id, JoinHandle, OwnedTasks, Schedule, Task, Woke, spawn_local};

use crate::inbox::Inbox;
use current::{CURRENT, Current, enter};

pub use current::{LocalEntered, LocalHandle};

mod current;

/// How many tasks run before the main future is looked at again, and whoever drives the executor
/// gets its turn.
const TASKS_IN_A_ROW: usize = 61;

/// Runs futures that need not be `Send`, all on the thread that it was made on.
///
/// ```
/// use handcrank_executor::LocalExecutor;
/// use std::cell::Cell;
/// use std::rc::Rc;
///
/// let executor = LocalExecutor::new();
/// let sum = Rc::new(Cell::new(0));
/// let tasks = [1, 2, 3].map(|n| {
///     let sum = Rc::clone(&sum);
///     executor.spawn(async move { sum.set(sum.get() + n) })
/// });
/// executor.block_on(async {
///     for task in tasks {
///         task.await.unwrap();
///     }
/// });
/// assert_eq!(sum.get(), 6);
/// ```
///
/// Tasks make progress only while the executor is driven: by [`block_on`](LocalExecutor::block_on),
/// by [`run`](LocalExecutor::run) inside some other executor, or by hand with
/// [`try_tick`](LocalExecutor::try_tick). It is to be driven in one place at a time: of two that wait
/// at once, only the one polled last is woken for the tasks.
///
/// Dropping the executor drops the future of every task that has not ended, once; the tasks'
/// handles then say cancelled, and their wakers do nothing any more.
pub struct LocalExecutor {
    local: Rc<Local>,
}

/// What only this thread sees.
struct Local {
    queue: RefCell<VecDeque<Task>>,
    shared: Arc<Shared>,
    /// The executor is gone, and runs nothing any more.
    closed: Cell<bool>,
}

/// What the tasks' wakers carry to other threads.
struct Shared {
    inbox: Inbox<Task>,
    /// The tasks that sleep. The others are in a queue.
    tasks: OwnedTasks,
    /// How many have not ended.
    alive: AtomicUsize,
}

/// The way back from a task to its executor.
struct Scheduler(Arc<Shared>);

impl LocalExecutor {
    /// Makes an executor without tasks.
    pub fn new() -> Self {
        let (inbox, tasks) = (Inbox::new(), OwnedTasks::new());
        let shared = Arc::new(Shared { inbox, tasks, alive: AtomicUsize::new(0) });
        let closed = Cell::new(false);
        Self { local: Rc::new(Local { queue: RefCell::default(), shared, closed }) }
    }

    /// Spawns a task. It runs when the executor is driven.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.local.spawn(future)
    }

    /// Returns whether no task is alive.
    pub fn is_empty(&self) -> bool {
        self.local.shared.alive.load(Relaxed) == 0
    }

    /// Runs a future, and the tasks beside it, until the future is ready; sleeps when there is
    /// nothing to do. Tasks that have not ended stay for the next time.
    ///
    /// # Panics
    ///
    /// If the future panics. A task's panic goes to its handle.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        crate::block_on(self.run(future))
    }

    /// The same as a future, to be driven by another executor.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops `future`; the tasks stay.
    pub async fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| self.poll_run(future.as_mut(), cx)).await
    }

    /// Runs some of the tasks that are ready, 61 at most. Is ready itself when there are no more of
    /// them, and no task is alive.
    pub fn poll_tasks(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.drive(cx) && self.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// A way to spawn on it, for those who do not drive it.
    pub fn handle(&self) -> LocalHandle {
        LocalHandle { local: Rc::clone(&self.local) }
    }

    /// Names it as the executor that [`LocalHandle::current`] finds, until the guard is dropped. It
    /// does not run meanwhile.
    pub fn name_current(&self) -> LocalEntered {
        enter(&self.local, false)
    }

    /// Runs one task, the one that has been ready for longest; returns whether there was one.
    pub fn try_tick(&self) -> bool {
        let _current = self.enter();
        self.tick()
    }

    fn poll_run<F: Future>(&self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // What this thread has woken since comes before what the future wakes now.
        self.local.take_inbox();
        let current = self.enter();
        let output = future.poll(cx);
        drop(current);
        if output.is_pending() {
            self.drive(cx);
        }
        output
    }

    /// Runs ready tasks for a while, and arranges to be woken for the next ones. Has it seen the last
    /// that was ready?
    fn drive(&self, cx: &mut Context<'_>) -> bool {
        // First of all, see `inbox.rs`.
        self.local.shared.inbox.register(cx.waker());
        let _current = self.enter();
        for _ in 0..TASKS_IN_A_ROW {
            if !self.tick() {
                return true;
            }
        }
        cx.waker().wake_by_ref();
        false
    }

    fn tick(&self) -> bool {
        let task = {
            let mut queue = self.local.queue.borrow_mut();
            self.local.shared.inbox.take_into(&mut queue);
            queue.pop_front()
        };
        // The queue is free again: the task will want to push.
        match task {
            Some(task) => {
                task.run();
                true
            }
            None => false,
        }
    }

    fn enter(&self) -> LocalEntered {
        enter(&self.local, true)
    }

    /// Drops the future of every task that has not ended, as dropping the executor does; what is
    /// spawned from now on is dropped at once.
    pub fn close(&self) {
        // The futures' destructors may wake each other; those wakes find the local queue.
        let current = self.enter();
        self.local.closed.set(true);
        self.local.shared.tasks.close_and_shutdown_all();
        // Tasks that have never slept are on no list. They are cancelled with their entries; without a
        // lock or a borrow, as that is foreign code.
        drop(self.local.shared.inbox.close());
        loop {
            let entries = mem::take(&mut *self.local.queue.borrow_mut());
            if entries.is_empty() {
                break;
            }
            drop(entries);
        }
        drop(current);
    }
}

impl Local {
    #[track_caller]
    fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let shared = &self.shared;
        let (task, handle) = spawn_local(future, Scheduler(Arc::clone(shared)), Id::next());
        shared.alive.fetch_add(1, Relaxed);
        if self.closed.get() {
            drop(task); // which cancels it
        } else if shared.runs_here() {
            self.queue.borrow_mut().push_back(task);
        } else {
            // Behind what this thread has woken before.
            self.take_inbox();
            self.queue.borrow_mut().push_back(task);
            // The driver may be asleep.
            shared.inbox.wake_driver();
        }
        handle
    }

    fn take_inbox(&self) {
        self.shared.inbox.take_into(&mut self.queue.borrow_mut());
    }
}

impl Shared {
    /// Is this the executor that runs on this thread just now?
    fn runs_here(&self) -> bool {
        let is_own = |current: &Current| {
            current.runs && std::ptr::eq(Arc::as_ptr(&current.local.shared), self)
        };
        // `try_with`: wakers may be called while the thread is being torn down.
        CURRENT.try_with(|current| current.borrow().as_ref().is_some_and(is_own)).unwrap_or(false)
    }
}

impl Schedule for Scheduler {
    fn schedule(&self, task: Task, _: Woke) {
        if let Err(task) = self.0.inbox.push(task) {
            // The executor is gone, and has dropped the future. What is left is memory.
            drop(task);
        }
    }

    fn here(&self) -> Option<fn(Task, Woke)> {
        fn push(task: Task, _: Woke) {
            CURRENT.with_borrow(|current| {
                let current = current.as_ref().expect("`here` has just seen it");
                current.local.queue.borrow_mut().push_back(task);
            });
        }
        self.0.runs_here().then_some(push)
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.0.tasks)
    }

    fn ended(&self) {
        self.0.alive.fetch_sub(1, Relaxed);
    }
}

impl Drop for LocalExecutor {
    fn drop(&mut self) {
        self.close();
    }
}

impl Default for LocalExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalExecutor")
            .field("tasks", &self.local.shared.alive.load(Relaxed))
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests;
