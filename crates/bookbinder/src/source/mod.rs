//! Listings: finding a piece of a source file by its name.

mod item;
mod mask;

pub(crate) use item::item;

use std::ops::Range;

/// A piece of a file, ready to be shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Without the indentation that its lines share, and without `ANCHOR` lines.
    pub(crate) text: String,
    /// Where it stands in the file: first and last line, counted from 1.
    pub(crate) lines: (usize, usize),
    /// The line of an item's head, below its comments; else the first line.
    pub(crate) head: usize,
}

impl Listing {
    /// Cuts some lines, counted from 0, out of a file.
    pub(crate) fn cut(source: &str, lines: Range<usize>) -> Self {
        let all: Vec<&str> = source.lines().collect();
        let kept: Vec<&str> =
            all[lines.clone()].iter().copied().filter(|line| !is_anchor(line)).collect();
        let indent = kept.iter().filter(|line| !line.trim().is_empty()).map(|line| indent(line));
        let indent = indent.min().unwrap_or(0);
        let text: Vec<&str> =
            kept.iter().map(|line| line.get(indent..).unwrap_or("").trim_end()).collect();
        let text = text.join("\n").trim_matches('\n').to_owned() + "\n";
        Self { text, lines: (lines.start + 1, lines.end), head: lines.start + 1 }
    }

    /// A whole file.
    pub(crate) fn whole(source: &str) -> Self {
        Self::cut(source, 0..source.lines().count())
    }

    /// What stands between `ANCHOR: name` and `ANCHOR_END: name`.
    pub(crate) fn anchored(source: &str, name: &str) -> Result<Self, String> {
        let find = |mark: &str| -> Result<usize, String> {
            let at: Vec<usize> =
                places(source, |line| anchor(line).is_some_and(|found| found == (mark, name)));
            match at[..] {
                [line] => Ok(line),
                [] => Err(format!("no line says `{mark}: {name}`; put one there, or name an item")),
                _ => Err(format!("`{mark}: {name}` stands there {} times", at.len())),
            }
        };
        let (start, end) = (find("ANCHOR")?, find("ANCHOR_END")?);
        if start + 1 >= end {
            return Err(format!("nothing stands between the two anchors `{name}`"));
        }
        Ok(Self::cut(source, start + 1..end))
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn places(source: &str, is_it: impl Fn(&str) -> bool) -> Vec<usize> {
    source.lines().enumerate().filter(|(_, line)| is_it(line)).map(|(at, _)| at).collect()
}

/// `// ANCHOR: name`, or with `#` where comments begin so.
fn anchor(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let rest = line.strip_prefix("//").or_else(|| line.strip_prefix('#'))?;
    let (mark, name) = rest.trim().split_once(':')?;
    matches!(mark, "ANCHOR" | "ANCHOR_END").then(|| (mark, name.trim()))
}

fn is_anchor(line: &str) -> bool {
    anchor(line).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
fn one() {
    // ANCHOR: body
    let x = 1;

    if x {
        // ANCHOR: inner
        y();
        // ANCHOR_END: inner
    }
    // ANCHOR_END: body
}
";

    #[test]
    fn what_stands_between_anchors_is_cut_out() {
        let body = Listing::anchored(SOURCE, "body").unwrap();
        assert_eq!(body.text, "let x = 1;\n\nif x {\n    y();\n}\n");
        assert_eq!(body.lines, (3, 9));
        assert_eq!(Listing::anchored(SOURCE, "inner").unwrap().text, "y();\n");
        assert!(Listing::anchored(SOURCE, "outer").is_err());
    }

    #[test]
    fn a_whole_file_has_no_anchors() {
        let listing = Listing::whole(SOURCE);
        assert!(!listing.text.contains("ANCHOR"));
        assert_eq!(listing.lines, (1, 11));
        assert_eq!(Listing::whole("# ANCHOR: a\nx = 1\n# ANCHOR_END: a\n").text, "x = 1\n");
    }
}
