//! Runs a model, and finds a short way in which it fails.

use crate::record::{self, At, Log};
use crate::table::Table;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Once};
use std::thread;

/// What became of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing went wrong.
    Holds {
        /// How many interleavings there were, all of them tried.
        interleavings: u64,
    },
    /// Something went wrong.
    Fails {
        /// How many interleavings were tried until then.
        interleavings: u64,
        /// What went wrong, in a line.
        reason: String,
        /// How it came to that.
        table: Table,
    },
}

/// Tries every interleaving of the threads that `f` starts, those first in which threads are interrupted
/// rarely.
///
/// Everything that the threads share has to come from this crate. A panic in the model is a failure, even
/// if somebody catches it.
///
/// The process stays alive, whatever happens to the model: it runs on a thread of its own, which is
/// stopped where it failed, and left there. Only code that touches freed memory takes the process along.
///
/// # Panics
///
/// If the system has no thread for it.
#[track_caller]
pub fn explore(f: impl Fn() + Send + Sync + 'static) -> Verdict {
    let f: Model = Arc::new(f);
    search(&Builder::new(), &f, Location::caller())
}

/// Tries every interleaving of the threads that `f` starts, and panics with the table if one fails.
///
/// If the environment names a file in `HANDCRANK_WITNESS`, the table is written there as well.
///
/// # Panics
///
/// If the model fails.
#[track_caller]
pub fn model(f: impl Fn() + Send + Sync + 'static) {
    Builder::new().check(f);
}

/// How a model is explored; [`check`](Self::check) does it.
#[derive(Debug)]
pub struct Builder {
    /// How often a thread may be interrupted against its will. `None`: as often as there is a place for it.
    pub preemption_bound: Option<usize>,
    /// How many steps a run may have at most.
    pub max_branches: usize,
    /// How many threads.
    pub max_threads: usize,
    /// The search begins only at `loom::explore()`.
    pub expect_explicit_explore: bool,
    /// Tries also the orders of one thread's load and another's load and write that loom leaves out. Takes
    /// about twice as long. Set from the beginning if the environment has `HANDCRANK_THOROUGH`.
    pub thorough: bool,
}

impl Builder {
    /// No limit to interruptions.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let loom = loom::model::Builder::new();
        Self {
            preemption_bound: loom.preemption_bound,
            max_branches: loom.max_branches,
            max_threads: loom.max_threads,
            expect_explicit_explore: false,
            thorough: std::env::var_os("HANDCRANK_THOROUGH").is_some(),
        }
    }

    /// Explores `f`, as [`model`] does.
    ///
    /// # Panics
    ///
    /// If the model fails.
    #[track_caller]
    pub fn check(&self, f: impl Fn() + Send + Sync + 'static) {
        let f: Model = Arc::new(f);
        // First without writing anything down, as models mostly hold.
        let Some(failure) = run(self, &f, false).1 else { return };
        let (reason, table) = match search(self, &f, Location::caller()) {
            Verdict::Fails { reason, table, .. } => (reason, table.to_string()),
            Verdict::Holds { .. } => (format!("{}, and not again", failure.message), String::new()),
        };
        println!("\n{table}");
        if let Some(file) = std::env::var_os("HANDCRANK_WITNESS")
            && let Err(error) = std::fs::write(&file, table)
        {
            println!("{}: {error}", file.display());
        }
        panic!("the model fails: {reason}");
    }

    fn loom(&self) -> loom::model::Builder {
        let mut loom = loom::model::Builder::new();
        loom.preemption_bound = self.preemption_bound;
        // A load is two steps then.
        loom.max_branches = self.max_branches * if self.thorough { 2 } else { 1 };
        loom.max_threads = self.max_threads;
        loom.expect_explicit_explore = self.expect_explicit_explore;
        loom
    }
}

/// How many interleavings were tried, and what went wrong in the last.
type Ran = (u64, Option<Failure>);

type Model = Arc<dyn Fn() + Send + Sync>;

/// What is left of a run that failed.
struct Failure {
    message: String,
    log: Option<Log>,
}

/// The fewer interruptions, the easier a failure is to follow: those with none come first.
fn search(settings: &Builder, f: &Model, model: At) -> Verdict {
    let most = settings.preemption_bound;
    let bounds = (0..=most.unwrap_or(3).min(3)).map(Some);
    let mut tried = 0;
    let mut last = 0;
    for bound in bounds.chain((most.is_none_or(|most| most > 3)).then_some(most)) {
        let settings = Builder { preemption_bound: bound, ..*settings };
        let (interleavings, failure) = run(&settings, f, true);
        tried += interleavings;
        last = interleavings;
        if let Some(Failure { message, log }) = failure {
            let (reason, table) = Table::new(&log.unwrap_or_default(), &message, model);
            return Verdict::Fails { interleavings: tried, reason, table };
        }
    }
    Verdict::Holds { interleavings: last }
}

/// Explores on a thread of its own, and returns how far it came.
fn run(settings: &Builder, f: &Model, writes: bool) -> Ran {
    install_hook();
    let (sender, receiver) = channel();
    let (f, loom, thorough) = (Arc::clone(f), settings.loom(), settings.thorough);
    thread::Builder::new()
        .name("model".to_owned())
        .spawn(move || {
            WATCHED.set(Some(sender.clone()));
            THOROUGH.set(thorough);
            loom.check(move || {
                TRIED.set(TRIED.get() + 1);
                if writes {
                    record::begin();
                }
                contained(|| f());
            });
            // Nobody listens only if the one who asked is gone.
            let _ = sender.send((TRIED.get(), None));
        })
        .expect("the system has a thread for the model");
    receiver.recv().expect("the model's thread sends before it ends")
}

thread_local! {
    /// Where the failure of the model on this thread is sent.
    static WATCHED: RefCell<Option<Sender<Ran>>> = const { RefCell::new(None) };
    static TRIED: Cell<u64> = const { Cell::new(0) };
    static THOROUGH: Cell<bool> = const { Cell::new(false) };
}

/// Whether the model on this thread is to be searched as [`Builder::thorough`] says.
pub(crate) fn is_thorough() -> bool {
    THOROUGH.get()
}

/// Runs the code of a modelled thread. If it unwinds, it stops here: loom would unwind the others as well.
pub(crate) fn contained<R>(f: impl FnOnce() -> R) -> R {
    panic::catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|_| record::stop())
}

/// The first panic in a model is its verdict. What unwinds then are destructors that touch what loom has
/// already given up; they would panic in their turn, and take the process along. So the thread stops at
/// the first step that a destructor takes, or where the modelled thread began, and is left there.
fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let watched = WATCHED.try_with(RefCell::take).ok().flatten();
            match watched {
                Some(sender) => {
                    let message = info.payload_as_str().unwrap_or("a panic without words");
                    let (message, log) = (message.to_owned(), record::fail());
                    // Nobody listens only if the one who asked is gone.
                    let _ = sender.send((TRIED.get(), Some(Failure { message, log })));
                }
                // A destructor that panics while the model unwinds: the process would be aborted.
                None if record::failed() => record::stop(),
                None => others(info),
            }
        }));
    });
}
