//! The task cell: one allocation, one state word, one vtable.

#[doc(hidden)]
pub mod primitives;
