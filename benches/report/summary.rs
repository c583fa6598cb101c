//! From rounds to one line a workload.

use crate::record::{Turn, runtime};
use crate::statistics::{Spread, geometric_mean, median, rounded};
use serde::{Deserialize, Serialize};

/// Below this many CPUs, a load for two threads is not what it claims to be.
pub(crate) const ENOUGH_CPUS: f64 = 1.6;

/// One workload with one allocator. Times are medians, in ns for one operation, on the clock unless
/// they are the processor's; a ratio is that of Tokio's time to Handcrank's, so more is faster, and
/// its spread is that of the rounds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) allocator: String,
    pub(crate) group: String,
    pub(crate) workload: String,
    pub(crate) rounds: u64,
    /// Which clock is compared: `wall`, or `processor` where the time that goes by is mostly
    /// waiting that was asked for. All ratios but the processor's own are of this figure.
    pub(crate) figure: String,
    pub(crate) tokio_ns: f64,
    pub(crate) handcrank_ns: f64,
    pub(crate) smol_ns: Option<f64>,
    pub(crate) limit_ns: Option<f64>,
    pub(crate) ratio: f64,
    pub(crate) ratio_low: f64,
    pub(crate) ratio_first_quartile: f64,
    pub(crate) ratio_third_quartile: f64,
    pub(crate) ratio_high: f64,
    pub(crate) tokio_cpu_ns: f64,
    pub(crate) handcrank_cpu_ns: f64,
    pub(crate) cpu_ratio: f64,
    /// Smol's time to Handcrank's.
    pub(crate) smol_ratio: Option<f64>,
    /// The limit's time to Handcrank's: 1 is as fast as the hardware and the system allow.
    pub(crate) of_limit: Option<f64>,
    pub(crate) tokio_p50_ns: Option<f64>,
    pub(crate) tokio_p99_ns: Option<f64>,
    pub(crate) handcrank_p50_ns: Option<f64>,
    pub(crate) handcrank_p99_ns: Option<f64>,
    /// The ratio that is asked for.
    pub(crate) mark: f64,
    /// How many CPUs two threads got between the rounds, of two, where that matters.
    pub(crate) cpus: Option<f64>,
}

impl Line {
    /// Whether it is as much faster as is asked for.
    pub(crate) fn meets_its_mark(&self) -> bool {
        self.ratio >= self.mark
    }

    /// Whether the processor's time is what is compared.
    pub(crate) fn by_processor(&self) -> bool {
        self.figure == "processor"
    }

    /// Whether the machine gave too little for the row to say much.
    pub(crate) fn lacked_cpus(&self) -> bool {
        self.cpus.is_some_and(|cpus| cpus < ENOUGH_CPUS)
    }
}

/// What the rounds do not know of their workload.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) group: String,
    pub(crate) mark: f64,
    /// Whether the processor's time is to be compared.
    pub(crate) by_processor: bool,
    /// Whether one CPU is all that it could use.
    pub(crate) one_thread: bool,
}

/// One line for every allocator and workload, in the order of their first rounds.
pub(crate) fn lines(turns: &[Turn], about: impl Fn(&str) -> About) -> Vec<Line> {
    let mut keys: Vec<(&str, &str)> = Vec::new();
    for turn in turns {
        let key = (turn.allocator.as_str(), turn.workload.as_str());
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let line = |&(allocator, workload): &(&str, &str)| {
        let turns = turns
            .iter()
            .filter(|turn| turn.allocator == allocator && turn.workload == workload)
            .collect();
        Rounds(turns).line(about(workload))
    };
    keys.iter().filter_map(line).collect()
}

/// All turns of one workload with one allocator.
struct Rounds<'a>(Vec<&'a Turn>);

impl Rounds<'_> {
    fn line(&self, about: About) -> Option<Line> {
        let handcrank = if self.of(runtime::AGAIN).next().is_some() {
            runtime::AGAIN
        } else {
            runtime::HANDCRANK
        };
        let figure = if about.by_processor { Turn::cpu } else { Turn::wall };
        let ratios = self.ratios(runtime::TOKIO, handcrank, figure);
        let ratio = Spread::of(&ratios)?;
        let time = |name, time: fn(&Turn) -> f64| median(self.of(name).map(time)).map(rounded);
        let against = |name| median(self.ratios(name, handcrank, figure)).map(rounded);
        let latency =
            |name, of: fn(&Turn) -> Option<f64>| median(self.of(name).filter_map(of)).map(rounded);
        let first = self.0.first()?;
        Some(Line {
            allocator: first.allocator.clone(),
            group: about.group,
            workload: first.workload.clone(),
            rounds: ratios.len() as u64,
            figure: if about.by_processor { "processor" } else { "wall" }.to_owned(),
            tokio_ns: time(runtime::TOKIO, Turn::wall)?,
            handcrank_ns: time(handcrank, Turn::wall)?,
            smol_ns: time(runtime::SMOL, Turn::wall),
            limit_ns: time(runtime::LIMIT, Turn::wall),
            ratio: rounded(ratio.median),
            ratio_low: rounded(ratio.low),
            ratio_first_quartile: rounded(ratio.first_quartile),
            ratio_third_quartile: rounded(ratio.third_quartile),
            ratio_high: rounded(ratio.high),
            tokio_cpu_ns: time(runtime::TOKIO, Turn::cpu)?,
            handcrank_cpu_ns: time(handcrank, Turn::cpu)?,
            cpu_ratio: rounded(median(self.ratios(runtime::TOKIO, handcrank, Turn::cpu))?),
            smol_ratio: against(runtime::SMOL),
            of_limit: against(runtime::LIMIT),
            tokio_p50_ns: latency(runtime::TOKIO, |turn| turn.p50_ns),
            tokio_p99_ns: latency(runtime::TOKIO, |turn| turn.p99_ns),
            handcrank_p50_ns: latency(handcrank, |turn| turn.p50_ns),
            handcrank_p99_ns: latency(handcrank, |turn| turn.p99_ns),
            mark: about.mark,
            cpus: self.cpus().filter(|_| !about.one_thread),
        })
    }

    fn of(&self, runtime: &str) -> impl Iterator<Item = &Turn> {
        self.0.iter().copied().filter(move |turn| turn.runtime == runtime)
    }

    /// One side's figure to the other's, in each round that both took part in.
    fn ratios(&self, one: &str, other: &str, figure: fn(&Turn) -> f64) -> Vec<f64> {
        self.of(one)
            .filter_map(|a| {
                let b = self.of(other).find(|b| b.round == a.round)?;
                Some(figure(a) / figure(b))
            })
            // A clock too coarse to see anything gives no ratio.
            .filter(|ratio| ratio.is_finite() && *ratio > 0.0)
            .collect()
    }

    /// The median, as for everything else: what matters is what most rounds had.
    fn cpus(&self) -> Option<f64> {
        median(self.of(runtime::MACHINE).map(|turn| turn.cpu() / turn.wall())).map(rounded)
    }
}

