//! Many futures as one.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// The waker of whoever polls the whole. All children's bells know this one place, so that a new waker
/// has to be written down once only.
type Caller = Arc<Mutex<Option<Waker>>>;

/// What a child's waker points to.
struct Bell {
    rang: AtomicBool,
    caller: Caller,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // The mark first: who is called because of it must find it. Release: pairs with the Acquire
        // in `poll`, so that the child sees what this thread did before the call.
        self.rang.swap(true, Ordering::Release);
        // Taken out, since one call is enough until the next poll puts it back. A statement of its
        // own, so that the lock is free when foreign code runs.
        let caller = self.caller.lock().expect("nobody panics in here").take();
        if let Some(caller) = caller {
            caller.wake();
        }
    }
}

/// One of the futures, or what has become of it.
enum Child<F: Future> {
    Running { future: Pin<Box<F>>, bell: Arc<Bell>, waker: Waker },
    Over(Option<F::Output>),
}

/// What [`join_all`] returns.
pub struct JoinAll<F: Future> {
    children: Vec<Child<F>>,
    running: usize,
    caller: Caller,
}

/// Runs all the futures, and returns their outputs in the same order.
///
/// A future is polled for the first time when this one is, and after that only if its waker was called.
pub fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> JoinAll<F> {
    let caller = Caller::default();
    let children: Vec<_> = futures
        .into_iter()
        .map(|future| {
            // The first poll needs no call.
            let rang = AtomicBool::new(true);
            let bell = Arc::new(Bell { rang, caller: Arc::clone(&caller) });
            let waker = Waker::from(Arc::clone(&bell));
            Child::Running { future: Box::pin(future), bell, waker }
        })
        .collect();
    JoinAll { running: children.len(), children, caller }
}

// The children's futures are pinned by their boxes, so this one may move.
impl<F: Future> Unpin for JoinAll<F> {}

impl<F: Future> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        // Before the first look at a bell: one that rings behind our back must know whom to call.
        let old = this.caller.lock().expect("nobody panics in here").replace(cx.waker().clone());
        drop(old);
        for child in &mut this.children {
            let Child::Running { future, bell, waker } = child else {
                continue;
            };
            // The mark goes before the poll, not after it: a call during the poll is a new one.
            if !bell.rang.swap(false, Ordering::Acquire) {
                continue;
            }
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(waker)) {
                *child = Child::Over(Some(output));
                this.running -= 1;
            }
        }
        if this.running > 0 {
            return Poll::Pending;
        }
        let outputs = this.children.iter_mut().map(|child| match child {
            Child::Over(output) => output.take().expect("polled again after it was ready"),
            Child::Running { .. } => unreachable!("all are over"),
        });
        Poll::Ready(outputs.collect())
    }
}
