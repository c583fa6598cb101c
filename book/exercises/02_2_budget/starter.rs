//! A pipe that is never a hog.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// How much may still be received in the current poll.
#[derive(Clone, Default)]
pub struct Budget {
    left: Rc<Cell<u32>>,
}

impl Budget {
    /// Makes it so much.
    pub fn refill(&self, units: u32) {
        self.left.set(units);
    }

    /// How much there is.
    pub fn left(&self) -> u32 {
        self.left.get()
    }
}

/// A queue of numbers, for one receiver.
pub struct Pipe {
    items: RefCell<VecDeque<u64>>,
    receiver: RefCell<Option<Waker>>,
    budget: Budget,
}

impl Pipe {
    /// Makes an empty pipe, whose receiver spends of this budget.
    pub fn new(budget: &Budget) -> Self {
        let budget = budget.clone();
        Self { items: RefCell::default(), receiver: RefCell::default(), budget }
    }

    /// Puts an item in, and wakes the receiver if it waits.
    pub fn send(&self, item: u64) {
        self.items.borrow_mut().push_back(item);
        if let Some(waker) = self.receiver.take() {
            waker.wake();
        }
    }

    /// Waits for the next item. Costs one unit of the budget when it is ready.
    pub fn receive(&self) -> Receive<'_> {
        Receive { pipe: self }
    }
}

/// The future of [`Pipe::receive`].
pub struct Receive<'a> {
    pipe: &'a Pipe,
}

impl Future for Receive<'_> {
    type Output = u64;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        let Pipe { items, receiver, budget: _ } = self.pipe;
        if items.borrow().is_empty() {
            // Whoever sends will wake us.
            receiver.replace(Some(cx.waker().clone()));
            return Poll::Pending;
        }
        Poll::Ready(items.borrow_mut().pop_front().expect("it is not empty"))
    }
}

/// Polls all futures in turn until all are ready. Each poll has a budget of `units`.
pub fn in_turns(
    mut futures: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>,
    budget: &Budget,
    units: u32,
) {
    budget.refill(units);
    let mut cx = Context::from_waker(Waker::noop());
    while !futures.is_empty() {
        futures.retain_mut(|future| future.as_mut().poll(&mut cx).is_pending());
    }
}
