//! What idle things take up.

use crate::descriptors::make_room;
use crate::kind::{Memory, Sides, sides};
use crate::workload::tcp::{THOUSANDS, connections_of};
use crate::{Runtime, THREADS};
use rustix::param::page_size;
use std::fs;
use std::future::{pending, ready};
use std::time::Duration;

/// How many tasks and timers. Tests only want to see it go.
const MANY: u64 = if cfg!(test) { 1_000 } else { 200_000 };
/// How many connections.
const CONNECTIONS: u64 = THOUSANDS;

/// Everything that is weighed.
pub const MEMORY: &[Memory] = &[
    memory("idle_task", "a task that waits for ever", MANY, sides!(tasks::<R>())),
    memory("sleeping_timer", "a task that sleeps for an hour", MANY, sides!(timers::<R>())),
    memory(
        "idle_connection",
        "a connection, both ends of it and the task that waits at one of them",
        CONNECTIONS,
        sides!(connections::<R>()),
    ),
];

const fn memory(
    name: &'static str,
    what: &'static str,
    count: u64,
    sides: Sides<fn() -> f64>,
) -> Memory {
    let Sides { tokio, handcrank, smol } = sides;
    Memory { name, what, count, tokio, handcrank, smol }
}

fn tasks<R: Runtime>() -> f64 {
    weigh::<R, _>(MANY, |runtime| (0..MANY).for_each(|_| runtime.detach_on(pending::<()>())))
}

fn timers<R: Runtime>() -> f64 {
    weigh::<R, _>(MANY, |runtime| {
        for _ in 0..MANY {
            // Made inside the task: a sleep wants to know its runtime's clock.
            runtime.detach_on(async { R::sleep(Duration::from_hours(1)).await });
        }
    })
}

fn connections<R: Runtime>() -> f64 {
    make_room(2 * CONNECTIONS);
    weigh::<R, _>(CONNECTIONS, |runtime| {
        runtime.block_on(connections_of::<R>(CONNECTIONS)).expect("the loopback works")
    })
}

/// Makes so many of something and divides the memory that they took by their number.
fn weigh<R: Runtime, T>(count: u64, make: impl FnOnce(&R) -> T) -> f64 {
    let runtime = R::start(THREADS);
    settle(&runtime);
    let before = resident();
    let made = make(&runtime);
    settle(&runtime);
    let after = resident();
    drop(made);
    (after - before) / count as f64
}

/// Waits until all tasks have been polled that are there: tasks spawned later have run then.
fn settle<R: Runtime>(runtime: &R) {
    let last: Vec<_> = (0..1_000).map(|_| runtime.spawn_on(ready(()))).collect();
    runtime.block_on(async {
        for task in last {
            task.await.unwrap();
        }
        R::spawn(R::sleep(Duration::from_millis(100))).await.unwrap();
    });
}

/// The bytes of this process that lie in memory.
fn resident() -> f64 {
    let sizes = fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages = sizes.split_whitespace().nth(1).and_then(|pages| pages.parse::<f64>().ok());
    pages.expect("the second figure is a number") * page_size() as f64
}
