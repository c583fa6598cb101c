//! All cases, with Handcrank for the runtime.

pub(crate) use handcrank as rt;

/// What Tokio keeps in another crate.
pub(crate) mod util {
    pub(crate) use handcrank::sync::{CancellationToken, TaskTracker};
}

#[path = "all.rs"]
mod all;
pub(crate) use all::ALL;
