//! Who runs, who is blocked and who waits, and when.

use super::{Drawing, svg};
use serde::Deserialize;
use std::fmt::Write;

const WIDTH: u32 = 420;
/// Room at the left and at the right.
const MARGIN: f64 = 12.0;
/// From the top of a row's name to the top of the next one's.
const ROW: u32 = 54;
const BAR: u32 = 24;
/// What is drawn shorter than this would not be seen.
const THINNEST: f64 = 3.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Timeline {
    /// Where the axis ends, in milliseconds.
    end: f64,
    /// From one mark of the axis to the next, in milliseconds.
    tick: f64,
    row: Vec<Row>,
}

/// A thread or a task.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    part: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    from: f64,
    to: f64,
    is: State,
    #[serde(default)]
    label: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum State {
    Running,
    Blocked,
    Waiting,
}

impl State {
    /// What the legend says.
    const ALL: [(Self, &str); 3] = [
        (Self::Running, "runs"),
        (Self::Blocked, "blocked, its thread with it"),
        (Self::Waiting, "waits, without a thread"),
    ];
}

impl Timeline {
    pub(super) fn draw(&self) -> Result<Drawing, String> {
        let scale = (f64::from(WIDTH) - 2.0 * MARGIN) / self.end;
        let at = |time: f64| MARGIN + time * scale;
        let bottom = ROW * self.row.len() as u32;
        let mut svg = String::new();
        let ticks = (self.end / self.tick) as u32;
        for tick in 0..=ticks {
            let time = f64::from(tick) * self.tick;
            let x = at(time);
            svg += &svg::line((x, 20.0), (x, f64::from(bottom + 6)), "1 5");
            let words = if tick == ticks { format!("{time} ms") } else { time.to_string() };
            let anchor = if tick == 0 {
                "start"
            } else if x + svg::width_of(&words) / 2.0 > f64::from(WIDTH) {
                "end"
            } else {
                "middle"
            };
            svg += &svg::text(x, bottom + 22, anchor, "currentColor", &words);
        }
        for (number, row) in self.row.iter().enumerate() {
            let top = ROW * number as u32;
            svg += &svg::text(MARGIN + 5.0, top + 15, "start", "currentColor", &row.name);
            let mut before = 0.0;
            for part in &row.part {
                if part.from < before || part.to < part.from || part.to > self.end {
                    return Err(format!(
                        "{}: a part from {} to {} ms is out of order",
                        row.name, part.from, part.to
                    ));
                }
                before = part.to;
                svg += &part.draw(at(part.from), at(part.to), top + 22)?;
            }
        }
        let (legend, end) = self.legend(bottom + 34);
        svg += &legend;
        Ok(Drawing { width: WIDTH, height: end + 6, svg, below: String::new() })
    }

    /// The states that occur, and how each is drawn, in as many lines as it takes; and where it ends.
    fn legend(&self, mut top: u32) -> (String, u32) {
        const LINE: u32 = 14;
        let occurs = |state| self.row.iter().flat_map(|row| &row.part).any(|it| it.is == state);
        let mut x = MARGIN;
        let mut svg = String::new();
        for (state, words) in State::ALL.into_iter().filter(|(state, _)| occurs(*state)) {
            let width = 26.0 + svg::width_of(words);
            if x > MARGIN && x + width > f64::from(WIDTH) {
                (x, top) = (MARGIN, top + LINE + 6);
            }
            svg += &shape(state, x, x + 20.0, top, LINE);
            svg += &svg::text(x + 26.0, top + 12, "start", "currentColor", words);
            x += width + 14.0;
        }
        (svg, top + LINE)
    }
}

impl Part {
    fn draw(&self, from: f64, to: f64, top: u32) -> Result<String, String> {
        let mut svg = shape(self.is, from, to, top, BAR);
        if !self.label.is_empty() {
            if svg::width_of(&self.label) > to - from {
                return Err(format!("`{}` does not fit into its part; shorten it", self.label));
            }
            let (y, fill) = match self.is {
                State::Running => (top + 17, "var(--drawing-run-text)"),
                State::Blocked => (top + 17, "var(--drawing-block-text)"),
                // Above the line that stands for waiting.
                State::Waiting => (top + 8, "currentColor"),
            };
            let middle = f64::midpoint(from, to);
            let _ = write!(svg, "{}", svg::text(middle, y, "middle", fill, &self.label));
        }
        Ok(svg)
    }
}

fn shape(state: State, from: f64, to: f64, top: u32, height: u32) -> String {
    let width = (to - from).max(THINNEST);
    match state {
        State::Running => svg::rect(from, top, width, height, "var(--drawing-run)"),
        State::Blocked => svg::rect(from, top, width, height, "var(--drawing-block)"),
        State::Waiting => {
            let y = f64::from(top) + f64::from(height) / 2.0;
            svg::line((from, y), (to, y), "5 4")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(part: &str) -> Result<Drawing, String> {
        let text = format!("end = 100.0\ntick = 50.0\n[[row]]\nname = \"one\"\npart = [{part}]");
        toml::from_str::<Timeline>(&text).unwrap().draw()
    }

    #[test]
    fn rows_axis_and_legend_are_drawn() {
        let part = "{ from = 0.0, to = 1.0, is = \"running\" }, \
                    { from = 1.0, to = 90.0, is = \"waiting\", label = \"for an answer\" }";
        let svg = drawn(part).unwrap().svg;
        assert!(svg.contains(">one<") && svg.contains(">100 ms<"));
        assert!(svg.contains(">runs<") && !svg.contains(">blocked"));
        assert!(svg.contains("width=\"4.0\""), "{svg}");
        assert!(svg.contains("text-anchor=\"end\" fill=\"currentColor\">100 ms<"), "{svg}");
    }

    #[test]
    fn a_long_legend_has_two_lines() {
        let two = "{ from = 0.0, to = 1.0, is = \"running\" }, \
                   { from = 1.0, to = 90.0, is = \"blocked\" }";
        let three = format!("{two}, {{ from = 91.0, to = 100.0, is = \"waiting\" }}");
        assert_eq!(drawn(&three).unwrap().height, drawn(two).unwrap().height + 20);
    }

    #[test]
    fn mistakes_are_told() {
        assert!(drawn("{ from = 5.0, to = 1.0, is = \"running\" }").is_err());
        assert!(drawn("{ from = 5.0, to = 101.0, is = \"running\" }").is_err());
        let long = "{ from = 0.0, to = 9.0, is = \"blocked\", label = \"much too long\" }";
        assert!(drawn(long).is_err());
    }
}
