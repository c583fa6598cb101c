//! How long each chapter takes to read.

use crate::check::Read;
use std::fmt::Write;

/// Prose of this kind is read slowly.
const WORDS_A_MINUTE: usize = 120;
/// Lines of code and output, looked at rather than worked through.
const LINES_A_MINUTE: usize = 25;
/// Minutes that a chapter may take.
const LONGEST: usize = 40;

/// Words, lines and minutes of each chapter.
pub(crate) fn summary(read: &[Read]) -> String {
    let mut table = "chapter                        words  lines  minutes\n".to_owned();
    for one in read.iter().filter(|one| one.page.chapter().is_some()) {
        let (words, lines) = (one.parsed.words, one.expanded.listing_lines);
        let minutes = minutes(words, lines);
        let long = if minutes > LONGEST { "  too long" } else { "" };
        let _ = writeln!(table, "{:30} {words:>5}  {lines:>5}  {minutes:>7}{long}", one.page.name);
    }
    let _ = write!(
        table,
        "({WORDS_A_MINUTE} words and {LINES_A_MINUTE} lines of code or output a minute; \
         what is folded away is not counted)"
    );
    table
}

fn minutes(words: usize, lines: usize) -> usize {
    (words * LINES_A_MINUTE + lines * WORDS_A_MINUTE).div_ceil(WORDS_A_MINUTE * LINES_A_MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_rounded_up() {
        assert_eq!(minutes(1200, 250), 20);
        assert_eq!(minutes(1, 0), 1);
    }
}
