//! Word: the two flags in one word. Each step asks both questions at once.

use handcrank_witness::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use handcrank_witness::cell::UnsafeCell;
use handcrank_witness::sync::Arc;
use handcrank_witness::{Verdict, explore, thread};
use steps::paint::{green, red};

/// It is in the queue, or was woken during its poll.
const SCHEDULED: usize = 1 << 0;
/// A worker polls it.
const RUNNING: usize = 1 << 1;

/// A task without flesh: its future waits for one message.
struct Task {
    word: AtomicUsize,
    /// The queue. It has one place, as there is one task.
    queue: AtomicBool,
    message: AtomicBool,
    future: UnsafeCell<Future>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Future {
    Waiting,
    Done,
}

// SAFETY: only a runner touches the future. Is there only one at a time? That is the question.
unsafe impl Sync for Task {}
// SAFETY: as above.
unsafe impl Send for Task {}

impl Task {
    /// A task that has just been spawned is in the queue.
    fn new() -> Self {
        Self {
            word: AtomicUsize::new(SCHEDULED),
            queue: AtomicBool::new(true),
            message: AtomicBool::new(false),
            future: UnsafeCell::new(Future::Waiting),
        }
    }

    /// Pushes the task, unless it is queued already, or its runner will push it after the poll.
    fn wake(&self) {
        let before = self.word.fetch_or(SCHEDULED, Release);
        if before & (SCHEDULED | RUNNING) == 0 {
            self.push();
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
        }
    }

    fn poll(&self) {
        self.future.with_mut(|future| {
            // Relaxed: that the message is seen is the wake's affair.
            if self.message.load(Relaxed) {
                // SAFETY: we are the runner.
                unsafe { *future = Future::Done };
            }
        });
    }
}

/// One worker runs the task. The other sends the message, wakes the task, and looks for work.
fn life() {
    let task = Arc::new(Task::new());
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
    assert_eq!(future, Future::Done, "a wake-up was lost");
}

fn main() {
    match explore(life) {
        Verdict::Holds { interleavings } => {
            println!("{} in {interleavings} interleavings", green("holds"));
        }
        Verdict::Fails { interleavings, reason, table } => {
            println!("{} in interleaving {interleavings}: {reason}\n\n{table}", red("fails"));
        }
    }
}
