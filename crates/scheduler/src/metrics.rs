//! What a scheduler has done so far.

use crate::seat::Seat;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A scheduler's figures.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Tasks spawned and not yet ended.
    pub alive: usize,
    /// Tasks spawned since the start.
    pub spawned: u64,
    /// Tasks waiting in the global queue.
    pub injected: usize,
}

/// One worker's figures. What is done from a seat counts for the seat, whoever sat there; sleeping
/// counts for the thread.
#[derive(Clone, Debug)]
pub struct WorkerMetrics {
    /// Polls of tasks.
    pub polls: u64,
    /// Successful steals; each may have moved several tasks.
    pub steals: u64,
    /// How often the worker went to sleep.
    pub parks: u64,
    /// How often it woke up.
    pub unparks: u64,
    /// How long somebody sat here. Brought up to date now and then while busy.
    pub busy: Duration,
    /// How often 10 ms or more went by while somebody worked here without looking up.
    pub overruns: u64,
    /// Tasks waiting in this seat's queue.
    pub queued: usize,
}

impl WorkerMetrics {
    pub(crate) fn read(seat: &Seat) -> Self {
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        let counters = &seat.counters;
        Self {
            polls: read(&counters.polls),
            steals: read(&counters.steals),
            parks: read(&counters.parks),
            unparks: read(&counters.unparks),
            busy: Duration::from_nanos(read(&counters.busy_nanos)),
            overruns: read(&counters.overruns),
            queued: seat.queued(),
        }
    }
}
