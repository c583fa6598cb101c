//! The package that an exercise is laid into.

use super::Exercise;
use crate::steps::{Outcome, root};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// What the root's manifest says of each dependency that the house shares.
pub(super) struct Table(toml::Table);

impl Table {
    pub(super) fn read() -> Outcome<Self> {
        let text = std::fs::read_to_string(root().join("Cargo.toml"))
            .map_err(|error| format!("Cargo.toml: {error}"))?;
        Self::parse(&text)
    }

    fn parse(manifest: &str) -> Outcome<Self> {
        let mut table: toml::Table =
            manifest.parse().map_err(|error| format!("Cargo.toml: {error}"))?;
        let dependencies = table
            .get_mut("workspace")
            .and_then(|workspace| workspace.get_mut("dependencies"))
            .and_then(toml::Value::as_table_mut)
            .ok_or("Cargo.toml has no [workspace.dependencies]")?;
        Ok(Self(std::mem::take(dependencies)))
    }

    /// The lines under `[dependencies]`. Crates of the house lie at `way` to the root.
    pub(super) fn lines(&self, exercise: &Exercise, way: &str) -> Outcome<String> {
        let mut lines = String::new();
        for name in &exercise.dependencies {
            let Some(entry) = self.0.get(name) else {
                let path = exercise.path("exercise.toml");
                return Err(format!("{path}: {name} is not in the workspace's table"));
            };
            let entry = match entry.get("path").and_then(toml::Value::as_str) {
                Some(path) => {
                    let path = toml::Value::String(format!("{way}/{path}"));
                    format!("{{ path = {path} }}")
                }
                None => entry.to_string(),
            };
            let _ = writeln!(lines, "{name} = {entry}");
        }
        Ok(lines)
    }
}

/// The manifest of the package in which a reader works, two folders below `book`.
pub(super) fn manifest(exercise: &Exercise, table: &Table) -> Outcome<String> {
    Ok(format!(
        "# Exercise {} of the book: {}\n\n\
         [package]\nname = \"exercise\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         # A workspace of its own: what does not compile here is in nobody's way.\n\
         [workspace]\n\n\
         [dependencies]\n{}\n\
         {LINTS}",
        exercise.place,
        exercise.title,
        table.lines(exercise, "../../..")?,
    ))
}

/// The same cfg as in the house: it exchanges the atomics for the model checker's.
pub(super) const LINTS: &str = "[lints.rust]\n\
    unexpected_cfgs = { level = \"warn\", check-cfg = [\"cfg(handcrank_loom)\"] }\n";

/// Where each file of an exercise's folder belongs in a package. `source` becomes the library.
pub(super) fn files(exercise: &Exercise, source: &str) -> Outcome<BTreeMap<&'static str, String>> {
    let mut files = BTreeMap::from([("src/lib.rs", exercise.read(source)?)]);
    files.extend(given(exercise)?);
    Ok(files)
}

/// The files that the book gives, and that a reader has no reason to change.
pub(super) fn given(exercise: &Exercise) -> Outcome<BTreeMap<&'static str, String>> {
    let mut files = BTreeMap::from([("tests/exercise.rs", exercise.read("tests.rs")?)]);
    if exercise.has("model.rs") {
        files.insert("tests/model.rs", for_the_checker(&exercise.read("model.rs")?));
    }
    Ok(files)
}

/// A model is nothing without the checker. It says so itself, or is made to, on its first line, so
/// that the numbers of its lines stay.
fn for_the_checker(model: &str) -> String {
    const CFG: &str = "#![cfg(handcrank_loom)]";
    if model.contains(CFG) { model.to_owned() } else { format!("{CFG} {model}") }
}

/// Writes a file and the folders on the way to it.
pub(super) fn write(folder: &Path, file: &str, text: &str) -> Outcome {
    let path = folder.join(file);
    let parent = path.parent().expect("a file in a folder");
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// The versions that the whole house uses. Cargo takes out what a package does not need.
pub(super) fn lay_lock_file(folder: &Path) -> Outcome {
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))
        .map(drop)
        .map_err(|error| format!("Cargo.lock: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exercise(dependencies: &str) -> Exercise {
        let text = format!("title = \"T\"\ntask = \"D\"\ndependencies = {dependencies}");
        Exercise::parse("03_1_signal", &text).unwrap()
    }

    #[test]
    fn dependencies_come_from_the_workspace() {
        let table = Table::parse(
            "[workspace.dependencies]\n\
             handcrank = { path = \"crates/handcrank\", version = \"0.1.0\" }\n\
             slab = \"0.4.12\"\n\
             mio = { version = \"1.2.5\", features = [\"net\"] }\n",
        )
        .unwrap();
        let exercise = exercise("[\"handcrank\", \"mio\", \"slab\"]");
        let manifest = manifest(&exercise, &table).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let dependencies = &manifest["dependencies"];
        assert_eq!(dependencies["handcrank"]["path"].as_str(), Some("../../../crates/handcrank"));
        assert_eq!(dependencies["mio"]["features"][0].as_str(), Some("net"));
        assert_eq!(dependencies["slab"].as_str(), Some("0.4.12"));
    }

    #[test]
    fn an_unknown_dependency_is_refused() {
        let table = Table::parse("[workspace.dependencies]\nslab = \"0.4.12\"").unwrap();
        let why = table.lines(&exercise("[\"slap\"]"), "..").unwrap_err();
        assert!(why.contains("03_1_signal/exercise.toml") && why.contains("slap"), "{why}");
    }

    #[test]
    fn a_model_is_for_the_checker_alone() {
        let model = "//! Words.\n#![cfg(handcrank_loom)]\nfn one() {}\n";
        assert_eq!(for_the_checker(model), model);
        assert_eq!(for_the_checker("fn one() {}\n"), "#![cfg(handcrank_loom)] fn one() {}\n");
    }
}
