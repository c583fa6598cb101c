//! The list of all workloads.

mod tasks;
mod world;

use self::tasks::TASKS;
use self::world::WORLD;
use crate::kind::Workload;

/// Every workload: tasks among themselves first.
pub const WORKLOADS: &[Workload] = &{
    let mut all = [TASKS[0]; TASKS.len() + WORLD.len()];
    let mut n = 1;
    while n < all.len() {
        all[n] = if n < TASKS.len() { TASKS[n] } else { WORLD[n - TASKS.len()] };
        n += 1;
    }
    all
};
