#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod config;
mod job;
#[cfg(all(test, handcrank_loom))]
mod models;
mod pool;
mod shutdown;
#[cfg(all(test, not(handcrank_loom)))]
mod tests;
mod worker;

pub use config::{Config, Hook, ThreadName};
pub use pool::{Keep, Metrics, Pool, SpawnError, Spawner};
pub use shutdown::{RunningJob, ShutdownReport};
