#![doc = include_str!("../README.md")]

mod explore;
mod names;
mod record;
mod source;
mod table;

pub mod atomic;
pub mod cell;
pub mod sync;
pub mod thread;

pub use explore::{Builder, Verdict, explore, model};
pub use loom::{explore as start_exploring, stop_exploring, thread_local};
pub use table::Table;

#[cfg(test)]
mod tests;
