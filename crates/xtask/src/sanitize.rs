//! `cargo x sanitize`: the tests under AddressSanitizer or ThreadSanitizer.

use crate::metadata::Workspace;
use crate::steps::{Outcome, Steps, root, run};
use crate::test::with_rustflags;
use clap::ValueEnum;
use std::process::Command;

/// The crates whose tests are run: the machine, and nothing of the surface above it.
const MACHINE: [&str; 8] = [
    "handcrank-task",
    "handcrank-recorder",
    "handcrank-executor",
    "handcrank-sync",
    "handcrank-blocking",
    "handcrank-reactor",
    "handcrank-scheduler",
    "handcrank",
];

/// What to look for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Sanitizer {
    /// Use after free, double free, out of bounds, leaks.
    Address,
    /// Data races.
    Thread,
}

impl Sanitizer {
    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Thread => "thread",
        }
    }

    /// With the cfg, a task's memory goes back to the allocator at once: kept for the next task, a
    /// use after free would look like a use.
    fn rustflags(self) -> &'static str {
        match self {
            Self::Address => "-Zsanitizer=address --cfg handcrank_plain_alloc",
            // The standard library that comes with the toolchain is not instrumented, and the
            // compiler wants to hear that this is known.
            Self::Thread => {
                "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer \
                 --cfg handcrank_plain_alloc"
            }
        }
    }

    /// The name and value of the variable that says where the suppressions are. (Leaks are looked for
    /// by default.)
    fn options(self) -> (&'static str, String) {
        let (variable, file) = match self {
            Self::Address => ("LSAN_OPTIONS", ".ci/lsan-suppressions"),
            Self::Thread => ("TSAN_OPTIONS", ".ci/tsan-suppressions"),
        };
        (variable, format!("suppressions={}", root().join(file).display()))
    }
}

/// The machine's tests, then the stress test.
pub(crate) fn sanitize(steps: &mut Steps, sanitizer: Sanitizer, stress: u64) {
    let host = match nightly_host() {
        Ok(host) => host,
        Err(why) => return steps.run("The nightly toolchain", || Err(why)),
    };
    let name = sanitizer.name();
    steps.run(&format!("Tests of the machine, {name} sanitizer"), || {
        let workspace = Workspace::read()?;
        let mut command = cargo_test(&workspace, sanitizer, &host);
        // Not the examples in the documentation: rustdoc builds those without the sanitizer.
        command.args(["--all-features", "--lib", "--tests", "--no-fail-fast"]);
        for package in MACHINE.iter().filter(|name| workspace.package(name).is_some()) {
            command.args(["--package", package]);
        }
        run(&mut command)
    });
    if stress == 0 {
        return;
    }
    steps.run(&format!("Stress test for {stress} s, {name} sanitizer"), || {
        let workspace = Workspace::read()?;
        let present = workspace
            .package("tests")
            .is_some_and(|tests| tests.targets.iter().any(|target| target.name == "stress"));
        if !present {
            return Err("the package `tests` has no target `stress`".to_owned());
        }
        run(cargo_test(&workspace, sanitizer, &host)
            .env("HANDCRANK_STRESS_SECONDS", stress.to_string())
            .args(["--package", "tests", "--test", "stress", "--", "--nocapture"]))
    });
}

fn cargo_test(workspace: &Workspace, sanitizer: Sanitizer, host: &str) -> Command {
    let (variable, options) = sanitizer.options();
    // Not the cargo that started us: that one belongs to the stable toolchain.
    let mut command = Command::new("rustup");
    command
        .current_dir(root())
        .args(["run", "nightly", "cargo", "test"])
        // The target is named, although it is the host, because only then do build scripts and
        // procedural macros stay free of the sanitizer.
        .args(["--target", host])
        .env("CARGO_TARGET_DIR", workspace.target.join(format!("sanitize-{}", sanitizer.name())))
        .env("RUSTFLAGS", with_rustflags(sanitizer.rustflags()))
        .env(variable, options);
    command
}

/// The target triple of the nightly toolchain, or why there is none.
fn nightly_host() -> Outcome<String> {
    let missing = "the sanitizers are switches of the nightly compiler, and no nightly toolchain \
                   answers here; `rustup toolchain install nightly` brings one";
    let output = Command::new("rustup")
        .args(["run", "nightly", "rustc", "--version", "--verbose"])
        .output()
        .map_err(|error| format!("{missing} (rustup did not start: {error})"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{missing} ({})", why.lines().next().unwrap_or_default()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    host_in(&text).ok_or_else(|| format!("rustc names no host:\n{text}"))
}

fn host_in(verbose_version: &str) -> Option<String> {
    verbose_version.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found() {
        let text = "rustc 1.97.0-nightly\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\n";
        assert_eq!(host_in(text).as_deref(), Some("x86_64-unknown-linux-gnu"));
        assert_eq!(host_in("rustc 1.97.0"), None);
    }

    #[test]
    fn the_suppressions_are_where_the_sanitizer_looks() {
        let (_, options) = Sanitizer::Thread.options();
        let text = std::fs::read_to_string(options.strip_prefix("suppressions=").unwrap()).unwrap();
        // The sanitizer ignores a line that it does not understand, and then reports falsely.
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            assert!(line.starts_with("race:"), "{line}");
            assert!(!line.contains("handcrank"), "our own code is not to be suppressed: {line}");
        }
    }
}
