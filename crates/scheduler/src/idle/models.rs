//! The heart of the protocol by itself, in a model whose table a person can read whole. `../models` has
//! the whole scheduler.

use super::*;
use handcrank_task::primitives::atomic::AtomicBool;
use handcrank_task::primitives::sync::Arc;
use handcrank_task::primitives::{model, thread};

/// Write, fence, read, on both sides: one of the two sees the other.
#[test]
fn a_push_and_a_sleeper_see_each_other() {
    model(|| {
        let idle = Arc::new(Idle::new(1, 1));
        let work = Arc::new(AtomicBool::new(false));
        let pusher = thread::spawn({
            let (idle, work) = (Arc::clone(&idle), Arc::clone(&work));
            move || {
                work.store(true, Relaxed);
                fence(SeqCst);
                idle.wants_waking()
            }
        });
        idle.announce(0, false);
        let seen = work.load(Relaxed);
        let called = pusher.join().unwrap();
        assert!(seen || called, "the worker sleeps beside its work");
    });
}
