//! What the book's steps share: a slow server to wait for, a client for it, a gate that tasks
//! wait at, a log of what happened, and a little paint.
//!
//! The steps themselves are the programs in `examples/`, a file each, in the order of their names.

#![forbid(unsafe_code)]

pub mod client;
pub mod gate;
pub mod log;
pub mod paint;
pub mod server;
