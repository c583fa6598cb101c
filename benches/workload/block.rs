//! `block_on` alone, and with tasks that it waits for.

use crate::{Cost, Flavor, Round, Runtime, THREADS};
use std::hint::black_box;

/// Ready futures a pass.
pub(crate) const READY: u64 = 100;

/// What entering and leaving the runtime costs.
pub(crate) fn ready<R: Runtime>(flavor: Flavor) -> Round {
    let runtime = R::start(flavor);
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes * READY {
                black_box(runtime.block_on(async { black_box(7) }));
            }
        })
    })
}

/// Tasks are spawned and awaited by the thread that is in `block_on`.
pub(crate) fn spawn<R: Runtime>(tasks: u64) -> Round {
    let runtime = R::start(THREADS);
    Box::new(move |passes| {
        Cost::of(|| {
            for _ in 0..passes {
                runtime.block_on(async {
                    let handles: Vec<_> = (0..tasks).map(|n| R::spawn(async move { n })).collect();
                    for (n, handle) in (0..).zip(handles) {
                        assert_eq!(handle.await.unwrap(), n);
                    }
                });
            }
        })
    })
}
