//! The table for people: in a terminal and, being Markdown, in the book.

use crate::record::{Fact, MemorySample, runtime};
use crate::stamp::{self, CONTROL, PARTIAL};
use crate::statistics::median;
use crate::summary::{Group, Line, allocators, groups};
use std::fmt::Write as _;

/// The words above the columns.
const HEADINGS: [&str; 12] = [
    "workload",
    "tokio ns",
    "handcrank ns",
    "times faster",
    "quartiles",
    "range",
    "CPU ns: tokio / handcrank",
    "CPU saved",
    "p50, p99 µs: tokio / handcrank",
    "than smol",
    "of the limit",
    "mark",
];

/// All of a run.
pub(crate) fn render(lines: &[Line], memory: &[MemorySample], facts: &[Fact]) -> String {
    let mut text = String::new();
    for fact in facts.iter().filter(|fact| fact.fact == PARTIAL || fact.fact == CONTROL) {
        let Fact { allocator, fact, value } = fact;
        _ = writeln!(text, "**{}** ({allocator}): {value}.\n", fact.to_uppercase());
    }
    for allocator in allocators(lines) {
        _ = writeln!(text, "Allocator: {allocator}\n");
        text.push_str(&aligned(&rows(lines, allocator)));
        text.push('\n');
    }
    text.push_str(&memory_table(memory));
    _ = writeln!(
        text,
        "Times are for one operation, in ns, the median of the rounds. *Times faster*: Tokio's time \
         to Handcrank's within each round, the median, with the quartiles and the range of the \
         rounds. *CPU*: processor time of all threads, and how many times less of it. *Of the \
         limit*: how near Handcrank comes to the least that the machine takes for such an \
         operation; more than all of it is possible, where the limit was measured with one thread. \
         *Mark*: the ratio asked for, and whether it is met. (P) Here the processor's time is what \
         is compared, since the time on the clock is mostly waiting that was asked for. (!) The \
         machine gave too few CPUs for a load of two threads: the row says little.\n\n{}",
        stamp::sentence(facts)
    );
    text
}

fn rows(lines: &[Line], allocator: &str) -> Vec<Vec<String>> {
    let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    for group in groups(lines, allocator) {
        rows.extend(group.lines.iter().map(|line| row(line)));
        rows.push(mean(&group));
    }
    // A column without a figure says nothing.
    let empty: Vec<usize> = (1..HEADINGS.len())
        .filter(|&column| rows[1..].iter().all(|row| row[column].is_empty()))
        .collect();
    for row in &mut rows {
        let mut column = 0;
        row.retain(|_| {
            column += 1;
            !empty.contains(&(column - 1))
        });
    }
    rows
}

fn row(line: &Line) -> Vec<String> {
    let warning = if line.lacked_cpus() { " (!)" } else { "" };
    let processor = if line.by_processor() { " (P)" } else { "" };
    let met = if line.meets_its_mark() { "met" } else { "missed" };
    vec![
        format!("{}{processor}{warning}", line.workload),
        figure(line.tokio_ns),
        figure(line.handcrank_ns),
        ratio(line.ratio),
        range(line.ratio_first_quartile, line.ratio_third_quartile),
        range(line.ratio_low, line.ratio_high),
        format!("{} / {}", figure(line.tokio_cpu_ns), figure(line.handcrank_cpu_ns)),
        ratio(line.cpu_ratio),
        latencies(line).unwrap_or_default(),
        line.smol_ratio.map(ratio).unwrap_or_default(),
        line.of_limit.map(percent).unwrap_or_default(),
        if line.mark > 0.0 { format!("{} {met}", ratio(line.mark)) } else { String::new() },
    ]
}

fn latencies(line: &Line) -> Option<String> {
    let pair = |p50: f64, p99: f64| format!("{}, {}", figure(p50 / 1e3), figure(p99 / 1e3));
    let tokio = pair(line.tokio_p50_ns?, line.tokio_p99_ns?);
    Some(format!("{tokio} / {}", pair(line.handcrank_p50_ns?, line.handcrank_p99_ns?)))
}

fn mean(group: &Group<'_>) -> Vec<String> {
    let met = group.lines.iter().filter(|line| line.meets_its_mark()).count();
    let of = |figure: fn(&Line) -> Option<f64>| group.mean(figure);
    let mut cells = vec![String::new(); HEADINGS.len()];
    cells[0] = format!("**{}** (geometric mean)", group.name);
    cells[3] = of(|line| Some(line.ratio)).map(strong).unwrap_or_default();
    cells[7] = of(|line| Some(line.cpu_ratio)).map(strong).unwrap_or_default();
    cells[9] = of(|line| line.smol_ratio).map(strong).unwrap_or_default();
    cells[10] = of(|line| line.of_limit).map(percent).unwrap_or_default();
    cells[11] = format!("{met} of {}", group.lines.len());
    cells
}

