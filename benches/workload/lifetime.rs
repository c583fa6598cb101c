//! From the first thread to the last.

use crate::{Cost, Flavor, Round, Runtime};

/// A runtime starts, runs one task, and stops.
pub(crate) fn start_and_stop<R: Runtime>(flavor: Flavor) -> Round {
    Box::new(move |passes| {
        Cost::of(|| {
            for n in 0..passes {
                let runtime = R::start(flavor);
                let task = runtime.spawn_on(async move { n });
                assert_eq!(runtime.block_on(task).unwrap(), n);
            }
        })
    })
}
