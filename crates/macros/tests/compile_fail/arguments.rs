//! Arguments that are wrong in themselves.

use handcrank_macros as handcrank;

#[handcrank::main(worker_thread = 4)]
async fn misspelt() {}

#[handcrank::main(quick)]
async fn unknown() {}

#[handcrank::main(multi_thread)]
async fn bare_flavor() {}

#[handcrank::main(worker_threads)]
async fn without_a_value() {}

#[handcrank::main(flavor = "multi_threaded")]
async fn no_such_flavor() {}

#[handcrank::main(flavor = current_thread)]
async fn flavor_without_quotes() {}

#[handcrank::main(worker_threads = "4")]
async fn number_in_quotes() {}

#[handcrank::main(worker_threads = 0)]
async fn no_workers() {}

#[handcrank::test(start_paused = "true")]
async fn truth_in_quotes() {}

#[handcrank::main(name = 7)]
async fn number_for_a_name() {}

#[handcrank::main(crate = "a b")]
async fn no_path() {}

#[handcrank::main(flavor = "local", flavor = "local")]
async fn twice() {}

#[handcrank::main(worker_threads = 2 flavor = "multi_thread")]
async fn without_a_comma() {}

#[handcrank::main(flavor = "current_thread", unhandled_panic = "shutdown_runtime")]
async fn unsupported() {}

fn main() {}
