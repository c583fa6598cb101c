//! Pending: a future that is not ready yet, and is polled until it is, and once too often.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use steps::paint;

/// Is ready at the fourth poll, if it begins with 3.
struct Countdown(u32);

impl Future for Countdown {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        println!("    {} to go", self.0);
        self.0 -= 1;
        Poll::Pending
    }
}

async fn count(word: &str) -> usize {
    println!("{}", paint::cyan(format!("  count({word:?}) begins")));
    Countdown(3).await;
    println!("{}", paint::cyan(format!("  count({word:?}) goes on")));
    word.len()
}

fn main() {
    let mut cx = Context::from_waker(Waker::noop());

    println!("main calls it");
    let mut future = pin!(count("crank"));

    loop {
        println!("main polls");
        let poll = future.as_mut().poll(&mut cx);
        println!("main got {}", paint::bold(format!("{poll:?}")));
        if poll.is_ready() {
            break;
        }
    }

    println!("main polls once more");
    // Without this, the panic would speak for itself.
    set_hook(Box::new(|_| ()));
    let result = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx)));
    let panic = result.expect_err("a future that is ready must not be polled");
    let panic = panic.downcast_ref::<&str>().expect("a message");
    println!("main got {}", paint::red(format!("a panic: {panic}")));
}
