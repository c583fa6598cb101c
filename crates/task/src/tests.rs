//! A task's life, one stage a test, on a queue that runs when it is told to.

use crate::primitives::sync::Mutex;
use crate::{Id, JoinHandle, OwnedTasks, Schedule, Task, Woke, spawn, spawn_local, try_id};
use std::collections::VecDeque;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// A scheduler turned by hand.
#[derive(Default)]
struct Queue {
    ready: Mutex<VecDeque<(Task, Woke)>>,
    tasks: OwnedTasks,
}

impl Schedule for Arc<Queue> {
    fn schedule(&self, task: Task, how: Woke) {
        self.ready.lock().push_back((task, how));
    }
    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.tasks)
    }
}

trait Turn {
    fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
    /// Runs what is ready; how each entry came to be there.
    fn turn(&self) -> Vec<Woke>;
}

impl Turn for Arc<Queue> {
    fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, handle) = spawn(future, Arc::clone(self), Id::next());
        // As any scheduler does that has been shut down.
        if self.tasks.is_closed() {
            drop(task);
        } else {
            self.schedule(task, Woke::Idle);
        }
        handle
    }

    fn turn(&self) -> Vec<Woke> {
        let batch = std::mem::take(&mut *self.ready.lock());
        batch
            .into_iter()
            .map(|(task, how)| {
                task.run();
                how
            })
            .collect()
    }
}

/// Counts its drops.
#[derive(Clone, Default)]
struct Drops(Arc<AtomicUsize>);

impl Drops {
    fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
    fn guard(&self) -> Guard {
        Guard(Arc::clone(&self.0))
    }
}

struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A waker that counts its calls.
#[derive(Default)]
struct Calls(AtomicUsize);

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

fn joined<T>(mut handle: JoinHandle<T>) -> Result<T, crate::JoinError> {
    match poll(&mut handle, Waker::noop()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not finished"),
    }
}

/// A future that shows its waker and stays pending until it is told otherwise.
fn waits(slot: &Arc<Mutex<Option<Waker>>>, polls: usize) -> impl Future<Output = ()> + use<> {
    let slot = Arc::clone(slot);
    let mut left = polls;
    poll_fn(move |cx| {
        *slot.lock() = Some(cx.waker().clone());
        left -= 1;
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
}

#[test]
fn runs_and_hands_the_output_over_once() {
    let queue = Arc::new(Queue::default());
    let mut handle = queue.spawn(async { try_id().unwrap() });
    assert!(!handle.is_finished());
    assert!(queue.tasks.is_empty(), "on the list are those that have slept");
    assert_eq!(queue.turn(), [Woke::Idle]);
    assert!(handle.is_finished() && queue.tasks.is_empty());
    let id = handle.id();
    let Poll::Ready(Ok(seen)) = poll(&mut handle, Waker::noop()) else { panic!("no output") };
    assert_eq!(seen, id);
    assert_eq!(try_id(), None);
    let again = catch_unwind(AssertUnwindSafe(|| poll(&mut handle, Waker::noop())));
    assert!(again.is_err(), "polled after completion");
}

#[test]
fn wakes_are_counted_once_and_from_within_go_to_the_back() {
    let queue = Arc::new(Queue::default());
    let slot = Arc::new(Mutex::new(None));
    let handle = queue.spawn(waits(&slot, 3));
    queue.turn();
    let waker = slot.lock().clone().unwrap();
    assert!(waker.will_wake(slot.lock().as_ref().unwrap()));
    waker.wake_by_ref();
    waker.wake_by_ref();
    let by_value = waker.clone();
    by_value.wake();
    assert_eq!(queue.turn(), [Woke::Idle], "three wakes, one poll");
    waker.wake();
    queue.turn();
    joined(handle).unwrap();
    // A wake after the end does nothing, and the memory is still there for it.
    slot.lock().take().unwrap().wake();
    assert!(queue.ready.lock().is_empty());

    let mut first = true;
    let yields = queue.spawn(poll_fn(move |cx| {
        if std::mem::take(&mut first) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }));
    assert_eq!([queue.turn(), queue.turn()].concat(), [Woke::Idle, Woke::Running]);
    joined(yields).unwrap();
}

#[test]
fn the_joiner_is_woken_and_its_waker_let_go() {
    let queue = Arc::new(Queue::default());
    let slot = Arc::new(Mutex::new(None));
    let mut handle = queue.spawn(waits(&slot, 2));
    let (first, second) = (Arc::new(Calls::default()), Arc::new(Calls::default()));
    assert!(poll(&mut handle, &Arc::clone(&first).into()).is_pending());
    assert!(poll(&mut handle, &Arc::clone(&first).into()).is_pending());
    assert!(poll(&mut handle, &Arc::clone(&second).into()).is_pending());
    assert_eq!(Arc::strong_count(&first), 1, "a replaced waker is dropped");
    queue.turn();
    slot.lock().take().unwrap().wake();
    queue.turn();
    assert_eq!((first.0.load(SeqCst), second.0.load(SeqCst)), (0, 1));
    drop(handle);
    assert_eq!(Arc::strong_count(&second), 1);
}

#[test]
fn a_panic_becomes_an_error_with_the_future_dropped() {
    let queue = Arc::new(Queue::default());
    let drops = Drops::default();
    let guard = drops.guard();
    let handle = queue.spawn(async move {
        let _guard = guard;
        panic!("at the disco");
    });
    queue.turn();
    assert_eq!(drops.count(), 1);
    let id = handle.id();
    let error: crate::JoinError = joined::<()>(handle).unwrap_err();
    assert!(error.is_panic() && !error.is_cancelled());
    assert_eq!(error.to_string(), format!("task {id} panicked with message \"at the disco\""));
    assert_eq!(format!("{error:?}"), format!("JoinError::Panic({id:?}, \"at the disco\", ...)"));
    assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "at the disco");

    let handle = queue.spawn(async { panic_any(7_u8) });
    queue.turn();
    let error: crate::JoinError = joined::<()>(handle).unwrap_err();
    assert_eq!(error.to_string(), format!("task {} panicked", error.id()));
}

/// Panics when dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("boom");
    }
}

