//! Charts, as SVG. They bring a background of their own, so that they can be read on light pages
//! and on dark ones, and name their font only by family, so that none has to be at hand here.

#![allow(clippy::cast_possible_wrap, reason = "no picture has that many pixels or lines")]

mod bars;
mod lines;
mod scale;

pub(crate) use bars::bars;
pub(crate) use lines::{Picture, lines};

use plotters::prelude::{
    Color, IntoFont, PathElement, RGBColor, Rectangle, SVGBackend, TextStyle, WHITE,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::{coord::Shift, drawing::DrawingArea, drawing::IntoDrawingArea, element::Text};

/// The family that every system has.
const FONT: &str = "sans-serif";
/// For words.
const INK: RGBColor = RGBColor(31, 35, 40);
/// For what matters less.
const PALE: RGBColor = RGBColor(98, 106, 115);
/// For lines behind the figures.
const GRID: RGBColor = RGBColor(222, 226, 230);

/// A surface with pixels for coordinates.
type Surface<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What goes wrong when drawing is told as it is: it would be a mistake of this program.
type Drawn<T = ()> = Result<T, String>;

/// Draws on a surface of that size and gives the SVG.
fn drawn(size: (u32, u32), draw: impl FnOnce(&Surface<'_>) -> Drawn) -> Drawn<String> {
    let mut svg = String::new();
    {
        let surface = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        surface.fill(&WHITE).map_err(told)?;
        draw(&surface)?;
        surface.present().map_err(told)?;
    }
    Ok(svg)
}

fn told(error: impl std::fmt::Display) -> String {
    format!("a chart: {error}")
}

fn style(size: i32, colour: RGBColor, across: HPos) -> TextStyle<'static> {
    (FONT, size).into_font().color(&colour.to_rgba()).pos(Pos::new(across, VPos::Center))
}

fn word(surface: &Surface<'_>, at: (i32, i32), text: &str, style: TextStyle<'_>) -> Drawn {
    surface.draw(&Text::new(text.to_owned(), at, style)).map_err(told)
}

fn rectangle(surface: &Surface<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Drawn {
    surface.draw(&Rectangle::new([from, to], colour.filled())).map_err(told)
}

fn stroke(surface: &Surface<'_>, points: Vec<(i32, i32)>, colour: RGBColor, width: u32) -> Drawn {
    surface.draw(&PathElement::new(points, colour.stroke_width(width))).map_err(told)
}

/// The title above a chart, and below it where the figures come from, as many lines as it needs.
fn framed(surface: &Surface<'_>, title: &str, subtitle: &str, stamp: &str) -> Drawn {
    let (width, height) = surface.dim_in_pixel();
    word(surface, (20, 24), title, style(18, INK, HPos::Left))?;
    word(surface, (20, 46), subtitle, style(12, PALE, HPos::Left))?;
    let lines = wrapped(stamp, characters(width));
    for (number, line) in lines.iter().rev().enumerate() {
        let y = height as i32 - 14 - 14 * number as i32;
        word(surface, (20, y), line, style(10, PALE, HPos::Left))?;
    }
    Ok(())
}

/// How many small letters fit into a line, about.
fn characters(width: u32) -> usize {
    (width as usize - 40) * 2 / 11
}

/// How much room the stamp takes.
fn stamp_height(stamp: &str, width: u32) -> u32 {
    14 * wrapped(stamp, characters(width)).len() as u32 + 14
}

/// Breaks a text between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is one from the beginning");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("", 7), [""]);
    }
}
