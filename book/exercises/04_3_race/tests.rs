use exercise::{Winner, race};
use std::cell::{Cell, RefCell};
use std::marker::PhantomPinned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

type Log = RefCell<Vec<String>>;

/// Pending so many times. Notes its polls and its end, and never leaves its place.
struct Runner<'a> {
    name: &'static str,
    pending: Cell<usize>,
    place: Cell<usize>,
    log: &'a Log,
    _stays_in_place: PhantomPinned,
}

fn runner<'a>(name: &'static str, pending: usize, log: &'a Log) -> Runner<'a> {
    let (pending, place) = (Cell::new(pending), Cell::new(0));
    Runner { name, pending, place, log, _stays_in_place: PhantomPinned }
}

impl Future for Runner<'_> {
    type Output = &'static str;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<&'static str> {
        self.log.borrow_mut().push(format!("{} polled", self.name));
        self.place.set(std::ptr::from_ref(&*self).addr());
        let Some(left) = self.pending.get().checked_sub(1) else { return Poll::Ready(self.name) };
        self.pending.set(left);
        Poll::Pending
    }
}

impl Drop for Runner<'_> {
    fn drop(&mut self) {
        let moved = ![0, std::ptr::from_ref(self).addr()].contains(&self.place.get());
        let how = if moved { "dropped somewhere else" } else { "dropped" };
        self.log.borrow_mut().push(format!("{} {how}", self.name));
    }
}

/// What has been noted since the last time.
fn taken(log: &Log) -> Vec<String> {
    log.take()
}

/// The left future wins. It and the right one have to be dropped when `poll` returns, where they lie.
/// `Pin::set` overwrites what is pinned: what could take the place of a future that is gone?
#[test]
fn the_left_one_wins() {
    let log = Log::default();
    let mut race = pin!(race(runner("hare", 1, &log), runner("tortoise", 9, &log)));
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(race.as_mut().poll(cx).is_pending());
    assert_eq!(taken(&log), ["hare polled", "tortoise polled"]);
    assert_eq!(race.as_mut().poll(cx), Poll::Ready(Winner::Left("hare")));
    assert_eq!(taken(&log), ["hare polled", "hare dropped", "tortoise dropped"]);
}

/// The right future wins, and both have to be dropped when `poll` returns. The left one is asked
/// first, and dropped first.
#[test]
fn the_right_one_wins() {
    let log = Log::default();
    let mut race = pin!(race(runner("hare", 9, &log), runner("tortoise", 0, &log)));
    let cx = &mut Context::from_waker(Waker::noop());
    assert_eq!(race.as_mut().poll(cx), Poll::Ready(Winner::Right("tortoise")));
    assert_eq!(taken(&log), ["hare polled", "tortoise polled", "hare dropped", "tortoise dropped"]);
}

/// A race that is dropped in the middle drops both, once each.
#[test]
fn dropped_in_the_middle() {
    let log = Log::default();
    let mut race = Box::pin(race(runner("hare", 9, &log), runner("tortoise", 9, &log)));
    assert!(race.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    taken(&log);
    drop(race);
    assert_eq!(taken(&log), ["hare dropped", "tortoise dropped"]);
}

/// A race that is over has nothing left to poll. Polled again, it has to panic, and to poll none of
/// its children, whose time is over.
#[test]
fn polled_after_its_end() {
    let log = Log::default();
    let mut race = pin!(race(runner("hare", 0, &log), runner("tortoise", 0, &log)));
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(race.as_mut().poll(cx).is_ready());
    taken(&log);
    let again = catch_unwind(AssertUnwindSafe(|| race.as_mut().poll(cx).is_ready()));
    assert!(again.is_err(), "it did not panic");
    assert_eq!(taken(&log), [""; 0]);
}

/// The children lie in the race itself, without boxes: it is at least as large as both.
#[test]
fn no_boxes() {
    let log = Log::default();
    let (hare, tortoise) = (runner("hare", 0, &log), runner("tortoise", 0, &log));
    let both = size_of_val(&hare) + size_of_val(&tortoise);
    assert!(size_of_val(&race(hare, tortoise)) >= both);
}
