//! `cargo x start`, `check`, `solution` and `exercises`: the book's exercises.
//!
//! What an exercise consists of is written in `book/README.md`.

mod all;
mod build;
mod check;
mod ground;
mod hints;
mod package;
mod trial;
mod verdict;
mod work;

pub(crate) use all::all;
pub(crate) use check::check;
pub(crate) use work::start;

use crate::chapters;
use crate::paint::print;
use crate::place::Place;
use crate::steps::{Outcome, root};
use std::fmt::Write;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

const FOLDER: &str = "book/exercises";

/// One folder of `book/exercises`.
#[derive(Debug, PartialEq)]
pub(crate) struct Exercise {
    place: Place,
    /// The folder's name: `03_1_signal`.
    name: String,
    title: String,
    /// Markdown, a few sentences.
    task: String,
    /// Crates of the house, and libraries in the workspace's table.
    dependencies: Vec<String>,
}

impl Exercise {
    /// Where one of its files is, counted from the root.
    fn path(&self, file: &str) -> String {
        format!("{FOLDER}/{}/{file}", self.name)
    }

    fn read(&self, file: &str) -> Outcome<String> {
        let path = self.path(file);
        std::fs::read_to_string(root().join(&path)).map_err(|error| format!("{path}: {error}"))
    }

    fn has(&self, file: &str) -> bool {
        root().join(self.path(file)).is_file()
    }

    /// Reads what `exercise.toml` says.
    fn parse(name: &str, manifest: &str) -> Outcome<Self> {
        let place = Place::parse(name)
            .filter(|_| name.splitn(3, '_').nth(2).is_some_and(|word| !word.is_empty()))
            .ok_or_else(|| format!("{FOLDER}/{name}: a folder here is named like 03_1_signal"))?;
        let wrong = |why: &str| format!("{FOLDER}/{name}/exercise.toml: {why}");
        let mut table: toml::Table =
            manifest.parse().map_err(|error: toml::de::Error| wrong(&error.to_string()))?;
        let mut text = |key: &str| match table.remove(key) {
            Some(toml::Value::String(text)) if !text.trim().is_empty() => {
                Ok(text.trim().to_owned())
            }
            _ => Err(wrong(&format!("`{key}` should be some text"))),
        };
        let (title, task) = (text("title")?, text("task")?);
        let dependencies = match table.remove("dependencies") {
            None => Some(Vec::new()),
            Some(toml::Value::Array(names)) => {
                names.iter().map(|name| Some(name.as_str()?.to_owned())).collect()
            }
            Some(_) => None,
        };
        let dependencies =
            dependencies.ok_or_else(|| wrong("`dependencies` should be a list of names"))?;
        if let Some(key) = table.keys().next() {
            return Err(wrong(&format!("`{key}` has no meaning here")));
        }
        Ok(Self { place, name: name.to_owned(), title, task, dependencies })
    }
}

/// Every exercise, in the order of reading.
fn catalogue() -> Outcome<Vec<Exercise>> {
    let folder = root().join(FOLDER);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{FOLDER}: {error}")),
    };
    let mut exercises = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{FOLDER}: {error}"))?.path();
        if path.is_dir() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let manifest = std::fs::read_to_string(path.join("exercise.toml"))
                .map_err(|error| format!("{FOLDER}/{name}/exercise.toml: {error}"))?;
            exercises.push(Exercise::parse(&name, &manifest)?);
        }
    }
    exercises.sort_by_key(|exercise| exercise.place);
    if let Some(pair) = exercises.windows(2).find(|pair| pair[0].place == pair[1].place) {
        let (one, other) = (&pair[0].name, &pair[1].name);
        return Err(format!("{FOLDER}: {one} and {other} have the same number"));
    }
    Ok(exercises)
}

/// The exercise of that number or name. Without one, the one in whose folder the user is.
fn find<'a>(exercises: &'a [Exercise], wanted: Option<&str>) -> Outcome<&'a Exercise> {
    let here = || {
        let here = std::env::current_dir().ok()?;
        let below = here.strip_prefix(root().join(work::FOLDER)).ok()?;
        Some(below.iter().next()?.to_string_lossy().into_owned())
    };
    let Some(wanted) = wanted.map(str::to_owned).or_else(here) else {
        return Err("Which exercise? `cargo x exercises --list` shows them all.".to_owned());
    };
    let place = Place::parse(&wanted);
    let bare = !wanted.contains(char::is_alphabetic);
    let found = exercises.iter().find(|it| it.name == wanted || (bare && Some(it.place) == place));
    found.ok_or_else(|| {
        format!("There is no exercise {wanted}. `cargo x exercises --list` shows which there are.")
    })
}

/// Lists them, chapter by chapter.
pub(crate) fn list() -> Outcome<ExitCode> {
    let exercises = catalogue()?;
    let mut text = chapters::listed(exercises.iter().map(|exercise| {
        let begun = if work::folder(exercise).is_dir() { "  (begun)" } else { "" };
        (exercise.place, format!("{}{begun}", exercise.title))
    }))?;
    if let Some(first) = exercises.first() {
        let _ = writeln!(text, "\n`cargo x start {}` lays one out to be solved.", first.place);
    } else {
        let _ = writeln!(text, "There are no exercises yet.");
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a solution, and nothing else, so that it can go into a pipe.
pub(crate) fn solution(wanted: Option<&str>) -> Outcome<ExitCode> {
    let exercises = catalogue()?;
    let exercise = find(&exercises, wanted)?;
    print(&exercise.read("solution.rs")?)?;
    Ok(ExitCode::SUCCESS)
}

/// A folder or file as seen from the root of the workspace.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "title = \"A signal\"\ntask = \"\"\"\nDo it.\n\"\"\"\n";

    #[test]
    fn a_manifest_is_read() {
        let text = format!("{MANIFEST}dependencies = [\"handcrank-task\"]");
        let exercise = Exercise::parse("03_1_signal", &text).unwrap();
        assert_eq!(exercise.place.to_string(), "3.1");
        assert_eq!((exercise.title.as_str(), exercise.task.as_str()), ("A signal", "Do it."));
        assert_eq!(exercise.dependencies, ["handcrank-task"]);
        assert!(Exercise::parse("03_1_signal", MANIFEST).unwrap().dependencies.is_empty());
    }

    #[test]
    fn a_manifest_with_mistakes_is_refused() {
        let parse = |text: &str| Exercise::parse("03_1_signal", text).unwrap_err();
        assert!(parse("task = \"Do it.\"").contains("`title`"));
        assert!(parse("title = \"\"\ntask = \"Do it.\"").contains("`title`"));
        assert!(parse(&format!("{MANIFEST}dependency = []")).contains("`dependency`"));
        assert!(parse(&format!("{MANIFEST}dependencies = [1]")).contains("list of names"));
        assert!(Exercise::parse("03_1", MANIFEST).is_err());
        assert!(Exercise::parse("signal", MANIFEST).is_err());
    }

    #[test]
    fn an_exercise_is_found_by_number_or_name() {
        let two = ["03_1_signal", "03_2_join"].map(|it| Exercise::parse(it, MANIFEST).unwrap());
        assert_eq!(find(&two, Some("3.2")).unwrap().name, "03_2_join");
        assert_eq!(find(&two, Some("03_1_signal")).unwrap().name, "03_1_signal");
        assert!(find(&two, Some("3.3")).is_err());
        assert!(find(&two, Some("03_1_other")).is_err());
        assert!(find(&two, None).is_err());
    }

    #[test]
    fn the_exercises_of_the_book_are_read() {
        catalogue().unwrap();
    }
}
