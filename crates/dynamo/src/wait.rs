//! Waiting that needs no runtime, and waiting for whichever of two comes first.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls `future` on this thread until it is ready, or until `deadline`.
///
/// Used where a runtime's own timers must not be trusted: the shutdown has to end in time even if
/// every worker of both runtimes is stuck, and then nobody would fire a timer.
pub(crate) fn block_until<F: Future>(deadline: Option<Instant>, future: F) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
        // An unpark meant for somebody else costs one poll more; a missed one cannot happen,
        // because the token of this thread stays set until it parks.
        match deadline {
            None => thread::park(),
            Some(deadline) => {
                let now = Instant::now();
                if now >= deadline {
                    return None;
                }
                thread::park_timeout(deadline - now);
            }
        }
    }
}

/// Which of two futures was ready first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum First<A, B> {
    Left(A),
    Right(B),
}

/// Runs both until one is ready, and drops the other. The left one is asked first, so it wins if
/// both are ready. As cancel safe as the two.
pub(crate) async fn first_of<A: Future, B: Future>(a: A, b: B) -> First<A::Output, B::Output> {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(|cx| {
        if let Poll::Ready(output) = a.as_mut().poll(cx) {
            return Poll::Ready(First::Left(output));
        }
        b.as_mut().poll(cx).map(First::Right)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_wake_from_another_thread_ends_the_wait() {
        let (send, receive) = mpsc::channel::<Waker>();
        let other = thread::spawn(move || receive.recv().unwrap().wake());
        let mut woken = false;
        let future = poll_fn(|cx| {
            if woken {
                return Poll::Ready(7);
            }
            woken = true;
            send.send(cx.waker().clone()).unwrap();
            Poll::Pending
        });
        assert_eq!(block_until(None, future), Some(7));
        other.join().unwrap();
    }

    #[test]
    fn a_deadline_ends_the_wait_and_a_ready_future_beats_it() {
        assert_eq!(block_until(Some(Instant::now()), pending::<()>()), None);
        assert_eq!(block_until(Some(Instant::now()), ready(1)), Some(1));
    }

    #[test]
    fn left_wins_a_tie() {
        let both = block_until(None, first_of(ready(1), ready(2)));
        assert_eq!(both, Some(First::Left(1)));
        let right = block_until(None, first_of(pending::<()>(), ready(2)));
        assert_eq!(right, Some(First::Right(2)));
    }
}
