//! Building the test programs of exercises.

use crate::metadata::Workspace;
use crate::steps::Outcome;
use crate::test::for_models;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is built: ordinary tests, or models for the checker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Tests,
    Model,
}

impl Kind {
    /// The name of the test target.
    pub(super) fn target(self) -> &'static str {
        match self {
            Self::Tests => "exercise",
            Self::Model => "model",
        }
    }
}

/// A call of cargo in a folder. What exercises build lies in one place, so that the crates of the house
/// and the libraries are built once for all of them.
fn cargo(folder: &Path, kind: Kind) -> Outcome<Command> {
    let target = Workspace::read()?.target;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder);
    match kind {
        Kind::Tests => {
            command.env("CARGO_TARGET_DIR", target.join("exercises"));
        }
        Kind::Model => for_models(&mut command, &target.join("exercises-models")),
    }
    Ok(command)
}

/// Whether everything that a package needs has been downloaded before. Then no exercise needs a network.
fn works_offline(folder: &Path, kind: Kind) -> Outcome<bool> {
    let status = cargo(folder, kind)?
        .args(["tree", "--quiet", "--offline", "--workspace"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    Ok(status.success())
}

/// What cargo says of a build.
pub(super) struct Built {
    pub(super) success: bool,
    messages: Vec<Value>,
}

impl Built {
    /// The program with the tests of a package, if it could be built.
    pub(super) fn program(&self, package: &Path, kind: Kind) -> Option<PathBuf> {
        let mut artifacts = self.of(package, "compiler-artifact");
        let artifact = artifacts.find(|message| {
            message["target"]["name"] == kind.target() && message["profile"]["test"] == true
        })?;
        artifact["executable"].as_str().map(PathBuf::from)
    }

    /// What the compiler has against a package: whole messages, as it prints them.
    pub(super) fn diagnostics(&self, package: &Path, level: &str) -> Vec<String> {
        self.of(package, "compiler-message")
            .filter(|message| message["message"]["level"] == level)
            .filter_map(|message| message["message"]["rendered"].as_str().map(str::to_owned))
            .collect()
    }

    fn of(&self, package: &Path, reason: &str) -> impl Iterator<Item = &Value> {
        let manifest = package.join("Cargo.toml");
        let reason = reason.to_owned();
        self.messages.iter().filter(move |message| {
            message["reason"] == reason.as_str()
                && message["manifest_path"].as_str().is_some_and(|path| Path::new(path) == manifest)
        })
    }
}

/// Calls cargo with these words. What the compiler has to say goes to the standard error stream if
/// `aloud`, and into the result otherwise.
pub(super) fn build(folder: &Path, kind: Kind, words: &[&str], aloud: bool) -> Outcome<Built> {
    let mut command = cargo(folder, kind)?;
    command.args(words).arg("--quiet");
    command.arg(if aloud {
        "--message-format=json-render-diagnostics"
    } else {
        "--message-format=json"
    });
    if kind == Kind::Model {
        command.arg("--release");
    }
    if works_offline(folder, kind)? {
        command.arg("--offline");
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    Ok(Built { success: output.status.success(), messages })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn programs_and_complaints_belong_to_their_package() {
        let messages = vec![
            json!({ "reason": "compiler-artifact", "manifest_path": "/a/Cargo.toml",
                    "target": { "name": "exercise" }, "profile": { "test": false },
                    "executable": null }),
            json!({ "reason": "compiler-artifact", "manifest_path": "/a/Cargo.toml",
                    "target": { "name": "exercise" }, "profile": { "test": true },
                    "executable": "/t/exercise-1" }),
            json!({ "reason": "compiler-message", "manifest_path": "/b/Cargo.toml",
                    "message": { "level": "error", "rendered": "error: no" } }),
        ];
        let built = Built { success: false, messages };
        let (a, b) = (Path::new("/a"), Path::new("/b"));
        assert_eq!(built.program(a, Kind::Tests), Some("/t/exercise-1".into()));
        assert_eq!(built.program(a, Kind::Model), None);
        assert_eq!(built.program(b, Kind::Tests), None);
        assert!(built.diagnostics(a, "error").is_empty());
        assert_eq!(built.diagnostics(b, "error"), ["error: no"]);
    }
}
