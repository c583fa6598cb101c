//! `cargo x test` and `cargo x models`.

use crate::metadata::Workspace;
use crate::sabotage;
use crate::steps::{Outcome, Steps, cargo, run};
use std::path::Path;
use std::process::Command;

/// All tests, then all models.
pub(crate) fn everything(steps: &mut Steps) {
    steps.run("Tests: every package, all features, and the examples in the documentation", || {
        run(cargo().args(["test", "--workspace", "--all-features", "--no-fail-fast"]))
    });
    // This is the run that counts, so it leaves nothing out.
    models(steps, None, true);
}

/// The models of every crate that has some, each explored to its end; `thorough` as the witness has it.
pub(crate) fn models(steps: &mut Steps, filter: Option<&str>, thorough: bool) {
    steps.run("Models: every interleaving of the lock-free protocols", || {
        run_models(filter, thorough)
    });
}

fn run_models(filter: Option<&str>, thorough: bool) -> Outcome {
    let workspace = Workspace::read()?;
    // With SABOTAGE=NAME, a broken copy of the code.
    let broken = sabotage::wanted()?;
    let mut command = if let Some(tree) = &broken {
        tree.cargo()
    } else {
        let mut command = cargo();
        for_models(&mut command, &workspace.target.join("models"));
        command
    };
    command.args(["test", "--release", "--lib", "--no-fail-fast"]);
    let mut any = false;
    for package in workspace.packages.iter().filter(|package| package.has_models()) {
        command.args(["--package", &package.name]);
        any = true;
    }
    if thorough {
        command.env("HANDCRANK_THOROUGH", "1");
    }
    if !any {
        return Err("no package names loom in its manifest, so there are no models".to_owned());
    }
    if let Some(filter) = filter {
        command.args(["--", filter]);
    }
    run(&mut command)
}

/// What cargo has to know to build models in release mode.
pub(crate) fn for_models(command: &mut Command, target: &Path) {
    command
        // A folder of their own, since the cfg changes how everything is built, and switching
        // would build everything anew each time.
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", with_rustflags("--cfg handcrank_loom"))
        // Models need speed, because they run the same code hundreds of thousands of times, but
        // not the last word in optimisation; and they should see the debug assertions.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true");
}

/// Our flags after those that the user has set, so that both count.
pub(crate) fn with_rustflags(ours: &str) -> String {
    match std::env::var("RUSTFLAGS") {
        Ok(theirs) if !theirs.trim().is_empty() => format!("{theirs} {ours}"),
        _ => ours.to_owned(),
    }
}
