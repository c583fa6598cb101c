//! `cargo x start`: the folder in which a reader solves an exercise.

use super::package::{self, Table};
use super::{Exercise, catalogue, find, shown};
use crate::metadata::Workspace;
use crate::paint::bold;
use crate::steps::{Outcome, root};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) const FOLDER: &str = "book/work";

/// Where a reader solves it.
pub(super) fn folder(exercise: &Exercise) -> PathBuf {
    root().join(FOLDER).join(&exercise.name)
}

/// Lays an exercise out. Nothing that a reader wrote is ever lost: `again` puts it aside.
pub(crate) fn start(wanted: Option<&str>, again: bool) -> Outcome<ExitCode> {
    let exercises = catalogue()?;
    let exercise = find(&exercises, wanted)?;
    let folder = folder(exercise);
    let place = exercise.place;
    if folder.exists() {
        if !again {
            return Err(format!(
                "{} is there already, with your work in it.\n\
                 `cargo x check {place}` tests it. `cargo x start {place} --again` begins anew, and \
                 puts what is there aside.",
                shown(&folder)
            ));
        }
        println!("What was there is now {}.", shown(&put_aside(&folder)?));
    }
    lay(exercise, &folder)?;
    println!("{}\n", bold(&format!("{place}  {}", exercise.title)));
    println!("{}\n", exercise.task);
    println!("Open     {}/src/lib.rs", shown(&folder));
    println!("Tests    {}/tests/exercise.rs", shown(&folder));
    if exercise.has("model.rs") {
        println!("Model    {}/tests/model.rs", shown(&folder));
    }
    println!("Check    cargo x check {place}");
    Ok(ExitCode::SUCCESS)
}

/// Lays the files out beside, and moves them to their place in one step: a folder is whole or not
/// there at all.
fn lay(exercise: &Exercise, folder: &Path) -> Outcome {
    let table = Table::read()?;
    let draft = folder.with_extension("draft");
    if draft.exists() {
        std::fs::remove_dir_all(&draft).map_err(|error| format!("{}: {error}", shown(&draft)))?;
    }
    for (file, text) in package::files(exercise, "starter.rs")? {
        package::write(&draft, file, &text)?;
    }
    let readme = format!("# {}\n\n{}\n", exercise.title, exercise.task);
    package::write(&draft, "README.md", &readme)?;
    package::write(&draft, "Cargo.toml", &package::manifest(exercise, &table)?)?;
    package::lay_lock_file(&draft)?;
    lay_cargo_config()?;
    std::fs::rename(&draft, folder).map_err(|error| format!("{}: {error}", shown(folder)))
}

/// Settings for whoever calls cargo in there by hand, an editor for example.
fn lay_cargo_config() -> Outcome {
    let target = Workspace::read()?.target;
    package::write(&root().join(FOLDER), ".cargo/config.toml", &cargo_config(&root(), &target))
}

fn cargo_config(root: &Path, target: &Path) -> String {
    let built = toml::Value::String(target.join("exercises").display().to_string());
    let (manifest, target) = (root.join("Cargo.toml").display().to_string(), target.display());
    let alias =
        format!("run --quiet --manifest-path {manifest} --target-dir {target} --package xtask --");
    // An alias is split at its spaces, so the paths in it must not have any.
    let alias = if format!("{manifest}{target}").contains(char::is_whitespace) {
        String::new()
    } else {
        format!(
            "\n# `cargo x check` works in an exercise's folder, too.\n[alias]\nx = {}\n",
            toml::Value::String(alias)
        )
    };
    format!(
        "# What is built here lies where `cargo x check` looks for it.\n\
         [build]\ntarget-dir = {built}\n{alias}"
    )
}

/// Renames a file or folder to the first free of `name.1`, `name.2` and so on.
pub(super) fn put_aside(path: &Path) -> Outcome<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut number = 1;
    let mut free = path.with_file_name(format!("{name}.1"));
    while free.exists() {
        number += 1;
        free = path.with_file_name(format!("{name}.{number}"));
    }
    std::fs::rename(path, &free).map_err(|error| format!("{}: {error}", shown(path)))?;
    Ok(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten() {
        let folder = std::env::temp_dir().join(format!("xtask-{}-aside", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("lib.rs");
        for text in ["first", "second"] {
            std::fs::write(&file, text).unwrap();
            put_aside(&file).unwrap();
        }
        assert!(!file.exists());
        assert_eq!(std::fs::read_to_string(folder.join("lib.rs.1")).unwrap(), "first");
        assert_eq!(std::fs::read_to_string(folder.join("lib.rs.2")).unwrap(), "second");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_alias_is_left_out_where_it_would_not_work() {
        let config = cargo_config(Path::new("/a"), Path::new("/a/target"));
        let table: toml::Table = config.parse().unwrap();
        assert_eq!(table["build"]["target-dir"].as_str(), Some("/a/target/exercises"));
        assert!(table["alias"]["x"].as_str().unwrap().contains("/a/Cargo.toml"));
        assert!(!cargo_config(Path::new("/a b"), Path::new("/t")).contains("alias"));
    }
}
