//! The workloads: what each is called, and what it is to be held against.

mod block;
mod busy;
pub(crate) mod message;
pub(crate) mod spawn;
pub(crate) mod tcp;
mod timer;

use crate::THREADS;
use crate::kind::Group::{BlockOn, Net, Scheduler, Time};
use crate::kind::{Workload, sides};

/// Every workload, from the narrowest to the widest.
pub const WORKLOADS: &[Workload] = &[
    Workload::new(
        BlockOn,
        "block_on_ready",
        "enter and leave the runtime with a future that is ready",
        block::READY,
        sides!(block::ready::<R>()),
    ),
    Workload::new(
        BlockOn,
        "block_on_spawn_1",
        "spawn one task from block_on and await it",
        1,
        sides!(block::spawn_1::<R>()),
    )
    .limit("malloc_free_128"),
    Workload::new(
        Net,
        "tcp_echo_1",
        "128 bytes there and back over one connection",
        tcp::ROUND_TRIPS,
        sides!(tcp::echo_1::<R>()),
    )
    .limit("epoll_echo_1")
    .mark(1.0),
];
