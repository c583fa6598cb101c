use super::*;
use crate::testing::{Counter, wake_all};
use std::sync::{Arc, Weak};
use std::task::Wake;

fn set(readiness: &Readiness, ready: Ready) -> usize {
    let mut woken = Vec::new();
    readiness.set(ready, &mut woken);
    wake_all(&mut woken)
}

fn seen(poll: Poll<Result<ReadyEvent, Closed>>) -> ReadyEvent {
    match poll {
        Poll::Ready(Ok(event)) => event,
        other => panic!("not ready: {other:?}"),
    }
}

fn poll(readiness: &Readiness, waker: &Waker, direction: Direction) -> bool {
    readiness.poll(&mut Context::from_waker(waker), direction).is_ready()
}

#[test]
fn an_event_wakes_the_direction_it_concerns() {
    let readiness = Readiness::new(Ready::EMPTY);
    let (reader, read_waker) = Counter::new();
    let (writer, write_waker) = Counter::new();
    assert!(!poll(&readiness, &read_waker, Direction::Read));
    assert!(!poll(&readiness, &write_waker, Direction::Write));
    assert_eq!(set(&readiness, Ready::READABLE), 1);
    assert_eq!((reader.count(), writer.count()), (1, 0));
    assert_eq!(set(&readiness, Ready::READABLE), 0, "nobody waits for it any more");
    assert_eq!(set(&readiness, Ready::WRITE_CLOSED), 1);
    assert_eq!((reader.count(), writer.count()), (1, 1));
    assert!(poll(&readiness, &read_waker, Direction::Read));
    assert!(poll(&readiness, &write_waker, Direction::Write));
}

#[test]
fn clearing_with_an_old_event_does_nothing() {
    let readiness = Readiness::new(Ready::EMPTY);
    set(&readiness, Ready::READABLE);
    let old = seen(readiness.now(Direction::Read.mask()));
    set(&readiness, Ready::READABLE);
    readiness.clear(old);
    let new = seen(readiness.now(Direction::Read.mask()));
    readiness.clear(new);
    assert!(readiness.now(Direction::Read.mask()).is_pending());
    readiness.clear(new);
    assert!(readiness.now(Direction::Read.mask()).is_pending());
}

#[test]
fn clearing_one_direction_leaves_the_other() {
    let readiness = Readiness::new(Ready::READABLE | Ready::WRITABLE);
    readiness.clear(seen(readiness.now(Direction::Write.mask())));
    assert!(readiness.now(Direction::Write.mask()).is_pending());
    assert_eq!(seen(readiness.now(Ready::ALL)).ready(), Ready::READABLE);
}

#[test]
fn clearing_part_of_an_event_leaves_the_rest() {
    let readiness = Readiness::new(Ready::READABLE | Ready::WRITABLE);
    let both = seen(readiness.now(Ready::ALL));
    readiness.clear(both.only(Ready::READABLE));
    assert_eq!(seen(readiness.now(Ready::ALL)).ready(), Ready::WRITABLE);
}

#[test]
fn the_end_of_a_stream_is_not_cleared() {
    let readiness = Readiness::new(Ready::EMPTY);
    set(&readiness, Ready::READABLE | Ready::READ_CLOSED);
    readiness.clear(seen(readiness.now(Ready::ALL)));
    assert_eq!(seen(readiness.now(Ready::ALL)).ready(), Ready::READ_CLOSED);
}

#[test]
fn the_tick_wraps_without_touching_the_rest() {
    let readiness = Readiness::new(Ready::WRITABLE);
    readiness.word.fetch_or(usize::MAX << TICK_SHIFT, Relaxed);
    let last = seen(readiness.now(Ready::ALL));
    let (reader, waker) = Counter::new();
    assert!(!poll(&readiness, &waker, Direction::Read));
    assert_eq!(set(&readiness, Ready::READABLE), 1);
    assert_eq!(reader.count(), 1);
    assert_eq!(seen(readiness.now(Ready::ALL)).tick, 0);
    readiness.clear(last);
    let both = Ready::READABLE | Ready::WRITABLE;
    assert_eq!(seen(readiness.now(Ready::ALL)).ready(), both);
}

#[test]
fn the_last_poll_of_a_direction_counts() {
    let readiness = Readiness::new(Ready::EMPTY);
    let (first, first_waker) = Counter::new();
    let (last, last_waker) = Counter::new();
    assert!(!poll(&readiness, &first_waker, Direction::Read));
    assert!(!poll(&readiness, &last_waker, Direction::Read));
    drop(first_waker);
    assert_eq!(Arc::strong_count(&first), 1, "the replaced waker is let go");
    assert!(!poll(&readiness, &last_waker, Direction::Read));
    assert_eq!(Arc::strong_count(&last), 3, "the same waker is not taken twice");
    assert_eq!(set(&readiness, Ready::READABLE), 1);
    assert_eq!((first.count(), last.count()), (0, 1));
}

#[test]
fn an_event_nobody_waits_for_takes_no_lock() {
    let readiness = Readiness::new(Ready::EMPTY);
    let (reader, waker) = Counter::new();
    assert!(!poll(&readiness, &waker, Direction::Read));
    let locked = readiness.waiters.lock();
    assert_eq!(set(&readiness, Ready::WRITABLE), 0);
    drop(locked);
    assert_eq!(set(&readiness, Ready::READABLE), 1);
    let locked = readiness.waiters.lock();
    assert_eq!(set(&readiness, Ready::READABLE), 0);
    drop(locked);
    assert_eq!(reader.count(), 1);
}

