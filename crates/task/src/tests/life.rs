//! From the spawn to the output, and what may go wrong on the way.

use super::{Calls, Drops, Queue, Turn, joined, poll, waits};
use crate::primitives::sync::Mutex;
use crate::{Id, JoinHandle, Task, Woke, spawn_local, try_id};
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Poll, Waker};

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
