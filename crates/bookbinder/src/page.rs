//! The pages as their authors wrote them.

use crate::house::House;
use crate::problem::Problem;
use std::collections::BTreeSet;

/// Where the pages lie, counted from the root.
pub(crate) const FOLDER: &str = "book/src";

/// A page of the book.
pub(crate) struct Page {
    /// As the table of contents names it: `ch07-reactor.md`.
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Page {
    /// Its file, counted from the root.
    pub(crate) fn file(&self) -> String {
        format!("{FOLDER}/{}", self.name)
    }

    /// The chapter that it is, by its name.
    pub(crate) fn chapter(&self) -> Option<u32> {
        let (number, _) = self.name.strip_prefix("ch")?.split_once('-')?;
        number.parse().ok()
    }
}

/// All pages that the table of contents names, in its order. A page that is not there is a problem,
/// and so is a chapter that is there and not in the table.
pub(crate) fn pages(house: &House, problems: &mut Vec<Problem>) -> Vec<Page> {
    let summary_file = format!("{FOLDER}/SUMMARY.md");
    let summary = match house.text(&summary_file) {
        Ok(text) => text,
        Err(why) => {
            problems.push(Problem::of(summary_file, why));
            return Vec::new();
        }
    };
    let mut pages = Vec::new();
    let mut named = BTreeSet::new();
    for (number, line) in summary.lines().enumerate() {
        let target = line.split_once("](").and_then(|(_, rest)| rest.split_once(')'));
        let Some((name, _)) = target else { continue };
        let name = name.trim_start_matches("./");
        if name.is_empty() || !named.insert(name.to_owned()) {
            continue;
        }
        match house.text(&format!("{FOLDER}/{name}")) {
            Ok(text) => pages.push(Page { name: name.to_owned(), text }),
            Err(why) => problems.push(Problem::at(&summary_file, number + 1, why)),
        }
    }
    for name in house.names_in(FOLDER).into_iter().filter(|name| !named.contains(name)) {
        let page = Page { name, text: String::new() };
        if page.chapter().is_some() {
            let what = "not in the table of contents; give the draft in SUMMARY.md its page";
            problems.push(Problem::of(page.file(), what));
        }
    }
    pages
}
