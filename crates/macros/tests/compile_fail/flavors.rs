//! Arguments that another flavor would need.

use handcrank_macros as handcrank;

#[handcrank::main(flavor = "current_thread", worker_threads = 4)]
async fn workers_on_one_thread() {}

#[handcrank::main(flavor = "local", worker_threads = 4)]
async fn workers_on_a_local_runtime() {}

#[handcrank::test(worker_threads = 4)]
async fn workers_in_a_test() {}

#[handcrank::main(start_paused = true)]
async fn paused_on_several_threads() {}

fn main() {}
