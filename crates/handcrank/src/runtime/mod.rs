//! The runtime.

pub(crate) mod context;
