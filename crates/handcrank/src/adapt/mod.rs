//! Bridges to other people's traits.
//!
//! Handcrank's types implement the traits themselves, without wrappers (which crate wants which
//! is told in [`io`](crate::io)). What stands here beside that are the few types that have no
//! counterpart in the runtime, and replacements for what other libraries build on tokio's timer.

#[cfg(any(feature = "hyper", feature = "tokio-io"))]
mod forward;
#[cfg(feature = "hyper")]
pub mod hyper;
pub mod sse;
#[cfg(feature = "tokio-io")]
mod tokio_io;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "tower")]
pub mod tower_http;
