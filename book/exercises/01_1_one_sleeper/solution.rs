//! Many waits on one thread.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
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
    // Who goes on when. The nearest time is on top, and of equal ones the request that stood first.
    let mut waiting = BinaryHeap::new();
    let mut requests: Vec<_> =
        requests.into_iter().map(|request| (request.name, request.waits.into_iter())).collect();

    let now = clock.now();
    for (number, (name, waits)) in requests.iter_mut().enumerate() {
        match waits.next() {
            Some(wait) => waiting.push(Reverse((now + wait, number))),
            None => finished.push((*name, now)),
        }
    }
    while let Some(&Reverse((nearest, _))) = waiting.peek() {
        clock.sleep_until(nearest);
        // Looked at once for all that are due: the sleep may have lasted longer than asked.
        let now = clock.now();
        let mut due = Vec::new();
        while let Some(&Reverse((when, number))) = waiting.peek()
            && when <= now
        {
            waiting.pop();
            due.push(number);
        }
        // All of them are noticed at the same time, whenever they were due.
        due.sort_unstable();
        for number in due {
            let (name, waits) = &mut requests[number];
            match waits.next() {
                Some(wait) => waiting.push(Reverse((now + wait, number))),
                None => finished.push((*name, now)),
            }
        }
    }
    finished
}
