//! The terms of all chapters in one table.

use crate::html::escape;
use crate::workshop::Term;
use std::fmt::Write;

/// The table, sorted by name. `page_of` tells a chapter's page, if it is written.
pub(crate) fn table(terms: &[Term], page_of: impl Fn(u32) -> Option<String>) -> String {
    let mut sorted: Vec<&Term> = terms.iter().collect();
    sorted.sort_by_key(|term| term.words.name.to_lowercase());
    let mut table =
        "| term | Chinese | what it is | explained in |\n|---|---|---|---|\n".to_owned();
    for Term { chapter, words, .. } in sorted {
        let place = match page_of(*chapter) {
            Some(page) => format!("[chapter {chapter}]({page})"),
            None => format!("chapter {chapter}"),
        };
        let [name, chinese, says] =
            [&words.name, &words.chinese, &words.says].map(|text| cell(text));
        // The language, so that a browser takes the letters from the right font.
        let chinese = format!("<span lang=\"zh-Hans\">{chinese}</span>");
        let _ = writeln!(table, "| **{name}** | {chinese} | {says} | {place} |");
    }
    table
}

/// Markdown that may stand in a table: on one line, without the bar that ends a cell.
fn cell(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    // Generic types are no HTML, but a term may have `code`, in which nothing is escaped.
    let pieces = text.split('`').enumerate();
    let pieces: Vec<String> = pieces
        .map(|(number, piece)| if number % 2 == 0 { escape(piece) } else { piece.to_owned() })
        .collect();
    pieces.join("`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::Words;

    #[test]
    fn terms_are_sorted() {
        let term = |chapter, name: &str, says: &str| Term {
            chapter,
            file: String::new(),
            words: Words { name: name.into(), chinese: "字".into(), says: says.into() },
        };
        let terms = [term(3, "waker", "`Arc<T>` | more"), term(2, "Executor", "polls\nall")];
        let page = |chapter| (chapter == 2).then(|| "ch02.md".to_owned());
        let table = table(&terms, page);
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            rows[0],
            "| **Executor** | <span lang=\"zh-Hans\">字</span> | polls all | [chapter 2](ch02.md) |"
        );
        assert_eq!(
            rows[1],
            "| **waker** | <span lang=\"zh-Hans\">字</span> | `Arc<T>` \\| more | chapter 3 |"
        );
    }
}
