//! How things come to the executor's thread from other threads.
//!
//! The local queue is no place for them: it has no lock. They go into a queue of their own behind
//! a mutex, and then whoever drives the executor is woken. The driver registers its waker *before*
//! it looks into the inbox for the last time:
//!
//! ```text
//!     other thread                       driver
//!     ────────────                       ──────
//!     push, set the flag                 register the waker
//!     wake the driver                    look at the flag; if it is not set, go to sleep
//! ```
//!
//! [`AtomicWaker`] orders the second step on the left against the first on the right. If the wake
//! comes later, it finds the waker. If it comes earlier, the driver's look sees all that was done
//! before it, the flag included.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

use handcrank_task::AtomicWaker;
use handcrank_task::primitives::atomic::{AtomicBool, Ordering};
use handcrank_task::primitives::sync::Mutex;

/// A queue with many senders, and one driver to be woken.
pub(crate) struct Inbox<T> {
    /// `None` once it is closed.
    queue: Mutex<Option<VecDeque<T>>>,
    /// Whether there is something in the queue. Spares the driver the lock in most turns.
    flag: AtomicBool,
    driver: AtomicWaker,
}

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        Self {
            queue: Mutex::new(Some(VecDeque::new())),
            flag: AtomicBool::new(false),
            driver: AtomicWaker::new(),
        }
    }

    /// Puts a thing in and wakes the driver. Gives it back if the inbox is closed.
    pub(crate) fn push(&self, thing: T) -> Result<(), T> {
        let mut queue = self.queue.lock();
        let Some(things) = &mut *queue else {
            return Err(thing);
        };
        things.push_back(thing);
        // Relaxed: the wake orders it, see above; and against `take_into` the lock does.
        self.flag.store(true, Ordering::Relaxed);
        drop(queue);
        self.driver.wake();
        Ok(())
    }

    /// Sets who is woken. To be called before `take_into`.
    pub(crate) fn register(&self, driver: &Waker) {
        self.driver.register(driver);
    }

    /// Wakes the driver for another reason than a push.
    pub(crate) fn wake_driver(&self) {
        self.driver.wake();
    }

    /// Moves everything behind what is in `local`.
    pub(crate) fn take_into(&self, local: &mut VecDeque<T>) {
        // Relaxed: as in `push`.
        if self.flag.load(Ordering::Relaxed) {
            let mut queue = self.queue.lock();
            self.flag.store(false, Ordering::Relaxed);
            local.extend(queue.iter_mut().flat_map(|things| things.drain(..)));
        }
    }

    /// Takes nothing more in, and returns what is left.
    pub(crate) fn close(&self) -> VecDeque<T> {
        mem::take(&mut *self.queue.lock()).unwrap_or_default()
    }
}

#[cfg(all(test, handcrank_loom))]
mod models {
    use super::*;
    use crate::Parker;
    use handcrank_task::primitives::{model, thread};
    use std::sync::Arc;

    /// One thing, and a driver that lies down at most once.
    #[test]
    fn a_push_calls_the_driver() {
        model(|| {
            let inbox = Arc::new(Inbox::new());
            let pushing = thread::spawn({
                let inbox = Arc::clone(&inbox);
                move || inbox.push(1).unwrap()
            });
            let parker = Parker::new();
            let driver = Waker::from(parker.unparker());
            let mut local = VecDeque::new();
            inbox.register(&driver);
            inbox.take_into(&mut local);
            if local.is_empty() {
                parker.park();
                inbox.take_into(&mut local);
            }
            pushing.join().unwrap();
        });
    }

    #[test]
    fn a_push_meets_a_driver_that_goes_to_sleep() {
        model(|| {
            let inbox = Arc::new(Inbox::new());
            let pushing = thread::spawn({
                let inbox = Arc::clone(&inbox);
                move || {
                    inbox.push(1).unwrap();
                    inbox.push(2).unwrap();
                }
            });
            let parker = Parker::new();
            let driver = Waker::from(parker.unparker());
            let mut local = VecDeque::new();
            loop {
                inbox.register(&driver);
                inbox.take_into(&mut local);
                if local.len() == 2 {
                    break;
                }
                parker.park();
                // A registration that meets a wake halfway wakes the driver at once, to look
                // again; the checker has to know that the other thread gets on meanwhile.
                thread::yield_now();
            }
            assert_eq!(local, [1, 2]);
            pushing.join().unwrap();
        });
    }

    #[test]
    fn a_push_meets_the_close_and_nothing_disappears() {
        model(|| {
            let inbox = Arc::new(Inbox::new());
            let pushing = thread::spawn({
                let inbox = Arc::clone(&inbox);
                move || inbox.push(1).is_ok()
            });
            let left = inbox.close();
            assert_eq!(pushing.join().unwrap(), left.len() == 1);
        });
    }
}
