//! Hog: one of two futures works for long between its awaits, and the other one waits.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
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

/// Computes for 200 ms in all.
async fn work(pieces: u32, done: &Cell<bool>) {
    for _piece in 1..=pieces {
        compute(Duration::from_millis(200) / pieces);
        Countdown(1).await;
    }
    done.set(true);
}

/// Keeps the CPU busy, as a long computation would.
fn compute(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Would like a turn as often as possible, and notes the longest time without one.
async fn heartbeat(longest: &Cell<Duration>, done: &Cell<bool>) {
    let mut last = Instant::now();
    while !done.get() {
        Countdown(1).await;
        longest.set(longest.get().max(last.elapsed()));
        last = Instant::now();
    }
}

fn main() {
    let mut cx = Context::from_waker(Waker::noop());

    for pieces in [1, 10, 100] {
        let (longest, done) = (Cell::default(), Cell::default());
        let mut waiting: Vec<Pin<Box<dyn Future<Output = ()>>>> =
            vec![Box::pin(heartbeat(&longest, &done)), Box::pin(work(pieces, &done))];
        while !waiting.is_empty() {
            waiting.retain_mut(|future| future.as_mut().poll(&mut cx).is_pending());
        }
        drop(waiting);
        let beat = paint::bold(format!("{:>4} ms", longest.get().as_millis()));
        println!("pieces: {pieces:>3}   longest pause of the heartbeat: {beat}");
    }
}
