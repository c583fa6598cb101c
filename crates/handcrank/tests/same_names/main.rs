//! `use handcrank as tokio`: the same source compiles against both.
//!
//! Nothing here runs: it compiles or it does not. Each file takes one part of the surface and holds its names, its
//! arguments, its results and its auto traits to tokio's; what they do is the business of the other tests.

// The names are what is looked at, not what is done with them.
#![allow(dead_code, unused_variables, clippy::pedantic)]
#![allow(
    clippy::extra_unused_type_parameters,
    clippy::let_underscore_future,
    clippy::mutable_key_type
)]

mod net;
mod runtime;
mod tasks;
mod time;
