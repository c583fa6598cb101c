//! Colours, where a terminal shows them.

use crate::steps::Outcome;
use std::io::{ErrorKind, IsTerminal, Write};

/// Prints a text that may go into a pipe. Who reads with `head` has seen enough at some point.
pub(crate) fn print(text: &str) -> Outcome {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// What stands out.
pub(crate) fn bold(text: &str) -> String {
    painted("1", text)
}

/// What went wrong.
pub(crate) fn red(text: &str) -> String {
    painted("1;31", text)
}

/// What went well.
pub(crate) fn green(text: &str) -> String {
    painted("32", text)
}

/// What may be skipped.
pub(crate) fn dim(text: &str) -> String {
    painted("2", text)
}

fn painted(colour: &str, text: &str) -> String {
    paint_if(std::io::stdout().is_terminal(), colour, text)
}

/// What may be skipped, on the standard error stream: for what is said beside a program's own output.
pub(crate) fn dim_aside(text: &str) -> String {
    paint_if(std::io::stderr().is_terminal(), "2", text)
}

fn paint_if(seen: bool, colour: &str, text: &str) -> String {
    if seen { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
}
