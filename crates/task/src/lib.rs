//! The task cell: one allocation, one state word, one vtable.

#[doc(hidden)]
pub mod primitives;

mod atomic_waker;
pub mod coop;
mod current;
mod id;

pub use atomic_waker::AtomicWaker;
pub use id::{Id, id, try_id};
