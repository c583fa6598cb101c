//! The workloads: what each is called, and what it is to be held against.

mod accept;
mod block;
mod blocking;
mod busy;
mod channel;
mod done;
mod http;
mod lifetime;
pub(crate) mod message;
pub(crate) mod spawn;
mod table;
pub(crate) mod tcp;
pub(crate) mod timer;
mod udp;

pub use table::WORKLOADS;