#[test]
fn an_event_is_shown_to_everyone_on_the_list() {
    let readiness = Readiness::new(Ready::EMPTY);
    let waiters: Vec<_> = (0..5)
        .map(|_| {
            let (counter, waker) = Counter::new();
            let mut place = None;
            let cx = &mut Context::from_waker(&waker);
            assert!(readiness.poll_queued(cx, Interest::READABLE, &mut place).is_pending());
            (counter, waker, place)
        })
        .collect();
    let (writer, waker) = Counter::new();
    let mut place = None;
    let cx = &mut Context::from_waker(&waker);
    assert!(readiness.poll_queued(cx, Interest::WRITABLE, &mut place).is_pending());

    assert_eq!(set(&readiness, Ready::READABLE), 5);
    assert!(waiters.iter().all(|(counter, ..)| counter.count() == 1));
    assert_eq!(writer.count(), 0);
    for (_, waker, mut place) in waiters {
        let cx = &mut Context::from_waker(&waker);
        assert!(readiness.poll_queued(cx, Interest::READABLE, &mut place).is_ready());
        readiness.leave(place.unwrap());
    }
    assert_eq!(set(&readiness, Ready::WRITABLE), 1, "the bit has outlasted the others");
    readiness.leave(place.unwrap());
    assert_eq!(readiness.waiters.lock().queue.len(), 0);
}

#[test]
fn who_leaves_the_list_is_not_woken_and_takes_nobody_along() {
    let readiness = Readiness::new(Ready::EMPTY);
    let (leaver, leaver_waker) = Counter::new();
    let (stayer, stayer_waker) = Counter::new();
    let (mut leaver_place, mut stayer_place) = (None, None);
    let both = Interest::READABLE | Interest::WRITABLE;
    let cx = &mut Context::from_waker(&leaver_waker);
    assert!(readiness.poll_queued(cx, both, &mut leaver_place).is_pending());
    let cx = &mut Context::from_waker(&stayer_waker);
    assert!(readiness.poll_queued(cx, both, &mut stayer_place).is_pending());
    readiness.leave(leaver_place.unwrap());
    readiness.leave(leaver_place.unwrap());
    assert_eq!(set(&readiness, Ready::WRITABLE), 1);
    assert_eq!((leaver.count(), stayer.count()), (0, 1));
}

#[test]
fn somebody_woken_in_vain_waits_on() {
    let readiness = Readiness::new(Ready::EMPTY);
    let (counter, waker) = Counter::new();
    let mut place = None;
    let cx = &mut Context::from_waker(&waker);
    for round in 1..=3 {
        assert!(readiness.poll_queued(cx, Interest::READABLE, &mut place).is_pending());
        assert_eq!(set(&readiness, Ready::READABLE), 1);
        assert_eq!(counter.count(), round);
        // Another one was faster.
        readiness.clear(seen(readiness.now(Ready::ALL)));
    }
    assert_eq!(readiness.waiters.lock().queue.len(), 1, "always the same place");
}

#[test]
fn closing_wakes_everyone_and_answers_everyone() {
    let readiness = Readiness::new(Ready::EMPTY);
    let (reader, read_waker) = Counter::new();
    let (queued, queued_waker) = Counter::new();
    let mut place = None;
    assert!(!poll(&readiness, &read_waker, Direction::Read));
    let cx = &mut Context::from_waker(&queued_waker);
    assert!(readiness.poll_queued(cx, Interest::ERROR, &mut place).is_pending());
    let mut woken = Vec::new();
    readiness.close(&mut woken);
    assert_eq!(wake_all(&mut woken), 2);
    assert_eq!((reader.count(), queued.count()), (1, 1));
    for direction in [Direction::Read, Direction::Write] {
        let cx = &mut Context::from_waker(Waker::noop());
        assert_eq!(readiness.poll(cx, direction), Poll::Ready(Err(Closed)));
    }
    assert_eq!(readiness.poll_queued(cx, Interest::ERROR, &mut place), Poll::Ready(Err(Closed)));
}

/// A waker that polls again when it is dropped: that must not happen under the lock.
struct Meddler(Weak<Readiness>);

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Meddler {
    fn drop(&mut self) {
        if let Some(readiness) = self.0.upgrade() {
            assert!(readiness.waiters.try_lock().is_some(), "dropped under the lock");
        }
    }
}

#[test]
fn no_waker_is_dropped_under_the_lock() {
    let readiness = Arc::new(Readiness::new(Ready::EMPTY));
    let meddler = || Waker::from(Arc::new(Meddler(Arc::downgrade(&readiness))));
    let mut place = None;
    for _ in 0..2 {
        poll(&readiness, &meddler(), Direction::Read);
        let waker = meddler();
        let cx = &mut Context::from_waker(&waker);
        let _ = readiness.poll_queued(cx, Interest::WRITABLE, &mut place);
    }
    readiness.leave(place.unwrap());
    let mut woken = Vec::new();
    readiness.close(&mut woken);
    assert_eq!(woken.len(), 1);
}