fn strong(value: f64) -> String {
    format!("**{}**", ratio(value))
}

/// Nothing, where nothing was measured.
fn memory_table(samples: &[MemorySample]) -> String {
    let mut keys: Vec<(&str, &str)> = Vec::new();
    for sample in samples {
        let key = (sample.allocator.as_str(), sample.what.as_str());
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        return String::new();
    }
    let headings = ["resident bytes each", "allocator", "tokio", "handcrank", "smol", "times less"];
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    for (allocator, what) in keys {
        let of = |runtime: &str| {
            let mine = samples.iter().filter(|sample| {
                sample.allocator == allocator && sample.what == what && sample.runtime == runtime
            });
            median(mine.map(|sample| sample.bytes))
        };
        let (tokio, handcrank) = (of(runtime::TOKIO), of(runtime::HANDCRANK));
        let less = tokio.zip(handcrank).map(|(tokio, handcrank)| ratio(tokio / handcrank));
        let bytes =
            |value: Option<f64>| value.map(|value| format!("{value:.0}")).unwrap_or_default();
        rows.push(vec![
            what.to_owned(),
            allocator.to_owned(),
            bytes(tokio),
            bytes(handcrank),
            bytes(of(runtime::SMOL)),
            less.unwrap_or_default(),
        ]);
    }
    format!("{}\n", aligned(&rows))
}

/// A Markdown table whose columns stand below each other in a terminal, too: the first to the left,
/// the others to the right.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3))
        .collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            _ = if column == 0 {
                write!(text, "| {cell:<width$} ")
            } else {
                write!(text, "| {cell:>width$} ")
            };
        }
        text.push_str("|\n");
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                let dashes = "-".repeat(width + 1);
                _ = write!(text, "|{dashes}{}", if column == 0 { '-' } else { ':' });
            }
            text.push_str("|\n");
        }
    }
    text
}

/// Three significant digits are more than a shared machine can promise.
pub(crate) fn figure(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}

pub(crate) fn ratio(value: f64) -> String {
    if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}

pub(crate) fn range(from: f64, to: f64) -> String {
    format!("{} to {}", ratio(from), ratio(to))
}

pub(crate) fn percent(part: f64) -> String {
    if part < 0.1 { format!("{:.1} %", part * 100.0) } else { format!("{:.0} %", part * 100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{parse, to_text};

    fn line() -> Line {
        Line {
            allocator: "system".to_owned(),
            group: "scheduler".to_owned(),
            workload: "crank".to_owned(),
            rounds: 9,
            tokio_ns: 210.04,
            handcrank_ns: 99.96,
            ratio: 2.1,
            ratio_low: 1.9,
            ratio_high: 12.3,
            mark: 2.0,
            cpus: Some(1.1),
            ..Line::default()
        }
    }

    #[test]
    fn the_table_is_the_same_from_a_file() {
        let lines = [line()];
        let read: Vec<Line> = parse(&to_text(&lines).unwrap()).unwrap();
        let text = render(&lines, &[], &[]);
        assert_eq!(render(&read, &[], &[]), text);
        assert!(text.contains("| crank (!)"), "{text}");
        assert!(text.contains("2.00 met") && text.contains("1 of 1"), "{text}");
        assert!(!text.contains("than smol"), "an empty column: {text}");
    }

    #[test]
    fn a_partial_run_says_so_first() {
        let facts = [stamp::fact("system", PARTIAL, "stopped after 3 of 28 workloads")];
        assert!(render(&[line()], &[], &facts).starts_with("**PARTIAL** (system): stopped after"));
    }

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [["name", "ns"], ["µs", "1234"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(aligned(&rows), "| name |   ns |\n|------|-----:|\n| µs   | 1234 |\n");
    }

    #[test]
    fn memory_is_compared_by_medians() {
        let sample = |runtime: &str, bytes| MemorySample {
            allocator: "system".to_owned(),
            what: "task".to_owned(),
            runtime: runtime.to_owned(),
            sample: 0,
            bytes,
        };
        let text = memory_table(&[sample("tokio", 300.0), sample("handcrank", 150.0)]);
        assert!(text.contains("2.00 |"), "{text}");
    }
}
