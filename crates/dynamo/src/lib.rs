//! The top floor of Handcrank: a node in the manner of NVIDIA Dynamo, on two runtimes.
//!
//! The **primary** runtime serves requests and may be as busy as it likes. The **secondary** has
//! a thread, a driver, timers and a blocking pool of its own, and keeps what must not be late: the
//! lease, the subscriptions, the health checks, the system server. [`Topology::Merged`] puts both
//! on one runtime, by choice.
//!
//! ```no_run
//! use handcrank_dynamo::{EchoEngine, Node, Worker};
//!
//! let worker = Worker::from_settings()?;
//! let outcome = worker.execute(|runtime| async move {
//!     let engine = EchoEngine::from_config(runtime.config());
//!     let node = Node::start(&runtime, engine).await?;
//!     println!("serving on http://{}", node.http_addr());
//!     node.closed().await;
//!     Ok::<(), handcrank_dynamo::NodeError>(())
//! });
//! print!("{}", outcome.report());
//! std::process::exit(outcome.exit_status().into());
//! # #[allow(unreachable_code)]
//! # Ok::<(), handcrank_dynamo::StartError>(())
//! ```
//!
//! What runs where, and in which order it stops, is in the crate's README. The book begins far below
//! this crate, with `book/src/ch01-waiting.md`; its chapter 14, about this one, is not written yet.

#![forbid(unsafe_code)]

pub mod config;
mod control;
pub mod discovery;
pub mod distributed;
pub mod engine;
pub mod health;
pub mod http;
pub mod in_flight;
pub mod lease;
pub mod messaging;
pub mod metrics;
pub mod node;
mod queue;
pub mod runtime;
pub mod shutdown;
mod wait;
pub mod watchdog;
pub mod worker;

pub use config::{ConfigBuilder, ConfigError, RuntimeConfig};
pub use discovery::{Discovery, Instance};
pub use distributed::{Component, DistributedRuntime, Endpoint};
pub use engine::{AsyncEngine, Context, EchoEngine, EngineError};
pub use health::Health;
pub use lease::{Lease, LossPolicy};
pub use messaging::Messaging;
pub use metrics::Metrics;
pub use node::{Node, NodeError};
pub use runtime::{Runtime, RuntimeType, StartError, Topology};
pub use shutdown::{Cause, Phase, ShutdownReport};
pub use worker::{Outcome, Worker};

/// A boxed future, for traits that are used through `dyn`.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An error of any kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
