//! Many timers at once.

use crate::{Cost, Round, Runtime, THREADS};
use std::time::Duration;

/// Sleeping tasks a pass.
pub(crate) const SLEEPERS: u64 = 20_000;

/// Tasks that sleep between 1 and 20 ms. The time on the clock is bounded by the longest sleep: what
/// can be compared is the processor time.
pub(crate) fn sleep_many<R: Runtime>() -> Round {
    let runtime = R::start(THREADS);
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes {
                let sleepers: Vec<_> = (0..SLEEPERS)
                    // Made inside the task: a sleep wants to know its runtime's clock.
                    .map(|n| Duration::from_millis(1 + n % 20))
                    .map(|time| runtime.spawn_on(async move { R::sleep(time).await }))
                    .collect();
                runtime.block_on(async {
                    for sleeper in sleepers {
                        sleeper.await.unwrap();
                    }
                });
            }
        })
    })
}
