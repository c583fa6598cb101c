//! `Instant`: sums, differences, conversions.

use super::rt;
use crate::harness::{Case, Flavour, Log, cases};
use rt::time::{Duration, Instant};

pub(crate) const CASES: &[Case] = cases![
    current_thread: instants_add_and_subtract, instants_that_do_not_fit, instants_and_the_standard_ones;
];

const MS: Duration = Duration::from_millis(1);

fn instants_add_and_subtract(_: Flavour, log: &Log) {
    let start = Instant::now();
    let mut later = start + MS * 5;
    log.note(format!("{:?} {:?}", later - start, start - later));
    log.note(format!("{:?} {:?}", later.duration_since(start), start.duration_since(later)));
    let checked = (later.checked_duration_since(start), start.checked_duration_since(later));
    log.note(format!("{checked:?}"));
    let saturating =
        (later.saturating_duration_since(start), start.saturating_duration_since(later));
    log.note(format!("{saturating:?}"));
    later += MS;
    later -= MS * 6;
    log.note(later == start && later - MS < start && start.max(later + MS) > start);
    log.note(format!("{:?}", (start + MS).elapsed() < MS * 60_000));
    log.note(format!("{:?}", start.checked_sub(MS) == Some(start - MS)));
}

fn instants_that_do_not_fit(_: Flavour, log: &Log) {
    let start = Instant::now();
    log.note(format!(
        "{:?} {:?}",
        start.checked_add(Duration::MAX),
        start.checked_sub(Duration::MAX)
    ));
    log.note_panic(|| start + Duration::MAX);
    log.note_panic(|| start - Duration::MAX);
    let mut moved = start;
    log.note_panic(|| moved += Duration::MAX);
    log.note_panic(|| moved -= Duration::MAX);
    log.note(moved == start);
}

fn instants_and_the_standard_ones(_: Flavour, log: &Log) {
    let std = std::time::Instant::now();
    let ours = Instant::from_std(std);
    log.note(ours.into_std() == std);
    log.note(std::time::Instant::from(Instant::from(std)) == std);
    log.note(format!("{ours:?}") == format!("{std:?}"));
    let set: std::collections::HashSet<_> = [ours, Instant::from(std)].into();
    log.note(set.len());
}
