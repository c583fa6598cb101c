//! What has to be true of the pages.

mod chapter;
mod commands;
mod html;
mod parsed;
mod paths;

pub(crate) use html::check as check_html;
pub(crate) use parsed::Parsed;

use crate::directive::Directive;
use crate::expand::Expanded;
use crate::figure;
use crate::house::House;
use crate::page::Page;
use crate::problem::Problem;
use crate::workshop::Workshop;
use commands::Commands;

/// Blocks of code that a page may have. Everything else is cut from a file, so that it cannot drift.
const FENCES: [&str; 2] = ["sh", "mermaid"];

/// Those that may stand there all the same, and why.
const EXCEPTIONS: [(&str, &str, &str); 1] =
    [("introduction.md", "text", "the house, drawn with letters as in the crates' own comments")];

/// HTML that a page may have. A browser shows nothing of tags that it does not know, and so a type
/// outside of backticks would lose its parameters.
const TAGS: [&str; 13] =
    ["a", "b", "br", "code", "details", "div", "em", "i", "kbd", "strong", "sub", "summary", "sup"];

/// A page, what it asked for, and what it consists of.
pub(crate) struct Read<'a> {
    pub(crate) page: &'a Page,
    pub(crate) expanded: &'a Expanded,
    pub(crate) parsed: Parsed,
}

/// Checks everything that can be said without looking at the HTML.
pub(crate) fn check_pages(
    house: &House,
    workshop: &Workshop,
    read: &[Read],
    problems: &mut Vec<Problem>,
) {
    let commands = Commands::ask(house, workshop).unwrap_or_else(|why| {
        problems.push(Problem::of("crates/xtask", why));
        Commands::new(house, workshop, Vec::new())
    });
    for one in read {
        let file = one.page.file();
        let mut tell = |line: usize, what: String| problems.push(Problem::at(&file, line, what));
        for fence in &one.parsed.fences {
            if let Some(what) = refused(&one.page.name, &fence.language) {
                tell(fence.line, what);
            }
            if fence.language == "sh" {
                for (line, what) in commands.check_block(&fence.text) {
                    tell(fence.line + line, what);
                }
            }
        }
        for (name, line) in &one.parsed.tags {
            if !TAGS.contains(&name.as_str()) {
                tell(*line, format!("`<{name}>` is no tag for a page; put a type in backticks"));
            }
        }
        for (code, line) in &one.parsed.codes {
            let wrong = commands.check(code).or_else(|| paths::check(house, code));
            if let Some(what) = wrong {
                tell(*line, what);
            }
        }
        if let Some(chapter) = one.page.chapter() {
            chapter::check(chapter, one, workshop, problems);
        }
    }
    for exercise in &workshop.exercises {
        let file = format!("{}/exercise.toml", exercise.folder);
        for (code, _) in Parsed::new(&exercise.about.task, &[]).codes {
            let wrong = commands.check(&code).or_else(|| paths::check(house, &code));
            problems.extend(wrong.map(|what| Problem::of(&file, what)));
        }
    }
    chapter::check_terms(workshop, read, problems);
    check_figures(house, read, problems);
}

/// Every drawing is on a page.
fn check_figures(house: &House, read: &[Read], problems: &mut Vec<Problem>) {
    let asked = |name: &str| {
        let mut all = read.iter().flat_map(|one| &one.expanded.asked);
        all.any(|one| matches!(&one.directive, Ok(Directive::Figure(shown)) if shown == name))
    };
    for file in house.names_in(figure::FOLDER) {
        let name = file.strip_suffix(".toml").unwrap_or(&file);
        if !asked(name) {
            let what = format!(
                "no page shows this; write `{{{{#figure {name}}}}}` where it belongs, or delete it"
            );
            problems.push(Problem::of(format!("{}/{file}", figure::FOLDER), what));
        }
    }
}

/// Why a block of code may not stand on a page, if it may not.
fn refused(page: &str, language: &str) -> Option<String> {
    let excepted = EXCEPTIONS.iter().any(|(name, what, _)| *name == page && *what == language);
    if excepted || FENCES.contains(&language) {
        return None;
    }
    let what = if language.is_empty() {
        "without a language".to_owned()
    } else {
        format!("of `{language}`")
    };
    Some(format!(
        "a block of code {what}; show code with `{{{{#code FILE item}}}}` and what a program prints \
         with `{{{{#output 7.2}}}}`, and write commands into `sh` blocks"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_not_typed_into_the_text() {
        assert!(refused("ch01-waiting.md", "rust").is_some());
        assert!(refused("ch01-waiting.md", "text").is_some());
        assert!(refused("ch01-waiting.md", "").is_some());
        assert!(refused("ch01-waiting.md", "sh").is_none());
        assert!(refused("introduction.md", "text").is_none());
    }
}
