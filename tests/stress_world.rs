//! What all parts share: who wakes, who waits, who watches, and the count of it all.

use handcrank::runtime::Builder;
use handcrank::task::{JoinError, JoinHandle};
use parking_lot::{Condvar, Mutex};
use std::fmt;
use std::mem;
use std::panic;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};
use tests::Random;

/// So long a part may stand still before the whole is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// What tasks may say when they panic: what they were told to, and what a timer or a socket says
/// that is used in the poll during which its runtime ended.
const EXPECTED: [&str; 2] = ["on purpose", "context was found, but it is being shutdown"];

pub(crate) struct World {
    deadline: Instant,
    parts: Mutex<Vec<Arc<Part>>>,
    letters: Queue<Letter>,
    pub(crate) joins: Joins,
    failures: Mutex<Vec<String>>,
    errands: AtomicU64,
    rounds: AtomicU64,
    runtimes: AtomicU64,
    watch: Mutex<bool>,
    watch_ends: Condvar,
}

/// One thread of the test and what it is at.
pub(crate) struct Part {
    name: String,
    doing: Mutex<String>,
    steps: AtomicU64,
    /// Has it nothing to do?
    idle: AtomicBool,
}

impl Part {
    pub(crate) fn step(&self, doing: impl Into<String>) {
        *self.doing.lock() = doing.into();
        self.idle.store(false, Relaxed);
        self.steps.fetch_add(1, Relaxed);
    }

    fn rest(&self) {
        self.idle.store(true, Relaxed);
    }
}

impl World {
    pub(crate) fn new(deadline: Instant) -> Self {
        Self {
            deadline,
            parts: Mutex::new(Vec::new()),
            letters: Queue::new(),
            joins: Joins { queue: Queue::new(), asked: AtomicU64::new(0) },
            failures: Mutex::new(Vec::new()),
            errands: AtomicU64::new(0),
            rounds: AtomicU64::new(0),
            runtimes: AtomicU64::new(0),
            watch: Mutex::new(true),
            watch_ends: Condvar::new(),
        }
    }

    /// Runs a part on a thread of its own.
    pub(crate) fn run(
        self: Arc<Self>,
        name: impl Into<String>,
        body: impl FnOnce(&Arc<Self>, &Part) + Send + 'static,
    ) -> thread::JoinHandle<()> {
        let part = Arc::new(Part {
            name: name.into(),
            doing: Mutex::new("begins".to_owned()),
            steps: AtomicU64::new(0),
            idle: AtomicBool::new(false),
        });
        self.parts.lock().push(part.clone());
        let thread = thread::Builder::new().name(part.name.clone());
        let body = move || {
            body(&self, &part);
            part.rest();
        };
        thread.spawn(body).expect("a thread")
    }

