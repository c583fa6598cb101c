//! The chapters, as the book's table of contents has them.

use crate::paint::bold;
use crate::place::Place;
use crate::steps::{Outcome, root};
use std::fmt::Write;

/// One numbered chapter.
#[derive(Debug, PartialEq)]
pub(crate) struct Chapter {
    pub(crate) number: u32,
    pub(crate) title: String,
    /// Its file in `book/src`; a draft has none.
    pub(crate) page: Option<String>,
}

/// All of them, in the order of reading.
pub(crate) fn read() -> Outcome<Vec<Chapter>> {
    let path = root().join("book/src/SUMMARY.md");
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.lines().filter_map(chapter).collect())
}

/// `3. Wakers and block_on`, or the number alone if the table of contents does not have it.
fn heading(chapters: &[Chapter], number: u32) -> String {
    chapters
        .iter()
        .find(|chapter| chapter.number == number)
        .map_or_else(|| format!("{number}."), |chapter| format!("{number}. {}", chapter.title))
}

/// What lies in the chapters, in the order of reading, as a list with a heading for each chapter.
pub(crate) fn listed(entries: impl IntoIterator<Item = (Place, String)>) -> Outcome<String> {
    let chapters = read()?;
    let mut text = String::new();
    let mut before = None;
    for (place, says) in entries {
        if before != Some(place.chapter) {
            let gap = if before.is_some() { "\n" } else { "" };
            let _ = writeln!(text, "{gap}{}", bold(&heading(&chapters, place.chapter)));
            before = Some(place.chapter);
        }
        let _ = writeln!(text, "  {:<5} {says}", place.to_string());
    }
    Ok(text)
}

/// Reads `- [3. Wakers](ch03-wakers.md)`.
fn chapter(line: &str) -> Option<Chapter> {
    let (_, rest) = line.split_once("- [")?;
    let (heading, rest) = rest.split_once("](")?;
    let (number, title) = heading.split_once(". ")?;
    let (page, _) = rest.split_once(')')?;
    Some(Chapter {
        number: number.parse().ok()?,
        title: title.to_owned(),
        page: (!page.is_empty()).then(|| page.trim_start_matches("./").to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_have_numbers() {
        let expected = Chapter { number: 3, title: "Wakers".to_owned(), page: None };
        assert_eq!(chapter("- [3. Wakers]()"), Some(expected));
        let page = chapter("- [12. The pool](./ch12-pool.md)").unwrap().page;
        assert_eq!(page.as_deref(), Some("ch12-pool.md"));
        assert_eq!(chapter("- [A. Corrections]()"), None);
        assert_eq!(chapter("# Many threads"), None);
        assert_eq!(chapter("  - [The figures](measured.md)"), None);
    }

    #[test]
    fn the_table_of_contents_is_understood() {
        let chapters = read().unwrap();
        assert_eq!(chapters[0].number, 1);
        assert!(chapters.is_sorted_by_key(|chapter| chapter.number));
        assert_eq!(heading(&chapters, 9999), "9999.");
    }
}
