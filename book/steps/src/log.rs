//! What happened, in order: for this thread, in words.

use pin_project_lite::pin_project;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Adds a line to the log.
pub fn note(event: impl Into<String>) {
    LOG.with_borrow_mut(|log| log.push(event.into()));
}

/// Takes out what has been noted, in one line.
pub fn take() -> String {
    LOG.take().join(", ")
}

pin_project! {
    /// A future that notes its polls, and its end.
    pub struct Logged<F> {
        name: &'static str,
        #[pin]
        future: F,
    }

    impl<F> PinnedDrop for Logged<F> {
        fn drop(this: Pin<&mut Self>) {
            note(format!("{} dropped", this.name));
        }
    }
}

/// Lets `future` note its polls, and its end.
pub fn logged<F>(name: &'static str, future: F) -> Logged<F> {
    Logged { name, future }
}

impl<F: Future> Future for Logged<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let poll = this.future.poll(cx);
        note(format!("{} {}", this.name, if poll.is_ready() { "Ready" } else { "Pending" }));
        poll
    }
}
