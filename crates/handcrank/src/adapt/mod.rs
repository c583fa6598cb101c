//! Bridges to other people's traits.
//!
//! Handcrank's types implement the traits themselves, without wrappers; what stands here beside
//! that are the few types that have no counterpart in the runtime.

#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "tokio-io")]
mod tokio_io;
