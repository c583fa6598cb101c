//! The cooperative budget: how a task that never has to wait still steps aside.
//!
//! Each poll of a task may complete 128 operations on Handcrank's sockets, timers and channels; the
//! next one says "pending" and wakes the task at once, so that its neighbours get their turn. The
//! future in `block_on` has the same budget. What runs in `spawn_blocking` has none to keep to.
//!
//! A future of one's own joins in by [`poll_proceed`], or wrapped in [`cooperative`]:
//!
//! ```
//! use handcrank::task::coop;
//! use std::task::{Context, Poll, ready};
//!
//! /// A counter that is always ready.
//! struct Numbers(u64);
//!
//! impl Numbers {
//!     fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<u64> {
//!         let unit = ready!(coop::poll_proceed(cx));
//!         self.0 += 1;
//!         unit.made_progress();
//!         Poll::Ready(self.0)
//!     }
//! }
//!
//! # handcrank::runtime::Runtime::new().unwrap().block_on(async {
//! let mut numbers = Numbers(0);
//! let mut most = 0;
//! std::future::poll_fn(|cx| {
//!     while let Poll::Ready(number) = numbers.poll_next(cx) {
//!         most = number;
//!     }
//!     Poll::Ready(())
//! })
//! .await;
//! assert_eq!(most, 128);
//! # });
//! ```

pub use handcrank_task::coop::{
    Coop, RestoreOnPending, Unconstrained, consume_budget, cooperative, has_budget_remaining,
    poll_proceed, unconstrained,
};
