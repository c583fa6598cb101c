//! Ratios as bars to both sides of 1: to the right what Handcrank does faster, to the left what
//! Tokio does. The scale is logarithmic, so that twice as fast and half as fast are equally long.

use super::scale::Scale;
use super::{
    Drawn, GRID, INK, PALE, Surface, drawn, framed, rectangle, stamp_height, stroke, style, told,
    word,
};
use crate::summary::Line;
use crate::table::ratio;
use plotters::prelude::{Color, RGBColor};
use plotters::style::text_anchor::HPos;

/// One for each allocator: faster, and slower.
const COLOURS: [(RGBColor, RGBColor); 2] = [
    (RGBColor(31, 119, 180), RGBColor(203, 67, 53)),
    (RGBColor(120, 183, 224), RGBColor(236, 153, 140)),
];

const WIDTH: u32 = 880;
const LEFT: i32 = 220;
const RIGHT: i32 = WIDTH as i32 - 80;
const TOP: i32 = 92;
const BAR: i32 = 16;
const GAP: i32 = 10;

/// A group's workloads, each with a bar for every allocator.
pub(crate) fn bars(group: &str, lines: &[&Line], stamp: &str) -> Drawn<String> {
    let mut workloads: Vec<&str> = Vec::new();
    let mut allocators: Vec<&str> = Vec::new();
    for line in lines {
        if !workloads.contains(&line.workload.as_str()) {
            workloads.push(&line.workload);
        }
        if !allocators.contains(&line.allocator.as_str()) {
            allocators.push(&line.allocator);
        }
    }
    let scale = scale_over(lines);
    let block = BAR * allocators.len() as i32 + GAP;
    let bottom = TOP + block * workloads.len() as i32;
    let height = bottom as u32 + 34 + stamp_height(stamp, WIDTH);
    drawn((WIDTH, height), |surface| {
        let subtitle = "times faster than Tokio: median of the rounds' ratios, with the quartiles; \
                        ◆ the ratio asked for";
        framed(surface, group, subtitle, stamp)?;
        legend(surface, &allocators)?;
        grid(surface, &scale, bottom)?;
        for (number, workload) in workloads.iter().enumerate() {
            let top = TOP + block * number as i32 + GAP / 2;
            let middle = top + BAR * allocators.len() as i32 / 2;
            word(surface, (LEFT - 10, middle), workload, style(13, INK, HPos::Right))?;
            for line in lines.iter().filter(|line| line.workload == *workload) {
                let place = allocators.iter().position(|name| *name == line.allocator).unwrap_or(0);
                bar(surface, &scale, line, place, top + BAR * place as i32)?;
            }
        }
        Ok(())
    })
}

/// From the least to the greatest of the ratios, and 1 in any case.
fn scale_over(lines: &[&Line]) -> Scale {
    let all = || lines.iter().flat_map(|line| [line.ratio, line.mark]).filter(|it| *it > 0.0);
    let low = lines.iter().map(|line| line.ratio_first_quartile).filter(|it| *it > 0.0);
    let high = lines.iter().map(|line| line.ratio_third_quartile);
    Scale {
        from: all().chain(low).fold(0.8, f64::min) * 0.9,
        to: all().chain(high).fold(2.0, f64::max) * 1.15,
        pixels: (LEFT, RIGHT),
    }
}

fn legend(surface: &Surface<'_>, allocators: &[&str]) -> Drawn {
    let mut x = LEFT;
    for (place, allocator) in allocators.iter().enumerate() {
        let (faster, slower) = COLOURS[place % COLOURS.len()];
        rectangle(surface, (x, 64), (x + 10, 74), slower)?;
        rectangle(surface, (x + 11, 64), (x + 21, 74), faster)?;
        let text = format!("slower, faster: allocator {allocator}");
        word(surface, (x + 28, 69), &text, style(12, INK, HPos::Left))?;
        x += 250;
    }
    Ok(())
}

fn grid(surface: &Surface<'_>, scale: &Scale, bottom: i32) -> Drawn {
    for tick in scale.ticks() {
        let x = scale.at(tick);
        let colour = if (tick - 1.0).abs() < 1e-9 { INK } else { GRID };
        stroke(surface, vec![(x, TOP), (x, bottom)], colour, 1)?;
        let text = format!("{}×", (tick * 1_000.0).round() / 1_000.0);
        word(surface, (x, bottom + 14), &text, style(12, PALE, HPos::Center))?;
    }
    Ok(())
}

fn bar(surface: &Surface<'_>, scale: &Scale, line: &Line, place: usize, top: i32) -> Drawn {
    let (faster, slower) = COLOURS[place % COLOURS.len()];
    let (one, end) = (scale.at(1.0), scale.at(line.ratio));
    let colour = if line.ratio < 1.0 { slower } else { faster };
    let (left, right) = (one.min(end), one.max(end).max(one.min(end) + 1));
    rectangle(surface, (left, top + 1), (right, top + BAR - 1), colour)?;
    let middle = top + BAR / 2;
    let (from, to) = (scale.at(line.ratio_first_quartile), scale.at(line.ratio_third_quartile));
    if line.ratio_first_quartile > 0.0 {
        stroke(surface, vec![(from, middle), (to, middle)], INK, 1)?;
    }
    if line.mark > 0.0 {
        let x = scale.at(line.mark);
        let diamond = vec![(x, middle - 4), (x + 4, middle), (x, middle + 4), (x - 4, middle)];
        let shape = plotters::element::Polygon::new(diamond, INK.filled());
        surface.draw(&shape).map_err(told)?;
    }
    let warning = if line.lacked_cpus() { " (!)" } else { "" };
    let at = (right.max(to).max(scale.at(line.mark.max(scale.from))) + 8, middle);
    word(surface, at, &format!("{}{warning}", ratio(line.ratio)), style(12, INK, HPos::Left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(workload: &str, ratio: f64) -> Line {
        Line {
            allocator: "system".to_owned(),
            workload: workload.to_owned(),
            ratio,
            ratio_first_quartile: ratio * 0.9,
            ratio_third_quartile: ratio * 1.1,
            mark: 1.0,
            ..Line::default()
        }
    }

    #[test]
    fn every_workload_is_in_the_picture() {
        let lines = [line("crank", 150.0), line("spin", 0.5)];
        let svg = bars("scheduler", &lines.iter().collect::<Vec<_>>(), "date 2026-01-01").unwrap();
        for word in ["<svg", "crank", "spin", "150", "0.50", "2026-01-01"] {
            assert!(svg.contains(word), "{word}");
        }
    }
}
