//! Where exercises are checked: all starters, solutions and wrong solutions as members of one workspace
//! in the target folder, so that a single call of cargo builds them side by side.

use super::Exercise;
use super::package::{self, Table};
use crate::metadata::Workspace;
use crate::steps::{Outcome, root};
use std::fmt::Write;
use std::path::PathBuf;

/// Who plays the library of an exercise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    /// Fails a test.
    Starter,
    /// Passes everything.
    Solution,
    /// Passes the tests, and fails the model.
    Wrong,
}

impl Role {
    pub(super) const ALL: [Self; 3] = [Self::Starter, Self::Solution, Self::Wrong];

    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Starter => "starter.rs",
            Self::Solution => "solution.rs",
            Self::Wrong => "wrong.rs",
        }
    }
}

/// The workspace in the target folder.
pub(super) struct Ground {
    pub(super) folder: PathBuf,
}

impl Ground {
    pub(super) fn lay(exercises: &[&Exercise]) -> Outcome<Self> {
        let folder = Workspace::read()?.target.join("exercises/ground");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let ground = Self { folder };
        let table = Table::read()?;
        let mut members = Vec::new();
        for exercise in exercises {
            for role in Role::ALL.into_iter().filter(|role| exercise.has(role.file())) {
                ground.lay_member(exercise, role, &table)?;
                members.push(package_name(exercise, role));
            }
        }
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n");
        package::write(&ground.folder, "Cargo.toml", &manifest)?;
        package::lay_lock_file(&ground.folder)?;
        Ok(ground)
    }

    fn lay_member(&self, exercise: &Exercise, role: Role, table: &Table) -> Outcome {
        let name = package_name(exercise, role);
        let folder = self.member(exercise, role);
        let root = root().display().to_string();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [lib]\ntest = false\ndoctest = false\n\n[dependencies]\n{}\n{}",
            table.lines(exercise, &root)?,
            package::LINTS,
        );
        package::write(&folder, "Cargo.toml", &manifest)?;
        for (file, mut text) in package::files(exercise, role.file())? {
            if file.starts_with("tests/") {
                // The members need different names, and their tests know them by one.
                let _ = write!(text, "\nextern crate {name} as exercise;\n");
            }
            package::write(&folder, file, &text)?;
        }
        Ok(())
    }

    pub(super) fn member(&self, exercise: &Exercise, role: Role) -> PathBuf {
        self.folder.join(package_name(exercise, role))
    }

    /// The packages whose models are run.
    pub(super) fn with_models(exercises: &[&Exercise]) -> Vec<String> {
        exercises
            .iter()
            .filter(|exercise| exercise.has("model.rs"))
            .flat_map(|exercise| {
                [Role::Solution, Role::Wrong].map(|role| package_name(exercise, role))
            })
            .collect()
    }
}

fn package_name(exercise: &Exercise, role: Role) -> String {
    format!("e{}_{}", exercise.name, role.file().trim_end_matches(".rs"))
}
