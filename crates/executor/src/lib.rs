#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod block_on;
mod inbox;
mod local;
mod parker;
mod yield_now;

pub use block_on::block_on;
pub use local::{LocalEntered, LocalExecutor, LocalHandle};
pub use parker::{Parker, Unparker};
pub use yield_now::{YieldNow, yield_now};