#[test]
fn panics_in_destructors_stay_inside() {
    let queue = Arc::new(Queue::default());
    // In the future, when it ends, when it panics as well, and when it is aborted.
    let ends = queue.spawn(poll_fn({
        let bomb = Bomb;
        move |_| {
            let _ = &bomb;
            Poll::Ready(())
        }
    }));
    let panics = queue.spawn(poll_fn({
        let bomb = Bomb;
        move |_| -> Poll<()> {
            let _ = &bomb;
            panic!("first")
        }
    }));
    let aborted = queue.spawn(async {
        let _bomb = Bomb;
        pending::<()>().await;
    });
    queue.turn();
    assert!(joined(ends).unwrap_err().is_panic());
    assert!(joined(panics).unwrap_err().to_string().contains("first"));
    aborted.abort();
    queue.turn();
    assert!(joined(aborted).unwrap_err().is_panic());
    // In the output, with and without a handle.
    let kept = queue.spawn(async { Bomb });
    drop(queue.spawn(async { Bomb }));
    queue.turn();
    drop(kept);
    // In the payload of a panic that nobody looks at.
    drop(queue.spawn(async { panic_any(Bomb) }));
    queue.turn();
    assert!(queue.tasks.is_empty());
}

#[test]
fn abort_at_every_stage() {
    let queue = Arc::new(Queue::default());
    let drops = Drops::default();

    let guard = drops.guard();
    let queued = queue.spawn(async move { drop(guard) });
    queued.abort();
    assert_eq!(drops.count(), 0, "only a runner drops");
    queue.turn();
    assert_eq!(drops.count(), 1);
    let error = joined(queued).unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(error.to_string(), format!("task {} was cancelled", error.id()));
    assert!(error.try_into_panic().is_err());

    let guard = drops.guard();
    let sleeping = queue.spawn(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    queue.turn();
    let abort = sleeping.abort_handle();
    abort.clone().abort();
    abort.abort();
    assert_eq!(queue.turn(), [Woke::Idle]);
    assert!(abort.is_finished());
    assert_eq!(drops.count(), 2);
    assert!(joined(sleeping).unwrap_err().is_cancelled());

    // During its own poll.
    let slot = Arc::new(Mutex::new(None::<crate::AbortHandle>));
    let inner = Arc::clone(&slot);
    let guard = drops.guard();
    let running = queue.spawn(async move {
        let _guard = guard;
        inner.lock().as_ref().unwrap().abort();
        pending::<()>().await;
    });
    *slot.lock() = Some(running.abort_handle());
    queue.turn();
    assert_eq!(drops.count(), 3, "dropped right after the poll");
    assert!(joined(running).unwrap_err().is_cancelled());

    let done = queue.spawn(async { 1 });
    queue.turn();
    done.abort();
    assert_eq!(joined(done).unwrap(), 1, "too late");
    assert!(queue.ready.lock().is_empty());
}

#[test]
fn a_closed_list_refuses_and_a_shutdown_drops_all() {
    let queue = Arc::new(Queue::default());
    let drops = Drops::default();
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let guard = drops.guard();
            queue.spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            })
        })
        .collect();
    queue.turn();
    let guard = drops.guard();
    let unstarted = queue.spawn(async move { drop(guard) });
    // One that spawns from its destructor.
    struct Respawn(Arc<Queue>, Guard);
    impl Drop for Respawn {
        fn drop(&mut self) {
            let guard = Guard(Arc::clone(&self.1.0));
            assert!(joined(self.0.spawn(async move { drop(guard) })).unwrap_err().is_cancelled());
        }
    }
    let respawn = Respawn(Arc::clone(&queue), drops.guard());
    drop(queue.spawn(async move {
        let _respawn = respawn;
        pending::<()>().await;
    }));
    queue.turn();
    assert_eq!(drops.count(), 1, "the one that ended by itself");
    queue.tasks.close_and_shutdown_all();
    assert_eq!(drops.count(), 1 + 10 + 2);
    assert!(queue.tasks.is_empty() && queue.tasks.is_closed());
    joined(unstarted).unwrap();
    for handle in waiting {
        assert!(joined(handle).unwrap_err().is_cancelled());
    }
    assert_eq!(Arc::strong_count(&queue), 1, "every task is freed");
}

