//! Silent: a future says that it is not ready, and nobody is told when it will be.

use handcrank_executor::block_on;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;
use steps::paint;

/// Is ready at the fourth poll, if it begins with 3.
struct Countdown {
    left: u32,
    wakes: bool,
}

impl Future for Countdown {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            return Poll::Ready(());
        }
        println!("    {} to go", self.left);
        self.left -= 1;
        if self.wakes {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

async fn count(word: &str, wakes: bool) -> usize {
    println!("{}", paint::cyan(format!("  count({word:?}) begins")));
    Countdown { left: 3, wakes }.await;
    println!("{}", paint::cyan(format!("  count({word:?}) goes on")));
    word.len()
}

fn main() {
    for (word, wakes) in [("waking", true), ("silent", false)] {
        println!("block_on polls it on another thread");
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(block_on(count(word, wakes))));
        match receiver.recv_timeout(Duration::from_secs(2)) {
            Ok(length) => println!("main got {}", paint::bold(length)),
            // The thread sleeps on, and ends with the program.
            Err(_) => println!("main got {}", paint::red("nothing in 2 s, and gives up")),
        }
    }
}
