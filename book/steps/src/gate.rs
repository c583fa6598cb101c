//! A gate that opens once: what the tasks of chapter 5 wait for.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::Duration;
use std::{mem, thread};

/// Closed at first. Once open, it stays open.
#[derive(Default)]
pub struct Gate {
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    is_open: bool,
    waiting: Vec<Waker>,
}

impl Gate {
    /// A closed gate, to be shared.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Opens it and wakes everybody who waits, in the order in which they came.
    pub fn open(&self) {
        let waiting = {
            let mut inside = self.inside();
            inside.is_open = true;
            mem::take(&mut inside.waiting)
        };
        // Without the lock: what a waker does is somebody else's code.
        for waker in waiting {
            waker.wake();
        }
    }

    /// Waits until it is open.
    pub async fn passed(&self) {
        poll_fn(|cx| {
            let mut inside = self.inside();
            if inside.is_open {
                return Poll::Ready(());
            }
            // One entry is enough for a task that is polled again without having been woken.
            if !inside.waiting.iter().any(|waiting| waiting.will_wake(cx.waker())) {
                inside.waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("nobody panics with the lock")
    }
}

/// Waits at a gate that a thread opens after a while: the simplest timer there is.
pub async fn pause(length: Duration) {
    let gate = Gate::new();
    let mut passed = pin!(gate.passed());
    let mut opener = Some(Arc::clone(&gate));
    poll_fn(|cx| {
        let poll = passed.as_mut().poll(cx);
        // Only now, with the waker left at the gate: so there is one wake for each pause, no matter
        // how slow this thread is.
        if let Some(gate) = opener.take() {
            thread::spawn(move || {
                thread::sleep(length);
                gate.open();
            });
        }
        poll
    })
    .await;
}
