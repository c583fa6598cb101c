//! A task's life, one stage a test, on a queue that runs when it is told to.

mod cancels;
mod life;

use crate::primitives::sync::Mutex;
use crate::{Id, JoinHandle, OwnedTasks, Schedule, Task, Woke, spawn};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// A scheduler turned by hand.
#[derive(Default)]
struct Queue {
    ready: Mutex<VecDeque<(Task, Woke)>>,
    tasks: OwnedTasks,
}

impl Schedule for Arc<Queue> {
    fn schedule(&self, task: Task, how: Woke) {
        self.ready.lock().push_back((task, how));
    }
    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.tasks)
    }
}

trait Turn {
    fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
    /// Runs what is ready; how each entry came to be there.
    fn turn(&self) -> Vec<Woke>;
}

impl Turn for Arc<Queue> {
    fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, handle) = spawn(future, Arc::clone(self), Id::next());
        // As any scheduler does that has been shut down.
        if self.tasks.is_closed() {
            drop(task);
        } else {
            self.schedule(task, Woke::Idle);
        }
        handle
    }

    fn turn(&self) -> Vec<Woke> {
        let batch = std::mem::take(&mut *self.ready.lock());
        batch
            .into_iter()
            .map(|(task, how)| {
                task.run();
                how
            })
            .collect()
    }
}

/// Counts its drops.
#[derive(Clone, Default)]
struct Drops(Arc<AtomicUsize>);

impl Drops {
    fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
    fn guard(&self) -> Guard {
        Guard(Arc::clone(&self.0))
    }
}

struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A waker that counts its calls.
#[derive(Default)]
struct Calls(AtomicUsize);

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

fn joined<T>(mut handle: JoinHandle<T>) -> Result<T, crate::JoinError> {
    match poll(&mut handle, Waker::noop()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not finished"),
    }
}

/// A future that shows its waker and stays pending until it is told otherwise.
fn waits(slot: &Arc<Mutex<Option<Waker>>>, polls: usize) -> impl Future<Output = ()> + use<> {
    let slot = Arc::clone(slot);
    let mut left = polls;
    poll_fn(move |cx| {
        *slot.lock() = Some(cx.waker().clone());
        left -= 1;
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
}
