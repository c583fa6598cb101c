//! All cases, with Tokio for the runtime.

pub(crate) use tokio as rt;

/// What Tokio keeps in another crate.
pub(crate) mod util {
    pub(crate) use tokio_util::sync::CancellationToken;
    pub(crate) use tokio_util::task::TaskTracker;
}

#[path = "all.rs"]
mod all;
pub(crate) use all::ALL;
