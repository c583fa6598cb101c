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

#[test]
fn what_is_named_current_is_found_but_does_not_run() {
    let executor = LocalExecutor::new();
    assert!(LocalHandle::current().is_none());
    let named = executor.name_current();
    let task = LocalHandle::current().unwrap().spawn(async { 1 });
    drop(named);
    assert!(LocalHandle::current().is_none());
    assert!(!task.is_finished());
    assert_eq!(executor.block_on(task).unwrap(), 1);
}

#[test]
fn a_spawn_goes_behind_what_was_woken_before_it() {
    let executor = LocalExecutor::new();
    let log = Log::default();
    let slot = Rc::new(RefCell::new(None::<Waker>));
    let (noted, kept) = (log.clone(), Rc::clone(&slot));
    executor.spawn(poll_fn(move |cx| {
        noted.note("woken");
        kept.replace(Some(cx.waker().clone())).map_or(Poll::Pending, |_| Poll::Ready(()))
    }));
    assert!(executor.try_tick());
    // Not from within: it goes through the inbox.
    slot.borrow().as_ref().unwrap().wake_by_ref();
    let noted = log.clone();
    executor.spawn(async move { noted.note("spawned") });
    while executor.try_tick() {}
    assert_eq!(log.take(), ["woken", "woken", "spawned"]);
}

#[test]
fn a_spawn_after_the_end_is_cancelled_at_once() {
    let executor = LocalExecutor::new();
    let handle = executor.handle();
    drop(executor);
    let dropped = Rc::new(Cell::new(0));
    let guard = Dropped(Rc::clone(&dropped));
    let task = handle.spawn(async move { drop(guard) });
    assert!(task.is_finished());
    assert_eq!(dropped.get(), 1);
    assert!(crate::block_on(task).unwrap_err().is_cancelled());
}
