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
