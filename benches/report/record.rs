//! What is measured, as it lies in the files.

use serde::{Deserialize, Serialize};

/// The names in the column `runtime`.
pub(crate) mod runtime {
    pub(crate) const TOKIO: &str = "tokio";
    pub(crate) const HANDCRANK: &str = "handcrank";
    pub(crate) const SMOL: &str = "smol";
    /// The second Tokio of a control run.
    pub(crate) const AGAIN: &str = "tokio again";
    /// The least that the hardware and the system allow.
    pub(crate) const LIMIT: &str = "limit";
    /// No runtime: two threads that only count, to see how many CPUs the machine gives.
    pub(crate) const MACHINE: &str = "machine";
}

/// One side's turn in one round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Turn {
    pub(crate) allocator: String,
    pub(crate) workload: String,
    pub(crate) runtime: String,
    pub(crate) round: u64,
    pub(crate) passes: u64,
    /// Of all passes together.
    pub(crate) operations: u64,
    pub(crate) wall_ns: u64,
    pub(crate) cpu_ns: u64,
    /// Of the sampled operations, where there are samples.
    pub(crate) p50_ns: Option<f64>,
    pub(crate) p99_ns: Option<f64>,
}

impl Turn {
    /// Time on the clock for one operation, in ns.
    pub(crate) fn wall(&self) -> f64 {
        each(self.wall_ns, self.operations)
    }

    /// Processor time of all threads for one operation, in ns.
    pub(crate) fn cpu(&self) -> f64 {
        each(self.cpu_ns, self.operations)
    }
}

/// What one of so many operations took.
fn each(ns: u64, operations: u64) -> f64 {
    ns as f64 / operations.max(1) as f64
}

/// One side's turn at one point of a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PointTurn {
    pub(crate) allocator: String,
    pub(crate) curve: String,
    pub(crate) point: u64,
    pub(crate) runtime: String,
    pub(crate) round: u64,
    pub(crate) passes: u64,
    pub(crate) operations: u64,
    pub(crate) wall_ns: u64,
    pub(crate) cpu_ns: u64,
    pub(crate) p50_ns: Option<f64>,
    pub(crate) p99_ns: Option<f64>,
}

impl PointTurn {
    /// A turn, and where on the curve it was taken.
    pub(crate) fn new(turn: Turn, point: u64) -> Self {
        let Turn { allocator, workload: curve, runtime, round, passes, operations, .. } = turn;
        let Turn { wall_ns, cpu_ns, p50_ns, p99_ns, .. } = turn;
        Self {
            allocator,
            curve,
            point,
            runtime,
            round,
            passes,
            operations,
            wall_ns,
            cpu_ns,
            p50_ns,
            p99_ns,
        }
    }

    /// Time on the clock for one operation, in ns.
    pub(crate) fn wall(&self) -> f64 {
        each(self.wall_ns, self.operations)
    }

    /// Processor time of all threads for one operation, in ns.
    pub(crate) fn cpu(&self) -> f64 {
        each(self.cpu_ns, self.operations)
    }
}

/// What a fresh process found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MemorySample {
    pub(crate) allocator: String,
    pub(crate) what: String,
    pub(crate) runtime: String,
    pub(crate) sample: u64,
    /// Resident bytes for each of them.
    pub(crate) bytes: f64,
}

/// One thing to know about a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fact {
    pub(crate) allocator: String,
    pub(crate) fact: String,
    pub(crate) value: String,
}
