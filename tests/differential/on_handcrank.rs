//! All cases, with Handcrank for the runtime.

pub(crate) use handcrank as rt;

#[path = "all.rs"]
mod all;
pub(crate) use all::ALL;