    /// Keeps the panics that are expected out of the output.
    pub(crate) fn quiet_panics() {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let text = info.payload_as_str().unwrap_or_default();
            if !EXPECTED.iter().any(|expected| text.contains(expected)) {
                loud(info);
            }
        }));
    }

    pub(crate) fn goes_on(&self) -> bool {
        Instant::now() < self.deadline && self.failures.lock().is_empty()
    }

    /// Ends the process if a part stands still.
    pub(crate) fn watch(self: Arc<Self>) -> thread::JoinHandle<()> {
        thread::spawn(move || {
            let mut seen: Vec<(u64, Instant)> = Vec::new();
            let mut watch = self.watch.lock();
            while *watch {
                self.watch_ends.wait_for(&mut watch, Duration::from_secs(1));
                let parts = self.parts.lock();
                seen.resize(parts.len(), (u64::MAX, Instant::now()));
                for (part, seen) in parts.iter().zip(&mut seen) {
                    let steps = part.steps.load(Relaxed);
                    if steps != seen.0 || part.idle.load(Relaxed) {
                        *seen = (steps, Instant::now());
                    }
                }
                if seen.iter().any(|seen| seen.1.elapsed() > PATIENCE) {
                    eprintln!("\nno progress for {PATIENCE:?}:");
                    for (part, (steps, since)) in parts.iter().zip(&seen) {
                        let Part { name, doing, .. } = &**part;
                        let (doing, ago) = (doing.lock(), since.elapsed().as_secs());
                        eprintln!("  {name}: {doing} (step {steps}, {ago} s ago)");
                    }
                    eprintln!("{}", self.summary());
                    std::process::abort();
                }
            }
        })
    }

    pub(crate) fn end_watch(&self) {
        *self.watch.lock() = false;
        self.watch_ends.notify_all();
    }

    /// An answer that an awaited handle gave.
    pub(crate) fn answer<T>(&self, answer: &Result<T, JoinError>) {
        if let Err(error) = answer
            && error.is_panic()
            && !EXPECTED.iter().any(|text| error.to_string().contains(text))
        {
            self.fail(error.to_string());
        }
    }

    pub(crate) fn fail(&self, why: impl Into<String>) {
        let why = why.into();
        eprintln!("failure: {why}");
        self.failures.lock().push(why);
    }

    pub(crate) fn rounds_done(&self, errands: usize) {
        self.rounds.fetch_add(1, Relaxed);
        self.errands.fetch_add(errands as u64, Relaxed);
    }

    pub(crate) fn runtime_done(&self) {
        self.runtimes.fetch_add(1, Relaxed);
    }

    pub(crate) fn summary(&self) -> String {
        format!(
            "{} futures in {} rounds, {} runtimes made and ended, {} handles given to the joiner",
            self.errands.load(Relaxed),
            self.rounds.load(Relaxed),
            self.runtimes.load(Relaxed),
            self.joins.asked.load(Relaxed),
        )
    }

    pub(crate) fn check(&self) {
        let failures = self.failures.lock();
        assert!(failures.is_empty(), "{failures:?}");
        assert!(self.errands.load(Relaxed) > 0);
    }

    /// The postman: calls the wakers that were left with him, in another order, twice, or late.
    pub(crate) fn deliver(&self, part: &Part, random: &mut Random) {
        let mut late: Vec<Waker> = Vec::new();
        while let Some(mut letters) = self.letters.take(part) {
            part.step("delivers");
            while !letters.is_empty() {
                let Letter { delivered, waker } = letters.swap_remove(random.below(letters.len()));
                if random.once_in(4) {
                    // For nothing: there is nothing to be seen yet.
                    waker.wake_by_ref();
                }
                delivered.store(true, SeqCst);
                match random.below(4) {
                    0 => waker.wake_by_ref(),
                    1 => {
                        late.push(waker.clone());
                        waker.wake();
                    }
                    _ => waker.wake(),
                }
            }
            // Its task, its runtime, all may be gone by now.
            while late.len() > 64 {
                late.swap_remove(random.below(late.len())).wake();
            }
        }
    }

    pub(crate) fn no_more_letters(&self) {
        self.letters.close();
    }

    /// The joiner: waits for other people's tasks, on a runtime of its own.
    pub(crate) fn join_all(self: &Arc<Self>, part: &Part) {
        let runtime = Builder::new_current_thread().build().expect("a runtime can be made");
        let mut answered = 0;
        while let Some(tasks) = self.joins.queue.take(part) {
            for task in tasks {
                part.step(format!("waits for task {}", task.id()));
                self.answer(&runtime.block_on(task));
                answered += 1;
            }
        }
        let asked = self.joins.asked.load(Relaxed);
        if answered != asked {
            self.fail(format!("{asked} handles were to be awaited, {answered} answered"));
        }
    }

    pub(crate) fn no_more_joins(&self) {
        self.joins.queue.close();
    }
}

/// Handles on their way to the joiner.
pub(crate) struct Joins {
    queue: Queue<JoinHandle<()>>,
    asked: AtomicU64,
}

impl Joins {
    pub(crate) fn send(&self, task: JoinHandle<()>) {
        self.asked.fetch_add(1, Relaxed);
        self.queue.push(task);
    }
}

struct Letter {
    delivered: Arc<AtomicBool>,
    waker: Waker,
}

/// A future that is woken by a thread that knows nothing of runtimes.
pub(crate) struct Post {
    world: Arc<World>,
    delivered: Arc<AtomicBool>,
}

impl Post {
    pub(crate) fn new(world: &Arc<World>) -> Self {
        Self { world: world.clone(), delivered: Arc::new(AtomicBool::new(false)) }
    }
}

impl Future for Post {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.delivered.load(SeqCst) {
            return Poll::Ready(());
        }
        let (delivered, waker) = (self.delivered.clone(), cx.waker().clone());
        self.world.letters.push(Letter { delivered, waker });
        Poll::Pending
    }
}

struct Queue<T> {
    state: Mutex<(Vec<T>, bool)>,
    pushed: Condvar,
}

impl<T> Queue<T> {
    fn new() -> Self {
        Self { state: Mutex::new((Vec::new(), false)), pushed: Condvar::new() }
    }

    fn push(&self, item: T) {
        self.state.lock().0.push(item);
        self.pushed.notify_one();
    }

    fn close(&self) {
        self.state.lock().1 = true;
        self.pushed.notify_all();
    }

    /// Waits for items and takes all there are. `None` after the close, when there are none left.
    fn take(&self, part: &Part) -> Option<Vec<T>> {
        let mut state = self.state.lock();
        while state.0.is_empty() && !state.1 {
            part.rest();
            self.pushed.wait(&mut state);
        }
        let items = mem::take(&mut state.0);
        (!items.is_empty()).then_some(items)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())
    }
}
