//! An async runtime for Rust, written by hand from Future::poll up.
#![forbid(unsafe_code)]

pub mod adapt;
pub mod io;
#[cfg(feature = "net")]
pub mod net;
pub mod runtime;
#[cfg(feature = "signal")]
pub mod signal;
pub mod task;
#[cfg(test)]
mod testing;
pub mod time;

pub use task::spawn;
