//! The first of two futures.

use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Which of the two was ready first, and with what.
#[derive(Debug, PartialEq)]
pub enum Winner<L, R> {
    Left(L),
    Right(R),
}

pin_project! {
    /// What `race` returns.
    pub struct Race<L, R> {
        // None once the race is over. `Option::take` would move the future out; `Pin::set` drops
        // it where it lies, and writes None into its place.
        #[pin]
        left: Option<L>,
        #[pin]
        right: Option<R>,
    }
}

/// Ready with the first of both; if both are, with the left one.
pub fn race<L: Future, R: Future>(left: L, right: R) -> Race<L, R> {
    Race { left: Some(left), right: Some(right) }
}

impl<L: Future, R: Future> Future for Race<L, R> {
    type Output = Winner<L::Output, R::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (Some(left), Some(right)) =
            (this.left.as_mut().as_pin_mut(), this.right.as_mut().as_pin_mut())
        else {
            panic!("polled after its end")
        };
        let winner = match left.poll(cx) {
            Poll::Ready(output) => Winner::Left(output),
            Poll::Pending => match right.poll(cx) {
                Poll::Ready(output) => Winner::Right(output),
                Poll::Pending => return Poll::Pending,
            },
        };
        this.left.set(None);
        this.right.set(None);
        Poll::Ready(winner)
    }
}
