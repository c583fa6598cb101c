//! Turns: two futures on one thread, which polls them in turn.

use std::pin::Pin;
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
        self.0 -= 1;
        Poll::Pending
    }
}

async fn work(name: &str, pieces: u32) {
    for piece in 1..=pieces {
        println!("{}", paint::cyan(format!("  {name}: piece {piece} of {pieces}")));
        Countdown(1).await;
    }
    println!("{}", paint::green(format!("  {name}: done")));
}

fn main() {
    let mut cx = Context::from_waker(Waker::noop());

    let mut waiting: Vec<Pin<Box<dyn Future<Output = ()>>>> =
        vec![Box::pin(work("left", 2)), Box::pin(work("    right", 3))];

    for round in 1.. {
        println!("round {round}");
        waiting.retain_mut(|future| future.as_mut().poll(&mut cx).is_pending());
        if waiting.is_empty() {
            break;
        }
    }
}
