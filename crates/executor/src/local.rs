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

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use handcrank_task::{Id, JoinHandle, OwnedTasks, Schedule, Task, Woke, spawn_local};

use crate::inbox::Inbox;

/// How many tasks run before the main future is looked at again, and whoever drives the executor
/// gets its turn.
const TASKS_IN_A_ROW: usize = 61;

thread_local! {
    /// The executor that runs on this thread just now. Of nested ones, the innermost.
    static CURRENT: RefCell<Option<Rc<Local>>> = const { RefCell::new(None) };
}

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
}

/// What the tasks' wakers carry to other threads.
struct Shared {
    inbox: Inbox<Task>,
    tasks: OwnedTasks,
}

/// The way back from a task to its executor.
struct Scheduler(Arc<Shared>);

impl LocalExecutor {
    /// Makes an executor without tasks.
    pub fn new() -> Self {
        let shared = Arc::new(Shared { inbox: Inbox::new(), tasks: OwnedTasks::new() });
        Self { local: Rc::new(Local { queue: RefCell::default(), shared }) }
    }

    /// Spawns a task. It runs when the executor is driven.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let shared = &self.local.shared;
        let (task, handle) = spawn_local(future, Scheduler(Arc::clone(shared)), Id::next());
        if let Some(task) = task {
            self.local.queue.borrow_mut().push_back(task);
            // The driver may be asleep, if somebody else on this thread has called this.
            if !shared.runs_here() {
                shared.inbox.wake_driver();
            }
        }
        handle
    }

    /// Returns whether no task is alive.
    pub fn is_empty(&self) -> bool {
        self.local.shared.tasks.is_empty()
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

    /// Runs the tasks that are ready, and is ready itself when no task is alive.
    pub fn poll_tasks(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.drive(cx);
        if self.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Runs one task, the one that has been ready for longest; returns whether there was one.
    pub fn try_tick(&self) -> bool {
        let _current = self.enter();
        self.tick()
    }

    fn poll_run<F: Future>(&self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let current = self.enter();
        let output = future.poll(cx);
        drop(current);
        if output.is_pending() {
            self.drive(cx);
        }
        output
    }

    /// Runs ready tasks for a while, and arranges to be woken for the next ones.
    fn drive(&self, cx: &mut Context<'_>) {
        // First of all, see `inbox.rs`.
        self.local.shared.inbox.register(cx.waker());
        let _current = self.enter();
        for _ in 0..TASKS_IN_A_ROW {
            if !self.tick() {
                return;
            }
        }
        cx.waker().wake_by_ref();
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

    fn enter(&self) -> Entered {
        let before = CURRENT.with(|current| current.replace(Some(Rc::clone(&self.local))));
        Entered { before }
    }
}

/// Puts the outer executor back.
struct Entered {
    before: Option<Rc<Local>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let own = CURRENT.with(|current| current.replace(self.before.take()));
        drop(own); // with the thread-local free again
    }
}

impl Shared {
    /// Is this the executor that runs on this thread just now?
    fn runs_here(&self) -> bool {
        let is_own = |local: &Rc<Local>| std::ptr::eq(Arc::as_ptr(&local.shared), self);
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
                let local = current.as_ref().expect("`here` has just seen it");
                local.queue.borrow_mut().push_back(task);
            });
        }
        self.0.runs_here().then_some(push)
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.0.tasks)
    }
}

impl Drop for LocalExecutor {
    fn drop(&mut self) {
        // The futures' destructors may wake each other; those wakes find the local queue.
        let current = self.enter();
        self.local.shared.tasks.close_and_shutdown_all();
        drop(current);
        // From here on they find a closed inbox. What is in the queues now has no future any more;
        // it goes without a lock or a borrow, as it may hold the last reference to something.
        drop(self.local.shared.inbox.close());
        drop(mem::take(&mut *self.local.queue.borrow_mut()));
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
            .field("tasks", &self.local.shared.tasks.len())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(handcrank_loom)))]
mod tests {
    use super::*;
    use crate::yield_now;
    use std::cell::Cell;
    use std::sync::mpsc;
    use std::task::Waker;
    use std::thread;

