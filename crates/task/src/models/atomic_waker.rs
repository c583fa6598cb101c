//! `AtomicWaker`: registering against waking.

use super::joiner;
use crate::AtomicWaker;
use crate::primitives::atomic::{
    AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use crate::primitives::sync::Arc;
use crate::primitives::{model, thread};

/// Is a waker that is registered while a wake happens ever left asleep?
#[test]
fn atomic_waker_register_against_wake() {
    model(|| {
        let shared = Arc::new((AtomicWaker::new(), AtomicUsize::new(0)));
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.1.store(1, Relaxed);
                shared.0.wake();
            })
        };
        let calls = Arc::new(AtomicUsize::new(0));
        shared.0.register(&joiner::waker(&calls));
        let ready = shared.1.load(Relaxed) == 1;
        other.join().unwrap();
        assert!(ready || calls.load(SeqCst) > 0, "registered, not ready, never woken");
        drop(shared.0.take());
    });
}

/// Two wakers at once, and a second registration: at least one wake reaches the last waker.
#[test]
fn atomic_waker_two_wakes() {
    model(|| {
        let slot = Arc::new(AtomicWaker::new());
        let (first, second) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        slot.register(&joiner::waker(&first));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let slot = slot.clone();
                thread::spawn(move || slot.wake())
            })
            .collect();
        slot.register(&joiner::waker(&second));
        for other in others {
            other.join().unwrap();
        }
        assert!(first.load(SeqCst) + second.load(SeqCst) >= 1);
        drop(slot.take());
    });
}
