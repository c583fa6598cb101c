//! The workloads at growing sizes.

use crate::kind::{Curve, Figure, Round, Sides, sides};
use crate::workload::{message, spawn, tcp, timer};
use crate::{Flavor, THREADS};

/// Tasks.
const TASKS: &[u64] = &[10, 1_000, 100_000, 1_000_000];
/// Timers.
const TIMERS: &[u64] = &[10, 1_000, 100_000, 1_000_000];
/// Worker threads, on most machines more than there are CPUs at the end.
const WORKERS: &[u64] = &[1, 2, 4, 8, 16];

/// Every curve.
pub const CURVES: &[Curve] = &[
    curve(
        "spawn_many_by_tasks",
        "spawn so many tasks from block_on and wait for the last",
        ("tasks", TASKS),
        |tasks| tasks,
        sides!(|tasks| spawn::many_local::<R>(THREADS, tasks)),
    ),
    curve(
        "yield_many_by_tasks",
        "so many tasks yield, all of them alive at once",
        ("tasks", TASKS),
        message::yields,
        sides!(|tasks| message::yield_many::<R>(THREADS, tasks)),
    ),
    curve(
        "sleep_many_by_timers",
        "so many tasks sleep up to 100 ms and are woken",
        ("timers", TIMERS),
        |timers| timers,
        sides!(|timers| timer::fired::<R>(timers)),
    )
    .by_processor_time(),
    curve(
        "timer_polled_by_timers",
        "make a timer, wait for it once, and drop it, while so many others sleep",
        ("timers", TIMERS),
        |_| timer::UNUSED,
        sides!(|timers| timer::polled_among::<R>(timers)),
    ),
    curve(
        "tcp_echo_by_connections",
        "128 bytes there and back over so many TCP connections",
        ("connections", &[1, 10, 100, 1_000, 5_000]),
        tcp::round_trips,
        sides!(|connections| tcp::echo_fresh::<R>(connections)),
    ),
    curve(
        "spawn_many_by_workers",
        "spawn 10,000 tasks from block_on and wait for the last; workers beyond the CPUs share them",
        ("workers", WORKERS),
        |_| spawn::MANY,
        sides!(|workers| spawn::many_local::<R>(threads(workers), spawn::MANY)),
    ),
    curve(
        "yield_many_by_workers",
        "200 tasks yield, all the time; workers beyond the CPUs share them",
        ("workers", WORKERS),
        |_| message::yields(message::YIELDING),
        sides!(|workers| message::yield_many::<R>(threads(workers), message::YIELDING)),
    ),
    curve(
        "ping_pong_by_workers",
        "1,000 pairs of tasks exchange messages over one-shot channels; workers beyond the CPUs share them",
        ("workers", WORKERS),
        |_| message::PINGS,
        sides!(|workers| message::ping_pong::<R>(threads(workers))),
    ),
];

fn threads(workers: u64) -> Flavor {
    Flavor::Threads(workers as usize)
}

/// One that is compared by the clock, operation by operation.
const fn curve(
    name: &'static str,
    what: &'static str,
    (axis, points): (&'static str, &'static [u64]),
    operations: fn(u64) -> u64,
    sides: Sides<fn(u64) -> Round>,
) -> Curve {
    let Sides { tokio, handcrank, smol } = sides;
    let (unit, figure) = ("ns each", Figure::Wall);
    Curve { name, what, axis, points, unit, figure, tokio, handcrank, smol, operations }
}

impl Curve {
    const fn by_processor_time(mut self) -> Self {
        self.figure = Figure::Processor;
        self.unit = "ns of processor time each";
        self
    }
}
