//! Futures that note what happens to them.

use exercise::join;
use std::cell::RefCell;
use std::marker::PhantomPinned;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

type Log = Rc<RefCell<Vec<String>>>;

/// Is pending so many times, then ready with its name.
struct Noting {
    name: &'static str,
    left: Option<u32>,
    log: Log,
}

impl Noting {
    fn new(name: &'static str, left: u32, log: &Log) -> Self {
        Self { name, left: Some(left), log: Rc::clone(log) }
    }
}

impl Future for Noting {
    type Output = String;

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<String> {
        self.log.borrow_mut().push(format!("poll {}", self.name));
        match self.left.expect("polled after it was ready") {
            0 => {
                self.left = None;
                Poll::Ready(self.name.to_owned())
            }
            left => {
                self.left = Some(left - 1);
                Poll::Pending
            }
        }
    }
}

impl Drop for Noting {
    fn drop(&mut self) {
        self.log.borrow_mut().push(format!("drop {}", self.name));
    }
}

fn taken(log: &Log) -> Vec<String> {
    log.take()
}

fn no_waker() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Nothing may happen before the joined future is polled. Futures are lazy, and this one too.
#[test]
fn it_is_lazy() {
    let log = Log::default();
    let future = join(Noting::new("a", 0, &log), Noting::new("b", 0, &log));
    assert!(taken(&log).is_empty());
    drop(future);
}

/// The first poll has to poll both futures, so that both are on their way. Waiting for `a` before `b` is
/// begun is what `a.await; b.await` does.
#[test]
fn each_poll_polls_both() {
    let log = Log::default();
    let mut future = pin!(join(Noting::new("a", 2, &log), Noting::new("b", 2, &log)));
    assert!(future.as_mut().poll(&mut no_waker()).is_pending());
    assert_eq!(taken(&log), ["poll a", "poll b"]);
    assert!(future.as_mut().poll(&mut no_waker()).is_pending());
    assert_eq!(taken(&log), ["poll a", "poll b"]);
    let Poll::Ready((a, b)) = future.as_mut().poll(&mut no_waker()) else {
        panic!("both were ready at their third poll")
    };
    assert_eq!((a.as_str(), b.as_str()), ("a", "b"));
}

/// A future that has been ready must not be polled again, whichever of the two it is. Keep its output
/// until the other one is ready, too.
#[test]
fn a_future_that_is_ready_is_left_alone() {
    for (a, b) in [(0, 3), (3, 0), (0, 0)] {
        let log = Log::default();
        let mut future = pin!(join(Noting::new("a", a, &log), Noting::new("b", b, &log)));
        let mut polls = 1;
        let output = loop {
            match future.as_mut().poll(&mut no_waker()) {
                Poll::Ready(output) => break output,
                Poll::Pending => polls += 1,
            }
            assert!(polls < 100, "it is never ready");
        };
        assert_eq!(output, ("a".to_owned(), "b".to_owned()));
        assert_eq!(polls, a.max(b) + 1, "polls until it was ready");
    }
}

/// A future may hold a connection, or a lock. It should be dropped when it is ready, not when the
/// other one is.
#[test]
fn a_future_that_is_ready_is_dropped_at_once() {
    let log = Log::default();
    let mut future = pin!(join(Noting::new("a", 5, &log), Noting::new("b", 0, &log)));
    assert!(future.as_mut().poll(&mut no_waker()).is_pending());
    assert_eq!(taken(&log), ["poll a", "poll b", "drop b"]);
}

/// Dropping the joined future half-way has to drop what is left, once.
#[test]
fn dropping_it_drops_both() {
    let log = Log::default();
    {
        let mut future = pin!(join(Noting::new("a", 5, &log), Noting::new("b", 5, &log)));
        assert!(future.as_mut().poll(&mut no_waker()).is_pending());
        taken(&log);
    }
    let mut dropped = taken(&log);
    dropped.sort();
    assert_eq!(dropped, ["drop a", "drop b"]);
}

/// The two futures have to get the waker that the joined one got. With another one they would wake
/// nobody.
#[test]
fn the_waker_is_passed_on() {
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&count));
    let waking = || {
        std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        })
    };
    let mut future = pin!(join(waking(), waking()));
    assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(count.0.load(SeqCst), 2, "calls of the waker");
}

/// Outputs need not be `Clone` or `Unpin`, and futures may borrow.
#[test]
fn it_asks_little_of_the_outputs() {
    let text = String::from("borrowed");
    let mut future = pin!(join(async { PhantomPinned }, async { text.len() }));
    let Poll::Ready((_, length)) = future.as_mut().poll(&mut no_waker()) else {
        panic!("both were ready at once")
    };
    assert_eq!(length, 8);
}
