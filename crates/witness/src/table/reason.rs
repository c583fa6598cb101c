//! Why the model failed, in a line.

use super::row_of;
use crate::names::Names;
use crate::record::{Log, Object, What};

pub(super) fn is_deadlock(message: &str) -> bool {
    message.starts_with("deadlock")
}

pub(super) fn is_leak(message: &str) -> bool {
    message.contains("leaked")
}

pub(super) fn is_race(message: &str) -> bool {
    message.contains("Causality violation")
        || message.contains("to cell")
        || message.contains("from cell")
}

/// Loom's own words, or the panic's, in short.
pub(super) fn reason(log: &Log, message: &str, names: &Names<'_>) -> String {
    let message = message.trim();
    if is_deadlock(message) {
        return "deadlock: every thread waits, and none is left to wake it".to_owned();
    }
    if is_leak(message) {
        return "leak: something is still alive at the end that nobody points to".to_owned();
    }
    if message.contains("maximum number of branches") {
        return "no end: a thread goes round and round".to_owned();
    }
    if is_race(message) {
        return race(log, names);
    }
    format!("panic: {}", short(message))
}

/// The last access, and the one before it that it races with.
fn race(log: &Log, names: &Names<'_>) -> String {
    let access = |what: &What| -> Option<(Object, bool)> {
        match *what {
            What::Read(object) => Some((object, false)),
            What::Write(object) => Some((object, true)),
            _ => None,
        }
    };
    let last = log.steps.len().checked_sub(1);
    let Some((at, (object, writes))) = last.and_then(|at| Some((at, access(&log.steps[at].what)?)))
    else {
        return "data race: two accesses, and nothing orders them".to_owned();
    };
    let thread = log.steps[at].thread;
    let other = (0..at).rev().find(|&before| {
        log.steps[before].thread != thread
            && access(&log.steps[before].what)
                .is_some_and(|(other, wrote)| other == object && (writes || wrote))
    });
    let name = names.object(object);
    match other {
        Some(other) => format!(
            "data race on {name}: nothing says that row {} comes after row {}",
            row_of(log, at),
            row_of(log, other)
        ),
        None => format!(
            "data race on {name}: nothing says that row {} comes after its making",
            row_of(log, at)
        ),
    }
}

/// A panic's message in one line: `dropped twice (left: 1, right: 0)`.
fn short(message: &str) -> String {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("without a message");
    let first = match first.split_once("` failed: ") {
        Some((head, said)) if head.starts_with("assertion") => said,
        _ => first,
    };
    let rest: Vec<&str> = lines.collect();
    if rest.is_empty() { first.to_owned() } else { format!("{first} ({})", rest.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_message_becomes_one_line() {
        let message = "assertion `left == right` failed: dropped twice\n  left: 1\n right: 0";
        assert_eq!(short(message), "dropped twice (left: 1, right: 0)");
        assert_eq!(short("a wake-up was lost"), "a wake-up was lost");
        assert_eq!(short(""), "without a message");
    }
}
