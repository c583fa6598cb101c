//! Many waits on one thread.

use std::time::Duration;

/// What time it is, and the only way to let time pass. Times count from some beginning.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Duration;

    /// Sleeps until then, or a little longer: that is up to the system.
    fn sleep_until(&mut self, when: Duration);
}

/// Something that has to wait a number of times.
pub struct Request {
    /// What it is called.
    pub name: &'static str,
    /// How long each wait lasts. The next one begins when the end of the one before is noticed.
    pub waits: Vec<Duration>,
}

/// Serves all requests. Returns the name of each with the time at which it was finished, in the order
/// in which they finished; of those that finish at the same time, the one that stood first comes first.
pub fn serve(requests: Vec<Request>, clock: &mut impl Clock) -> Vec<(&'static str, Duration)> {
    let mut finished = Vec::new();
    for request in requests {
        for wait in request.waits {
            clock.sleep_until(clock.now() + wait);
        }
        finished.push((request.name, clock.now()));
    }
    finished
}
