//! Waiting for several futures in one task: `select!`, `join!` and `try_join!`.
//!
//! They are macros as each future has a type of its own and lives in the caller's own frame: nothing is
//! allocated, and handlers are code of the function around.

mod join;
mod select;
#[doc(hidden)]
#[allow(missing_docs, missing_debug_implementations, clippy::new_without_default)]
pub mod support;
#[cfg(test)]
mod tests;
mod try_join;
