#![cfg(handcrank_loom)]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use exercise::Signal;
use handcrank_executor::Parker;
use handcrank_task::primitives::cell::UnsafeCell;
use handcrank_task::primitives::sync::Arc;
use handcrank_task::primitives::{model, thread};

/// `block_on` without its cache: a model begins each interleaving with nothing left of the last.
fn block_on(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    let parker = Parker::new();
    let waker = Waker::from(parker.unparker());
    while future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
        parker.park();
    }
}

/// A signal, and something that the setter wrote before.
struct Shared {
    signal: Signal,
    letter: UnsafeCell<u32>,
}

// SAFETY: the letter is written before `set` and read after `wait`; the checker objects otherwise.
unsafe impl Sync for Shared {}

/// In some order of the two threads the waiter sleeps for ever, or wakes without seeing what the setter
/// had written. Read the table from the bottom: what did the waiter do last, and what had it seen before?
#[test]
fn no_wake_is_lost() {
    model(|| {
        let shared = Arc::new(Shared { signal: Signal::new(), letter: UnsafeCell::new(0) });
        let setter = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.letter.with_mut(|_| ());
                shared.signal.set();
            }
        });
        block_on(shared.signal.wait());
        shared.letter.with(|_| ());
        setter.join().unwrap();
    });
}
