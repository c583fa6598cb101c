//! All cases, with Tokio for the runtime.

pub(crate) use tokio as rt;

#[path = "all.rs"]
mod all;
pub(crate) use all::ALL;
