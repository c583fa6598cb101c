//! From the folders to the finished book, once.

use crate::check::{self, Parsed, Read};
use crate::directive::Directive;
use crate::expand::{Expanded, Source};
use crate::house::House;
use crate::outputs::{self, Printer, Then};
use crate::problem::Problem;
use crate::workshop::Workshop;
use crate::{bind, page, summary};

/// Which steps and variants are run, and what becomes of their output.
pub(crate) enum Runs {
    /// None.
    Nothing,
    /// All; a difference is a problem.
    Compare,
    /// All; what is missing or says something else is written down.
    BlessAll,
    /// These, and what they print is written down. A number is a chapter's, or a step's.
    Bless(Vec<String>),
}

/// What came of it.
pub(crate) struct Made {
    /// Sorted, each once.
    pub(crate) problems: Vec<Problem>,
    /// Words and minutes of each chapter.
    pub(crate) summary: String,
    /// Whether there is a book. If not, one of the problems says why.
    pub(crate) bound: bool,
}

/// Runs, checks and binds. An error means that somebody asked for what is not there.
pub(crate) fn make(house: &House, runs: &Runs) -> Result<Made, String> {
    let mut problems = Vec::new();
    let workshop = Workshop::read(house, &mut problems);
    let all = || outputs::printers(&workshop);
    match runs {
        Runs::Nothing => {}
        Runs::Compare => outputs::run(house, &all(), Then::Complain, &mut problems),
        Runs::BlessAll => outputs::run(house, &all(), Then::Bless, &mut problems),
        Runs::Bless(names) => {
            let printers: Result<Vec<Vec<Printer>>, String> =
                names.iter().map(|name| outputs::find(&workshop, name)).collect();
            for printers in printers? {
                // Who asks for a chapter does not want other numbers in each of its outputs.
                let then = if printers.len() == 1 { Then::BlessEach } else { Then::Bless };
                outputs::run(house, &printers, then, &mut problems);
            }
        }
    }
    let pages = page::pages(house, &mut problems);
    let source = Source { house, workshop: &workshop, pages: &pages };
    let expanded: Vec<Expanded> =
        pages.iter().map(|page| source.expand(page, &mut problems)).collect();
    let read: Vec<Read> = pages
        .iter()
        .zip(&expanded)
        .map(|(page, expanded)| Read {
            page,
            expanded,
            parsed: Parsed::new(&page.text, &expanded.asked),
        })
        .collect();
    outputs::check_files(house, &workshop, &shown(&workshop, &expanded), &mut problems);
    check::check_pages(house, &workshop, &read, &mut problems);
    let bound = bind::bind(house, &read);
    match &bound {
        Ok(()) => check::check_html(house, &pages, &mut problems),
        // Mostly because of something that has been found already.
        Err(why) => problems.push(Problem::of("book/book.toml", why)),
    }

    problems.sort();
    problems.dedup();
    Ok(Made { problems, summary: summary::summary(&read), bound: bound.is_ok() })
}

/// What the pages have asked for the output of.
fn shown(workshop: &Workshop, expanded: &[Expanded]) -> Vec<Printer> {
    let asked = expanded.iter().flat_map(|page| &page.asked);
    asked
        .filter_map(|one| match one.directive.as_ref().ok()? {
            Directive::Output(number) => {
                workshop.step(*number).map(|step| Printer::Step(step.name.clone()))
            }
            Directive::Sabotage(name) => Some(Printer::Variant(name.clone())),
            _ => None,
        })
        .collect()
}
