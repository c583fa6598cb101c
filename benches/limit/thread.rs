//! What threads cost without a runtime on them.

use super::repeated;
use crate::Cost;
use crate::kind::Round;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread::{self, Thread};

/// Round trips a pass.
pub(super) const ROUND_TRIPS: u64 = 100;
/// Threads a pass.
pub(super) const STARTED: u64 = 10;

/// Two threads put each other to sleep and wake each other in turn: two wakes a round trip.
pub(super) fn round_trip() -> Round {
    Box::new(|passes| {
        let turns = 2 * passes * ROUND_TRIPS;
        let turn = Arc::new(AtomicU64::new(0));
        let (here, theirs) = (thread::current(), Arc::clone(&turn));
        let there = thread::spawn(move || take_turns(1, turns, &theirs, &here));
        let other = there.thread().clone();
        let cost = Cost::of(|| take_turns(0, turns, &turn, &other));
        there.join().expect("the other thread plays by the rules");
        cost
    })
}

fn take_turns(mine: u64, turns: u64, turn: &AtomicU64, other: &Thread) {
    for now in (mine..turns).step_by(2) {
        while turn.load(SeqCst) != now {
            thread::park();
        }
        turn.store(now + 1, SeqCst);
        other.unpark();
    }
}

/// A thread starts and ends, and another waits for that.
pub(super) fn start_and_join() -> Round {
    repeated(STARTED, || {
        let number = thread::spawn(|| black_box(7)).join().expect("nothing can fail here");
        assert_eq!(number, 7);
    })
}
