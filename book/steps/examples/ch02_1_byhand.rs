//! By hand: an `async fn` is called, and nothing happens until somebody polls it.

use std::pin::pin;
use std::task::{Context, Waker};
use steps::paint;

async fn count(word: &str) -> usize {
    println!("{}", paint::cyan(format!("  count({word:?}) begins")));
    std::future::ready(()).await;
    println!("{}", paint::cyan(format!("  count({word:?}) goes on")));
    word.len()
}

fn main() {
    let mut cx = Context::from_waker(Waker::noop());

    println!("main calls it twice");
    let mut future = pin!(count("crank"));
    let forgotten = count("handle");

    println!("main polls the first one");
    let poll = future.as_mut().poll(&mut cx);
    println!("main got {}", paint::bold(format!("{poll:?}")));

    println!("main drops the other one");
    drop(forgotten);
}
