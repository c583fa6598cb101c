//! The cooperative budget: how a task that never has to wait still steps aside.
//!
//! Each poll of a task may complete 128 operations on Handcrank's sockets, timers and channels; the
//! next one says "pending" and wakes the task at once, so that its neighbours get their turn.

pub use handcrank_task::coop::{
    Unconstrained, consume_budget, has_budget_remaining, unconstrained,
};
