//! `cargo x check`: what a reader's solution lacks, in plain words.

use super::build::{Kind, build};
use super::trial::{self, End};
use super::{Exercise, catalogue, find, hints, package, shown, work};
use crate::chapters::{self, Chapter};
use crate::metadata::Workspace;
use crate::paint::{bold, dim, green, red};
use crate::place::Place;
use crate::steps::Outcome;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How long one test may take. Each has its own bounds, so what reaches this one hangs.
pub(super) const LIMIT: Duration = Duration::from_mins(1);

/// How long one model may take. The checker tries thousands of orders.
pub(super) const MODEL_LIMIT: Duration = Duration::from_mins(5);

/// Tests a reader's solution, and runs the model if there is one and all tests pass.
pub(crate) fn check(wanted: Option<&str>) -> Outcome<ExitCode> {
    let exercises = catalogue()?;
    let exercise = find(&exercises, wanted)?;
    let place = exercise.place;
    let folder = work::folder(exercise);
    if !folder.is_dir() {
        return Err(format!(
            "{} is not there yet: `cargo x start {place}` lays it out.",
            shown(&folder)
        ));
    }
    refresh(exercise, &folder)?;
    println!("{}", bold(&format!("{place}  {}", exercise.title)));
    let code = format!("{}/src/lib.rs", shown(&folder));
    if !passes(exercise, &folder, Kind::Tests)? {
        println!("\nNot yet. Your code is {code}; `cargo x check {place}` looks again.");
        return Ok(ExitCode::FAILURE);
    }
    if exercise.has("model.rs") {
        println!("\nAll tests pass. Now the model, which tries every order of the threads' steps.");
        if !passes(exercise, &folder, Kind::Model)? {
            println!(
                "\nThe tests pass, and yet there is an order in which it goes wrong. Your code is \
                 {code}; `cargo x check {place}` looks again."
            );
            return Ok(ExitCode::FAILURE);
        }
        println!("\n{}", green("Solved: all tests pass, and no order of steps breaks it."));
    } else {
        println!("\n{}", green("Solved: all tests pass."));
    }
    println!("`cargo x solution {place}` shows how the book does it.");
    println!("{}", next(&exercises, place, &chapters::read()?));
    Ok(ExitCode::SUCCESS)
}

/// The tests are the book's, whatever happened to the reader's copy. A copy that differs is kept.
fn refresh(exercise: &Exercise, folder: &Path) -> Outcome {
    for (file, text) in package::given(exercise)? {
        let path = folder.join(file);
        if std::fs::read_to_string(&path).is_ok_and(|present| present == text) {
            continue;
        }
        if path.exists() {
            let aside = work::put_aside(&path)?;
            println!("{} was not the book's; it is again. Yours: {}", shown(&path), shown(&aside));
        }
        package::write(folder, file, &text)?;
    }
    Ok(())
}

/// Builds and runs one kind of tests. Says what fails, and whether all is well.
fn passes(exercise: &Exercise, folder: &Path, kind: Kind) -> Outcome<bool> {
    let (file, limit) = match kind {
        Kind::Tests => ("tests.rs", LIMIT),
        Kind::Model => ("model.rs", MODEL_LIMIT),
    };
    announce_first_build(kind)?;
    let words = ["test", "--no-run", "--test", kind.target()];
    let built = build(folder, kind, &words, true)?;
    let program = match built.program(folder, kind) {
        Some(program) if built.success => program,
        _ => {
            println!(
                "\n{}",
                red(&format!(
                    "It does not compile{}. The compiler says why, above.",
                    match kind {
                        Kind::Tests => "",
                        Kind::Model => " under the model checker, whose types are stricter",
                    }
                ))
            );
            return Ok(false);
        }
    };
    let source = exercise.read(file)?;
    let mut tests = trial::tests(&program)?;
    // As they stand in the file: what comes first there is to be solved first.
    tests.sort_by_key(|test| hints::line(&source, test));
    let (mut passed, mut compared) = (0, false);
    for (number, test) in tests.iter().enumerate() {
        let end = trial::run(&program, folder, test, limit)?;
        let hint = hints::above(&source, test).unwrap_or_default();
        match end {
            End::Passed => {
                passed += 1;
                println!("  {}  {test}", green("ok"));
            }
            End::Failed(output) => {
                compared |= compares(&output);
                println!("  {}  {test}\n\n{}\n", red("no"), indented(&hint));
                let output = indented(&output);
                // A table is there to be read; a panic's message is an aside.
                println!("{}\n", if kind == Kind::Model { output } else { dim(&output) });
            }
            End::CutOff => {
                println!("  {}  {test}\n\n{}\n", red("no"), indented(&hint));
                let seconds = limit.as_secs();
                println!(
                    "{}",
                    indented(&format!("It was still running after {seconds} s, and was ended."))
                );
                let left = tests.len() - number - 1;
                if left > 0 {
                    println!("\nTests not run after that: {left}.");
                }
                break;
            }
        }
    }
    println!("{passed} of {} pass.", tests.len());
    if compared {
        println!("{}", dim("(`left` is what your code gave, `right` what is wanted.)"));
    }
    Ok(passed == tests.len() && passed > 0)
}

/// The first time, the crates of the house are built, and cargo is told to be quiet about it.
fn announce_first_build(kind: Kind) -> Outcome {
    let folder = match kind {
        Kind::Tests => "exercises",
        Kind::Model => "exercises-models",
    };
    if !Workspace::read()?.target.join(folder).is_dir() {
        println!("{}", dim("The first time, the crates that the exercise uses are built as well."));
    }
    Ok(())
}

/// Whether an `assert_eq!` speaks, which does not say what its two sides are. The tests of the book have what
/// they found on the left.
fn compares(output: &str) -> bool {
    output.lines().any(|line| line.trim_start().starts_with("left: "))
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("      {line}") })
        .collect();
    lines.join("\n")
}

/// What comes after an exercise: another one of the chapter, or the next chapter.
fn next(exercises: &[Exercise], place: Place, chapters: &[Chapter]) -> String {
    let follows = exercises.iter().find(|it| it.place > place);
    if let Some(exercise) = follows.filter(|it| it.place.chapter == place.chapter) {
        return format!("Next: {}, `cargo x start {}`.", exercise.title, exercise.place);
    }
    match chapters.iter().find(|chapter| chapter.number > place.chapter) {
        Some(Chapter { number, title, page: Some(page) }) => {
            format!("Next to read: chapter {number}, {title}, book/src/{page}.")
        }
        _ => format!("That was the last exercise of chapter {}.", place.chapter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_next_is_named() {
        let exercises = ["03_1_one", "03_2_two", "05_1_three"]
            .map(|name| Exercise::parse(name, "title = \"T\"\ntask = \"D\"").unwrap());
        let chapter = |number, page: Option<&str>| Chapter {
            number,
            title: "Tasks".to_owned(),
            page: page.map(str::to_owned),
        };
        let chapters = [chapter(3, Some("3.md")), chapter(4, Some("4.md")), chapter(5, None)];
        let next = |place| next(&exercises, Place::parse(place).unwrap(), &chapters);
        assert_eq!(next("3.1"), "Next: T, `cargo x start 3.2`.");
        assert_eq!(next("3.2"), "Next to read: chapter 4, Tasks, book/src/4.md.");
        assert_eq!(next("4.1"), "That was the last exercise of chapter 4.");
        assert_eq!(next("5.1"), "That was the last exercise of chapter 5.");
    }

    #[test]
    fn blank_lines_stay_blank() {
        assert_eq!(indented("a\n\nb"), "      a\n\n      b");
    }
}
