//! Wakes against polls.

use super::{Dropped, Executor, Signal, wait_for};
use crate::primitives::atomic::{
    AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use crate::primitives::sync::{Arc, Mutex};
use crate::primitives::{model, thread};
use std::future::poll_fn;
use std::task::Poll;

/// Is a wake-up ever lost, between a runner and two wakers?
#[test]
fn wakes_against_a_poll() {
    model(|| {
        let executor = Executor::new();
        let (signal, slot) = (Signal::new(), Arc::new(Mutex::new(Vec::new())));
        let drops = Arc::new(AtomicUsize::new(0));
        let handle =
            executor.spawn(wait_for(signal.clone(), 2, slot.clone(), Dropped(drops.clone())));
        executor.turn();
        let by_val = slot.lock().pop().unwrap();
        let by_ref = slot.lock().pop().unwrap();
        let other = {
            let (signal, executor) = (signal.clone(), executor.clone());
            thread::spawn(move || {
                signal.raised.fetch_add(1, Relaxed);
                by_val.wake();
                executor.turn();
            })
        };
        signal.raised.fetch_add(1, Relaxed);
        by_ref.wake_by_ref();
        executor.turn();
        other.join().unwrap();
        executor.drain();
        assert!(handle.is_finished(), "a wake-up was lost");
        assert_eq!(drops.load(SeqCst), 1);
        drop((by_ref, handle));
    });
}

/// The task ends and is freed while the thread that pushed it is still inside its scheduler.
#[test]
fn a_push_against_the_end_of_the_task() {
    model(|| {
        let executor = Executor { lingers: true, ..Executor::new() };
        let (signal, slot) = (Signal::new(), Arc::new(Mutex::new(Vec::new())));
        let drops = Arc::new(AtomicUsize::new(0));
        drop(executor.spawn(wait_for(signal.clone(), 1, slot.clone(), Dropped(drops.clone()))));
        executor.turn();
        let waker = slot.lock().pop().unwrap();
        // It holds another waker, as the task will leave one there.
        drop(slot);
        signal.raised.fetch_add(1, Relaxed);
        let other = {
            let executor = executor.clone();
            thread::spawn(move || executor.turn())
        };
        waker.wake();
        other.join().unwrap();
        executor.drain();
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// Does what the waker wrote reach the poll, with nothing but the state word in between?
#[test]
fn a_wake_carries_its_writes() {
    model(|| {
        let executor = Executor::new();
        let signal = Signal::new();
        let waker = Arc::new(Mutex::new(None));
        let (seen, shown) = (signal.clone(), waker.clone());
        let handle = executor.spawn(poll_fn(move |cx| {
            if shown.lock().is_none() {
                *shown.lock() = Some(cx.waker().clone());
                // Scheduled again at once: the other thread's wake finds SCHEDULED or RUNNING.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if seen.raised.load(Relaxed) == 0 {
                return Poll::Pending;
            }
            // SAFETY: written before the wake that let us here.
            assert_eq!(seen.data.with(|data| unsafe { *data }), 7);
            Poll::Ready(())
        }));
        executor.turn();
        let waker = waker.lock().take().unwrap();
        let other = thread::spawn(move || {
            // SAFETY: nobody reads before `raised` is seen.
            signal.data.with_mut(|data| unsafe { *data = 7 });
            signal.raised.store(1, SeqCst);
            waker.wake();
        });
        executor.turn();
        other.join().unwrap();
        executor.drain();
        assert!(handle.is_finished());
    });
}
