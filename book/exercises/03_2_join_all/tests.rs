use std::collections::VecDeque;
use std::future::{Future, poll_fn, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use exercise::join_all;
use handcrank_executor::block_on;

/// A door that the test opens. Waiting for it counts the polls.
#[derive(Default)]
struct Door {
    open: Mutex<bool>,
    waiter: Mutex<Option<Waker>>,
    polls: AtomicUsize,
}

impl Door {
    async fn pass(self: Arc<Self>) {
        poll_fn(|cx| {
            self.polls.fetch_add(1, Ordering::SeqCst);
            let open = self.open.lock().unwrap();
            if *open {
                return Poll::Ready(());
            }
            *self.waiter.lock().unwrap() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.knock();
    }

    /// Wakes the waiter, and leaves the door as it is.
    fn knock(&self) {
        let waiter = self.waiter.lock().unwrap().take();
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    fn polls(&self) -> usize {
        self.polls.load(Ordering::SeqCst)
    }
}

fn doors(number: usize) -> Vec<Arc<Door>> {
    (0..number).map(|_| Arc::default()).collect()
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

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// Futures that are ready from the start were not all polled, or their outputs came in another order
/// than the futures.
#[test]
fn outputs_come_in_order() {
    let (_, waker) = Calls::new();
    assert_eq!(poll(&mut join_all((0..5).map(ready)), &waker), Poll::Ready(vec![0, 1, 2, 3, 4]));
    assert_eq!(
        poll(&mut join_all(Vec::<std::future::Ready<()>>::new()), &waker),
        Poll::Ready(vec![])
    );
}

/// One of three children was called, and others were polled as well. Each child needs a waker that
/// remembers that this child, and not another, was called.
#[test]
fn only_who_was_called_is_polled() {
    let doors = doors(3);
    let mut all = join_all(doors.iter().cloned().map(Door::pass));
    let (calls, waker) = Calls::new();
    assert!(poll(&mut all, &waker).is_pending());
    assert_eq!(doors.iter().map(|door| door.polls()).collect::<Vec<_>>(), [1, 1, 1]);

    doors[1].knock();
    assert_eq!(calls.count(), 1, "calls of the waker of the whole");
    assert!(poll(&mut all, &waker).is_pending());
    assert_eq!(doors.iter().map(|door| door.polls()).collect::<Vec<_>>(), [1, 2, 1]);

    for door in &doors {
        door.open();
    }
    assert!(calls.count() >= 2, "nobody told the caller that the doors are open");
    assert!(poll(&mut all, &waker).is_ready());
    assert_eq!(doors.iter().map(|door| door.polls()).collect::<Vec<_>>(), [2, 3, 2]);
}

/// A child called its own waker while it was polled, as a future that yields does, and was then never
/// polled again. When do you take the mark away: before the child's poll, or after it?
#[test]
fn a_call_during_the_poll_counts() {
    let mut polls = 0;
    let child = poll_fn(move |cx| {
        polls += 1;
        if polls == 3 {
            return Poll::Ready(polls);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    let mut all = join_all([child]);
    let (calls, waker) = Calls::new();
    for turn in 1..3 {
        assert!(poll(&mut all, &waker).is_pending());
        assert_eq!(calls.count(), turn, "calls of the waker of the whole after poll {turn}");
    }
    assert_eq!(poll(&mut all, &waker), Poll::Ready(vec![3]));
}

/// The whole was polled with a second waker, which asked no child to be polled again, and the call then
/// went to the first. The children keep the waker that they were given; where it passes the call
/// on to has to be looked up when the call comes.
#[test]
fn the_last_waker_counts() {
    let doors = doors(2);
    let mut all = join_all(doors.iter().cloned().map(Door::pass));
    let ((old, first), (new, second)) = (Calls::new(), Calls::new());
    assert!(poll(&mut all, &first).is_pending());
    assert!(poll(&mut all, &second).is_pending());
    doors[0].open();
    assert_eq!((old.count(), new.count()), (0, 1), "calls of the first waker, and of the second");
}

/// A child that was over was polled again, or its waker, called late, did harm. A call that comes after the
/// end is allowed: somebody may hold a clone of the waker for as long as he likes.
#[test]
fn a_late_call_does_no_harm() {
    let kept: Arc<Mutex<VecDeque<Waker>>> = Arc::default();
    let early = {
        let (kept, mut over) = (Arc::clone(&kept), false);
        poll_fn(move |cx| {
            assert!(!over, "polled after it was ready");
            over = true;
            kept.lock().unwrap().push_back(cx.waker().clone());
            Poll::Ready(())
        })
    };
    let door = Arc::new(Door::default());
    let children: Vec<Pin<Box<dyn Future<Output = ()>>>> =
        vec![Box::pin(early), Box::pin(Arc::clone(&door).pass())];
    let mut all = join_all(children);
    let (_, waker) = Calls::new();
    assert!(poll(&mut all, &waker).is_pending());
    let late = kept.lock().unwrap().pop_front().expect("the child kept its waker");
    late.wake_by_ref();
    assert!(poll(&mut all, &waker).is_pending());
    door.open();
    assert!(poll(&mut all, &waker).is_ready());
    drop(all);
    late.wake();
}

/// Children that other threads call were joined by `block_on`, and it did not come back: a call was
/// lost between two of your steps. Whom does a child's call reach that comes before you have written
/// down your caller's waker?
#[test]
fn calls_from_other_threads_arrive() {
    let (done, finished) = mpsc::channel();
    thread::spawn(move || {
        for _ in 0..200 {
            let doors = doors(4);
            let openers: Vec<_> =
                doors.iter().cloned().map(|door| thread::spawn(move || door.open())).collect();
            block_on(join_all(doors.into_iter().map(Door::pass)));
            for opener in openers {
                opener.join().unwrap();
            }
        }
        let _ = done.send(());
    });
    let end = finished.recv_timeout(Duration::from_secs(20));
    assert_eq!(end, Ok(()), "it panicked, or had not ended after twenty seconds");
}
