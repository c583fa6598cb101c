//! How many CPUs the machine gives.

use benches::Cost;
use std::thread;
use std::time::{Duration, Instant};

/// How long it looks. Short, because it looks again in every round.
const LOOK: Duration = Duration::from_millis(2);

/// Two threads that do nothing but look at the clock: on a machine that gives two CPUs, they use
/// twice as much processor time as goes by. Without this, a load for two threads that had only one
/// CPU looks like a runtime that uses only one.
pub(crate) fn probe() -> Cost {
    Cost::of(|| {
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let since = Instant::now();
                    while since.elapsed() < LOOK {
                        std::hint::spin_loop();
                    }
                });
            }
        });
    })
}
