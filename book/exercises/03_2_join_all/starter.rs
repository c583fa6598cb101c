//! Many futures as one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// One of the futures, or what has become of it.
enum Child<F: Future> {
    Running(Pin<Box<F>>),
    Over(Option<F::Output>),
}

/// What [`join_all`] returns.
pub struct JoinAll<F: Future> {
    children: Vec<Child<F>>,
}

/// Runs all the futures, and returns their outputs in the same order.
///
/// A future is polled for the first time when this one is, and after that only if its waker was called.
pub fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> JoinAll<F> {
    let children = futures.into_iter().map(|future| Child::Running(Box::pin(future))).collect();
    JoinAll { children }
}

// The children's futures are pinned by their boxes, so this one may move.
impl<F: Future> Unpin for JoinAll<F> {}

impl<F: Future> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut all_over = true;
        for child in &mut self.children {
            if let Child::Running(future) = child {
                match future.as_mut().poll(cx) {
                    Poll::Ready(output) => *child = Child::Over(Some(output)),
                    Poll::Pending => all_over = false,
                }
            }
        }
        if !all_over {
            return Poll::Pending;
        }
        let outputs = self.children.iter_mut().map(|child| match child {
            Child::Over(output) => output.take().expect("polled again after it was ready"),
            Child::Running(_) => unreachable!("all are over"),
        });
        Poll::Ready(outputs.collect())
    }
}
