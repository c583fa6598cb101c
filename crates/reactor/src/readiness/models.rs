//! Loom tries every order in which these threads' steps can fall.

use super::*;
use handcrank_task::primitives::{atomic::AtomicBool, model, sync::Arc, thread};
use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicBool as StdBool, Ordering::SeqCst};
use std::task::Wake;

/// Whether a waker was called; looked at only when the threads have ended.
#[derive(Default)]
struct Flag(StdBool);

impl Wake for Flag {
    fn wake(self: StdArc<Self>) {
        self.0.store(true, SeqCst);
    }
}

fn flag() -> (StdArc<Flag>, Waker) {
    let flag = StdArc::new(Flag::default());
    (StdArc::clone(&flag), Waker::from(flag))
}

fn set(readiness: &Readiness, ready: Ready) {
    let mut woken = Vec::new();
    readiness.set(ready, &mut woken);
    woken.into_iter().for_each(Waker::wake);
}

/// An event is either seen by the poll or wakes it.
#[test]
fn an_event_is_seen_or_wakes() {
    model(|| {
        let readiness = Arc::new(Readiness::new(Ready::EMPTY));
        let reactor = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || set(&readiness, Ready::READABLE))
        };
        let (woken, waker) = flag();
        let answer = readiness.poll(&mut Context::from_waker(&waker), Direction::Read);
        reactor.join().unwrap();
        assert!(answer.is_ready() || woken.0.load(SeqCst));
        assert!(readiness.now(Direction::Read.mask()).is_ready());
    });
}

/// The same for the list, with two who wait at the same time.
#[test]
fn an_event_is_seen_by_or_wakes_everyone_on_the_list() {
    model(|| {
        let readiness = Arc::new(Readiness::new(Ready::EMPTY));
        let wait = |readiness: &Readiness| {
            let (woken, waker) = flag();
            let mut place = None;
            let cx = &mut Context::from_waker(&waker);
            let answer = readiness.poll_queued(cx, Interest::READABLE, &mut place);
            (answer.is_ready(), woken)
        };
        let reactor = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || set(&readiness, Ready::READABLE))
        };
        let other = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || wait(&readiness))
        };
        let (seen, woken) = wait(&readiness);
        let (other_seen, other_woken) = other.join().unwrap();
        reactor.join().unwrap();
        assert!(seen || woken.0.load(SeqCst));
        assert!(other_seen || other_woken.0.load(SeqCst));
    });
}

/// Data that arrives around an attempt that fails is not forgotten by the clearing after it.
#[test]
fn clearing_does_not_lose_a_newer_event() {
    model(|| {
        let readiness = Arc::new(Readiness::new(Ready::READABLE));
        // What the kernel has. It changes first, then the event is reported.
        let data = Arc::new(AtomicBool::new(false));
        let reactor = {
            let (readiness, data) = (Arc::clone(&readiness), Arc::clone(&data));
            thread::spawn(move || {
                data.store(true, Relaxed);
                set(&readiness, Ready::READABLE);
            })
        };
        let (woken, waker) = flag();
        let cx = &mut Context::from_waker(&waker);
        let mut done = false;
        while let Poll::Ready(Ok(event)) = readiness.poll(cx, Direction::Read) {
            if data.load(Relaxed) {
                done = true;
                break;
            }
            readiness.clear(event);
        }
        reactor.join().unwrap();
        assert!(done || woken.0.load(SeqCst));
    });
}

/// The same for who waits on the list.
#[test]
fn clearing_does_not_lose_a_newer_event_on_the_list() {
    model(|| {
        let readiness = Arc::new(Readiness::new(Ready::READABLE));
        let data = Arc::new(AtomicBool::new(false));
        let reactor = {
            let (readiness, data) = (Arc::clone(&readiness), Arc::clone(&data));
            thread::spawn(move || {
                data.store(true, Relaxed);
                set(&readiness, Ready::READABLE);
            })
        };
        let (woken, waker) = flag();
        let (cx, mut place) = (&mut Context::from_waker(&waker), None);
        let mut done = false;
        while let Poll::Ready(Ok(event)) = readiness.poll_queued(cx, Interest::READABLE, &mut place)
        {
            if data.load(Relaxed) {
                done = true;
                break;
            }
            readiness.clear(event);
        }
        reactor.join().unwrap();
        assert!(done || woken.0.load(SeqCst));
    });
}

