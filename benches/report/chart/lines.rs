//! How a cost grows: one line a runtime, both axes logarithmic.

use super::scale::Scale;
use super::{
    Drawn, GRID, INK, PALE, Surface, drawn, framed, stamp_height, stroke, style, told, word,
};
use plotters::prelude::{Circle, Color, RGBColor};
use plotters::style::text_anchor::HPos;

const WIDTH: u32 = 880;
const LEFT: i32 = 90;
const RIGHT: i32 = WIDTH as i32 - 120;
const TOP: i32 = 72;
const BOTTOM: i32 = 410;

/// What a chart of this kind shows.
pub(crate) struct Picture<'a> {
    pub(crate) title: &'a str,
    pub(crate) subtitle: &'a str,
    /// What changes from left to right.
    pub(crate) axis: &'a str,
    /// What is counted upwards.
    pub(crate) unit: &'a str,
    /// For each runtime the points, from left to right.
    pub(crate) series: Vec<(&'a str, Vec<(f64, f64)>)>,
    pub(crate) stamp: &'a str,
}

/// Draws it.
pub(crate) fn lines(picture: &Picture<'_>) -> Drawn<String> {
    let points = || {
        picture.series.iter().flat_map(|(_, points)| points).filter(|(x, y)| *x > 0.0 && *y > 0.0)
    };
    if points().next().is_none() {
        return Err(format!("{}: there is no point to draw", picture.title));
    }
    let ends = |of: fn(&(f64, f64)) -> f64| {
        let (low, high) =
            (points().map(of).fold(f64::MAX, f64::min), points().map(of).fold(0.0, f64::max));
        (low, high)
    };
    let ((left, right), (low, high)) = (ends(|point| point.0), ends(|point| point.1));
    let across = Scale { from: left * 0.9, to: right * 1.1, pixels: (LEFT, RIGHT) };
    let up = Scale { from: low * 0.8, to: high * 1.25, pixels: (BOTTOM, TOP) };
    let height = BOTTOM as u32 + 52 + stamp_height(picture.stamp, WIDTH);
    drawn((WIDTH, height), |surface| {
        framed(surface, picture.title, picture.subtitle, picture.stamp)?;
        let mut sizes: Vec<f64> = points().map(|(x, _)| *x).collect();
        sizes.sort_by(f64::total_cmp);
        sizes.dedup();
        axes(surface, (&across, &sizes), &up)?;
        word(surface, (RIGHT, BOTTOM + 36), picture.axis, style(12, INK, HPos::Right))?;
        word(surface, (20, TOP - 8), picture.unit, style(12, INK, HPos::Left))?;
        for (number, (runtime, points)) in picture.series.iter().enumerate() {
            let (colour, x, y) = (colour(runtime), RIGHT + 16, TOP + 10 + 20 * number as i32);
            let pixels: Vec<_> = points.iter().map(|(x, y)| (across.at(*x), up.at(*y))).collect();
            for &pixel in &pixels {
                surface.draw(&Circle::new(pixel, 3, colour.filled())).map_err(told)?;
            }
            stroke(surface, pixels, colour, 2)?;
            stroke(surface, vec![(x, y), (x + 16, y)], colour, 3)?;
            word(surface, (x + 22, y), runtime, style(12, INK, HPos::Left))?;
        }
        Ok(())
    })
}

/// Lines at the sizes that were measured, and at round numbers upwards.
fn axes(surface: &Surface<'_>, (across, sizes): (&Scale, &[f64]), up: &Scale) -> Drawn {
    for &tick in sizes {
        let x = across.at(tick);
        stroke(surface, vec![(x, TOP), (x, BOTTOM)], GRID, 1)?;
        word(surface, (x, BOTTOM + 14), &short(tick), style(12, PALE, HPos::Center))?;
    }
    for tick in up.ticks() {
        let y = up.at(tick);
        stroke(surface, vec![(LEFT, y), (RIGHT, y)], GRID, 1)?;
        word(surface, (LEFT - 8, y), &short(tick), style(12, PALE, HPos::Right))?;
    }
    stroke(surface, vec![(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], PALE, 1)
}

fn colour(runtime: &str) -> RGBColor {
    match runtime {
        "tokio" => RGBColor(127, 127, 127),
        "handcrank" => RGBColor(31, 119, 180),
        "smol" => RGBColor(44, 140, 60),
        _ => RGBColor(203, 67, 53),
    }
}

/// 1500 is 1.5k.
fn short(value: f64) -> String {
    let (value, suffix) = match value {
        value if value >= 1e9 => (value / 1e9, "G"),
        value if value >= 1e6 => (value / 1e6, "M"),
        value if value >= 1e3 => (value / 1e3, "k"),
        value => (value, ""),
    };
    format!("{}{suffix}", (value * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(points: Vec<(f64, f64)>) -> Drawn<String> {
        lines(&Picture {
            title: "tasks",
            subtitle: "what a task costs",
            axis: "tasks at once",
            unit: "ns",
            series: vec![("tokio", points.clone()), ("handcrank", points)],
            stamp: "date 2026-01-01",
        })
    }

    #[test]
    fn both_lines_are_in_the_picture() {
        let svg = picture(vec![(1.0, 100.0), (10.0, 150.0), (1_000.0, 4_000.0)]).unwrap();
        for word in ["<svg", "tokio", "handcrank", "tasks at once", "2026-01-01"] {
            assert!(svg.contains(word), "{word}");
        }
    }

    #[test]
    fn a_single_point_is_drawn_and_none_is_refused() {
        assert!(picture(vec![(1.0, 100.0)]).is_ok());
        assert!(picture(Vec::new()).is_err());
    }

    #[test]
    fn thousands_are_short() {
        assert_eq!(short(1_500.0), "1.5k");
        assert_eq!(short(10.0), "10");
        assert_eq!(short(2e6), "2M");
    }
}
