//! Silent: a future says that it is not ready, and nobody is told when it will be.

use handcrank_executor::block_on;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;
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

/// The same, but it asks for each next poll.
struct Asking(Countdown);

impl Future for Asking {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let poll = Pin::new(&mut self.0).poll(cx);
        if poll.is_pending() {
            cx.waker().wake_by_ref();
        }
        poll
    }
}

async fn count(word: &str, countdown: impl Future<Output = ()>) -> usize {
    println!("{}", paint::cyan(format!("  count({word:?}) begins")));
    countdown.await;
    println!("{}", paint::cyan(format!("  count({word:?}) goes on")));
    word.len()
}

fn main() {
    run(count("silent", Countdown(3)));
    run(count("asking", Asking(Countdown(3))));
}

/// Runs it on another thread, and gives up on it after two seconds.
fn run(future: impl Future<Output = usize> + Send + 'static) {
    println!("main gives it to block_on");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(block_on(future)));
    match receiver.recv_timeout(Duration::from_secs(2)) {
        Ok(length) => println!("main got {}", paint::bold(length)),
        // The thread sleeps on, and ends with the program.
        Err(_) => println!("main got {}", paint::red("nothing in 2 s, and gives up")),
    }
}
