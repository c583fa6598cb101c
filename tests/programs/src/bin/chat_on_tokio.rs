//! The chat server on Tokio's runtime, for which it was written: `chat` is the same on Handcrank.
//!
//! `cargo run -p programs --features on-tokio --bin chat_on_tokio -- 127.0.0.1:7777`; Ctrl-C ends it.
#![forbid(unsafe_code)]

#[path = "../chat/mod.rs"]
mod chat;

fn main() -> std::io::Result<()> {
    chat::main()
}
