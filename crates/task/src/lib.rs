//! The task cell: one allocation, one state word, one vtable.
