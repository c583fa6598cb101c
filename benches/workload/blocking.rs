//! Code that blocks, on the threads that are there for it.

use crate::{Cost, Round, Runtime, THREADS};

/// Jobs a pass that are awaited one after the other.
pub(crate) const ONE_BY_ONE: u64 = 100;
/// Jobs a pass that are there at once.
pub(crate) const AT_ONCE: u64 = 1_000;

/// A task hands over one job and awaits it, then the next.
pub(crate) fn one_by_one<R: Runtime>() -> Round {
    let runtime = R::start(THREADS);
    Box::new(move |passes| {
        Cost::of(|| {
            let all = runtime.spawn_on(async move {
                for n in 0..passes * ONE_BY_ONE {
                    assert_eq!(R::spawn_blocking(move || n).await.unwrap(), n);
                }
            });
            runtime.block_on(all).unwrap();
        })
    })
}

/// A task hands over many jobs and then awaits them.
pub(crate) fn at_once<R: Runtime>() -> Round {
    let runtime = R::start(THREADS);
    Box::new(move |passes| {
        Cost::of(|| {
            let all = runtime.spawn_on(async move {
                for _ in 0..passes {
                    let jobs: Vec<_> = (0..AT_ONCE).map(|n| R::spawn_blocking(move || n)).collect();
                    for (n, job) in (0..).zip(jobs) {
                        assert_eq!(job.await.unwrap(), n);
                    }
                }
            });
            runtime.block_on(all).unwrap();
        })
    })
}