    /// Writes down what happens.
    #[derive(Clone, Default)]
    struct Log(Rc<RefCell<Vec<&'static str>>>);

    impl Log {
        fn note(&self, what: &'static str) {
            self.0.borrow_mut().push(what);
        }
        fn take(&self) -> Vec<&'static str> {
            self.0.take()
        }
    }

    /// Counts its drops; not `Send`.
    struct Dropped(Rc<Cell<usize>>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn tasks_run_in_the_order_in_which_they_became_ready() {
        let executor = LocalExecutor::new();
        let log = Log::default();
        for name in ["a", "b", "c"] {
            let log = log.clone();
            executor.spawn(async move {
                log.note(name);
                yield_now().await;
                log.note(name);
            });
        }
        for _ in 0..4 {
            assert!(executor.try_tick());
        }
        assert_eq!(log.take(), ["a", "b", "c", "a"]);
        while executor.try_tick() {}
        assert_eq!(log.take(), ["b", "c"]);
        assert!(executor.is_empty());
    }

    #[test]
    fn wakes_from_elsewhere_go_behind_what_is_ready() {
        let executor = LocalExecutor::new();
        let log = Log::default();
        let slot = Rc::new(RefCell::new(None::<Waker>));
        let (noted, kept) = (log.clone(), Rc::clone(&slot));
        executor.spawn(async move {
            let mut is_first = true;
            poll_fn(|cx| {
                kept.replace(Some(cx.waker().clone()));
                if mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }
            })
            .await;
            noted.note("woken");
        });
        assert!(executor.try_tick());
        assert!(!executor.try_tick());
        let noted = log.clone();
        executor.spawn(async move { noted.note("spawned") });
        let waker = slot.take().unwrap();
        thread::spawn(move || waker.wake()).join().unwrap();
        while executor.try_tick() {}
        assert_eq!(log.take(), ["spawned", "woken"]);
    }

    #[test]
    fn another_thread_ends_the_sleep() {
        let executor = LocalExecutor::new();
        let (wakers, woken) = mpsc::channel::<Waker>();
        let waking = thread::spawn(move || {
            for waker in woken {
                waker.wake();
            }
        });
        let task = executor.spawn(async move {
            for _ in 0..1_000 {
                let mut is_first = true;
                poll_fn(|cx| {
                    if mem::take(&mut is_first) {
                        wakers.send(cx.waker().clone()).unwrap();
                        return Poll::Pending;
                    }
                    Poll::Ready(())
                })
                .await;
            }
            "done"
        });
        assert_eq!(executor.block_on(task).unwrap(), "done");
        waking.join().unwrap();
    }

    #[test]
    fn a_busy_task_does_not_keep_the_main_future_waiting() {
        let executor = LocalExecutor::new();
        let stop = Rc::new(Cell::new(false));
        let stopped = Rc::clone(&stop);
        let busy = executor.spawn(async move {
            while !stopped.get() {
                yield_now().await;
            }
        });
        executor.block_on(async {
            for _ in 0..10 {
                yield_now().await;
            }
            stop.set(true);
            busy.await.unwrap();
        });
    }

    #[test]
    fn a_spawn_from_a_neighbour_wakes_the_driver() {
        let (outer, inner) = (LocalExecutor::new(), Rc::new(LocalExecutor::new()));
        let (receiver, sent) = (Rc::new(Cell::new(0)), Rc::clone(&inner));
        let seen = Rc::clone(&receiver);
        outer.block_on(async {
            let driving = outer.spawn({
                let (inner, receiver) = (Rc::clone(&inner), Rc::clone(&receiver));
                async move {
                    // Ready when a task of the inner executor has run; woken by nothing else.
                    poll_fn(|cx| {
                        let _ = inner.poll_tasks(cx);
                        if receiver.get() == 0 { Poll::Pending } else { Poll::Ready(()) }
                    })
                    .await;
                }
            });
            yield_now().await;
            sent.spawn(async move { seen.set(1) });
            driving.await.unwrap();
        });
    }

