//! A runtime that is not where it is looked for. This crate does not depend on Handcrank.

use handcrank_macros as macros;

#[macros::main(crate = "nowhere::at::all")]
async fn named() {}

#[macros::main]
async fn main() {}
