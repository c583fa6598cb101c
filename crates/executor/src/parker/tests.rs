use super::*;
use std::sync::atomic::AtomicBool;
use std::thread;

#[test]
fn a_call_before_the_park_counts() {
    let parker = Parker::new();
    parker.unparker().unpark();
    parker.unparker().unpark();
    parker.park();
    assert!(!parker.park_timeout(Duration::ZERO), "two calls were counted as two");
}

#[test]
fn a_sleeper_is_called() {
    let parker = Parker::new();
    let unparker = parker.unparker();
    let called = Arc::new(AtomicBool::new(false));
    let caller = thread::spawn({
        let called = Arc::clone(&called);
        move || {
            // Call only once the other thread really sleeps, so that edge (5) is what is tested.
            while unparker.inner.state.load(Ordering::Relaxed) != PARKED {
                thread::yield_now();
            }
            called.store(true, Ordering::Relaxed);
            unparker.unpark();
        }
    });
    parker.park();
    assert!(called.load(Ordering::Relaxed));
    caller.join().unwrap();
}

#[test]
fn a_limit_ends_the_sleep() {
    let parker = Parker::new();
    let start = Instant::now();
    assert!(!parker.park_timeout(Duration::from_millis(5)));
    assert!(start.elapsed() >= Duration::from_millis(5));
    assert_eq!(parker.inner.state.load(Ordering::Relaxed), EMPTY);
    parker.unparker().unpark();
    assert!(parker.park_timeout(Duration::MAX));
}

#[test]
fn a_limit_beyond_all_time_is_none() {
    let parker = Parker::new();
    let unparker = parker.unparker();
    let caller = thread::spawn(move || {
        while unparker.inner.state.load(Ordering::Relaxed) != PARKED {
            thread::yield_now();
        }
        unparker.unpark();
    });
    assert!(parker.park_timeout(Duration::MAX));
    caller.join().unwrap();
}

#[test]
fn a_waker_calls_the_parker() {
    let parker = Parker::new();
    let waker = Waker::from(parker.unparker());
    waker.wake_by_ref();
    parker.park();
    assert!(waker.will_wake(&Waker::from(parker.unparker())));
    waker.wake();
    assert!(parker.park_timeout(Duration::ZERO));
}

#[test]
#[should_panic(expected = "two threads cannot sleep on one Parker")]
fn two_sleepers_are_refused() {
    let parker = Arc::new(Parker::new());
    let unparker = parker.unparker();
    let first = thread::spawn({
        let parker = Arc::clone(&parker);
        move || parker.park()
    });
    while unparker.inner.state.load(Ordering::Relaxed) != PARKED {
        thread::yield_now();
    }
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| parker.park()));
    unparker.unpark();
    first.join().unwrap();
    std::panic::resume_unwind(refused.unwrap_err());
}

#[test]
fn a_ball_goes_back_and_forth() {
    let (here, there) = (Parker::new(), Parker::new());
    let (to_here, to_there) = (here.unparker(), there.unparker());
    let other = thread::spawn(move || {
        for _ in 0..1_000 {
            there.park();
            to_here.unpark();
        }
    });
    for _ in 0..1_000 {
        to_there.unpark();
        here.park();
    }
    other.join().unwrap();
}
