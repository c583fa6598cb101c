//! Entry: the queue's entry is counted too. What remains is how a pointer is given up.

use handcrank_witness::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{self, AcqRel, Acquire, Relaxed, Release},
};
use handcrank_witness::cell::UnsafeCell;
use handcrank_witness::sync::Arc;
use handcrank_witness::{Verdict, explore, thread};
use steps::paint::{green, red};

/// It is in the queue, or was woken during its poll.
const SCHEDULED: usize = 1 << 0;
/// A worker polls it.
const RUNNING: usize = 1 << 1;
/// One pointer to the task. The rest of the word counts them.
const REF: usize = 1 << 2;

/// A task without flesh: its future waits for one message.
struct Task {
    word: AtomicUsize,
    /// How a pointer is given up.
    order: Ordering,
    /// The queue. It has one place, as there is one task.
    queue: AtomicBool,
    message: AtomicBool,
    future: UnsafeCell<Future>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Future {
    Waiting,
    Done,
    /// The memory was given back.
    Freed,
}

// SAFETY: only a runner touches the future. Is there only one at a time? That is the question.
unsafe impl Sync for Task {}
// SAFETY: as above.
unsafe impl Send for Task {}

impl Task {
    /// A task that has just been spawned is in the queue, and there is one waker for it.
    fn new(order: Ordering) -> Self {
        Self {
            word: AtomicUsize::new(SCHEDULED | (2 * REF)),
            order,
            queue: AtomicBool::new(true),
            message: AtomicBool::new(false),
            future: UnsafeCell::new(Future::Waiting),
        }
    }

    /// Pushes the task, unless it is queued already, or its runner will push it after the poll.
    /// Uses the waker up: its pointer becomes the entry's, or is given up.
    fn wake(&self) {
        let before = self.word.fetch_or(SCHEDULED, Release);
        if before & (SCHEDULED | RUNNING) == 0 {
            self.push();
        } else {
            self.give_up();
        }
    }

    /// One pointer less. The last one frees the task.
    fn give_up(&self) {
        if self.word.fetch_sub(REF, self.order) / REF == 1 {
            self.future.with_mut(|future| {
                // SAFETY: nobody has a pointer any more.
                let last = std::mem::replace(unsafe { &mut *future }, Future::Freed);
                assert_eq!(last, Future::Done, "freed before it was done");
            });
        }
    }

    fn push(&self) {
        assert!(!self.queue.swap(true, Release), "one task, two entries");
    }

    /// What a worker does: runs the task if it finds it in the queue.
    fn turn(&self) {
        if self.queue.swap(false, Acquire) {
            self.run();
        }
    }

    fn run(&self) {
        // It was SCHEDULED and not RUNNING: now it is the other way round.
        self.word.fetch_xor(SCHEDULED | RUNNING, Acquire);
        self.poll();
        let before = self.word.fetch_and(!RUNNING, Release);
        if before & SCHEDULED != 0 {
            self.push();
        } else {
            self.give_up();
        }
    }

    fn poll(&self) {
        self.future.with_mut(|future| {
            // SAFETY: we are the runner.
            assert_ne!(unsafe { *future }, Future::Freed, "polled after it was freed");
            // Relaxed: that the message is seen is the wake's affair.
            if self.message.load(Relaxed) {
                // SAFETY: as above.
                unsafe { *future = Future::Done };
            }
        });
    }
}

/// One worker runs the task. The other sends the message, wakes the task, and looks for work.
fn life(order: Ordering) {
    let task = Arc::new(Task::new(order));
    let shared = task.clone();
    let other = thread::spawn(move || {
        shared.message.store(true, Relaxed);
        shared.wake();
        shared.turn();
    });
    task.turn();
    other.join().unwrap();
    task.turn();
    // SAFETY: the other worker has gone.
    let future = task.future.with(|future| unsafe { *future });
    assert_eq!(future, Future::Freed, "the task has leaked");
}

fn main() {
    for order in [Relaxed, AcqRel] {
        print!("a pointer given up, {order:?}: ");
        match explore(move || life(order)) {
            Verdict::Holds { interleavings } => {
                println!("{} in {interleavings} interleavings", green("holds"));
            }
            Verdict::Fails { interleavings, reason, table } => {
                println!("{} in interleaving {interleavings}: {reason}\n\n{table}", red("fails"));
            }
        }
    }
}
