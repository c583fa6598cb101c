//! Cancellation, tracking, notification: what tasks tell each other without a runtime's help.
//!
//! All but the [`TaskTracker`], which spawns, comes from `handcrank-sync`.

mod tracker;

pub use handcrank_sync::{
    CancellationToken, DropGuard, DropGuardRef, Notified, Notify, OwnedNotified,
    WaitForCancellationFuture, WaitForCancellationFutureOwned, oneshot,
};
pub use tracker::{TaskTracker, TaskTrackerToken, TaskTrackerWaitFuture, TrackedFuture};

/// The futures of [`Notify`], where they have to be named.
pub mod futures {
    pub use handcrank_sync::{Notified, OwnedNotified};
}
