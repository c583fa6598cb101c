//! Tokio's own workloads, each written once and run on Tokio, on Handcrank and on smol.
//!
//! The workloads are those of Tokio's `benches` folder, in our own words, plus what it lacks: it
//! has no network and no `block_on` alone. All runtimes get the same number of threads that run
//! tasks, the same channels (`std::sync::mpsc` and those of `tokio::sync`, which need no runtime)
//! and the same code: a workload knows its runtime only through the trait [`Runtime`]. The thread in
//! Handcrank's `block_on` helps from the seat of a worker that sleeps meanwhile, so no more threads
//! run tasks there than elsewhere.
//!
//! [`WORKLOADS`] are compared at one size, [`CURVES`] at growing ones; [`LIMITS`] say what the
//! machine itself takes, and [`MEMORY`] what idle things take up.
//!
//! - `cargo bench -p benches --bench compare` measures with criterion: one group a workload, the
//!   two runtimes below each other.
//! - `cargo x bench` lets them take turns in one process and reports how many times faster one is
//!   than the other, with table and charts. Trust this one on a machine that does other things
//!   meanwhile: what disturbs a round disturbs all. Its program is in the folder `report`.
//!
//! With `--features mimalloc` all use mimalloc.

#![forbid(unsafe_code)]

mod cost;
mod curve;
mod descriptors;
mod kind;
mod limit;
mod memory;
mod runtime;
mod workload;

pub use cost::{Cost, Latencies};
pub use curve::CURVES;
pub use kind::{Curve, Figure, Group, Limit, Memory, Round, Workload};
pub use limit::LIMITS;
pub use memory::MEMORY;
pub use runtime::{Flavor, Handcrank, Runtime, Smol, Tokio};
pub use workload::WORKLOADS;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The allocator that all runtimes use here.
pub const ALLOCATOR_NAME: &str =
    if cfg!(feature = "mimalloc") { "mimalloc" } else { "the system's" };

/// How many workers each runtime gets.
pub const WORKERS: usize = 2;

/// The runtime of most workloads.
const THREADS: Flavor = Flavor::Threads(WORKERS);

/// The README's example has to compile. It is held to that here because this package may use the
/// runtime and is never published without the folder around it.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Each workload checks its own result on the way: this runs them all once.
    fn goes_through(make: impl Fn(&Workload) -> Option<Round>) {
        for workload in WORKLOADS {
            let Some(mut round) = make(workload) else { continue };
            assert!(round(1).wall > Duration::ZERO, "{} took no time", workload.name);
        }
    }

    #[test]
    fn tokio_goes_through_every_workload() {
        goes_through(|workload| Some((workload.tokio)()));
    }

    #[test]
    fn handcrank_goes_through_every_workload() {
        goes_through(|workload| Some((workload.handcrank)()));
    }

    #[test]
    fn smol_goes_through_every_workload() {
        goes_through(|workload| workload.smol.map(|make| make()));
    }

    #[test]
    fn every_limit_can_be_reached() {
        for limit in LIMITS {
            assert!((limit.make)()(1).wall > Duration::ZERO, "{} took no time", limit.name);
        }
    }

    #[test]
    fn every_curve_begins() {
        for curve in CURVES {
            let point = curve.points[0];
            let sides = [Some(curve.tokio), Some(curve.handcrank), curve.smol];
            for make in sides.into_iter().flatten() {
                assert!(make(point)(1).wall > Duration::ZERO, "{} took no time", curve.name);
            }
        }
    }

    #[test]
    fn everything_idle_can_be_weighed() {
        for memory in MEMORY {
            // What it says means nothing here: others use memory in the same process.
            let sides = [Some(memory.tokio), Some(memory.handcrank), memory.smol];
            for weigh in sides.into_iter().flatten() {
                assert!(weigh().is_finite(), "{}", memory.name);
            }
        }
    }

    #[test]
    fn workloads_name_limits_that_exist() {
        for workload in WORKLOADS {
            let known = |name| LIMITS.iter().any(|limit| limit.name == name);
            assert!(workload.limit.is_none_or(known), "{}: {:?}", workload.name, workload.limit);
        }
    }
}
