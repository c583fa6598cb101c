//! The files with the cases. (Compiled twice, as they are.)

use crate::harness::Area;

pub(crate) use super::{rt, util};

mod addresses;
mod attributes;
mod away_from_home;
mod blocking;
mod cancellation;
mod coop;
mod extension_traits;
mod hooks;
mod instants;
mod interval;
mod join_set;
mod local_runtime;
mod local_set;
mod oneshots;
mod paused;
mod pipes;
mod readiness;
mod runtime;
mod select;
mod setup;
mod shutdown;
mod signals;
mod sleep;
mod sockets;
mod sync;
mod task_locals;
mod tasks;
mod tcp;
mod tcp_halves;
mod tcp_options;
mod timeout;
mod tokens;
mod trackers;
mod udp;
mod udp_options;
mod unix;
mod unix_datagrams;
mod unix_sockets;
mod wakers;

/// Every area and its cases.
pub(crate) const ALL: &[Area] = &[
    ("addresses", addresses::CASES),
    ("attributes", attributes::CASES),
    ("away_from_home", away_from_home::CASES),
    ("blocking", blocking::CASES),
    ("cancellation", cancellation::CASES),
    ("coop", coop::CASES),
    ("extension_traits", extension_traits::CASES),
    ("hooks", hooks::CASES),
    ("instants", instants::CASES),
    ("interval", interval::CASES),
    ("join_set", join_set::CASES),
    ("local_runtime", local_runtime::CASES),
    ("local_set", local_set::CASES),
    ("oneshots", oneshots::CASES),
    ("paused", paused::CASES),
    ("pipes", pipes::CASES),
    ("readiness", readiness::CASES),
    ("runtime", runtime::CASES),
    ("select", select::CASES),
    ("shutdown", shutdown::CASES),
    ("signals", signals::CASES),
    ("sleep", sleep::CASES),
    ("sync", sync::CASES),
    ("task_locals", task_locals::CASES),
    ("tasks", tasks::CASES),
    ("tcp", tcp::CASES),
    ("tcp_halves", tcp_halves::CASES),
    ("tcp_options", tcp_options::CASES),
    ("timeout", timeout::CASES),
    ("tokens", tokens::CASES),
    ("trackers", trackers::CASES),
    ("udp", udp::CASES),
    ("udp_options", udp_options::CASES),
    ("unix", unix::CASES),
    ("unix_datagrams", unix_datagrams::CASES),
    ("unix_sockets", unix_sockets::CASES),
    ("wakers", wakers::CASES),
];
