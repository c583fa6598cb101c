//! Pipes that are full, empty, and something between.

use exercise::{Budget, Pipe, in_turns};
use std::cell::{Cell, RefCell};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Counts how often it is called.
#[derive(Default)]
struct Calls(AtomicUsize);

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Calls {
    fn number(&self) -> usize {
        self.0.load(SeqCst)
    }
}

fn filled(budget: &Budget, items: u64) -> Pipe {
    let pipe = Pipe::new(budget);
    (0..items).for_each(|item| pipe.send(item));
    pipe
}

/// Receives so many items.
async fn drain(pipe: &Pipe, items: u64, received: &RefCell<Vec<u64>>) {
    for _ in 0..items {
        let item = pipe.receive().await;
        received.borrow_mut().push(item);
    }
}

/// Runs on a thread of its own, and gives up on it after some seconds.
fn within_seconds<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    thread::spawn(move || done.send(run()));
    wait.recv_timeout(Duration::from_secs(10)).expect("it did not end, or it panicked")
}

/// With a budget of 3, a poll has to end after three items, although there are more in the pipe.
/// `Receive` should be pending when nothing is left of the budget.
#[test]
fn a_poll_receives_no_more_than_its_budget() {
    let budget = Budget::default();
    let (pipe, received) = (filled(&budget, 10), RefCell::default());
    let mut task = pin!(drain(&pipe, 10, &received));
    let mut cx = Context::from_waker(Waker::noop());
    for (poll, items) in [3, 6, 9].into_iter().enumerate() {
        budget.refill(3);
        assert!(task.as_mut().poll(&mut cx).is_pending());
        assert_eq!(received.borrow().len(), items, "items after poll {}", poll + 1);
    }
    budget.refill(3);
    assert!(task.as_mut().poll(&mut cx).is_ready());
    assert_eq!(received.take(), (0..10).collect::<Vec<_>>());
}

/// When the budget ends while there are items, nobody will send just to wake the task. So `Receive` has to
/// wake it itself, once, or it sleeps beside a full pipe for ever.
#[test]
fn stepping_aside_wakes_the_task() {
    let budget = Budget::default();
    let (pipe, received) = (filled(&budget, 10), RefCell::default());
    let mut task = pin!(drain(&pipe, 10, &received));
    let calls = Arc::new(Calls::default());
    let waker = Waker::from(Arc::clone(&calls));
    budget.refill(3);
    assert!(task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(calls.number(), 1, "calls of the waker after a poll that used up its budget");
}

/// A pipe that is empty is another kind of pending: the task must *not* wake itself, or it spins until
/// somebody sends. It is woken by the sender.
#[test]
fn an_empty_pipe_waits_for_the_sender() {
    let budget = Budget::default();
    let (pipe, received) = (filled(&budget, 2), RefCell::default());
    let mut task = pin!(drain(&pipe, 3, &received));
    let calls = Arc::new(Calls::default());
    let waker = Waker::from(Arc::clone(&calls));
    let mut cx = Context::from_waker(&waker);
    budget.refill(5);
    assert!(task.as_mut().poll(&mut cx).is_pending());
    assert_eq!(calls.number(), 0, "calls of the waker before anybody has sent");
    pipe.send(2);
    assert_eq!(calls.number(), 1, "calls of the waker after somebody has sent");
    budget.refill(5);
    assert!(task.as_mut().poll(&mut cx).is_ready());
}

/// Only an item costs a unit. A poll that found the pipe empty, or had no budget left, received
/// nothing and must not be charged (and a budget below zero is a very large one).
#[test]
fn waiting_costs_nothing() {
    let budget = Budget::default();
    let pipe = filled(&budget, 0);
    let mut cx = Context::from_waker(Waker::noop());
    budget.refill(5);
    assert!(pin!(pipe.receive()).poll(&mut cx).is_pending());
    assert_eq!(budget.left(), 5, "left after looking into an empty pipe");
    pipe.send(7);
    assert_eq!(pin!(pipe.receive()).poll(&mut cx), Poll::Ready(7));
    assert_eq!(budget.left(), 4, "left after one item");
    pipe.send(8);
    budget.refill(0);
    assert!(pin!(pipe.receive()).poll(&mut cx).is_pending());
    assert_eq!(budget.left(), 0, "left after being told to step aside");
}

/// Two tasks with a full pipe each have to go on side by side: `in_turns` gives every poll a fresh budget,
/// also that of the second task.
#[test]
fn two_hogs_share_the_thread() {
    let order = within_seconds(|| {
        let budget = Budget::default();
        let (left, right) = (filled(&budget, 6), filled(&budget, 6));
        let order = RefCell::new(String::new());
        let task = |name, pipe| -> Task<'_> {
            let (order, pipe): (_, &Pipe) = (&order, pipe);
            Box::pin(async move {
                for _ in 0..6 {
                    pipe.receive().await;
                    order.borrow_mut().push(name);
                }
            })
        };
        in_turns(vec![task('l', &left), task('r', &right)], &budget, 2);
        order.into_inner()
    });
    assert_eq!(order, "llrrllrrllrr");
}

/// A task that feeds another one has to get its turns, too, and everything that was sent has to arrive.
#[test]
fn a_sender_and_a_receiver() {
    let sum = within_seconds(|| {
        let budget = Budget::default();
        let (numbers, doubled) = (filled(&budget, 1_000), Pipe::new(&budget));
        let sum = Cell::new(0);
        let double: Task<'_> = Box::pin(async {
            for _ in 0..1_000 {
                doubled.send(2 * numbers.receive().await);
            }
        });
        let add: Task<'_> = Box::pin(async {
            for _ in 0..1_000 {
                sum.set(sum.get() + doubled.receive().await);
            }
        });
        in_turns(vec![add, double], &budget, 16);
        sum.get()
    });
    assert_eq!(sum, 999_000);
}
