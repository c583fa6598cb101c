//! Code that blocks: `spawn_blocking` and `block_in_place`.

pub(super) mod in_place;
pub(super) mod jobs;
pub(super) mod meanwhile;

use super::{rt, setup};
use crate::harness::Flavour;
use setup::builder;
use std::sync::mpsc;

/// A runtime with one thread for jobs, and that one busy until the sender goes.
pub(super) fn with_one_busy_thread(flavour: Flavour) -> (rt::runtime::Runtime, mpsc::Sender<()>) {
    let runtime = builder(flavour).max_blocking_threads(1).build().unwrap();
    let (begins, begun) = mpsc::channel();
    let (send, receive) = mpsc::channel::<()>();
    runtime.spawn_blocking(move || {
        begins.send(()).unwrap();
        let _ = receive.recv();
    });
    begun.recv().unwrap();
    (runtime, send)
}

/// One worker, so that somebody else must come.
fn with_one_worker() -> rt::runtime::Runtime {
    let mut builder = rt::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}
