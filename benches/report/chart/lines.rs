//! How a cost grows: one line a runtime, both axes logarithmic.

use super::{Drawn, FONT, GRID, INK, PALE, drawn, framed, stamp_height, style, told, word};
use plotters::chart::ChartBuilder;
use plotters::prelude::{Circle, Color, IntoFont, IntoLogRange, LineSeries, PathElement, RGBColor};
use plotters::style::text_anchor::HPos;

const WIDTH: u32 = 880;
const HEIGHT: u32 = 460;

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
    let bottom = stamp_height(picture.stamp, WIDTH);
    drawn((WIDTH, HEIGHT + bottom), |surface| {
        framed(surface, picture.title, picture.subtitle, picture.stamp)?;
        let area = surface.margin(58, bottom, 12, 100);
        let mut chart = ChartBuilder::on(&area)
            .x_label_area_size(44)
            .y_label_area_size(76)
            .build_cartesian_2d(
                (left * 0.9..right * 1.1).log_scale(),
                (low * 0.8..high * 1.25).log_scale(),
            )
            .map_err(told)?;
        let small = (FONT, 12).into_font().color(&INK);
        chart
            .configure_mesh()
            .max_light_lines(2)
            .light_line_style(GRID.mix(0.5))
            .bold_line_style(GRID)
            .axis_style(PALE)
            .x_desc(picture.axis)
            .y_desc(picture.unit)
            .label_style(small.clone())
            .axis_desc_style(small)
            .x_label_formatter(&|value| short(*value))
            .y_label_formatter(&|value| short(*value))
            .draw()
            .map_err(told)?;
        for (number, (runtime, points)) in picture.series.iter().enumerate() {
            let (colour, x, y) = (colour(runtime), WIDTH as i32 - 96, 80 + 20 * number as i32);
            chart
                .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))
                .map_err(told)?;
            chart
                .draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))
                .map_err(told)?;
            surface
                .draw(&PathElement::new(vec![(x, y), (x + 16, y)], colour.stroke_width(3)))
                .map_err(told)?;
            word(surface, (x + 22, y), runtime, style(12, INK, HPos::Left))?;
        }
        Ok(())
    })
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
