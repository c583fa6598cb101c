//! The runtime: a scheduler, a reactor and a blocking pool, composed.
//!
//! Nothing here is clever. The pieces know nothing of each other, and this is where they meet:
//!
//! ```text
//!   Runtime ──owns──▶ Scheduler (threads)   idle workers sleep in ──▶ Reactor
//!      │                   ▲                                             ▲
//!      ├──owns──▶ Pool     │ spawn                                       │ sockets, timers
//!      │           ▲       │                                             │
//!      └─hands out─┴── Handle (cheap to clone, knows all three) ─────────┘
//!                          ▲
//!                 current on every worker, in `block_on`, in blocking jobs, and by `enter`
//! ```

mod builder;
pub(crate) mod context;
mod driver;
mod handle;
pub(crate) mod local;
mod metrics;
// The type is called what its module is called, as in tokio.
#[allow(clippy::module_inception)]
mod runtime;
#[cfg(test)]
mod tests;

pub use builder::Builder;
pub use context::{EnterGuard, TryCurrentError};
pub use handle::{Handle, Id, RuntimeFlavor};
pub use local::{LocalOptions, LocalRuntime};
pub use metrics::RuntimeMetrics;
pub use runtime::{Runtime, is_rt_shutdown_err};

/// Which worker runs the task that this is called from: a number below
/// [`num_workers`](RuntimeMetrics::num_workers), as the metrics take it.
///
/// `None` where no task runs: outside of a runtime, in a blocking job, and in the future of a multi-thread
/// runtime's `block_on`. (A task that the thread in `block_on` helps with has the number of the worker whose seat it
/// runs from.) On a current-thread runtime it is 0 in that future, too, as long as its thread drives the runtime.
///
/// After an `.await` it may be another. Within [`block_in_place`](crate::task::block_in_place), which gives the seat
/// away, it is `None`; and after it, until the poll ends, if the seat was not got back.
///
/// ```
/// use handcrank::runtime::{Runtime, worker_index};
///
/// let runtime = Runtime::new()?;
/// let task = runtime.spawn(async { worker_index() });
/// assert!(runtime.block_on(task).unwrap().is_some());
/// assert_eq!(worker_index(), None);
/// # std::io::Result::Ok(())
/// ```
pub fn worker_index() -> Option<usize> {
    handcrank_scheduler::worker_index()
}
