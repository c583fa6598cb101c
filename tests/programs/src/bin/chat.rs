//! The chat server, written for Tokio and running on Handcrank.
//!
//! `cargo run -p programs --bin chat -- 127.0.0.1:7777`; Ctrl-C ends it.
//!
//! Where the server's source says `tokio`, it is this crate's root: the first lines below, which
//! `chat_on_tokio` lacks, are the whole of the move. A program in one file would say `use
//! handcrank::drop_in as tokio;` instead.
//!
//! Compiled like this, the `tokio` crate has no runtime in it. With all features of this package it has,
//! features being a matter of the whole build; but nothing here starts it, so whatever needed it would
//! panic.
#![forbid(unsafe_code)]

extern crate self as tokio;
pub use handcrank::drop_in::*;

#[path = "../chat/mod.rs"]
mod chat;

fn main() -> std::io::Result<()> {
    chat::main()
}
