//! What can be said about the book without building it, and the way to the program that builds it.

use crate::steps::{Outcome, cargo, root};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

/// Hands everything over to the bookbinder: a program of its own, because it needs far more
/// libraries than the rest of these commands.
pub(crate) fn bind(arguments: &[String]) -> ExitCode {
    let status =
        cargo().args(["run", "--quiet", "--package", "bookbinder", "--"]).args(arguments).status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cargo did not start: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Every page that the table of contents names exists, and every page is named there, or included by
/// another.
pub(crate) fn check() -> Outcome {
    let source = root().join("book/src");
    let summary = source.join("SUMMARY.md");
    let text = std::fs::read_to_string(&summary)
        .map_err(|error| format!("{}: {error}", summary.display()))?;
    let named: BTreeSet<String> = pages_in(&text).map(str::to_owned).collect();
    let mut present = BTreeSet::new();
    pages_below(&source, &source, &mut present)?;
    present.remove("SUMMARY.md");
    for page in &named {
        // A page that is missing is told of below.
        let text = std::fs::read_to_string(source.join(page)).unwrap_or_default();
        let folder = Path::new(page).parent().unwrap_or(Path::new(""));
        for part in included_in(&text) {
            let part = folder.join(part).to_string_lossy().into_owned();
            if !present.remove(&part) && !source.join(&part).is_file() {
                return Err(format!("{page} includes {part}, which does not exist"));
            }
        }
    }

    let mut broken = Vec::new();
    broken.extend(named.difference(&present).map(|page| format!("{page} does not exist")));
    broken.extend(present.difference(&named).map(|page| format!("{page} is in no chapter list")));
    if broken.is_empty() {
        println!("pages, all of them in the table of contents: {}", present.len());
        return Ok(());
    }
    Err(broken.join(", "))
}

/// The link targets of a SUMMARY.md. A draft chapter has an empty one.
fn pages_in(summary: &str) -> impl Iterator<Item = &str> {
    summary.lines().filter_map(|line| {
        let (_, rest) = line.split_once("](")?;
        let (page, _) = rest.split_once(')')?;
        let page = page.trim_start_matches("./");
        (!page.is_empty()).then_some(page)
    })
}

/// The files that a page includes, as mdBook does it.
fn included_in(page: &str) -> impl Iterator<Item = &str> {
    page.split("{{#include ").skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once("}}")?;
        // A part of a file is named after a colon.
        name.trim().split(':').next()
    })
}

fn pages_below(top: &Path, folder: &Path, pages: &mut BTreeSet<String>) -> Outcome {
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            pages_below(top, &path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let page = path.strip_prefix(top).expect("the walk began at the top");
            pages.insert(page.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_name_no_page() {
        let summary = "# Contents\n[How to read](./introduction.md)\n- [1. Waiting]()\n\
                       - [2. Polls](two/polls.md)\n";
        let pages: Vec<&str> = pages_in(summary).collect();
        assert_eq!(pages, ["introduction.md", "two/polls.md"]);
    }

    #[test]
    fn included_files_are_found() {
        let page = "# One\n{{#include a/b.md}}\n{{#include ../c.rs:anchor}} {{#playground d.rs}}";
        assert_eq!(included_in(page).collect::<Vec<_>>(), ["a/b.md", "../c.rs"]);
    }
}
