//! How tasks tell each other things: notifications, one-shot channels, cancellation, and waiting
//! for many tasks at once.
//!
//! The names and their meaning are those of `tokio::sync` and `tokio_util`; the insides are not.
//! There is no unsafe code here: what other implementations keep in intrusive lists lies in slabs
//! under small mutexes, held for a few instructions. One rule runs through all of it: **no
//! foreign code under a lock**. A waker that is called may run a task on the spot, one that is
//! dropped may drop a whole task, and either may come back to the very same lock.
//!
//! Reading order: `oneshot.rs` (two sides, one value), `waiters.rs` and `notify.rs` (any number of
//! waiters), `tree.rs` and `cancel.rs` (tokens that cancel their descendants), `headcount.rs`.
//!
//! In the book, `book/src/ch03-wakers-and-block-on.md` tells what a waker is, and what it costs to lose one;
//! chapter 13, about this crate, is not written yet.

#![forbid(unsafe_code)]

mod cancel;
mod headcount;
mod notify;
pub mod oneshot;
#[cfg(all(test, not(handcrank_loom)))]
mod testing;
mod tree;
mod waiters;

pub use cancel::{
    CancellationToken, DropGuard, DropGuardRef, WaitForCancellationFuture,
    WaitForCancellationFutureOwned,
};
pub use headcount::{Ended, Headcount};
pub use notify::{Notified, Notify, OwnedNotified};
