//! The short table: what the README shows. Losses are in it, each with its reason.

use crate::files::Outcome;
use crate::record::Fact;
use crate::stamp;
use crate::summary::{Group, Line, allocators, groups};
use crate::table::{aligned, percent, range, ratio};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Where the block begins in the README.
pub(crate) const BEGIN: &str = "<!-- bench:begin -->";
/// And where it ends.
pub(crate) const END: &str = "<!-- bench:end -->";

/// Why a workload misses its mark, for those that do. A person writes them.
pub(crate) type Reasons = BTreeMap<String, String>;

/// The table, its footnotes, and where the figures come from.
pub(crate) fn compact(lines: &[Line], facts: &[Fact], reasons: &Reasons) -> String {
    let allocators = allocators(lines);
    let Some(&first) = allocators.first() else { return String::new() };
    let mut heading = vec!["workload".to_owned()];
    for allocator in &allocators {
        heading.push(format!("times faster ({allocator})"));
        heading.push("quartiles".to_owned());
    }
    heading.extend(["less CPU", "than smol", "of the limit", "mark"].map(str::to_owned));
    let mut rows = vec![heading];
    let mut explained = Vec::new();
    for group in groups(lines, first) {
        rows.push(mean(&group, lines, &allocators));
        for line in &group.lines {
            let all: Vec<&Line> = lines.iter().filter(|it| it.workload == line.workload).collect();
            let misses = all.iter().any(|line| !line.meets_its_mark());
            let note = match reasons.get(&line.workload) {
                Some(reason) if misses => {
                    explained.push((line.workload.as_str(), reason));
                    format!(" [^{}]", line.workload)
                }
                None if misses => " †".to_owned(),
                _ => String::new(),
            };
            rows.push(row(line, &all, &allocators, &note));
        }
    }
    let met = lines.iter().filter(|line| line.meets_its_mark()).count();
    let mut text = aligned(&rows);
    _ = writeln!(
        text,
        "\nTokio's time to Handcrank's within each round, the median of the rounds, with the \
         quartiles; the columns after them are of the first allocator. *Less CPU*, *than smol*: the \
         processor's time and smol's likewise. *Of the limit*: how near Handcrank comes to the least \
         that the machine takes for such an operation, on one thread. *Mark*: the ratio asked for; \
         it is met {met} times of {}. † It is missed, and the reason has not been written down yet. \
         (P) Compared by the processor's time. (!) The machine gave too few CPUs.\n\n{}",
        lines.len(),
        stamp::sentence(facts)
    );
    for (workload, reason) in explained {
        _ = writeln!(text, "\n[^{workload}]: {reason}");
    }
    text
}

fn row(line: &Line, all: &[&Line], allocators: &[&str], note: &str) -> Vec<String> {
    let processor = if line.by_processor() { " (P)" } else { "" };
    let warning = if all.iter().any(|line| line.lacked_cpus()) { " (!)" } else { "" };
    let mut cells = vec![format!("`{}`{processor}{warning}{note}", line.workload)];
    for allocator in allocators {
        let found = all.iter().find(|line| line.allocator == **allocator);
        cells.push(found.map(|line| ratio(line.ratio)).unwrap_or_default());
        let quartiles = |line: &&Line| range(line.ratio_first_quartile, line.ratio_third_quartile);
        cells.push(found.map(quartiles).unwrap_or_default());
    }
    cells.push(ratio(line.cpu_ratio));
    cells.push(line.smol_ratio.map(ratio).unwrap_or_default());
    cells.push(line.of_limit.map(percent).unwrap_or_default());
    cells.push(ratio(line.mark));
    cells
}

fn mean(group: &Group<'_>, lines: &[Line], allocators: &[&str]) -> Vec<String> {
    let strong = |value: f64| format!("**{}**", ratio(value));
    let mut cells = vec![format!("**{}**", group.name)];
    for allocator in allocators {
        let same = groups(lines, allocator).into_iter().find(|it| it.name == group.name);
        let mean = same.and_then(|group| group.mean(|line| Some(line.ratio)));
        cells.push(mean.map(strong).unwrap_or_default());
        cells.push(String::new());
    }
    cells.push(group.mean(|line| Some(line.cpu_ratio)).map(strong).unwrap_or_default());
    cells.push(group.mean(|line| line.smol_ratio).map(strong).unwrap_or_default());
    cells.extend([String::new(), String::new()]);
    cells
}

/// The README with another block.
pub(crate) fn with_block(readme: &str, block: &str) -> Outcome<String> {
    let ends = readme.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) =
        ends.ok_or_else(|| format!("README.md has no block between {BEGIN} and {END}"))?;
    Ok(format!("{before}{BEGIN}\n{}\n{END}{after}", block.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(allocator: &str, workload: &str, ratio: f64) -> Line {
        Line {
            allocator: allocator.to_owned(),
            group: "net".to_owned(),
            workload: workload.to_owned(),
            ratio,
            mark: 1.5,
            ..Line::default()
        }
    }

    #[test]
    fn losses_are_shown_with_their_reasons() {
        let lines = [
            line("system", "echo", 0.9),
            line("system", "crank", 4.0),
            line("mimalloc", "crank", 1.2),
            line("mimalloc", "echo", 1.6),
        ];
        let mut reasons = Reasons::new();
        reasons.insert("echo".to_owned(), "all of it is system calls.".to_owned());
        let text = compact(&lines, &[], &reasons);
        assert!(text.contains("`echo` [^echo]") && text.contains("`crank` †"), "{text}");
        assert!(text.contains("[^echo]: all of it is system calls."), "{text}");
        assert!(text.contains("2 times of 4"), "{text}");
    }

    #[test]
    fn the_block_is_replaced_and_nothing_else() {
        let readme = format!("# Title\n\n{BEGIN}\nold\n{END}\n\nRest.\n");
        let new = with_block(&readme, "\nnew\n").unwrap();
        assert_eq!(new, format!("# Title\n\n{BEGIN}\nnew\n{END}\n\nRest.\n"));
        assert!(with_block("# Title\n", "new").is_err());
    }
}
