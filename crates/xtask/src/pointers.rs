//! The crates point to the chapters that read them, and the chapters to the crates.

use crate::chapters;
use crate::metadata::Workspace;
use crate::steps::{Outcome, root};
use std::collections::BTreeSet;

/// How a path to a page begins, wherever it is written.
const PAGES: &str = "book/src/";

/// Every crate's front pages, its README and its root file, name a page of the book; each page that they
/// name exists; and each chapter is named by a crate whose files it reads.
pub(crate) fn check() -> Outcome {
    let workspace = Workspace::read()?;
    let mut broken = Vec::new();
    let mut met = BTreeSet::new();
    let mut crates = 0;
    for package in &workspace.packages {
        let Ok(folder) = package.folder.strip_prefix(root().join("crates")) else { continue };
        if !crate::house::is_on_a_floor(&package.name) {
            continue;
        }
        crates += 1;
        let folder = format!("crates/{}/", folder.display());
        let front: String = ["README.md", "src/lib.rs"]
            .iter()
            .filter_map(|file| std::fs::read_to_string(package.folder.join(file)).ok())
            .collect();
        let mut named = 0;
        for page in pages_in(&front) {
            named += 1;
            match std::fs::read_to_string(root().join(page)) {
                Ok(text) if text.contains(&folder) => drop(met.insert(page.to_owned())),
                Ok(_) => {}
                Err(_) => broken.push(format!("{folder}: names {page}, which does not exist")),
            }
        }
        if named == 0 {
            broken.push(format!(
                "{folder}: neither README.md nor src/lib.rs names a page of the book"
            ));
        }
    }
    let chapters: Vec<String> = chapters::read()?
        .into_iter()
        .filter_map(|chapter| Some(format!("{PAGES}{}", chapter.page?)))
        .collect();
    for chapter in &chapters {
        if !met.contains(chapter) {
            broken.push(format!(
                "{chapter}: no crate whose files it reads points to it from its README or src/lib.rs"
            ));
        }
    }
    if broken.is_empty() {
        println!("crates: {crates}, chapters: {}, each points to the other", chapters.len());
        return Ok(());
    }
    Err(broken.join("\n"))
}

/// The pages of the book that a text names.
fn pages_in(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(PAGES).filter_map(|(start, _)| {
        let rest = &text[start..];
        let end = rest.find(".md")? + ".md".len();
        // A path does not go on over a blank.
        (!rest[..end].contains(char::is_whitespace)).then_some(&rest[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_in_any_text() {
        let text = "See `book/src/ch01-waiting.md`, and [two](../../book/src/ch02.md). The folder book/src/ is\n\
                    no page, README.md neither.";
        let pages: Vec<&str> = pages_in(text).collect();
        assert_eq!(pages, ["book/src/ch01-waiting.md", "book/src/ch02.md"]);
    }
}
