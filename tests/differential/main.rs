//! The same program on Tokio and on Handcrank, and what it saw on each compared.
//!
//! A *case* is a function that uses `rt::` names and notes what it observes in a [`Log`]. The files with the
//! cases are compiled twice: in `on_tokio.rs`, where `rt` is Tokio, and in `on_handcrank.rs`, where it is
//! Handcrank. Each case runs on either side, on the flavours it names, and the two logs have to be equal:
//! what one side prints is the specification of the other. Only names of the runtimes are taken for equal.
//!
//! Where Handcrank means to differ, the case stands in `deliberate.rs` with the reason. Then the logs *must*
//! differ, so that the list stays true.
//!
//! `cargo test -p tests --test differential -- WORD` picks cases by name, `--list` names them, and
//! `HANDCRANK_SHOW=1` prints the logs of those that are equal, too.

// The cases are loaded twice on purpose: once for each runtime.
#![allow(clippy::duplicate_mod)]
// And they do on purpose what one should not: drop what needs no dropping, hand out tasks unawaited, hold
// something until the end of a block.
#![allow(clippy::pedantic)]
#![allow(clippy::async_yields_async, clippy::drop_non_drop, clippy::let_unit_value)]
#![allow(
    clippy::multiple_bound_locations,
    clippy::mutable_key_type,
    clippy::never_loop,
    clippy::waker_clone_wake
)]

mod deliberate;
mod harness;
mod observers;
mod on_handcrank;
mod on_tokio;

fn main() -> std::process::ExitCode {
    harness::main(on_tokio::ALL, on_handcrank::ALL, deliberate::DELIBERATE)
}
