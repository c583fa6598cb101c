//! What differs between two texts, as a reader wants to see it.

use similar::{ChangeTag, TextDiff};
use std::fmt::Write;

/// Lines around a change that tell where it is.
const CONTEXT: usize = 2;

/// The lines that differ, each with its sign, and a few around them. Where lines are left out, a
/// line tells the number of the next one in the new text. Empty if nothing differs.
pub(crate) fn diff(old: &str, new: &str) -> String {
    diff_by(old, new, 0, str::to_owned)
}

/// The same, but lines count as equal if what `key` makes of them is. Lines are numbered as if that
/// many stood above.
pub(crate) fn diff_by(old: &str, new: &str, above: usize, key: impl Fn(&str) -> String) -> String {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let keys = |lines: &[&str]| lines.iter().map(|line| key(line)).collect::<Vec<String>>();
    let (old_keys, new_keys) = (keys(&old), keys(&new));
    let old_keys: Vec<&str> = old_keys.iter().map(String::as_str).collect();
    let new_keys: Vec<&str> = new_keys.iter().map(String::as_str).collect();
    let diff = TextDiff::from_slices(&old_keys, &new_keys);
    let mut text = String::new();
    for group in diff.grouped_ops(CONTEXT) {
        let first = group.first().map_or(0, |op| op.new_range().start);
        if above + first > 0 {
            let _ = writeln!(text, "@@ line {} @@", above + first + 1);
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, lines, at) = match change.tag() {
                ChangeTag::Delete => ('-', &old, change.old_index()),
                ChangeTag::Insert => ('+', &new, change.new_index()),
                ChangeTag::Equal => (' ', &new, change.new_index()),
            };
            let line = at.map_or("", |at| lines[at]);
            let _ = writeln!(text, "{}", format!("{sign}{line}").trim_end());
        }
    }
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// What differs between two steps. What each says of itself at its top is left out: it always
/// differs, and the page tells it.
pub(crate) fn step_diff(old: &str, new: &str) -> String {
    let (old, new_rest) = (without_top(old), without_top(new));
    let left_out = new.lines().count() - new_rest.lines().count();
    diff_by(old, new_rest, left_out, str::to_owned)
}

/// A step without its leading `//!` lines and the empty ones behind them.
fn without_top(source: &str) -> &str {
    let mut rest = source;
    while let Some((line, after)) = rest.split_once('\n') {
        if !line.starts_with("//!") && !line.trim().is_empty() {
            break;
        }
        rest = after;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let new = "a\nb\nc\nd\nE\nf\ng\nh\n";
        assert_eq!(diff(old, new), "@@ line 3 @@\n c\n d\n-e\n+E\n f\n g\n");
        assert_eq!(diff(old, old), "");
    }

    #[test]
    fn distant_changes_are_told_apart() {
        let numbers: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let old = numbers.join("\n") + "\n";
        let new = old.replace("\n1\n", "\none\n").replace("\n18\n", "\n");
        let expected = " 0\n-1\n+one\n 2\n 3\n@@ line 17 @@\n 16\n 17\n-18\n 19\n";
        assert_eq!(diff(&old, &new), expected);
    }

    #[test]
    fn the_tops_of_steps_are_left_out() {
        let old = "//! Spin.\n//! Long.\n\nuse a;\nfn main() {}\n";
        let new = "//! Park.\n\nuse b;\nfn main() {}\n";
        assert_eq!(step_diff(old, new), "@@ line 3 @@\n-use a;\n+use b;\n fn main() {}\n");
    }
}
