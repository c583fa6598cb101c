//! The workloads at growing sizes.

use crate::THREADS;
use crate::kind::{Curve, Figure, Round, Sides, sides};
use crate::workload::spawn;

/// Every curve.
pub const CURVES: &[Curve] = &[curve(
    "spawn_many_by_tasks",
    "spawn so many tasks from block_on and wait for the last",
    "tasks",
    &[10, 1_000, 100_000, 1_000_000],
    |tasks| tasks,
    sides!(|tasks| spawn::many_local::<R>(THREADS, tasks)),
)];

/// One that is compared by the clock, operation by operation.
const fn curve(
    name: &'static str,
    what: &'static str,
    axis: &'static str,
    points: &'static [u64],
    operations: fn(u64) -> u64,
    sides: Sides<fn(u64) -> Round>,
) -> Curve {
    let Sides { tokio, handcrank, smol } = sides;
    let (unit, figure) = ("ns each", Figure::Wall);
    Curve { name, what, axis, points, unit, figure, tokio, handcrank, smol, operations }
}