#[test]
fn entries_dropped_from_a_queue_are_cancelled() {
    let queue = Arc::new(Queue::default());
    let drops = Drops::default();
    let guard = drops.guard();
    let handle = queue.spawn(async move { drop(guard) });
    queue.ready.lock().clear();
    assert_eq!(drops.count(), 1);
    assert!(joined(handle).unwrap_err().is_cancelled());
}

#[test]
fn a_local_future_stays_at_home() {
    /// Counts its drops, and may not leave its thread. It owns no memory: it will be leaked.
    struct Local(*const AtomicUsize);
    impl Drop for Local {
        fn drop(&mut self) {
            LOCALS.fetch_add(1, SeqCst);
        }
    }
    static LOCALS: AtomicUsize = AtomicUsize::new(0);

    let queue = Arc::new(Queue::default());
    let local = Local(&raw const LOCALS);
    let future = async move { local.0.is_null() };
    let (task, handle) = spawn_local(future, Arc::clone(&queue), Id::next());
    // On another thread: an error, and the future leaked rather than dropped there.
    std::thread::spawn(move || task.run()).join().unwrap();
    assert!(joined(handle).unwrap_err().is_panic());
    assert_eq!(LOCALS.load(SeqCst), 0);

    let rc = std::rc::Rc::new(5);
    let (task, handle) = spawn_local(async move { *rc }, Arc::clone(&queue), Id::next());
    task.run();
    assert_eq!(joined(handle).unwrap(), 5);
}

/// A scheduler without a list, as a pool of threads for blocking jobs has.
struct Unlisted(Arc<Mutex<VecDeque<Task>>>);

impl Schedule for Unlisted {
    fn schedule(&self, task: Task, _: Woke) {
        self.0.lock().push_back(task);
    }
    fn owned(&self) -> Option<&OwnedTasks> {
        None
    }
}

#[test]
fn without_a_list_a_task_nobody_can_wake_is_dropped() {
    let ready = Arc::new(Mutex::new(VecDeque::new()));
    let drops = Drops::default();
    let guard = drops.guard();
    let future = async move {
        let _guard = guard;
        pending::<()>().await;
    };
    let (task, handle) = spawn(future, Unlisted(Arc::clone(&ready)), Id::next());
    drop(handle);
    task.run();
    assert_eq!(drops.count(), 1);
    // And one that nobody ever ran.
    let guard = drops.guard();
    drop(spawn(async move { drop(guard) }, Unlisted(Arc::clone(&ready)), Id::next()));
    assert_eq!(drops.count(), 2);
    assert_eq!(Arc::strong_count(&ready), 1);
}

#[test]
fn pointers_are_thin_and_the_header_small() {
    assert_eq!(size_of::<crate::raw::Header>(), 72);
    assert_eq!(size_of::<JoinHandle<[u8; 100]>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Task>>(), size_of::<usize>());
}

#[test]
fn a_long_race_of_wakers_and_runners_loses_nothing() {
    const TASKS: usize = 64;
    const ROUNDS: usize = 500;
    let queue = Arc::new(Queue::default());
    let slots: Vec<_> = (0..TASKS).map(|_| Arc::new(Mutex::new(None::<Waker>))).collect();
    let handles: Vec<_> = slots.iter().map(|slot| queue.spawn(waits(slot, ROUNDS))).collect();
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while done.load(SeqCst) < 2 {
                    let next = queue.ready.lock().pop_front();
                    match next {
                        Some((task, _)) => task.run(),
                        None => std::thread::yield_now(),
                    }
                }
            });
            scope.spawn(|| {
                while handles.iter().any(|handle| !handle.is_finished()) {
                    for slot in &slots {
                        let waker = slot.lock().clone();
                        if let Some(waker) = waker {
                            waker.wake();
                        }
                    }
                    std::thread::yield_now();
                }
                done.fetch_add(1, SeqCst);
            });
        }
    });
    for handle in handles {
        joined(handle).unwrap();
    }
    drop(slots);
    assert_eq!(Arc::strong_count(&queue), 1);
}
