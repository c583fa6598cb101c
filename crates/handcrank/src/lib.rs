//! An async runtime for Rust, written by hand from Future::poll up.
