//! From the figures of a folder to its summary, table and charts.

use crate::chart::{Picture, bars, lines};
use crate::files::{self, Outcome};
use crate::record::{Fact, MemorySample, PointTurn, Turn, runtime};
use crate::statistics::median;
use crate::summary::{self, Line};
use crate::{catalogue, stamp, table};
use benches::{CURVES, Curve, Figure};
use std::fs;
use std::path::Path;

/// Writes them, and gives the table.
pub(crate) fn render(folder: &Path) -> Outcome<String> {
    let turns: Vec<Turn> = files::read(folder, files::RESULTS)?;
    let points: Vec<PointTurn> = files::read(folder, files::CURVES)?;
    let memory: Vec<MemorySample> = files::read(folder, files::MEMORY)?;
    let facts: Vec<Fact> = files::read(folder, files::STAMP)?;
    if turns.is_empty() && points.is_empty() && memory.is_empty() {
        return Err(format!("{}: there are no figures in it", folder.display()));
    }
    let lines = summary::lines(&turns, catalogue::about);
    files::write(folder, files::SUMMARY, &lines)?;
    let table = table::render(&lines, &memory, &facts);
    files::write_text(folder, files::TABLE, &table)?;
    for old in charts_in(folder)? {
        fs::remove_file(folder.join(&old)).map_err(|error| format!("{old}: {error}"))?;
    }
    ratio_charts(folder, &lines, &facts)?;
    curve_charts(folder, &points, &facts)?;
    Ok(table)
}

/// The charts of a folder: those of ratios, then the curves.
pub(crate) fn charts_in(folder: &Path) -> Outcome<Vec<String>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| name.starts_with("ratios-") || name.starts_with("curve-"))
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "svg"))
        .collect();
    names.sort_by_key(|name| (name.starts_with("curve-"), name.clone()));
    Ok(names)
}

/// One for each group, the allocators side by side in it.
fn ratio_charts(folder: &Path, lines: &[Line], facts: &[Fact]) -> Outcome {
    let mut names: Vec<&str> = Vec::new();
    for line in lines {
        if !names.contains(&line.group.as_str()) {
            names.push(&line.group);
        }
    }
    for name in names {
        let group: Vec<&Line> = lines.iter().filter(|line| line.group == name).collect();
        let svg = bars(name, &group, &stamp::short(facts))?;
        files::write_text(folder, &format!("ratios-{}.svg", name.replace(' ', "-")), &svg)?;
    }
    Ok(())
}

/// One for each curve and allocator.
fn curve_charts(folder: &Path, points: &[PointTurn], facts: &[Fact]) -> Outcome {
    for curve in CURVES {
        let mut allocators: Vec<&str> = Vec::new();
        for point in points.iter().filter(|point| point.curve == curve.name) {
            if !allocators.contains(&point.allocator.as_str()) {
                allocators.push(&point.allocator);
            }
        }
        for allocator in allocators {
            let svg = lines(&Picture {
                title: curve.name,
                subtitle: &format!("{}; allocator: {allocator}", curve.what),
                axis: curve.axis,
                unit: curve.unit,
                series: series(curve, points, allocator),
                stamp: &stamp::short(facts),
            })?;
            files::write_text(folder, &format!("curve-{}-{allocator}.svg", curve.name), &svg)?;
        }
    }
    Ok(())
}

/// For each runtime the medians.
fn series(
    curve: &Curve,
    points: &[PointTurn],
    allocator: &str,
) -> Vec<(&'static str, Vec<(f64, f64)>)> {
    let figure = match curve.figure {
        Figure::Wall => PointTurn::wall,
        Figure::Processor => PointTurn::cpu,
    };
    let of = |runtime: &'static str| {
        let at = |&point: &u64| {
            let here = points.iter().filter(|it| {
                it.curve == curve.name
                    && it.allocator == allocator
                    && it.runtime == runtime
                    && it.point == point
            });
            Some((point as f64, median(here.map(figure))?))
        };
        (runtime, curve.points.iter().filter_map(at).collect::<Vec<_>>())
    };
    let all = [runtime::TOKIO, runtime::HANDCRANK, runtime::SMOL].map(of);
    all.into_iter().filter(|(_, points)| !points.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::write;
    use crate::stamp::fact;
    use benches::WORKLOADS;

    fn turn(allocator: &str, runtime: &str, wall_ns: u64) -> Turn {
        Turn {
            allocator: allocator.to_owned(),
            workload: WORKLOADS[0].name.to_owned(),
            runtime: runtime.to_owned(),
            round: 0,
            passes: 1,
            operations: 1,
            wall_ns,
            cpu_ns: wall_ns,
            p50_ns: None,
            p99_ns: None,
        }
    }

    #[test]
    fn two_allocators_end_in_one_table_and_one_chart() {
        let folder = std::env::temp_dir().join(format!("report-{}", std::process::id()));
        let turns = [
            turn("system", "tokio", 300),
            turn("system", "handcrank", 100),
            turn("mimalloc", "tokio", 500),
            turn("mimalloc", "handcrank", 100),
        ];
        write(&folder, files::RESULTS, &turns).unwrap();
        write(&folder, files::STAMP, &[fact("system", "CPU", "abacus")]).unwrap();
        let curve = &CURVES[0];
        let points: Vec<PointTurn> = ["tokio", "handcrank"]
            .map(|runtime| PointTurn::new(turn("system", runtime, 100), curve.points[0]))
            .map(|point| PointTurn { curve: curve.name.to_owned(), ..point })
            .to_vec();
        write(&folder, files::CURVES, &points).unwrap();

        let table = render(&folder).unwrap();
        assert!(table.contains("3.00") && table.contains("5.00") && table.contains("abacus"));
        let charts = charts_in(&folder).unwrap();
        let curve = format!("curve-{}-system.svg", curve.name);
        let group = catalogue::group_name(WORKLOADS[0].group);
        assert_eq!(charts, [format!("ratios-{}.svg", group.replace(' ', "-")), curve]);
        let again: Vec<Line> = files::read(&folder, files::SUMMARY).unwrap();
        assert_eq!(again.len(), 2);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn an_empty_folder_is_refused() {
        assert!(render(Path::new("/nowhere/at/all")).is_err());
    }
}
