//! A copy of the crates, broken.

use super::Variant;
use crate::metadata::Workspace;
use crate::steps::{Outcome, root};
use crate::test::for_models;
use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Crates that no model needs.
const LEFT_OUT: [&str; 2] = ["bookbinder", "xtask"];

/// The copy, and the right to change and build it.
pub(crate) struct Tree {
    folder: PathBuf,
    build: PathBuf,
    /// Two commands at once would break each other's copy. Unlocked when it is dropped.
    _lock: File,
}

impl Tree {
    /// Copies the crates, and breaks the copy. Only what differs is written, so that cargo builds little.
    pub(super) fn broken(variant: &Variant) -> Outcome<Self> {
        let place = Workspace::read()?.target.join("sabotage");
        let tree = Self {
            folder: place.join("tree"),
            build: place.join("build"),
            _lock: lock(&place).map_err(|error| format!("{}: {error}", place.display()))?,
        };
        let mut copied = HashSet::new();
        let mut broken = false;
        for file in crates()? {
            let from = root().join(&file);
            let mut text = read(&from)?;
            if file == Path::new(&variant.file) {
                let source = String::from_utf8(text)
                    .map_err(|error| format!("{}: {error}", variant.file))?;
                text = variant.applied(&source)?.into_bytes();
                broken = true;
            }
            write(&tree.folder.join(&file), &text)?;
            copied.insert(tree.folder.join(file));
        }
        if !broken {
            let (origin, file) = (variant.origin(), &variant.file);
            return Err(format!(
                "{origin}: `file` is {file}, which is in no crate that has models"
            ));
        }
        write(&tree.folder.join("Cargo.toml"), manifest()?.as_bytes())?;
        write(&tree.folder.join("Cargo.lock"), &read(&root().join("Cargo.lock"))?)?;
        // What is gone from the crates goes from the copy.
        for file in files(&tree.folder.join("crates"))? {
            if !copied.contains(&file) {
                fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            }
        }
        Ok(tree)
    }

    /// A cargo that builds models here.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = crate::steps::cargo();
        command.current_dir(&self.folder);
        for_models(&mut command, &self.build);
        command
    }

    /// A file beside the copy.
    pub(super) fn aside(&self, name: &str) -> PathBuf {
        self.folder.with_file_name(name)
    }
}

fn lock(place: &Path) -> std::io::Result<File> {
    fs::create_dir_all(place)?;
    let file = File::create(place.join("lock"))?;
    file.lock()?;
    Ok(file)
}

/// The files of the crates, counted from the root.
fn crates() -> Outcome<Vec<PathBuf>> {
    let crates = root().join("crates");
    let all = files(&crates)?;
    Ok(all
        .iter()
        .filter(|file| {
            let inside = file.strip_prefix(&crates).unwrap_or(file);
            !LEFT_OUT.iter().any(|left_out| inside.starts_with(left_out))
        })
        .filter_map(|file| Some(file.strip_prefix(root()).ok()?.to_owned()))
        .collect())
}

/// All files below a folder.
fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// The workspace's manifest, with the crates as its only members.
fn manifest() -> Outcome<String> {
    let text = String::from_utf8(read(&root().join("Cargo.toml"))?)
        .map_err(|error| format!("Cargo.toml: {error}"))?;
    reduced(&text).ok_or_else(|| "Cargo.toml: an unknown form".to_owned())
}

fn reduced(manifest: &str) -> Option<String> {
    let mut table: toml::Table = manifest.parse().ok()?;
    let workspace = table.get_mut("workspace")?.as_table_mut()?;
    for key in ["exclude", "default-members"] {
        workspace.remove(key);
    }
    workspace.insert("members".to_owned(), toml::Value::Array(vec!["crates/*".into()]));
    toml::to_string(&table).ok()
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &[u8]) -> Outcome {
    if fs::read(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_keeps_its_tables() {
        let text = "[workspace]\nmembers = [\"crates/*\", \"tests\"]\nresolver = \"3\"\n\
                    [workspace.dependencies]\nloom = \"0.7\"\n[profile.release]\nlto = \"thin\"\n";
        let table: toml::Table = reduced(text).unwrap().parse().unwrap();
        let members = table["workspace"]["members"].as_array().unwrap();
        assert_eq!(members, &[toml::Value::from("crates/*")]);
        assert_eq!(table["workspace"]["dependencies"]["loom"].as_str(), Some("0.7"));
        assert_eq!(table["profile"]["release"]["lto"].as_str(), Some("thin"));
    }

    #[test]
    fn what_is_left_out_is_left_out() {
        let files = crates().unwrap();
        assert!(files.contains(&PathBuf::from("crates/executor/src/parker.rs")));
        assert!(!files.iter().any(|file| file.starts_with("crates/xtask")));
    }
}
