//! The attribute macros of Handcrank: main and test.
