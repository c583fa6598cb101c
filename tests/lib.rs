//! Shared pieces of the tests.
//!
//! The tests in this folder see the runtime from outside, through the public API alone. Each of
//! them runs under a [`Watchdog`], so that a hang names itself, and where it makes sense on every
//! [`Flavour`].
#![forbid(unsafe_code)]

mod ledger;
mod process;
mod random;
mod watchdog;

pub use ledger::{Entry, Ledger};
pub use process::{
    cpu_time, descriptors, eventually, limit_of_descriptors, rerun, threads_named, was_rerun,
};
pub use random::Random;
pub use watchdog::Watchdog;

use handcrank::runtime::{Builder, Runtime};
use parking_lot::{Mutex, MutexGuard};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How long a test waits for what must happen. Nothing depends on it but how soon a failure shows.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A kind of runtime to run a test on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Everything on the thread in `block_on`.
    CurrentThread,
    /// So many workers, and a `block_on` that helps.
    MultiThread(usize),
    /// So many workers, and a `block_on` that only waits.
    WithoutHelp(usize),
}

/// The kinds of runtime that differ in how they run tasks.
pub const FLAVOURS: [Flavour; 4] = [
    Flavour::CurrentThread,
    Flavour::MultiThread(1),
    Flavour::MultiThread(3),
    Flavour::WithoutHelp(2),
];

impl Flavour {
    /// Settings of this kind, with everything turned on.
    pub fn builder(self) -> Builder {
        let mut builder = match self {
            Self::CurrentThread => Builder::new_current_thread(),
            Self::MultiThread(_) | Self::WithoutHelp(_) => Builder::new_multi_thread(),
        };
        if let Self::MultiThread(workers) | Self::WithoutHelp(workers) = self {
            builder.worker_threads(workers);
        }
        builder.block_on_helps(!matches!(self, Self::WithoutHelp(_))).enable_all();
        builder
    }

    /// A runtime of this kind.
    ///
    /// # Panics
    ///
    /// If the system refuses one.
    #[track_caller]
    pub fn build(self) -> Runtime {
        self.builder().build().expect("a runtime can be made")
    }

    /// Do tasks run without anybody in `block_on`?
    pub fn has_threads(self) -> bool {
        self != Self::CurrentThread
    }
}

/// Runs a test on a fresh runtime of every kind, and drops the runtime.
#[track_caller]
pub fn on_each(test: impl Fn(Flavour, Runtime)) {
    for flavour in FLAVOURS {
        let _watchdog = Watchdog::new(format!("{flavour:?}"));
        test(flavour, flavour.build());
    }
}

/// Runs a future made by `test` on a fresh runtime of every kind.
#[track_caller]
pub fn block_on_each<F: Future<Output = ()>>(test: impl Fn(Flavour) -> F) {
    on_each(|flavour, runtime| runtime.block_on(test(flavour)));
}

/// Held by a test that measures what belongs to the whole process, and by its neighbours in the
/// same file.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock()
}

/// The text of a panic in `f`.
///
/// # Panics
///
/// If `f` does not panic, or with something that is no text.
#[track_caller]
pub fn panic_of<R>(f: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("it did not panic"),
        Err(payload) => text_of(&*payload),
    }
}

/// The text that a panic carries.
///
/// # Panics
///
/// If it carries something else.
#[track_caller]
pub fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).expect("a text").to_owned()
}
