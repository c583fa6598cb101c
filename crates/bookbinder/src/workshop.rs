//! What lies in the book's folders: steps, broken variants, exercises, terms.

use crate::house::House;
use crate::problem::Problem;
use serde::Deserialize;
use std::fmt;

/// Everything that a page may name.
pub(crate) struct Workshop {
    pub(crate) steps: Vec<Step>,
    pub(crate) variants: Vec<Variant>,
    pub(crate) exercises: Vec<Exercise>,
    pub(crate) terms: Vec<Term>,
}

/// The number of a step or an exercise: `7.2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number {
    pub(crate) chapter: u32,
    pub(crate) place: u32,
}

/// One of a chapter's programs.
pub(crate) struct Step {
    pub(crate) number: Number,
    /// `ch07_2_word`, as cargo calls it.
    pub(crate) name: String,
    /// Its file, counted from the root.
    pub(crate) file: String,
}

/// The real code broken on purpose.
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) change: Change,
}

/// What a variant's file says. The tools that run it read the rest.
#[derive(Deserialize)]
pub(crate) struct Change {
    pub(crate) says: String,
    pub(crate) file: String,
    pub(crate) find: String,
    pub(crate) replace: String,
}

/// Something for the reader to do.
pub(crate) struct Exercise {
    pub(crate) number: Number,
    /// Its folder, counted from the root.
    pub(crate) folder: String,
    pub(crate) about: About,
}

/// What an `exercise.toml` says. The tools that check it read the rest.
#[derive(Deserialize)]
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) task: String,
}

/// A word that a chapter explains.
pub(crate) struct Term {
    pub(crate) chapter: u32,
    /// The file that names it, counted from the root.
    pub(crate) file: String,
    pub(crate) words: Words,
}

/// A term as its file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub(crate) name: String,
    pub(crate) chinese: String,
    pub(crate) says: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Glossary {
    #[serde(default)]
    term: Vec<Words>,
}

impl Workshop {
    /// Looks into all the folders. What cannot be read becomes a problem and is left out.
    pub(crate) fn read(house: &House, problems: &mut Vec<Problem>) -> Self {
        Self {
            steps: steps(house, problems),
            variants: variants(house, problems),
            exercises: exercises(house, problems),
            terms: terms(house, problems),
        }
    }

    pub(crate) fn step(&self, number: Number) -> Option<&Step> {
        self.steps.iter().find(|step| step.number == number)
    }

    pub(crate) fn exercise(&self, number: Number) -> Option<&Exercise> {
        self.exercises.iter().find(|exercise| exercise.number == number)
    }

    pub(crate) fn variant(&self, name: &str) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.name == name)
    }
}

impl Number {
    /// Reads `7.2`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (chapter, place) = text.split_once('.')?;
        Some(Self { chapter: chapter.parse().ok()?, place: place.parse().ok()? })
    }

    /// Reads the beginning of `07_2_word`, and returns it with the word.
    fn of_name(name: &str) -> Option<(Self, &str)> {
        let (chapter, rest) = name.split_once('_')?;
        let (place, word) = rest.split_once('_')?;
        let number = Self { chapter: chapter.parse().ok()?, place: place.parse().ok()? };
        (chapter.len() == 2 && !word.is_empty()).then_some((number, word))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.chapter, self.place)
    }
}

fn steps(house: &House, problems: &mut Vec<Problem>) -> Vec<Step> {
    const FOLDER: &str = "book/steps/examples";
    let mut steps: Vec<Step> = Vec::new();
    for file in house.names_in(FOLDER) {
        let Some(name) = file.strip_suffix(".rs") else { continue };
        let file = format!("{FOLDER}/{file}");
        match name.strip_prefix("ch").and_then(Number::of_name) {
            None => problems.push(Problem::of(&file, "no step's name; call it ch07_1_word.rs")),
            Some((number, _)) if steps.iter().any(|step| step.number == number) => {
                problems.push(Problem::of(&file, format!("a second step {number}; renumber one")));
            }
            Some((number, _)) => {
                let text = house.text(&file).unwrap_or_default();
                if !text.starts_with("//! ") {
                    let what =
                        "does not begin with `//! Word: what it does`; `cargo x steps` lists it";
                    problems.push(Problem::at(&file, 1, what));
                }
                steps.push(Step { number, name: name.to_owned(), file });
            }
        }
    }
    steps.sort_by_key(|step| step.number);
    steps
}

fn variants(house: &House, problems: &mut Vec<Problem>) -> Vec<Variant> {
    const FOLDER: &str = "book/sabotage";
    let mut variants = Vec::new();
    for file in house.names_in(FOLDER) {
        let Some(name) = file.strip_suffix(".toml") else { continue };
        let change = read_toml(house, &format!("{FOLDER}/{file}"), problems);
        variants.extend(change.map(|change| Variant { name: name.to_owned(), change }));
    }
    variants
}

fn exercises(house: &House, problems: &mut Vec<Problem>) -> Vec<Exercise> {
    const FOLDER: &str = "book/exercises";
    let mut exercises: Vec<Exercise> = Vec::new();
    for name in house.names_in(FOLDER) {
        let folder = format!("{FOLDER}/{name}");
        if !house.path(&folder).is_dir() {
            continue;
        }
        match Number::of_name(&name) {
            None => problems.push(Problem::of(&folder, "no exercise's name; call it 07_1_word")),
            Some((number, _)) if exercises.iter().any(|it| it.number == number) => {
                problems.push(Problem::of(
                    &folder,
                    format!("a second exercise {number}; renumber one"),
                ));
            }
            Some((number, _)) => {
                let about = read_toml(house, &format!("{folder}/exercise.toml"), problems);
                exercises.extend(about.map(|about| Exercise { number, folder, about }));
            }
        }
    }
    exercises
}

fn terms(house: &House, problems: &mut Vec<Problem>) -> Vec<Term> {
    const FOLDER: &str = "book/glossary";
    let mut terms = Vec::new();
    for name in house.names_in(FOLDER) {
        let Some(stem) = name.strip_suffix(".toml") else { continue };
        let file = format!("{FOLDER}/{name}");
        let Some(chapter) = stem.strip_prefix("ch").and_then(|number| number.parse().ok()) else {
            problems.push(Problem::of(&file, "no chapter's glossary; call it ch07.toml"));
            continue;
        };
        let Some(glossary) = read_toml::<Glossary>(house, &file, problems) else { continue };
        let words = glossary.term.into_iter();
        terms.extend(words.map(|words| Term { chapter, file: file.clone(), words }));
    }
    terms
}

/// Reads a TOML file. If it cannot be read, that is a problem.
pub(crate) fn read_toml<T: for<'text> Deserialize<'text>>(
    house: &House,
    file: &str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let read = house.text(file).map_err(|why| Problem::of(file, why)).and_then(|text| {
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| crate::problem::line_of(&text, span.start));
            Problem::at(file, line, error.message().trim())
        })
    });
    read.map_err(|problem| problems.push(problem)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_written() {
        let number = Number { chapter: 7, place: 2 };
        assert_eq!(Number::parse("7.2"), Some(number));
        assert_eq!(number.to_string(), "7.2");
        assert_eq!(Number::parse("7"), None);
        assert_eq!(Number::parse("7.x"), None);
        assert_eq!(Number::of_name("07_2_read_all"), Some((number, "read_all")));
        assert_eq!(Number::of_name("7_2_read"), None);
        assert_eq!(Number::of_name("07_2_"), None);
        assert_eq!(Number::of_name("07_read"), None);
    }
}
