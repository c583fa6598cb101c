//! What the attributes cannot be put on.

use handcrank_macros as handcrank;

#[handcrank::main]
fn not_async() {}

#[handcrank::test]
fn test_not_async() {}

#[handcrank::test]
async fn test_with_parameters(_: u32) {}

#[handcrank::main]
struct NoFunction;

#[handcrank::test]
#[test]
async fn test_twice() {}

#[handcrank::main]
async fn without_a_body();

#[handcrank::main]
async fn main(_: u32) {}
