//! What tower-http builds on tokio's timer, built on ours.
//!
//! The names and the arguments are those of `tower_http::timeout`, so that `use
//! tower_http::timeout::TimeoutLayer` becomes `use handcrank::adapt::tower_http::TimeoutLayer` and
//! nothing else changes. They fit an axum `Router`, whose layers must not fail: a response that is
//! late becomes a response of its own.
//!
//! # What else of tower-http wants tokio's runtime
//!
//! | tower-http 0.7 | outside of tokio | instead |
//! |---|---|---|
//! | `TimeoutLayer` | panics at the first request | the one here |
//! | `RequestBodyTimeoutLayer`, `ResponseBodyTimeoutLayer` | panic when the body is read | those here |
//! | `RequestBodyDeadlineLayer`, `ResponseBodyDeadlineLayer` | panic at the first request or response | [`timeout`](crate::time::timeout()) around the reading of the body |
//! | `ServeDir`, `ServeFile` | panic at the first file | read the file in [`spawn_blocking`](crate::task::spawn_blocking) |
//! | `metrics::InFlightRequestsLayer` | works; the counter's `run_emitter` panics | an [`interval`](crate::time::interval()) that asks the counter |
//!
//! The rest works anywhere: compression and decompression, CORS, tracing, limits of body length,
//! request ids, authorization, header and path rewriting, catching panics.

mod body;
mod timeout;

pub use body::{
    RequestBodyTimeout, RequestBodyTimeoutLayer, ResponseBodyTimeout, ResponseBodyTimeoutFuture,
    ResponseBodyTimeoutLayer, TimeoutBody, TimeoutError,
};
pub use timeout::{ResponseFuture, Timeout, TimeoutLayer};

#[cfg(test)]
mod tests;
