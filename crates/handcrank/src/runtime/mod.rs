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

/// Which worker this thread is at the moment: the number that the methods of [`RuntimeMetrics`] ask for. `None` on a
/// thread that is none.
///
/// A worker is a seat here. A thread in `block_on` has one while it helps with tasks, and none while it polls its own
/// future; on a current-thread runtime whoever drives it is worker 0. The number may change over an `.await`.
///
/// ```
/// let runtime = handcrank::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
/// let index = runtime.block_on(async {
///     assert_eq!(handcrank::runtime::worker_index(), None);
///     handcrank::spawn(async { handcrank::runtime::worker_index() }).await.unwrap()
/// });
/// assert!(index.unwrap() < 2);
/// # std::io::Result::Ok(())
/// ```
pub fn worker_index() -> Option<usize> {
    handcrank_scheduler::worker_index()
}

pub use builder::Builder;
pub use context::{EnterGuard, TryCurrentError};
pub use handle::{Handle, Id, RuntimeFlavor};
pub use local::{LocalOptions, LocalRuntime};
pub use metrics::RuntimeMetrics;
pub use runtime::{Runtime, is_rt_shutdown_err};
