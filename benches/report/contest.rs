//! The measuring itself: several sides in one process, taking turns, round by round.
//!
//! Whatever else the machine does slows all sides of a round, so the ratio within a round is worth
//! more than two figures measured minutes apart. Each round reverses the order.

use crate::machine;
use crate::progress::Progress;
use crate::record::{Turn, runtime};
use crate::stop::Stop;
use benches::{Cost, Round};
use std::time::{Duration, Instant};

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) rounds: u64,
    /// How long a turn lasts, about.
    pub(crate) slice: Duration,
}

/// Fewer rounds than this would not show a range.
const FEWEST_ROUNDS: u64 = 5;

/// How many times longer than planned a workload may take before it has to do with fewer rounds.
const PATIENCE: u32 = 3;

/// A side that has not begun.
pub(crate) struct Entrant<'a> {
    pub(crate) runtime: &'static str,
    /// How many operations a pass has.
    pub(crate) operations: u64,
    pub(crate) make: Box<dyn FnOnce() -> Round + 'a>,
}

/// A side at work: how many passes fill its turn.
struct Side {
    runtime: &'static str,
    operations: u64,
    round: Round,
    passes: u64,
}

/// Lets all sides take their turns. Ends early if it has to stop; what was measured counts.
pub(crate) fn contest(
    (allocator, workload): (&str, &str),
    entrants: Vec<Entrant<'_>>,
    pace: Pace,
    (progress, stop): (&Progress, &Stop),
) -> Vec<Turn> {
    let mut turns = Vec::new();
    let count = entrants.len() as u64;
    let mut sides: Vec<Side> =
        entrants.into_iter().map(|entrant| Side::new(entrant, pace.slice, stop)).collect();
    let mut rounds = pace.rounds;
    let mut record = |runtime: &str, round, passes, operations, cost: &Cost| {
        turns.push(Turn {
            allocator: allocator.to_owned(),
            workload: workload.to_owned(),
            runtime: runtime.to_owned(),
            round,
            passes,
            operations,
            wall_ns: nanos(cost.wall),
            cpu_ns: nanos(cost.cpu),
            p50_ns: cost.latencies.quantile(0.5).map(|latency| latency as f64),
            p99_ns: cost.latencies.quantile(0.99).map(|latency| latency as f64),
        });
    };
    let mut round = 0;
    while round < rounds {
        let since = Instant::now();
        record(runtime::MACHINE, round, 1, 1, &machine::probe());
        for side in &mut sides {
            if stop.asked() {
                return turns;
            }
            let cost = (side.round)(side.passes);
            let operations = side.passes * side.operations;
            record(side.runtime, round, side.passes, operations, &cost);
            progress.turns(1);
        }
        sides.reverse();
        if round == 0 {
            rounds = affordable(pace, since.elapsed(), count as u32);
            progress.turns((pace.rounds - rounds) * count);
        }
        round += 1;
    }
    turns
}

/// How many rounds there is time for, when one takes that long.
fn affordable(pace: Pace, one: Duration, sides: u32) -> u64 {
    let budget = pace.slice * sides * PATIENCE;
    let part = budget.as_secs_f64() / one.as_secs_f64().max(f64::MIN_POSITIVE);
    let rounds = (pace.rounds as f64 * part) as u64;
    rounds.clamp(FEWEST_ROUNDS.min(pace.rounds), pace.rounds)
}

impl Side {
    /// Makes it ready and finds out how many passes fill a slice, which warms everything up on the
    /// way.
    fn new(entrant: Entrant<'_>, slice: Duration, stop: &Stop) -> Self {
        let Entrant { runtime, operations, make } = entrant;
        let mut round = make();
        let mut passes = 1;
        loop {
            let wall = round(passes).wall;
            if wall >= slice / 4 || stop.asked() {
                let fit = passes as f64 * slice.as_secs_f64() / wall.as_secs_f64().max(1e-9);
                let passes = (fit.round() as u64).clamp(1, passes * 4);
                return Self { runtime, operations, round, passes };
            }
            passes *= 2;
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    fn entrant(runtime: &'static str, order: &Rc<RefCell<String>>) -> Entrant<'static> {
        let order = order.clone();
        let make = move || -> Round {
            Box::new(move |passes| {
                order.borrow_mut().push_str(runtime);
                let wall = Duration::from_millis(passes);
                Cost { wall, ..Cost::default() }
            })
        };
        Entrant { runtime, operations: 7, make: Box::new(make) }
    }

    fn turns(rounds: u64, order: &Rc<RefCell<String>>) -> Vec<Turn> {
        let entrants = vec![entrant("a", order), entrant("b", order)];
        let pace = Pace { rounds, slice: Duration::from_millis(16) };
        let (progress, stop) = (Progress::new(0), Stop::default());
        contest(("system", "crank"), entrants, pace, (&progress, &stop))
    }

    #[test]
    fn the_order_alternates() {
        let order = Rc::default();
        let turns = turns(3, &order);
        // Three tries each to find the passes, then the rounds.
        assert_eq!(*order.borrow(), ["aaa", "bbb", "ab", "ba", "ab"].concat());
        // Beside each round's turns, the look at the machine.
        assert_eq!(turns.len(), 3 * 3);
        let last = turns.last().unwrap();
        assert_eq!((last.passes, last.operations, last.wall_ns), (16, 16 * 7, 16_000_000));
    }

    #[test]
    fn a_slow_workload_has_fewer_rounds() {
        let pace = Pace { rounds: 21, slice: Duration::from_millis(10) };
        assert_eq!(affordable(pace, Duration::from_millis(20), 2), 21);
        assert_eq!(affordable(pace, Duration::from_millis(120), 2), 10);
        assert_eq!(affordable(pace, Duration::from_secs(9), 2), FEWEST_ROUNDS);
        assert_eq!(affordable(Pace { rounds: 2, ..pace }, Duration::from_secs(9), 2), 2);
    }
}
