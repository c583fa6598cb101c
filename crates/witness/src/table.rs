//! The failing interleaving as a table: a column a thread, a row a step.

mod layout;
mod reason;

use crate::names::Names;
use crate::record::{At, Doing, Log, Step, What};
use std::fmt;
use std::sync::atomic::Ordering;

/// What the threads did until the model failed, in the order in which they did it, and where each of them
/// stood then. The text is the same each time; `Display` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    text: String,
}

impl Table {
    /// From what was written down, and what the checker said. `model`: where the model stands.
    pub(crate) fn new(log: &Log, message: &str, model: At) -> (String, Self) {
        let names = Names::new(log, model);
        let reason = reason::reason(log, message, &names);
        let threads: Vec<String> =
            (0..log.threads.len()).map(|thread| names.thread(thread)).collect();
        let rows = rows(log, &names, reason::is_race(message));
        let mut text = layout::table(&threads, &rows);
        text += &["\n", &reason, "\n", &layout::list(&standing(log, message, &names))].concat();
        (reason, Self { text })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A row: which thread, and what it did. The number is that of the step.
pub(crate) struct Row {
    pub(crate) thread: usize,
    pub(crate) text: String,
}

/// The row, counted from 1, of each step.
pub(crate) fn row_of(log: &Log, step: usize) -> usize {
    (0..=step).filter(|&at| !is_tail(log, at)).count()
}

/// Is this the unlocking right after the locking? Then both are one row.
fn is_tail(log: &Log, at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| &log.steps[before]) else { return false };
    let step = &log.steps[at];
    before.thread == step.thread
        && matches!((&before.what, &step.what), (What::Lock(one), What::Unlock(other)) if one == other)
}

fn rows(log: &Log, names: &Names<'_>, race: bool) -> Vec<Row> {
    // What an ordering is only matters where one is too weak. Elsewhere it is noise.
    let weak = log.steps.iter().any(|step| match step.what {
        What::Load { found, newest, .. } => found != newest,
        What::Fence(_) => true,
        _ => false,
    });
    let orders = race || weak;
    (0..log.steps.len())
        .filter(|&at| !is_tail(log, at))
        .map(|at| {
            let step = &log.steps[at];
            let tail = at + 1 < log.steps.len() && is_tail(log, at + 1);
            let done = done(step, names, orders);
            let done = if tail { format!("{done}, unlocked at once") } else { done };
            let plain = matches!(
                step.what,
                What::Spawns(_) | What::Ends | What::WaitsFor(_) | What::Joins(_) | What::Yields
            );
            let function = names.function(step.at).filter(|_| !plain);
            let text = function.map(|function| format!("{function}: ")).unwrap_or_default() + &done;
            Row { thread: step.thread, text }
        })
        .collect()
}

/// One step in words.
fn done(step: &Step, names: &Names<'_>, orders: bool) -> String {
    let order = |order: Ordering| if orders { format!("{order:?}") } else { String::new() };
    let and_order = |of: Ordering| if orders { format!(", {of:?}") } else { String::new() };
    match &step.what {
        &What::Load { object, found, newest, order: of } => {
            let (name, value) = (names.object(object), names.value(object, found));
            let stale = if found == newest {
                String::new()
            } else {
                format!(" (stale: {} is newer)", names.value(object, newest))
            };
            format!("{name}.load({}) → {value}{stale}", order(of))
        }
        &What::Store { object, value, order } => {
            let value = names.value(object, value);
            format!("{}.store({value}{})", names.object(object), and_order(order))
        }
        &What::Change { object, how, argument, found, order } => format!(
            "{}.{how}({}{}) → {}",
            names.object(object),
            names.value(object, argument),
            and_order(order),
            names.value(object, found)
        ),
        &What::Exchange { object, current, new, found, order: of } => {
            let name = names.object(object);
            let found = match found {
                Ok(_) => "Ok".to_owned(),
                Err(found) => format!("Err({})", names.value(object, found)),
            };
            match names.change(object, current, new) {
                // Two words of many flags each say less than what is different.
                Some(change) => {
                    format!("{name}.compare_exchange({change}{}) → {found}", and_order(of))
                }
                None => format!(
                    "{name}.compare_exchange({}, {}{}) → {found}",
                    names.value(object, current),
                    names.value(object, new),
                    and_order(of)
                ),
            }
        }
        What::Fence(order) => format!("fence({order:?})"),
        &What::Read(object) => format!("reads {}", names.object(object)),
        &What::Write(object) => format!("writes {}", names.object(object)),
        &What::Lock(object) => format!("{}.lock()", names.object(object)),
        &What::TryLock { object, taken } => {
            let outcome = if taken { "taken" } else { "it is locked" };
            format!("{}.try_lock() → {outcome}", names.object(object))
        }
        &What::WaitsForLock { object, holder } => {
            format!("waits for {}, which {} has", names.object(object), names.thread(holder))
        }
        &What::Unlock(object) => format!("unlocks {}", names.object(object)),
        &What::Sleeps(object) => format!("{}.wait: unlocks and sleeps", names.object(object)),
        &What::Woken(object) => {
            format!("{}.wait: is awake, and has the lock", names.object(object))
        }
        What::Notify { object, woken } => {
            let whom: Vec<String> = woken.iter().map(|&thread| names.thread(thread)).collect();
            let outcome = match whom.as_slice() {
                [] => "nobody waits".to_owned(),
                whom => format!("wakes {}", whom.join(" and ")),
            };
            format!("{}.notify → {outcome}", names.object(*object))
        }
        &What::Spawns(thread) => format!("starts {}", names.thread(thread)),
        &What::WaitsFor(thread) => format!("waits for {} to end", names.thread(thread)),
        &What::Joins(thread) => format!("joins {}", names.thread(thread)),
        What::Yields => "yields".to_owned(),
        What::Ends => "ends".to_owned(),
    }
}

/// Each thread, and where it stood at the end.
fn standing(log: &Log, message: &str, names: &Names<'_>) -> Vec<(String, String)> {
    let deadlock = reason::is_deadlock(message);
    log.threads
        .iter()
        .enumerate()
        .map(|(number, thread)| {
            let begun = number == 0 || log.steps.iter().any(|step| step.thread == number);
            let within = |at: At| match names.function(at) {
                Some(function) => format!(", in {function}"),
                None => String::new(),
            };
            let stands = match thread.doing {
                _ if thread.ended => "has ended".to_owned(),
                _ if number == log.current && !deadlock && !reason::is_leak(message) => {
                    let last = log.steps.iter().rev().find(|step| step.thread == number);
                    let at = thread.doing.map(|(at, _)| at).or(last.map(|step| step.at));
                    format!("fails here{}", at.map(within).unwrap_or_default())
                }
                Some((at, Doing::Lock(object))) => {
                    let holder =
                        log.objects.get(object).and_then(|lock| lock.newest.checked_sub(1));
                    let whose = holder
                        .map(|holder| format!(", which {} has", names.thread(holder as usize)));
                    let name = names.object(object);
                    format!("waits for {name}{}{}", whose.unwrap_or_default(), within(at))
                }
                Some((at, Doing::Wait(object))) => {
                    format!("sleeps in {}.wait{}", names.object(object), within(at))
                }
                Some((_, Doing::Join(other))) => {
                    format!("waits for {} to end", names.thread(other))
                }
                Some((at, Doing::Step)) => format!("is before {}{}", names.coming(at), within(at)),
                None if begun => "goes on".to_owned(),
                None => "has not begun".to_owned(),
            };
            (names.thread(number), stands)
        })
        .collect()
}
