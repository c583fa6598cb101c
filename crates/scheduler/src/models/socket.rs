//! A driver for the models, with one socket.

use crate::Park;
use handcrank_task::primitives::sync::{Arc, Condvar, Mutex};
use std::future::{Future, poll_fn};
use std::task::{Poll, Waker};
use std::time::Duration;

/// A driver with one socket, on which one thing may arrive.
pub(super) struct Socket {
    line: Mutex<Line>,
    changed: Condvar,
}

#[derive(Default)]
struct Line {
    called: bool,
    arrived: bool,
    reader: Option<Waker>,
}

impl Socket {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { line: Mutex::new(Line::default()), changed: Condvar::new() })
    }

    pub(super) fn arrive(&self) {
        self.line.lock().arrived = true;
        self.changed.notify_all();
    }

    /// Arrives by another way than through the driver.
    pub(super) fn call(&self) {
        let mut line = self.line.lock();
        line.arrived = true;
        let reader = line.reader.take();
        drop(line);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// The waker of whoever reads, taken from it.
    pub(super) fn take_reader(&self) -> Option<Waker> {
        self.line.lock().reader.take()
    }

    pub(super) fn read(this: &Arc<Self>) -> impl Future<Output = ()> + use<> {
        let socket = this.clone();
        poll_fn(move |cx| {
            let mut line = socket.line.lock();
            if line.arrived {
                return Poll::Ready(());
            }
            line.reader = Some(cx.waker().clone());
            Poll::Pending
        })
    }
}

pub(super) struct Reactor(pub(super) Arc<Socket>);

impl Park for Reactor {
    fn turn(&self, timeout: Option<Duration>, woken: &mut Vec<Waker>) {
        let mut line = self.0.line.lock();
        if timeout.is_none() {
            while !line.called && (!line.arrived || line.reader.is_none()) {
                self.0.changed.wait(&mut line);
            }
        }
        line.called = false;
        if line.arrived {
            woken.extend(line.reader.take());
        }
    }

    fn wake(&self) {
        self.0.line.lock().called = true;
        self.0.changed.notify_all();
    }
}
