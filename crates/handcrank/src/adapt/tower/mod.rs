//! What tower builds on tokio's timer, built on ours.
//!
//! The names, the arguments and the errors' texts are those of tower 0.5, so that `use
//! tower::timeout::TimeoutLayer` becomes `use handcrank::adapt::tower::TimeoutLayer` and nothing else
//! changes. The HTTP flavour of a timeout, which answers with a status, is in
//! [`tower_http`](super::tower_http).
//!
//! ```
//! use handcrank::adapt::tower::TimeoutLayer;
//! use std::time::Duration;
//! use tower_layer::Layer;
//! use tower_service::Service;
//!
//! # struct Slow;
//! # impl Service<()> for Slow {
//! #     type Response = ();
//! #     type Error = std::io::Error;
//! #     type Future = std::future::Pending<std::io::Result<()>>;
//! #     fn poll_ready(&mut self, _: &mut std::task::Context<'_>)
//! #         -> std::task::Poll<std::io::Result<()>> { Ok(()).into() }
//! #     fn call(&mut self, _: ()) -> Self::Future { std::future::pending() }
//! # }
//! # handcrank::runtime::Runtime::new().unwrap().block_on(async {
//! let mut service = TimeoutLayer::new(Duration::from_millis(10)).layer(Slow);
//! let error = service.call(()).await.unwrap_err();
//! assert_eq!(error.to_string(), "request timed out");
//! # });
//! ```
//!
//! # What else of tower wants tokio's runtime
//!
//! | tower 0.5 | outside of tokio | instead |
//! |---|---|---|
//! | `Timeout`, `TimeoutLayer` | panics at the first call | those here |
//! | `RateLimit`, `RateLimitLayer` | panics when it is made | those here |
//! | `Buffer::new`, `BufferLayer` | panics when it is made | `let (service, worker) = Buffer::pair(…)`, and `handcrank::spawn(worker)` |
//! | `SpawnReady`, `SpawnReadyLayer` | panics when the inner service is not ready at once | the same `Buffer::pair`: its worker waits for the service |
//! | `Hedge` | panics at the first call after it has learned how long they take | send the second request by hand after a [`timeout`](crate::time::timeout()) |
//! | `retry::backoff::ExponentialBackoff` | panics at the first retry | a `Policy` whose future is a [`sleep`](crate::time::sleep()) |
//!
//! The rest (`ConcurrencyLimit`, `LoadShed`, `Filter`, `Steer`, `Balance`, `Retry` itself and its
//! budget, the load metrics, all of `util`) asks the system's clock at most, and works anywhere.

mod rate_limit;
#[cfg(test)]
mod tests;
mod timeout;

pub use rate_limit::{Rate, RateLimit, RateLimitLayer};
pub use timeout::{Elapsed, ResponseFuture, Timeout, TimeoutLayer};

/// Any error, as tower's layers hand it on.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
