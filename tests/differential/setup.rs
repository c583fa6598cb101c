//! Runtimes for the cases.

use super::rt::runtime::{Builder, Runtime};
use crate::harness::Flavour;
use std::future::Future;

/// A builder for a runtime of this flavour, with all drivers. Two workers, where there are some.
pub(crate) fn builder(flavour: Flavour) -> Builder {
    let mut builder = match flavour {
        Flavour::CurrentThread => Builder::new_current_thread(),
        Flavour::MultiThread => Builder::new_multi_thread(),
    };
    if flavour == Flavour::MultiThread {
        builder.worker_threads(2);
    }
    builder.enable_all();
    builder
}

/// A runtime of this flavour.
pub(crate) fn runtime(flavour: Flavour) -> Runtime {
    builder(flavour).build().expect("a runtime")
}

/// Runs a future on a fresh runtime of this flavour.
pub(crate) fn run<F: Future>(flavour: Flavour, future: F) -> F::Output {
    runtime(flavour).block_on(future)
}
