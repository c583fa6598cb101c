//! The work-stealing scheduler: seats, deques, inject queue, idle protocol.
//!
//! N threads, one queue each, and one queue for what comes from outside. A thread that runs dry
//! takes from the outside queue, then steals from the others; if all are empty it sleeps. Almost
//! everything difficult is in that last step: see `idle/README.md`.
//!
//! Read in this order: `seat` (what a thread works with), `queue` and `own` (its queue), `shared`
//! (how the next task is found), `worker` (a worker's life), `idle` (sleeping and waking), `driver`
//! (what it sleeps on), `in_place` and `crew` (blocking, and who works
//! meanwhile), `root`, `help` and `solo` (`block_on`), `home` (what a task keeps of its
//! scheduler), `shutdown`, `registry` (the handle, and spawning).
//!
//! In the book, `book/src/ch05-tasks-and-a-run-queue.md` and `book/src/ch06-one-word-of-state.md` come
//! first: they have one thread. The chapters about this crate, 9 to 11, are not written yet.
//!
//! ```
//! use handcrank_scheduler::{Alone, Config, Scheduler};
//! use handcrank_task::Id;
//!
//! let scheduler = Scheduler::start(Config::new(2), Alone::new())?;
//! let handle = scheduler.handle();
//! let sum = handle.block_on(async {
//!     let parts: Vec<_> =
//!         (0..10).map(|n| handle.spawn(async move { n * n }, Id::next())).collect();
//!     let mut sum = 0;
//!     for part in parts {
//!         sum += part.await.unwrap();
//!     }
//!     sum
//! });
//! assert_eq!(sum, 285);
//! # std::io::Result::Ok(())
//! ```

mod config;
mod crew;
mod driver;
mod help;
mod here;
mod home;
mod idle;
mod in_place;
mod metrics;
#[cfg(all(test, handcrank_loom))]
mod models;
mod own;
mod queue;
mod registry;
mod root;
mod seat;
mod shared;
mod shutdown;
mod solo;
#[cfg(all(test, not(handcrank_loom)))]
mod tests;
mod worker;

pub use config::{Around, Config, Hook};
pub use driver::{Alone, Park};
pub use here::worker_index;
pub use in_place::block_in_place;
pub use metrics::{Metrics, WorkerMetrics};
pub use registry::{Handle, Scheduler};
