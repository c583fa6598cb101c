//! The few shapes that the drawings are made of.

use crate::html::escape;

/// Width of a letter of the size that `text` writes in. No letter is much wider on average.
const LETTER: u32 = 7;

/// A filled box.
pub(super) fn rect(x: f64, y: u32, width: f64, height: u32, fill: &str) -> String {
    format!(
        "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{fill}\"></rect>\n"
    )
}

/// A box with an outline.
pub(super) fn cell(x: u32, y: u32, width: u32, height: u32) -> String {
    format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
         fill=\"var(--drawing-cell)\" stroke=\"var(--drawing-line)\"></rect>\n"
    )
}

/// A line from left to right or from top to bottom.
pub(super) fn line(from: (f64, f64), to: (f64, f64), dashes: &str) -> String {
    format!(
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"var(--drawing-line)\" \
         stroke-width=\"2\" stroke-dasharray=\"{dashes}\"></line>\n",
        from.0, from.1, to.0, to.1
    )
}

/// A few words. `anchor` is `start`, `middle` or `end`.
pub(super) fn text(x: f64, y: u32, anchor: &str, fill: &str, words: &str) -> String {
    let words = escape(words);
    format!(
        "<text x=\"{x:.1}\" y=\"{y}\" font-size=\"13\" text-anchor=\"{anchor}\" fill=\"{fill}\">\
         {words}</text>\n"
    )
}

/// A name that rises from a point to the right.
pub(super) fn slanted(x: u32, y: u32, words: &str) -> String {
    let words = escape(words);
    format!(
        "<text transform=\"translate({x} {y}) rotate(-45)\" font-size=\"12\" fill=\"currentColor\" \
         font-family=\"var(--mono-font)\">{words}</text>\n"
    )
}

/// About how wide `text` will be.
pub(super) fn width_of(words: &str) -> f64 {
    f64::from(LETTER) * words.chars().count() as f64
}
