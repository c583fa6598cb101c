//! Programs made of well-known libraries, on Handcrank.
//!
//! Each program is a file in `src/bin`, whose first lines say what it is and how it is started. The
//! test of the same name starts it as a process, talks to it from outside, and ends it as a user
//! would. Here is what they share.
#![forbid(unsafe_code)]

pub mod graceful;
pub mod grpc;
pub mod process;
#[cfg(feature = "redis")]
pub mod redis_client;
mod serve;

pub use process::Program;
#[cfg(feature = "redis")]
pub use redis_client::Redis;
pub use serve::serve;
