//! What an idle worker sleeps in: the reactor.

use handcrank_reactor::Reactor;
use handcrank_scheduler::Park;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

/// The reactor in the scheduler's seam.
pub(crate) struct Driver(pub(crate) Arc<Reactor>);

impl Park for Driver {
    fn turn(&self, timeout: Option<Duration>, woken: &mut Vec<Waker>) {
        if let Err(error) = self.0.turn(timeout, woken) {
            panic!("unexpected error when polling the I/O driver: {error:?}");
        }
    }

    fn wake(&self) {
        self.0.wake();
    }
}
