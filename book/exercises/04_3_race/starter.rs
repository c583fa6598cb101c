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
        #[pin]
        left: L,
        #[pin]
        right: R,
    }
}

/// Ready with the first of both; if both are, with the left one.
pub fn race<L: Future, R: Future>(left: L, right: R) -> Race<L, R> {
    Race { left, right }
}

impl<L: Future, R: Future> Future for Race<L, R> {
    type Output = Winner<L::Output, R::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.left.poll(cx) {
            return Poll::Ready(Winner::Left(output));
        }
        if let Poll::Ready(output) = this.right.poll(cx) {
            return Poll::Ready(Winner::Right(output));
        }
        Poll::Pending
    }
}