/// A group of workloads with one allocator.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group<'a> {
    pub(crate) name: &'a str,
    pub(crate) lines: Vec<&'a Line>,
}

impl Group<'_> {
    /// The geometric mean of a ratio over the lines that have it.
    pub(crate) fn mean(&self, ratio: impl Fn(&Line) -> Option<f64>) -> Option<f64> {
        geometric_mean(self.lines.iter().filter_map(|line| ratio(line)))
    }
}

/// The allocators, in the order of their first lines.
pub(crate) fn allocators(lines: &[Line]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for line in lines {
        if !names.contains(&line.allocator.as_str()) {
            names.push(&line.allocator);
        }
    }
    names
}

/// The groups of one allocator's lines, in the order of their first lines.
pub(crate) fn groups<'a>(lines: &'a [Line], allocator: &str) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for line in lines.iter().filter(|line| line.allocator == allocator) {
        match groups.iter_mut().find(|group| group.name == line.group) {
            Some(group) => group.lines.push(line),
            None => groups.push(Group { name: &line.group, lines: vec![line] }),
        }
    }
    groups
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn turn(runtime: &str, round: u64, wall_ns: u64) -> Turn {
        Turn {
            allocator: "system".to_owned(),
            workload: "crank".to_owned(),
            runtime: runtime.to_owned(),
            round,
            passes: 1,
            operations: 10,
            wall_ns,
            cpu_ns: 2 * wall_ns,
            p50_ns: None,
            p99_ns: None,
        }
    }

    fn one(turns: &[Turn]) -> Line {
        let about = |_: &str| About { group: "net".to_owned(), mark: 1.5, ..About::default() };
        lines(turns, about).remove(0)
    }

    #[test]
    fn the_ratio_is_taken_within_each_round() {
        let mut turns = Vec::new();
        for (round, noise) in [(0, 1), (1, 7), (2, 1)] {
            turns.push(turn("tokio", round, 2_000 * noise));
            turns.push(turn("handcrank", round, 1_000 * noise));
            turns.push(turn("smol", round, 500 * noise));
            turns.push(turn("limit", round, 100 * noise));
            turns.push(turn("machine", round, 100));
        }
        let line = one(&turns);
        assert_eq!((line.ratio, line.ratio_low, line.ratio_high), (2.0, 2.0, 2.0));
        assert_eq!((line.tokio_ns, line.handcrank_ns), (200.0, 100.0));
        assert_eq!((line.smol_ratio, line.of_limit), (Some(0.5), Some(0.1)));
        assert_eq!((line.cpu_ratio, line.cpus), (2.0, Some(2.0)));
        assert!(line.meets_its_mark() && !line.lacked_cpus());
    }

    #[test]
    fn where_waiting_was_asked_for_the_processor_decides() {
        let (mut tokio, handcrank) = (turn("tokio", 0, 1_000), turn("handcrank", 0, 1_000));
        tokio.cpu_ns = 3 * handcrank.cpu_ns;
        let about = |_: &str| About { by_processor: true, ..About::default() };
        assert_eq!(lines(&[tokio, handcrank], about)[0].ratio.to_string(), "3");
    }

    #[test]
    fn a_round_that_only_one_side_finished_does_not_count() {
        let turns = [turn("tokio", 0, 3), turn("handcrank", 0, 1), turn("tokio", 1, 1)];
        assert_eq!((one(&turns).rounds, one(&turns).ratio), (1, 3.0));
        assert!(lines(&turns[2..], |_| About::default()).is_empty());
    }

    #[test]
    fn a_machine_that_gave_one_cpu_is_noticed() {
        let mut probe = turn("machine", 0, 1_000);
        probe.cpu_ns = 1_050;
        let line = one(&[turn("tokio", 0, 3), turn("handcrank", 0, 1), probe]);
        assert!(line.lacked_cpus());
    }

    #[test]
    fn lines_are_grouped_in_their_order() {
        let line = |group: &str, ratio| Line {
            allocator: "system".to_owned(),
            group: group.to_owned(),
            ratio,
            ..Line::default()
        };
        let all = [line("b", 2.0), line("a", 3.0), line("b", 8.0)];
        let groups = groups(&all, "system");
        assert_eq!(groups.iter().map(|group| group.name).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(groups[0].mean(|line| Some(line.ratio)).map(rounded), Some(4.0));
        assert_eq!(groups[0].mean(|line| line.smol_ratio), None);
    }
}