/// Of two polls of one direction the later one is woken or sees the event.
#[test]
fn a_newer_waker_is_not_lost() {
    model(|| {
        let readiness = Arc::new(Readiness::new(Ready::EMPTY));
        let (_, old) = flag();
        let first = readiness.poll(&mut Context::from_waker(&old), Direction::Read);
        assert!(first.is_pending());
        let reactor = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || set(&readiness, Ready::READABLE))
        };
        let (woken, waker) = flag();
        let answer = readiness.poll(&mut Context::from_waker(&waker), Direction::Read);
        reactor.join().unwrap();
        assert!(answer.is_ready() || woken.0.load(SeqCst));
    });
}

/// A task that polls again with the waker that is there already stays registered, also when
/// another task takes the readiness away in between.
#[test]
fn polling_again_keeps_the_registration() {
    model(|| {
        let readiness = Arc::new(Readiness::new(Ready::EMPTY));
        let (woken, waker) = flag();
        let cx = &mut Context::from_waker(&waker);
        assert!(readiness.poll(cx, Direction::Read).is_pending());
        let reactor = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || {
                set(&readiness, Ready::READABLE);
                if let Poll::Ready(Ok(event)) = readiness.now(Ready::READABLE) {
                    readiness.clear(event);
                }
            })
        };
        let again = readiness.poll(cx, Direction::Read);
        reactor.join().unwrap();
        assert!(again.is_ready() || woken.0.load(SeqCst));
        // Whatever has happened, whoever is told to wait now is woken by what comes next.
        woken.0.store(false, SeqCst);
        if readiness.poll(cx, Direction::Read).is_pending() {
            set(&readiness, Ready::READABLE);
            assert!(woken.0.load(SeqCst));
        }
    });
}

/// One leaves the list while an event comes in: the other is woken all the same.
#[test]
fn leaving_takes_nobody_along() {
    model(|| {
        let readiness = Arc::new(Readiness::new(Ready::EMPTY));
        let (woken, waker) = flag();
        let (mut stays, mut leaves) = (None, None);
        let cx = &mut Context::from_waker(&waker);
        assert!(readiness.poll_queued(cx, Interest::READABLE, &mut stays).is_pending());
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(readiness.poll_queued(cx, Interest::READABLE, &mut leaves).is_pending());
        let reactor = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || set(&readiness, Ready::READABLE))
        };
        readiness.leave(leaves.unwrap());
        reactor.join().unwrap();
        assert!(woken.0.load(SeqCst));
    });
}

/// An event for one interest and a newcomer with another: the bit of the list survives.
#[test]
fn a_newcomer_keeps_the_list_alive() {
    model(|| {
        let readiness = Arc::new(Readiness::new(Ready::EMPTY));
        let mut place = None;
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(readiness.poll_queued(cx, Interest::READABLE, &mut place).is_pending());
        let reactor = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || set(&readiness, Ready::READABLE))
        };
        let (woken, waker) = flag();
        let mut newcomer = None;
        let cx = &mut Context::from_waker(&waker);
        assert!(readiness.poll_queued(cx, Interest::WRITABLE, &mut newcomer).is_pending());
        reactor.join().unwrap();
        assert!(!woken.0.load(SeqCst));
        set(&readiness, Ready::WRITABLE);
        assert!(woken.0.load(SeqCst));
    });
}

/// The shutdown is either seen by the poll or wakes it.
#[test]
fn closing_is_seen_or_wakes() {
    model(|| {
        let readiness = Arc::new(Readiness::new(Ready::EMPTY));
        let reactor = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || {
                let mut woken = Vec::new();
                readiness.close(&mut woken);
                woken.into_iter().for_each(Waker::wake);
            })
        };
        let (woken, waker) = flag();
        let answer = readiness.poll(&mut Context::from_waker(&waker), Direction::Write);
        reactor.join().unwrap();
        assert!(answer == Poll::Ready(Err(Closed)) || woken.0.load(SeqCst));
    });
}
