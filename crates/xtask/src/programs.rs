//! `cargo x steps` and `cargo x step`: the programs that the book's chapters run.

use crate::chapters;
use crate::paint::{dim_aside, print};
use crate::place::Place;
use crate::steps::{Outcome, cargo, root};
use std::fmt::Write;
use std::process::ExitCode;

const FOLDER: &str = "book/steps/examples";

/// A file in the folder of the steps.
#[derive(Debug, PartialEq)]
struct Program {
    place: Place,
    /// What cargo calls the example: the file's name without its ending.
    name: String,
    /// Its first line: a word and a sentence.
    says: String,
}

/// Lists the steps, chapter by chapter.
pub(crate) fn list() -> Outcome<ExitCode> {
    let programs = all()?;
    let mut text = chapters::listed(programs.iter().map(|it| (it.place, it.says.clone())))?;
    if let Some(first) = programs.first() {
        let _ = writeln!(text, "\n`cargo x step {}` runs one.", first.place);
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs one step, which has the terminal for itself.
pub(crate) fn run(wanted: &str, release: bool) -> Outcome<ExitCode> {
    let programs = all()?;
    let program = find(&programs, wanted)?;
    // Beside the output, not in it: what goes into a pipe is the program's own.
    eprintln!("{}", dim_aside(&format!("{FOLDER}/{}.rs", program.name)));
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "steps", "--example", &program.name]);
    if release {
        command.arg("--release");
    }
    let status = command.status().map_err(|error| format!("cargo did not start: {error}"))?;
    // A step that a signal ended has no code of its own.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

/// Every step, in the order of reading.
fn all() -> Outcome<Vec<Program>> {
    let folder = root().join(FOLDER);
    let entries =
        std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut programs = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{FOLDER}: {error}"))?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "rs") || !name.starts_with("ch") {
            continue;
        }
        let Some(place) = Place::parse(&name) else {
            return Err(format!("{FOLDER}/{name}.rs: a step's name is like ch03_2_park.rs"));
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("{FOLDER}/{name}.rs: {error}"))?;
        let says = first_line(&text).ok_or_else(|| {
            format!("{FOLDER}/{name}.rs does not begin with `//! Word: what it does`")
        })?;
        programs.push(Program { place, name, says: says.to_owned() });
    }
    programs.sort_by_key(|program| program.place);
    Ok(programs)
}

fn first_line(source: &str) -> Option<&str> {
    source.lines().next()?.strip_prefix("//! ").map(str::trim)
}

fn find<'a>(programs: &'a [Program], wanted: &str) -> Outcome<&'a Program> {
    // A whole name first, then a number.
    let by_name = programs.iter().find(|program| program.name == wanted);
    let by_place = || {
        let bare = wanted.strip_prefix("ch").unwrap_or(wanted);
        // A name that is not there must not find another that begins with the same number.
        let place = Place::parse(bare).filter(|_| !bare.contains(char::is_alphabetic))?;
        programs.iter().find(|program| program.place == place)
    };
    by_name.or_else(by_place).ok_or_else(|| unknown(programs, wanted))
}

/// There is no such step. Which are there?
fn unknown(programs: &[Program], wanted: &str) -> String {
    let chapter = wanted.trim_start_matches("ch").split(['.', '_']).next();
    let chapter: Option<u32> = chapter.and_then(|chapter| chapter.parse().ok());
    let near: Vec<&Program> =
        programs.iter().filter(|program| Some(program.place.chapter) == chapter).collect();
    match (chapter, near.as_slice()) {
        (None, _) => format!(
            "{wanted:?} is no step. A step is named like 3.2 or ch03_2_park; \
             `cargo x steps` lists them"
        ),
        (Some(chapter), []) => {
            let mut chapters: Vec<u32> =
                programs.iter().map(|program| program.place.chapter).collect();
            chapters.dedup();
            let chapters: Vec<String> = chapters.iter().map(u32::to_string).collect();
            format!("chapter {chapter} has no steps; those that have: {}", chapters.join(", "))
        }
        (Some(_), near) => {
            let lines: Vec<String> = near
                .iter()
                .map(|it| format!("\n  {:<5} {}", it.place.to_string(), it.says))
                .collect();
            format!("there is no step {wanted}. The chapter's steps are{}", lines.concat())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(name: &str) -> Program {
        let place = Place::parse(name).unwrap();
        Program { place, name: name.to_owned(), says: format!("{name}: a step.") }
    }

    #[test]
    fn a_step_is_found_by_number_or_name() {
        let programs = [program("ch03_1_spin"), program("ch03_2_park"), program("ch10_1_steal")];
        for wanted in ["3.2", "03_2", "ch03_2", "ch03_2_park"] {
            let found = find(&programs, wanted);
            assert!(found.is_ok_and(|it| it.name == "ch03_2_park"), "{wanted}");
        }
        assert_eq!(find(&programs, "10.1").unwrap().name, "ch10_1_steal");
    }

    #[test]
    fn an_unknown_step_is_answered_with_its_neighbours() {
        let programs = [program("ch03_1_spin"), program("ch03_2_park"), program("ch10_1_steal")];
        let why = find(&programs, "3.7").unwrap_err();
        assert!(why.contains("3.2") && !why.contains("10.1"), "{why}");
        let why = find(&programs, "ch03_2_sleep").unwrap_err();
        assert!(why.contains("ch03_2_park"), "{why}");
        let why = find(&programs, "7.1").unwrap_err();
        assert!(why.ends_with("3, 10"), "{why}");
        assert!(find(&programs, "park").unwrap_err().contains("cargo x steps"));
    }

    #[test]
    fn the_steps_of_the_book_have_numbers_and_first_lines() {
        let programs = all().unwrap();
        for pair in programs.windows(2) {
            assert!(pair[0].place < pair[1].place, "two steps are {}", pair[0].place);
        }
    }

    #[test]
    fn the_first_line_says_what_it_does() {
        assert_eq!(first_line("//! Park: sleep.\n\nfn main() {}"), Some("Park: sleep."));
        assert_eq!(first_line("fn main() {}"), None);
    }
}
