//! Builds the book, and checks that it says what the code does.

#![forbid(unsafe_code)]

fn main() {}
