//! What tasks do with each other.

use crate::Flavor::Current;
use crate::THREADS;
use crate::kind::Group::{BlockOn, CurrentThread, Scheduler};
use crate::kind::{Workload, sides};
use crate::workload::{block, busy, channel, message, spawn};

/// From the narrowest to the widest.
pub(super) const TASKS: &[Workload] = &[
    Workload::new(
        BlockOn,
        "block_on_ready",
        "enter and leave the runtime with a future that is ready",
        block::READY,
        sides!(block::ready::<R>(THREADS)),
    )
    .limit("atomic_rmw")
    .mark(4.0),
    Workload::new(
        BlockOn,
        "block_on_spawn_1",
        "spawn a task from block_on and await it",
        1,
        sides!(block::spawn::<R>(1)),
    )
    .limit("malloc_free_128")
    .mark(20.0),
    Workload::new(
        BlockOn,
        "block_on_spawn_10",
        "spawn ten tasks from block_on and await them",
        10,
        sides!(block::spawn::<R>(10)),
    )
    .limit("malloc_free_128")
    .mark(20.0),
    Workload::new(
        BlockOn,
        "sync_mpsc_oneshot",
        "send a request from block_on to a task and await its answer",
        channel::REQUESTS,
        sides!(channel::requests::<R>(THREADS)),
    )
    .limit("malloc_free_128"),
    Workload::new(
        Scheduler,
        "spawn_many_local",
        "spawn 10,000 tasks from block_on and wait for the last",
        spawn::MANY,
        sides!(spawn::many_local::<R>(THREADS, spawn::MANY)),
    )
    .limit("malloc_free_128"),
    Workload::new(
        Scheduler,
        "spawn_many_remote_idle",
        "spawn 10,000 tasks from outside onto sleeping workers and await them",
        spawn::MANY,
        sides!(spawn::many_remote_idle::<R>()),
    )
    .limit("malloc_free_128"),
    Workload::new(
        Scheduler,
        "spawn_many_remote_busy1",
        "the same while every worker has tasks that hold it and yield",
        busy::YIELDING,
        sides!(busy::many_remote_busy1::<R>()),
    )
    .limit("malloc_free_128")
    .fresh(),
    Workload::new(
        Scheduler,
        "spawn_many_remote_busy2",
        "the same while every worker has tasks that hold it and spawn their successors",
        busy::SPAWNING,
        sides!(busy::many_remote_busy2::<R>()),
    )
    .limit("malloc_free_128")
    .fresh(),
    Workload::new(
        Scheduler,
        "remote_spawn_2_threads",
        "two threads outside spawn at the same time",
        spawn::FROM_TWO,
        sides!(spawn::from_two_threads::<R>()),
    )
    .limit("malloc_free_128"),
    Workload::new(
        Scheduler,
        "spawn_and_join",
        "a task spawns another and awaits it",
        spawn::JOINED,
        sides!(spawn::and_join::<R>(THREADS)),
    )
    .limit("malloc_free_128"),
    Workload::new(
        Scheduler,
        "chained_spawn",
        "each task spawns the next and ends",
        spawn::CHAINED,
        sides!(spawn::chained::<R>(THREADS)),
    )
    .limit("malloc_free_128"),
    Workload::new(
        Scheduler,
        "yield_many",
        "200 tasks yield, all the time",
        message::yields(message::YIELDING),
        sides!(message::yield_many::<R>(THREADS, message::YIELDING)),
    )
    .limit("atomic_rmw"),
    Workload::new(
        Scheduler,
        "ping_pong",
        "1,000 pairs of tasks exchange messages over one-shot channels",
        message::PINGS,
        sides!(message::ping_pong::<R>(THREADS)),
    )
    .limit("malloc_free_128"),
    Workload::new(
        Scheduler,
        "wake_pair",
        "two tasks wake each other in turn",
        message::TURNS,
        sides!(message::wake_pair::<R>(THREADS)),
    )
    .limit("atomic_rmw"),
    Workload::new(
        CurrentThread,
        "current_block_on_ready",
        "enter and leave the runtime with a future that is ready",
        block::READY,
        sides!(block::ready::<R>(Current)),
    )
    .limit("atomic_rmw")
    .mark(1.5),
    Workload::new(
        CurrentThread,
        "current_spawn_many",
        "spawn 10,000 tasks and wait for the last",
        spawn::MANY,
        sides!(spawn::many_local::<R>(Current, spawn::MANY)),
    )
    .limit("malloc_free_128")
    .mark(1.5),
    Workload::new(
        CurrentThread,
        "current_spawn_and_join",
        "a task spawns another and awaits it",
        spawn::JOINED,
        sides!(spawn::and_join::<R>(Current)),
    )
    .limit("malloc_free_128")
    .mark(1.5),
    Workload::new(
        CurrentThread,
        "current_chained_spawn",
        "each task spawns the next and ends",
        spawn::CHAINED,
        sides!(spawn::chained::<R>(Current)),
    )
    .limit("malloc_free_128")
    .mark(1.5),
    Workload::new(
        CurrentThread,
        "current_yield_many",
        "200 tasks yield, all the time",
        message::yields(message::YIELDING),
        sides!(message::yield_many::<R>(Current, message::YIELDING)),
    )
    .limit("atomic_rmw")
    .mark(1.5),
    Workload::new(
        CurrentThread,
        "current_ping_pong",
        "1,000 pairs of tasks exchange messages over one-shot channels",
        message::PINGS,
        sides!(message::ping_pong::<R>(Current)),
    )
    .limit("malloc_free_128")
    .mark(1.5),
    Workload::new(
        CurrentThread,
        "current_wake_pair",
        "two tasks wake each other in turn",
        message::TURNS,
        sides!(message::wake_pair::<R>(Current)),
    )
    .limit("atomic_rmw")
    .mark(1.5),
    Workload::new(
        CurrentThread,
        "current_sync_mpsc_oneshot",
        "send a request to a task and await its answer",
        channel::REQUESTS,
        sides!(channel::requests::<R>(Current)),
    )
    .limit("malloc_free_128")
    .mark(1.5),
];
