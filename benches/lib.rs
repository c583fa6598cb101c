//! Tokio's own workloads, each written once and run on Tokio and on Handcrank.
//!
//! The workloads are those of Tokio's `benches` folder, in our own words, plus a few that it lacks:
//! its folder has no TCP echo and no `block_on` alone. Both runtimes get the same number of
//! workers, the same channels (`std::sync::mpsc` and `tokio::sync::oneshot`, which need no runtime)
//! and the same code: a workload knows its runtime only through the trait [`Runtime`].
//!
//! - `cargo bench -p benches --bench compare` measures with criterion: one group a workload, the
//!   two runtimes below each other.
//! - `cargo bench -p benches --bench paired` lets the two take turns in one process and prints how
//!   many times faster one is than the other. Trust this one on a machine that does other things
//!   meanwhile: what disturbs a round disturbs both.
//!
//! With `--features mimalloc` both use mimalloc.

#![forbid(unsafe_code)]

mod block;
mod busy;
mod cost;
mod message;
mod runtime;
mod spawn;
mod tcp;
mod timer;

pub use cost::Cost;
pub use runtime::{Handcrank, Runtime, Tokio};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The allocator that both runtimes use here.
pub const ALLOCATOR_NAME: &str =
    if cfg!(feature = "mimalloc") { "mimalloc" } else { "the system's" };

/// How many workers each runtime gets.
pub const WORKERS: usize = 2;

/// A workload made ready on a runtime: goes through it that many times and says what it cost.
pub type Round = Box<dyn FnMut(u64) -> Cost>;

/// A workload and the ways to make it ready.
#[derive(Debug)]
pub struct Workload {
    /// What it is called in Tokio's `benches`, if it is there.
    pub name: &'static str,
    /// How many operations one pass consists of.
    pub operations: u64,
    /// Makes it ready on Tokio.
    pub tokio: fn() -> Round,
    /// Makes it ready on Handcrank.
    pub handcrank: fn() -> Round,
}

macro_rules! workloads {
    ($($name:literal: $operations:expr, $($make:ident)::+;)*) => {
        /// Every workload, from the narrowest to the widest.
        pub const WORKLOADS: &[Workload] = &[$(Workload {
            name: $name,
            operations: $operations,
            tokio: $($make)::+::<Tokio>,
            handcrank: $($make)::+::<Handcrank>,
        }),*];
    };
}

workloads! {
    "block_on_ready": block::READY, block::ready;
    "block_on_spawn_1": 1, block::spawn_1;
    "block_on_spawn_10": 10, block::spawn_10;
    "spawn_many_local": spawn::MANY, spawn::many_local;
    "spawn_many_remote_idle": spawn::MANY, spawn::many_remote_idle;
    "spawn_many_remote_busy1": busy::YIELDING, busy::many_remote_busy1;
    "spawn_many_remote_busy2": busy::SPAWNING, busy::many_remote_busy2;
    "remote_spawn_2_threads": spawn::FROM_TWO, spawn::from_two_threads;
    "spawn_and_join": spawn::JOINED, spawn::and_join;
    "chained_spawn": spawn::CHAINED, spawn::chained;
    "yield_many": message::YIELDS, message::yield_many;
    "ping_pong": message::PINGS, message::ping_pong;
    "wake_pair": message::TURNS, message::wake_pair;
    "tcp_echo_1": tcp::ROUND_TRIPS, tcp::echo_1;
    "tcp_echo_50": tcp::ROUND_TRIPS, tcp::echo_50;
    "sleep_many": timer::SLEEPERS, timer::sleep_many;
}

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
    fn goes_through(make: impl Fn(&Workload) -> Round) {
        for workload in WORKLOADS {
            let cost = make(workload)(1);
            assert!(cost.wall > Duration::ZERO, "{} took no time", workload.name);
        }
    }

    #[test]
    fn tokio_goes_through_every_workload() {
        goes_through(|workload| (workload.tokio)());
    }

    #[test]
    fn handcrank_goes_through_every_workload() {
        goes_through(|workload| (workload.handcrank)());
    }
}
