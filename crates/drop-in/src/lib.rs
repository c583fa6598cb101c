//! Handcrank under tokio's name, for a whole program, by one line of its `Cargo.toml`:
//!
//! ```toml
//! [dependencies]
//! tokio = { package = "handcrank-drop-in", path = "../handcrank/crates/drop-in" }
//! ```
//!
//! Every module that says `tokio::` then means this crate, which holds what
//! [`handcrank::drop_in`] does: see there for what it cannot carry, and what differs. Features of tokio
//! that the line, or a member of the workspace, names (`full`, `rt`, …) may stay, and choose nothing: all of it is
//! always there. `fs`, `io-std` and `process` are not, and Cargo refuses them.
//!
//! A line for tokio under `[dev-dependencies]`, as for its feature `test-util`, has to go: one name cannot stand for
//! two packages.
//!
//! Only the program itself changes its runtime. What it depends on still means tokio by `tokio`, and
//! works as far as it needs tokio's traits, channels and locks alone.
#![forbid(unsafe_code)]

pub use handcrank::drop_in::*;
