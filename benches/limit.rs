//! The physical limits: what the machine takes for the least that an operation could be.

mod epoll;
mod thread;

use crate::Cost;
use crate::kind::{Limit, Round};
use crate::workload::tcp::{THOUSANDS, round_trips};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// Repetitions a pass of what takes nanoseconds.
const MANY: u64 = 10_000;

/// Every limit, from the smallest to the largest.
pub const LIMITS: &[Limit] = &[
    Limit {
        name: "atomic_rmw",
        what: "add to an atomic that no other thread touches",
        operations: MANY,
        make: || {
            let word = AtomicU64::new(0);
            repeated(MANY, move || {
                black_box(&word).fetch_add(1, Relaxed);
            })
        },
    },
    Limit {
        name: "malloc_free_128",
        what: "take 128 bytes from the allocator and give them back",
        operations: MANY,
        make: || repeated(MANY, || drop(black_box(Box::<[u8; 128]>::new_uninit()))),
    },
    Limit {
        name: "instant_now",
        what: "look at the clock",
        operations: MANY,
        make: || {
            repeated(MANY, || {
                black_box(Instant::now());
            })
        },
    },
    Limit {
        name: "syscall",
        what: "ask the kernel for next to nothing",
        operations: MANY,
        make: || {
            repeated(MANY, || {
                black_box(rustix::process::getppid());
            })
        },
    },
    Limit {
        name: "thread_round_trip",
        what: "two threads wake each other and sleep: there and back through the kernel",
        operations: thread::ROUND_TRIPS,
        make: thread::round_trip,
    },
    Limit {
        name: "thread_start_join",
        what: "start a thread and wait for its end",
        operations: thread::STARTED,
        make: thread::start_and_join,
    },
    Limit {
        name: "epoll_echo_1",
        what: "128 bytes there and back, one thread with one event queue, 1 connection",
        operations: round_trips(1),
        make: || epoll::echo(1),
    },
    Limit {
        name: "epoll_echo_50",
        what: "the same over 50 connections",
        operations: round_trips(50),
        make: || epoll::echo(50),
    },
    Limit {
        name: "epoll_echo_500",
        what: "the same over 500 connections",
        operations: round_trips(500),
        make: || epoll::echo(500),
    },
    Limit {
        name: "epoll_echo_5000",
        what: "the same over 5,000 connections",
        operations: round_trips(THOUSANDS),
        make: || epoll::echo_fresh(THOUSANDS),
    },
];

/// One pass does it that many times.
fn repeated(times: u64, mut operation: impl FnMut() + 'static) -> Round {
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes * times {
                operation();
            }
        })
    })
}
