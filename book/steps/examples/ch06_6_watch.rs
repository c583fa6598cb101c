//! Watch: the word of a real task, after each step of its life.

use handcrank_task::{Id, JoinHandle, OwnedTasks, Schedule, Task, Woke, word};
use parking_lot::Mutex;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// What the task, its scheduler and we share.
#[derive(Default)]
struct Bench {
    queue: Mutex<Vec<Task>>,
    tasks: OwnedTasks,
    /// Here, so that the task can look at its own word during a poll.
    handle: Mutex<Option<JoinHandle<u32>>>,
    waker: Mutex<Option<Waker>>,
}

/// A scheduler that only keeps what it is given. It lies inside the task.
struct Scheduler(Arc<Bench>);

impl Schedule for Scheduler {
    fn schedule(&self, task: Task, _: Woke) {
        self.0.queue.lock().push(task);
    }
    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.0.tasks)
    }
}

impl Bench {
    /// Prints the word: which bits are set, how many pointers are counted.
    fn show(&self, after: &str, pointers: &str) {
        let text = format!("{:?}", word(self.handle.lock().as_ref().expect("a handle")));
        let word = text.trim_matches(['{', '}']);
        let (bits, refs) = word.rsplit_once(", ").expect("a count");
        let bits = bits.replace("JoinInterest", "JI").replace("JoinWaker", "JW");
        println!("{after:<34}{:<24}{refs}: {pointers}", steps::paint::cyan(bits));
    }

    /// Runs the one task in the queue.
    fn run(&self) {
        let task = self.queue.lock().pop().expect("an entry");
        task.run();
    }

    fn wake(&self) {
        self.waker.lock().as_ref().expect("a waker").wake_by_ref();
    }
}

fn main() {
    let bench = Arc::new(Bench::default());
    let mut polls = 0;
    let (inside, scheduler) = (bench.clone(), Scheduler(bench.clone()));
    let future = poll_fn(move |cx| {
        polls += 1;
        match polls {
            1 => {
                inside.show("  start_poll", "runner, handle");
                *inside.waker.lock() = Some(cx.waker().clone());
                inside.show("  it keeps a clone of its waker", "runner, handle, waker");
                Poll::Pending
            }
            2 => {
                cx.waker().wake_by_ref();
                inside.show("  it wakes itself", "runner, handle, waker, list");
                Poll::Pending
            }
            3 => {
                std::thread::scope(|scope| _ = scope.spawn(|| inside.wake()));
                inside.show("  another thread wakes it", "runner, handle, waker, list");
                Poll::Pending
            }
            _ => {
                drop(inside.waker.lock().take());
                inside.show("  it drops the clone", "runner, handle, list");
                Poll::Ready(42)
            }
        }
    });

    let (task, handle) = handcrank_task::spawn(future, scheduler, Id::next());
    bench.queue.lock().push(task);
    *bench.handle.lock() = Some(handle);
    bench.show("spawn", "entry, handle");
    bench.run();
    bench.show("end_poll: it sleeps", "handle, waker, list");
    bench.wake();
    bench.show("wake_by_ref", "entry, handle, waker, list");
    bench.wake();
    bench.show("wake_by_ref, again", "entry, handle, waker, list");
    bench.run();
    bench.show("end_poll: it has woken itself", "entry, handle, waker, list");
    bench.run();
    bench.show("end_poll: it was woken meanwhile", "entry, handle, waker, list");
    let join = |bench: &Bench| {
        let mut handle = bench.handle.lock();
        let handle = pin!(handle.as_mut().expect("a handle"));
        handle.poll(&mut Context::from_waker(Waker::noop())).map(|output| output.expect("42"))
    };
    assert!(join(&bench).is_pending());
    bench.show("the handle is polled: not yet", "entry, handle, waker, list");
    bench.run();
    bench.show("complete, join_waker_used", "handle");
    assert_eq!(join(&bench), Poll::Ready(42));
    bench.show("the handle is polled: 42", "handle");
    let before = Arc::strong_count(&bench);
    drop(bench.handle.lock().take());
    let freed = Arc::strong_count(&bench) < before;
    println!("{:<34}{}", "the handle is dropped", if freed { "freed" } else { "leaked" });
}
