//! A clock that is turned by hand.

use exercise::{Clock, Request, serve};
use std::cell::Cell;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn request(name: &'static str, waits: &[u64]) -> Request {
    Request { name, waits: waits.iter().copied().map(ms).collect() }
}

/// Time passes only in `sleep_until`, which lasts `late` longer than it is asked to.
#[derive(Default)]
struct ByHand {
    now: Duration,
    late: Duration,
    sleeps: u32,
    /// Sleeps until a time that has passed already.
    in_vain: u32,
    looks: Cell<u32>,
}

impl Clock for ByHand {
    fn now(&self) -> Duration {
        self.looks.set(self.looks.get() + 1);
        assert!(self.looks.get() < 100_000, "the clock was asked 100,000 times: that is spinning");
        self.now
    }

    fn sleep_until(&mut self, when: Duration) {
        assert!(self.sleeps < 10_000, "10,000 sleeps: that is spinning");
        self.sleeps += 1;
        self.in_vain += u32::from(when <= self.now);
        self.now = self.now.max(when + self.late);
    }
}

/// Serves in a thread of its own, and gives up on it after some seconds.
fn served(late: Duration, requests: Vec<Request>) -> (Vec<(&'static str, Duration)>, ByHand) {
    let (done, wait) = mpsc::channel();
    thread::spawn(move || {
        let mut clock = ByHand { late, ..ByHand::default() };
        let finished = serve(requests, &mut clock);
        let _ = done.send((finished, clock));
    });
    match wait.recv_timeout(Duration::from_secs(5)) {
        Ok(served) => served,
        Err(RecvTimeoutError::Timeout) => panic!("`serve` has not returned after 5 seconds"),
        Err(RecvTimeoutError::Disconnected) => panic!("`serve` panicked, as said above"),
    }
}

/// Three requests of 100 ms have to be finished after 100 ms, not after 300. Let all of them begin before
/// you sleep for the first time.
#[test]
fn the_waits_overlap() {
    let requests = vec![request("a", &[100]), request("b", &[100]), request("c", &[100])];
    let (finished, _) = served(ms(0), requests);
    assert_eq!(finished, [("a", ms(100)), ("b", ms(100)), ("c", ms(100))]);
}

/// The shortest wait has to end first, wherever it stands in the list. Sleep until the nearest time,
/// not until that of the first request.
#[test]
fn the_nearest_comes_first() {
    let requests = vec![request("slow", &[300]), request("fast", &[50]), request("mid", &[100])];
    let (finished, _) = served(ms(0), requests);
    assert_eq!(finished, [("fast", ms(50)), ("mid", ms(100)), ("slow", ms(300))]);
}

/// A request with several waits begins the next one when the last has ended, and those of others go on
/// meanwhile. Put it back among those who wait, with its new time.
#[test]
fn a_request_waits_again() {
    let requests = vec![request("twice", &[10, 100]), request("once", &[50])];
    let (finished, _) = served(ms(0), requests);
    assert_eq!(finished, [("once", ms(50)), ("twice", ms(110))]);
}

/// A thousand requests that wait for the same moment need one sleep, and a thread must never lie
/// down for a time that has passed. After a sleep, look at everybody who is due.
#[test]
fn one_sleep_serves_all_that_are_due() {
    let requests = (0..1_000).map(|_| request("same", &[100])).collect();
    let (finished, clock) = served(ms(0), requests);
    assert_eq!(finished.len(), 1_000);
    assert_eq!(clock.sleeps, 1, "sleeps for one moment");
    assert_eq!(clock.in_vain, 0, "sleeps until a time that had passed");
}

/// The system let every sleep last 20 ms too long. Those who became due meanwhile go on at once,
/// without another sleep, and whoever waits again waits from then on.
#[test]
fn a_late_clock_is_borne() {
    let requests = vec![request("b", &[15]), request("a", &[10, 10]), request("c", &[100])];
    let (finished, clock) = served(ms(20), requests);
    assert_eq!(finished, [("b", ms(30)), ("a", ms(60)), ("c", ms(120))]);
    assert_eq!(clock.sleeps, 3);
    assert_eq!(clock.in_vain, 0, "sleeps until a time that had passed");
}

/// Without requests there is nothing to sleep for, and a request without waits is finished when it
/// begins.
#[test]
fn nothing_to_wait_for() {
    let (finished, clock) = served(ms(0), vec![]);
    assert_eq!((finished.len(), clock.sleeps), (0, 0));
    let (finished, clock) = served(ms(0), vec![request("long", &[5]), request("none", &[])]);
    assert_eq!(finished, [("none", ms(0)), ("long", ms(5))]);
    assert_eq!(clock.sleeps, 1);
}
