//! Both runtimes in one process, taking turns, compared round by round.
//!
//! Whatever else the machine does slows both sides of a round, so the ratio within a round is worth
//! more than two figures measured minutes apart. Each round changes who goes first. The table gives
//! the median of the ratios and their range.
//!
//! `cargo bench -p benches --bench paired -- [--rounds N] [--millis N] [--control] [WORD…]`
//! measures the workloads whose names contain one of the words, or all. With `--control` Tokio
//! competes against itself: how far those ratios stray from 1 is what the machine's noise can do.

#![forbid(unsafe_code)]

use benches::{ALLOCATOR_NAME, Cost, Round, WORKERS, WORKLOADS, Workload};
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

struct Arguments {
    rounds: usize,
    /// How long one side works in one round, about.
    slice: Duration,
    /// Tokio on both sides.
    control: bool,
    words: Vec<String>,
}

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(why) => {
            eprintln!("{why}\nusage: [--rounds N] [--millis N] [--control] [WORD…]");
            return ExitCode::from(2);
        }
    };
    println!(
        "{WORKERS} workers each, {} CPUs, allocator: {ALLOCATOR_NAME}, {} rounds of about {} ms{}",
        available_parallelism().map_or(0, usize::from),
        arguments.rounds,
        arguments.slice.as_millis(),
        if arguments.control { ", CONTROL: tokio on both sides" } else { "" },
    );
    println!();
    println!(
        "| {:<24} | {:>11} | {:>12} | {:>12} | {:>15} | {:>9} | {:>13} |",
        "workload",
        "tokio ns/op",
        "handcrank",
        "times faster",
        "range",
        "tokio CPU",
        "handcrank CPU"
    );
    println!(
        "|{:-<26}|{:->12}:|{:->13}:|{:->13}:|{:->16}:|{:->10}:|{:->14}:|",
        "", "", "", "", "", "", ""
    );
    for workload in WORKLOADS.iter().filter(|workload| arguments.asks_for(workload.name)) {
        println!("{}", row(workload, &arguments));
    }
    println!();
    println!(
        "Per operation, in ns: median of the time on the clock, and of the processor time of all \
         threads.\n\
         Where both workers have enough to do, processor time should exceed the time on the clock:\n\
         if the two are equal, the machine gave one CPU, and the row says little."
    );
    ExitCode::SUCCESS
}

impl Arguments {
    fn parse(mut from: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self {
            rounds: 21,
            slice: Duration::from_millis(50),
            control: false,
            words: Vec::new(),
        };
        while let Some(word) = from.next() {
            let mut number = || {
                let value = from.next().ok_or_else(|| format!("{word} needs a number"))?;
                match value.parse::<u32>() {
                    Ok(number) if number > 0 => Ok(number),
                    _ => Err(format!("{word} needs a number above 0, not {value:?}")),
                }
            };
            match word.as_str() {
                // What `cargo bench` adds.
                "--bench" => {}
                "--control" => arguments.control = true,
                "--rounds" => arguments.rounds = number()? as usize,
                "--millis" => arguments.slice = Duration::from_millis(number()?.into()),
                option if option.starts_with('-') => return Err(format!("unknown: {option}")),
                _ => arguments.words.push(word),
            }
        }
        Ok(arguments)
    }

    fn asks_for(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str()))
    }
}

/// One side of the comparison: its work, and how many passes fill a slice.
struct Side {
    round: Round,
    passes: u64,
    operations: u64,
    per_operation: Vec<PerOperation>,
}

#[derive(Clone, Copy)]
struct PerOperation {
    wall: f64,
    cpu: f64,
}

impl Side {
    /// Doubles the passes until they fill the slice, which warms everything up on the way.
    fn new(mut round: Round, operations: u64, slice: Duration) -> Self {
        let mut passes = 1;
        while round(passes).wall < slice {
            passes *= 2;
        }
        Self { round, passes, operations, per_operation: Vec::new() }
    }

    fn take_turn(&mut self) {
        let Cost { wall, cpu, .. } = (self.round)(self.passes);
        let operations = (self.passes * self.operations) as f64;
        self.per_operation.push(PerOperation {
            wall: wall.as_nanos() as f64 / operations,
            cpu: cpu.as_nanos() as f64 / operations,
        });
    }

    fn median(&self, of: impl Fn(&PerOperation) -> f64) -> f64 {
        median(self.per_operation.iter().map(of).collect())
    }
}

fn row(workload: &Workload, arguments: &Arguments) -> String {
    let side = |make: fn() -> Round| Side::new(make(), workload.operations, arguments.slice);
    let other = if arguments.control { workload.tokio } else { workload.handcrank };
    let (mut tokio, mut handcrank) = (side(workload.tokio), side(other));
    for round in 0..arguments.rounds {
        if round % 2 == 0 {
            tokio.take_turn();
            handcrank.take_turn();
        } else {
            handcrank.take_turn();
            tokio.take_turn();
        }
    }
    let mut ratios: Vec<f64> = tokio
        .per_operation
        .iter()
        .zip(&handcrank.per_operation)
        .map(|(tokio, handcrank)| tokio.wall / handcrank.wall)
        .collect();
    ratios.sort_by(f64::total_cmp);
    format!(
        "| {:<24} | {:>11} | {:>12} | {:>12} | {:>15} | {:>9} | {:>13} |",
        workload.name,
        figure(tokio.median(|cost| cost.wall)),
        figure(handcrank.median(|cost| cost.wall)),
        ratio(median(ratios.clone())),
        format!("{} to {}", ratio(ratios[0]), ratio(ratios[ratios.len() - 1])),
        figure(tokio.median(|cost| cost.cpu)),
        figure(handcrank.median(|cost| cost.cpu)),
    )
}

/// The middle one, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}

/// Three significant digits are more than a shared machine can promise.
fn figure(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}

fn ratio(value: f64) -> String {
    if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}
