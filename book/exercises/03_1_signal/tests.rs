use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use exercise::Signal;
use handcrank_executor::block_on;

/// Runs what might hang, and fails if it has not come to an end in some seconds.
#[track_caller]
fn must_end(f: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    thread::spawn(move || {
        f();
        let _ = done.send(());
    });
    let end = finished.recv_timeout(Duration::from_secs(5));
    assert_eq!(end, Ok(()), "it panicked, or had not ended after five seconds");
}

/// A waker that counts its calls.
#[derive(Default)]
struct Calls(AtomicUsize);

impl Calls {
    fn new() -> (Arc<Self>, Waker) {
        let calls = Arc::new(Self::default());
        (Arc::clone(&calls), Waker::from(calls))
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A signal that has been set is ready at the first poll, for each who waits for it. Look at the
/// first lines of `poll`.
#[test]
fn what_has_happened_is_ready() {
    must_end(|| {
        let signal = Signal::new();
        signal.set();
        block_on(signal.wait());
        block_on(signal.wait());
    });
}

/// A task waits, another thread sets the signal, and the task goes on sleeping. `poll` has to leave
/// its waker where `set` finds it, and `set` has to call it.
#[test]
fn set_wakes_the_waiter() {
    must_end(|| {
        let signal = Arc::new(Signal::new());
        let setter = thread::spawn({
            let signal = Arc::clone(&signal);
            move || {
                thread::sleep(Duration::from_millis(50));
                signal.set();
            }
        });
        block_on(signal.wait());
        setter.join().unwrap();
    });
}

/// The future was polled twice, with two different wakers, and `set` did not call the second. A future
/// may move to another task between two polls, so the waker of the last poll is the one that counts.
#[test]
fn the_last_waker_counts() {
    let signal = Signal::new();
    let mut wait = pin!(signal.wait());
    let ((old, first), (new, second)) = (Calls::new(), Calls::new());
    assert!(wait.as_mut().poll(&mut Context::from_waker(&first)).is_pending());
    assert!(wait.as_mut().poll(&mut Context::from_waker(&second)).is_pending());
    signal.set();
    assert_eq!(new.count(), 1, "calls of the waker of the second poll");
    assert_eq!(old.count(), 0, "calls of the waker of the first poll");
}

/// After the signal was set, the slot still holds the waker. A waker keeps a whole task alive, so
/// take it out when you call it.
#[test]
fn set_gives_the_waker_up() {
    let signal = Signal::new();
    let (calls, waker) = Calls::new();
    assert!(pin!(signal.wait()).poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    signal.set();
    assert_eq!(calls.count(), 1, "calls of the waker");
    assert_eq!(Arc::strong_count(&calls), 1, "who still holds the waker's data");
}

/// A waker that polls at once.
struct Eager {
    signal: Signal,
    was_ready: AtomicUsize,
}

impl Wake for Eager {
    fn wake(self: Arc<Self>) {
        if pin!(self.signal.wait()).poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            self.was_ready.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The waker was not called, or it polled the future at once, as a waker may, and either found it
/// pending or stands at a lock that `set` holds. Set the flag before you wake, and let go of the lock
/// before you wake.
#[test]
fn a_waker_may_poll_at_once() {
    must_end(|| {
        let eager = Arc::new(Eager { signal: Signal::new(), was_ready: AtomicUsize::new(0) });
        let waker = Waker::from(Arc::clone(&eager));
        assert!(pin!(eager.signal.wait()).poll(&mut Context::from_waker(&waker)).is_pending());
        eager.signal.set();
        assert_eq!(eager.was_ready.load(Ordering::SeqCst), 1);
    });
}
