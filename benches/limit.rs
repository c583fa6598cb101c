//! The physical limits: what the machine takes for the least that an operation could be.

use crate::Cost;
use crate::kind::{Limit, Round};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Repetitions a pass of those that take nanoseconds.
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
        make: || repeated(MANY, || drop(black_box(Box::new([0_u8; 128])))),
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
