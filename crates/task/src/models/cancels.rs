//! Aborts and shutdowns against wakes and polls.

use super::{Dropped, Executor, Signal, poll, wait_for};
use crate::primitives::atomic::{
    AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use crate::primitives::sync::{Arc, Mutex};
use crate::primitives::{model, thread};
use std::task::{Poll, Waker};

/// Is an aborted task dropped once, by a runner, and never polled again?
#[test]
fn an_abort_against_a_wake_and_a_poll() {
    model(|| {
        let executor = Executor::new();
        let (signal, slot) = (Signal::new(), Arc::new(Mutex::new(Vec::new())));
        let drops = Arc::new(AtomicUsize::new(0));
        let mut handle =
            executor.spawn(wait_for(signal.clone(), 1, slot.clone(), Dropped(drops.clone())));
        executor.turn();
        let waker = slot.lock().pop().unwrap();
        let abort = handle.abort_handle();
        let aborter = thread::spawn(move || {
            abort.abort();
            assert!(Arc::strong_count(&drops) >= 1);
            drops
        });
        signal.raised.fetch_add(1, Relaxed);
        waker.wake();
        executor.turn();
        let drops = aborter.join().unwrap();
        executor.drain();
        match poll(&mut handle, Waker::noop()) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => assert!(error.is_cancelled()),
            Poll::Pending => panic!("neither finished nor cancelled"),
        }
        assert_eq!(drops.load(SeqCst), 1);
    });
}

/// A shutdown while a wake is on its way: the late entry must find nothing to do.
#[test]
fn a_shutdown_against_a_wake() {
    model(|| {
        let executor = Executor::new();
        let (signal, slot) = (Signal::new(), Arc::new(Mutex::new(Vec::new())));
        let drops = Arc::new(AtomicUsize::new(0));
        let mut handle = executor.spawn(wait_for(signal, 1, slot.clone(), Dropped(drops.clone())));
        executor.turn();
        let waker = slot.lock().pop().unwrap();
        let other = thread::spawn(move || waker.wake());
        executor.queue.tasks.close_and_shutdown_all();
        assert_eq!(drops.load(SeqCst), 1);
        match poll(&mut handle, Waker::noop()) {
            Poll::Ready(Err(error)) => assert!(error.is_cancelled()),
            _ => panic!("the shutdown left it alive"),
        }
        other.join().unwrap();
        // What a scheduler does with entries that come after its end: it drops them.
        executor.queue.ready.lock().clear();
    });
}
