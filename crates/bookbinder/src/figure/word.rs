//! The bits of a state word, as its file has them.

use super::{Drawing, one_line, svg};
use crate::html::escape;
use regex::Regex;
use serde::Deserialize;
use std::fmt::Write;
use std::sync::LazyLock;

const MARGIN: u32 = 6;
/// Room above the cells for their slanted names.
const NAMES: u32 = 92;
const CELL: u32 = 46;
const HEIGHT: u32 = 34;
/// The highest one is a number of many bits.
const COUNT: u32 = 110;
/// Names rise beyond the last cell.
const OVERHANG: u32 = 66;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Word {
    /// The file whose constants are the bits, counted from the root.
    pub(super) file: String,
    bit: Vec<Bit>,
}

/// What cannot be read out of the code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bit {
    name: String,
    /// What it says while it is set.
    says: String,
    /// Who sets it, or counts it up.
    set: String,
    /// Who clears it, or counts it down.
    cleared: String,
}

static CONSTANT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^(?:pub(?:\([a-z ]+\))? )?const (\w+): \w+ = 1 << (\d+);")
        .expect("a valid pattern")
});

impl Word {
    /// Draws the word that the file's constants make. They and the bits told of have to be the same.
    pub(super) fn draw(&self, source: &str) -> Result<Drawing, String> {
        let mut bits: Vec<(u32, &Bit)> = Vec::new();
        for captures in CONSTANT.captures_iter(source) {
            let (name, place) = (&captures[1], &captures[2]);
            let bit = self.bit.iter().find(|bit| bit.name == name).ok_or_else(|| {
                format!("`{}` has a bit `{name}`, and no `[[bit]]` tells of it", self.file)
            })?;
            bits.push((place.parse().map_err(|_| format!("{name} is far out"))?, bit));
        }
        for Bit { name, .. } in &self.bit {
            if !bits.iter().any(|(_, bit)| bit.name == *name) {
                return Err(format!("`{}` has no `const {name}: … = 1 << …`", self.file));
            }
        }
        bits.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        let ([(highest, count), single @ ..], true) = (&bits[..], bits.len() > 1) else {
            return Err("a word needs a few bits".to_owned());
        };
        Ok(Drawing {
            width: MARGIN + COUNT + CELL * single.len() as u32 + OVERHANG,
            height: NAMES + HEIGHT + MARGIN,
            svg: strip((*highest, count), single),
            below: table(&bits),
        })
    }
}

/// The cells from the highest bit to the lowest.
fn strip(count: (u32, &Bit), single: &[(u32, &Bit)]) -> String {
    let mut svg = svg::cell(MARGIN, NAMES, COUNT, HEIGHT);
    let baseline = NAMES + 22;
    let middle = MARGIN + COUNT / 2;
    let number = |x: u32, words: &str| {
        svg::text(f64::from(x), baseline, "middle", "var(--drawing-cell-text)", words)
    };
    svg += &number(middle, &format!("{} and up", count.0));
    svg += &svg::slanted(middle, NAMES - 6, &count.1.name);
    for (at, (place, bit)) in single.iter().enumerate() {
        let left = MARGIN + COUNT + CELL * at as u32;
        svg += &svg::cell(left, NAMES, CELL, HEIGHT);
        svg += &number(left + CELL / 2, &place.to_string());
        svg += &svg::slanted(left + CELL / 2, NAMES - 6, &bit.name);
    }
    svg
}

/// Who sets and who clears each of them, from the lowest to the highest.
fn table(bits: &[(u32, &Bit)]) -> String {
    let mut table = "<div class=\"table-wrapper\">\n<table>\n<thead><tr><th>bit</th>\
                     <th>what it says</th><th>set by</th><th>cleared by</th></tr></thead>\n<tbody>\n"
        .to_owned();
    for (_, Bit { name, says, set, cleared }) in bits.iter().rev() {
        let [says, set, cleared] = [says, set, cleared].map(|text| with_code(text));
        let _ = writeln!(
            table,
            "<tr><td><code>{name}</code></td><td>{says}</td><td>{set}</td><td>{cleared}</td></tr>"
        );
    }
    table + "</tbody>\n</table>\n</div>\n"
}

/// Words between backticks are code; nothing else is markup.
fn with_code(text: &str) -> String {
    let text = escape(&one_line(text));
    let pieces = text.split('`').enumerate();
    let pieces: Vec<String> = pieces
        .map(
            |(number, piece)| {
                if number % 2 == 0 { piece.to_owned() } else { format!("<code>{piece}</code>") }
            },
        )
        .collect();
    pieces.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "const RUNNING: usize = 1 << 1;\npub(crate) const READY: u8 = 1 << 0;\n\
                          const REF: usize = 1 << 2;\nconst NEW: usize = READY | 2 * REF;\n";

    fn word(names: &[&str]) -> Word {
        let bit = |name: &&str| Bit {
            name: (*name).to_owned(),
            says: "a < `b`".to_owned(),
            set: String::new(),
            cleared: String::new(),
        };
        Word { file: "state.rs".to_owned(), bit: names.iter().map(bit).collect() }
    }

    #[test]
    fn bits_stand_in_the_order_of_the_code() {
        let drawing = word(&["REF", "READY", "RUNNING"]).draw(SOURCE).unwrap();
        let at = |name: &str| drawing.svg.find(name).unwrap();
        assert!(at(">REF<") < at(">RUNNING<") && at(">RUNNING<") < at(">READY<"));
        assert!(drawing.svg.contains(">2 and up<"));
        assert!(drawing.below.contains("a &lt; <code>b</code>"));
    }

    #[test]
    fn code_and_words_have_to_agree() {
        let error = |names: &[&str]| word(names).draw(SOURCE).err().unwrap();
        assert!(error(&["REF", "READY"]).contains("`RUNNING`"));
        assert!(error(&["REF", "READY", "RUNNING", "DONE"]).contains("const DONE"));
    }
}
