//! Ratios as bars to both sides of 1: to the right what Handcrank does faster, to the left what
//! Tokio does. The scale is logarithmic, so that twice as fast and half as fast are equally long.

use super::{Drawn, GRID, INK, PALE, Surface, drawn, framed, stamp_height, style, told, word};
use crate::summary::Line;
use crate::table::ratio;
use plotters::prelude::{Color, PathElement, RGBColor, Rectangle};
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
    let scale = Scale::over(lines);
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

/// From ratios to pixels.
struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    /// From the least to the greatest of them, and 1 in any case.
    fn over(lines: &[&Line]) -> Self {
        let all = || lines.iter().flat_map(|line| [line.ratio, line.mark]).filter(|it| *it > 0.0);
        let low =
            all().chain(lines.iter().map(|line| line.ratio_first_quartile).filter(|it| *it > 0.0));
        let high = all().chain(lines.iter().map(|line| line.ratio_third_quartile));
        Self { from: low.fold(0.8, f64::min) * 0.9, to: high.fold(2.0, f64::max) * 1.15 }
    }

    fn x(&self, ratio: f64) -> i32 {
        let part = (ratio / self.from).ln() / (self.to / self.from).ln();
        LEFT + (f64::from(RIGHT - LEFT) * part.clamp(0.0, 1.0)).round() as i32
    }

    /// Round numbers to draw lines at: fewer of them, where there is much to show.
    fn ticks(&self) -> Vec<f64> {
        let steps: &[f64] =
            if self.to / self.from > 30.0 { &[1.0, 3.0] } else { &[1.0, 1.5, 2.0, 3.0, 5.0] };
        let decades = (-3..=4).map(|power| 10_f64.powi(power));
        decades
            .flat_map(|decade| steps.iter().map(move |step| decade * step))
            .filter(|tick| (self.from..=self.to).contains(tick))
            .collect()
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
        let x = scale.x(tick);
        let colour = if (tick - 1.0).abs() < 1e-9 { INK } else { GRID };
        stroke(surface, vec![(x, TOP), (x, bottom)], colour)?;
        let text = format!("{}×", (tick * 1_000.0).round() / 1_000.0);
        word(surface, (x, bottom + 14), &text, style(12, PALE, HPos::Center))?;
    }
    Ok(())
}

fn bar(surface: &Surface<'_>, scale: &Scale, line: &Line, place: usize, top: i32) -> Drawn {
    let (faster, slower) = COLOURS[place % COLOURS.len()];
    let (one, end) = (scale.x(1.0), scale.x(line.ratio));
    let colour = if line.ratio < 1.0 { slower } else { faster };
    let (left, right) = (one.min(end), one.max(end).max(one.min(end) + 1));
    rectangle(surface, (left, top + 1), (right, top + BAR - 1), colour)?;
    let middle = top + BAR / 2;
    let (from, to) = (scale.x(line.ratio_first_quartile), scale.x(line.ratio_third_quartile));
    if line.ratio_first_quartile > 0.0 {
        stroke(surface, vec![(from, middle), (to, middle)], INK)?;
    }
    if line.mark > 0.0 {
        let x = scale.x(line.mark);
        let diamond = vec![(x, middle - 4), (x + 4, middle), (x, middle + 4), (x - 4, middle)];
        let shape = plotters::element::Polygon::new(diamond, INK.filled());
        surface.draw(&shape).map_err(told)?;
    }
    let warning = if line.lacked_cpus() { " (!)" } else { "" };
    let at = (right.max(to).max(scale.x(line.mark.max(scale.from))) + 8, middle);
    word(surface, at, &format!("{}{warning}", ratio(line.ratio)), style(12, INK, HPos::Left))
}

fn rectangle(surface: &Surface<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Drawn {
    surface.draw(&Rectangle::new([from, to], colour.filled())).map_err(told)
}

fn stroke(surface: &Surface<'_>, points: Vec<(i32, i32)>, colour: RGBColor) -> Drawn {
    surface.draw(&PathElement::new(points, colour.stroke_width(1))).map_err(told)
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

    #[test]
    fn twice_and_half_are_equally_long() {
        let lines = [line("crank", 4.0), line("spin", 0.25)];
        let scale = Scale::over(&lines.iter().collect::<Vec<_>>());
        let one = scale.x(1.0);
        assert!((scale.x(2.0) - one - (one - scale.x(0.5))).abs() <= 1);
        assert!(scale.ticks().contains(&1.0));
    }
}
