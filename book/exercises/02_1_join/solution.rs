//! Waiting for two futures at once.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Waits for both futures and returns both outputs.
///
/// Each poll polls those of the two that are not ready yet, `a` first. A future is dropped as soon as it is
/// ready, and both are if this one is dropped before.
pub fn join<A, B>(a: A, b: B) -> impl Future<Output = (A::Output, B::Output)>
where
    A: Future,
    B: Future,
{
    Join { a: Half::Waiting(Box::pin(a)), b: Half::Waiting(Box::pin(b)) }
}

struct Join<A: Future, B: Future> {
    a: Half<A>,
    b: Half<B>,
}

/// One of the two, and what is left of it.
enum Half<F: Future> {
    Waiting(Pin<Box<F>>),
    Ready(F::Output),
    Taken,
}

// Nothing in here is polled in place: the futures lie in boxes, and the outputs are just values.
impl<A: Future, B: Future> Unpin for Join<A, B> {}

impl<F: Future> Half<F> {
    /// Polls the future if it is still there; returns whether the output has come.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if let Half::Waiting(future) = self
            && let Poll::Ready(output) = future.as_mut().poll(cx)
        {
            // This drops the future.
            *self = Half::Ready(output);
        }
        matches!(self, Half::Ready(_))
    }

    fn take(&mut self) -> F::Output {
        match mem::replace(self, Half::Taken) {
            Half::Ready(output) => output,
            _ => unreachable!("taken once, when it is ready"),
        }
    }
}

impl<A: Future, B: Future> Future for Join<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Not `&&` between the two calls: it would not poll `b` while `a` is not ready.
        let (a, b) = (self.a.poll(cx), self.b.poll(cx));
        if a && b { Poll::Ready((self.a.take(), self.b.take())) } else { Poll::Pending }
    }
}