    #[test]
    fn executors_nest() {
        let outer = LocalExecutor::new();
        let task = outer.spawn(async {
            let inner = LocalExecutor::new();
            let task = inner.spawn(async {
                yield_now().await;
                1
            });
            inner.block_on(task).unwrap() + 1
        });
        assert_eq!(outer.block_on(task).unwrap(), 2);
    }

    #[test]
    fn a_panic_goes_to_the_handle() {
        let executor = LocalExecutor::new();
        let task = executor.spawn(async { panic!("in the task") });
        let fine = executor.spawn(async { 1 });
        let error = executor.block_on(task).unwrap_err();
        assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "in the task");
        assert_eq!(executor.block_on(fine).unwrap(), 1);
    }

    #[test]
    fn dropping_the_executor_drops_every_future_once() {
        let executor = LocalExecutor::new();
        let drops = Rc::new(Cell::new(0));
        let wakers = Rc::new(RefCell::new(Vec::new()));
        let sleeping: Vec<_> = (0..3)
            .map(|_| {
                let (dropped, wakers) = (Dropped(Rc::clone(&drops)), Rc::clone(&wakers));
                executor.spawn(async move {
                    let _dropped = dropped;
                    poll_fn(|cx| {
                        wakers.borrow_mut().push(cx.waker().clone());
                        Poll::<()>::Pending
                    })
                    .await;
                })
            })
            .collect();
        while executor.try_tick() {}
        // One asleep, one woken here, one woken elsewhere, one never polled.
        let woken = wakers.borrow()[2].clone();
        thread::spawn(move || woken.wake()).join().unwrap();
        wakers.borrow()[1].wake_by_ref();
        let dropped = Dropped(Rc::clone(&drops));
        let never_polled = executor.spawn(async move { drop(dropped) });
        assert_eq!(drops.get(), 0);
        drop(executor);
        assert_eq!(drops.get(), 4);

        for handle in sleeping.into_iter().chain([never_polled]) {
            assert!(crate::block_on(handle).unwrap_err().is_cancelled());
        }
        // Wakes after the end are harmless, from here and from anywhere.
        let late = wakers.take();
        late.iter().for_each(Waker::wake_by_ref);
        thread::spawn(move || late.into_iter().for_each(Waker::wake)).join().unwrap();
        assert_eq!(drops.get(), 4);
    }

    #[test]
    fn destructors_may_wake_their_neighbours() {
        /// Wakes a neighbour when dropped, if that has not been woken yet.
        struct Busy {
            executor: std::rc::Weak<LocalExecutor>,
            neighbour: Rc<RefCell<Option<Waker>>>,
            drops: Rc<Cell<usize>>,
        }
        impl Drop for Busy {
            fn drop(&mut self) {
                if let Some(waker) = self.neighbour.take() {
                    waker.wake();
                }
                assert!(self.executor.upgrade().is_none());
                self.drops.set(self.drops.get() + 1);
            }
        }

        let executor = Rc::new(LocalExecutor::new());
        let (drops, neighbour) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(None)));
        for _ in 0..2 {
            let busy = Busy {
                executor: Rc::downgrade(&executor),
                neighbour: Rc::clone(&neighbour),
                drops: Rc::clone(&drops),
            };
            executor.spawn(async move {
                poll_fn(|cx| {
                    busy.neighbour.replace(Some(cx.waker().clone()));
                    Poll::<()>::Pending
                })
                .await;
            });
        }
        while executor.try_tick() {}
        drop(executor);
        assert_eq!(drops.get(), 2);
    }

    #[test]
    fn tasks_stay_for_the_next_time() {
        let executor = LocalExecutor::new();
        let steps = Rc::new(Cell::new(0));
        let counted = Rc::clone(&steps);
        let task = executor.spawn(async move {
            for _ in 0..3 {
                counted.set(counted.get() + 1);
                yield_now().await;
            }
        });
        executor.block_on(async {});
        assert!(!executor.is_empty());
        executor.block_on(task).unwrap();
        assert_eq!(steps.get(), 3);
        crate::block_on(poll_fn(|cx| executor.poll_tasks(cx)));
    }
}
