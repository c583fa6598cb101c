//! What `cargo metadata` says about the workspace's own packages.

use crate::steps::{Outcome, cargo};
use serde_json::Value;
use std::path::PathBuf;

/// The workspace.
pub(crate) struct Workspace {
    /// Its own packages, sorted by name.
    pub(crate) packages: Vec<Package>,
    /// Where cargo puts what it builds.
    pub(crate) target: PathBuf,
}

/// One of the workspace's own packages.
pub(crate) struct Package {
    pub(crate) name: String,
    /// The folder of its manifest.
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

/// One line under `[dependencies]` or one of its relatives.
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `[dev-dependencies]`: for tests, examples and benches alone.
    pub(crate) dev: bool,
}

/// Something cargo builds out of a package.
pub(crate) struct Target {
    pub(crate) name: String,
    /// `lib`, `bin`, `test`, `example` …
    pub(crate) kinds: Vec<String>,
    /// The root file of its source.
    pub(crate) source: PathBuf,
}

impl Workspace {
    /// Asks cargo. The lock file is neither needed nor touched.
    pub(crate) fn read() -> Outcome<Self> {
        let output = cargo()
            .args(["metadata", "--format-version", "1", "--no-deps"])
            .output()
            .map_err(|error| format!("cargo metadata did not start: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        Self::parse(&text).ok_or_else(|| "cargo metadata: an unknown format".to_owned())
    }

    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let mut packages: Vec<Package> =
            value["packages"].as_array()?.iter().map(package).collect::<Option<_>>()?;
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        Some(Self { packages, target: value["target_directory"].as_str()?.into() })
    }

    /// The package of that name.
    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

impl Package {
    /// Whether its manifest names loom: then it has models.
    pub(crate) fn has_models(&self) -> bool {
        self.dependencies.iter().any(|dependency| dependency.name == "loom")
    }
}

fn package(value: &Value) -> Option<Package> {
    let manifest = PathBuf::from(value["manifest_path"].as_str()?);
    Some(Package {
        name: value["name"].as_str()?.to_owned(),
        folder: manifest.parent()?.to_owned(),
        dependencies: value["dependencies"]
            .as_array()?
            .iter()
            .map(|dependency| {
                Some(Dependency {
                    name: dependency["name"].as_str()?.to_owned(),
                    dev: dependency["kind"].as_str() == Some("dev"),
                })
            })
            .collect::<Option<_>>()?,
        targets: value["targets"].as_array()?.iter().map(target).collect::<Option<_>>()?,
    })
}

fn target(value: &Value) -> Option<Target> {
    let kinds = value["kind"].as_array()?;
    Some(Target {
        name: value["name"].as_str()?.to_owned(),
        kinds: kinds.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect(),
        source: value["src_path"].as_str()?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_knows_itself() {
        let workspace = Workspace::read().unwrap();
        let task = workspace.package("handcrank-task").expect("the ground floor");
        assert!(task.has_models());
        assert!(task.targets.iter().any(|it| it.source.ends_with("crates/task/src/lib.rs")));
        let own = workspace.package("xtask").unwrap();
        assert!(!own.has_models());
        assert!(own.dependencies.iter().any(|dependency| dependency.name == "clap"));
    }

    #[test]
    fn another_format_is_refused() {
        assert!(Workspace::parse("{}").is_none());
        assert!(Workspace::parse("not json").is_none());
    }
}
