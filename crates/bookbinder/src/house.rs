//! What cargo knows about the house: where it stands, and where the libraries lie.

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace and everything it depends on.
pub(crate) struct House {
    /// The repository's folder.
    pub(crate) root: PathBuf,
    packages: Vec<Package>,
}

/// A package, the house's own or a library.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The version that the lock file names.
    pub(crate) version: String,
    manifest_path: PathBuf,
    /// `None`: one of the workspace's own.
    source: Option<String>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

impl House {
    /// Asks cargo, which fetches nothing that the build of this program has not fetched.
    pub(crate) fn read() -> Result<Self, String> {
        // Cargo tells a program that it runs. What it told the compiler may be another working copy, if
        // the two share their target folder.
        let run = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let here = run
            .filter(|folder| folder.ends_with("crates/bookbinder"))
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = here.ancestors().nth(2).expect("crates/bookbinder is two folders down");
        let mut house = Self { root: root.to_owned(), packages: Vec::new() };
        let mut command = house.cargo();
        command.args(["metadata", "--format-version", "1"]);
        // Without this cargo would fetch what other systems need as well.
        if let Some(host) = host() {
            command.args(["--filter-platform", &host]);
        }
        let output = command.output().map_err(|error| format!("cargo metadata: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let metadata: Metadata = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("cargo metadata says something else than before: {error}"))?;
        house.packages = metadata.packages;
        Ok(house)
    }

    /// A house without packages, somewhere else.
    #[cfg(test)]
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root, packages: Vec::new() }
    }

    /// The cargo that started this program, at the root of the workspace.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root);
        command
    }

    /// A path that is counted from the root.
    pub(crate) fn path(&self, place: &str) -> PathBuf {
        self.root.join(place)
    }

    /// The text of a file, its path counted from the root.
    pub(crate) fn text(&self, place: &str) -> Result<String, String> {
        std::fs::read_to_string(self.path(place)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("`{place}` does not exist; was it moved, or is it misspelt?")
            }
            _ => format!("`{place}`: {error}"),
        })
    }

    /// The package of that name, the house's own or a library.
    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// Whether a package of the house has an example of that name.
    pub(crate) fn has_example(&self, name: &str) -> bool {
        let own = self.packages.iter().filter(|package| package.source.is_none());
        own.flat_map(|package| &package.targets)
            .any(|target| target.name == name && target.kind.iter().any(|kind| kind == "example"))
    }

    /// The names of the entries of a folder in order; none if there is no such folder.
    pub(crate) fn names_in(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path(folder)) else { return Vec::new() };
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        names
    }
}

impl Package {
    /// The folder of its manifest.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().expect("a manifest lies in a folder")
    }
}

/// The system that rustc compiles for.
fn host() -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}
