//! Sizes: what a future keeps from one poll to the next.

use handcrank::task::yield_now;
use std::future::Future;
use steps::paint::{bold, green};

type Page = [u8; 4096];

/// Fills a page with ones.
fn fill(page: &mut Page) {
    page.fill(1);
}

fn sum(page: &Page) -> u32 {
    page.iter().map(|&byte| u32::from(byte)).sum()
}

async fn used_after() -> u32 {
    let mut page = [0; 4096];
    fill(&mut page);
    yield_now().await;
    sum(&page)
}

async fn used_before() -> u32 {
    let mut page = [0; 4096];
    fill(&mut page);
    let sum = sum(&page);
    yield_now().await;
    sum
}

async fn in_a_block() -> u32 {
    let sum = {
        let mut page = [0; 4096];
        fill(&mut page);
        sum(&page)
    };
    yield_now().await;
    sum
}

async fn one_after_the_other() -> u32 {
    used_after().await + used_after().await
}

async fn both_at_once() -> u32 {
    let (left, right) = futures_util::join!(used_after(), used_after());
    left + right
}

async fn named_first() -> u32 {
    let future = used_after();
    future.await
}

async fn passed_on(future: impl Future<Output = u32>) -> u32 {
    future.await
}

async fn boxed() -> u32 {
    Box::pin(used_after()).await
}

fn main() {
    println!("{}", bold("the future           its size"));
    show("used_after", used_after());
    show("used_before", used_before());
    show("in_a_block", in_a_block());
    println!();
    show("one_after_the_other", one_after_the_other());
    show("both_at_once", both_at_once());
    show("named_first", named_first());
    show("passed_on", passed_on(used_after()));
    show("passed_on, twice", passed_on(passed_on(used_after())));
    show("boxed", boxed());
}

/// Its size before the first poll, which is its size for ever. Then it is run, for it should work.
fn show(name: &str, future: impl Future<Output = u32>) {
    let size = size_of_val(&future);
    let sum = handcrank_executor::block_on(future);
    assert_eq!(sum % 4096, 0, "pages full of ones");
    println!("{name:20} {}", green(format!("≈{size:6} B")));
}
