//! `cargo x bench`: builds the report's program for each allocator and runs it. All measuring and
//! rendering is done there, so that this command stays quick to build.

// The options are the program's own, so a mistake is answered before anything has been built.
#[path = "../../../benches/report/arguments.rs"]
mod arguments;

pub(crate) use arguments::Options;

use crate::metadata::Workspace;
use crate::steps::{Outcome, Steps, run};
use arguments::Allocator;
use std::ffi::OsString;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Measures, or does what the options ask for instead.
pub(crate) fn bench(steps: &mut Steps, options: &Options) {
    let words: Vec<OsString> = std::env::args_os().skip(2).collect();
    if options.list || options.publish_only || options.render.is_some() {
        return steps
            .run("Report", || run(program("run", Allocator::System).arg("--").args(words)));
    }
    // The program answers Ctrl-C by writing what it has. This one has to be there until then.
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        if let Err(error) = signal_hook::flag::register(signal, interrupted.clone()) {
            return steps.run("Signals", || Err(error.to_string()));
        }
    }
    let allocators = allocators(options);
    for &allocator in allocators {
        let mut built = false;
        steps.run(&format!("Build, allocator: {}", name(allocator)), || {
            run(&mut program("build", allocator))?;
            built = true;
            Ok(())
        });
        if !built || interrupted.load(Relaxed) {
            return;
        }
    }
    for (number, &allocator) in allocators.iter().enumerate() {
        let mut finished = false;
        steps.run(&format!("Measure, allocator: {}", name(allocator)), || {
            let mut command = program("run", allocator);
            command.arg("--").args(own_words(&words)).args(["--allocator", name(allocator)]);
            if options.out.is_none() {
                command.arg("--out").arg(Workspace::read()?.target.join("bench"));
            }
            if number > 0 {
                command.arg("--append");
            }
            if number + 1 < allocators.len() {
                command.arg("--more-follows");
            }
            run(&mut command)?;
            finished = true;
            Ok(())
        });
        if !finished || interrupted.load(Relaxed) {
            return;
        }
    }
}

/// Without a word about it, a quick run does with one.
fn allocators(options: &Options) -> &'static [Allocator] {
    match options.allocator {
        Some(Allocator::System) => &[Allocator::System],
        Some(Allocator::Mimalloc) => &[Allocator::Mimalloc],
        None if options.quick => &[Allocator::System],
        None | Some(Allocator::Both) => &[Allocator::System, Allocator::Mimalloc],
    }
}

fn name(allocator: Allocator) -> &'static str {
    match allocator {
        Allocator::System => "system",
        Allocator::Mimalloc => "mimalloc",
        Allocator::Both => "both",
    }
}

/// Everything but the allocator, which each run is told by itself.
fn own_words(words: &[OsString]) -> Vec<OsString> {
    let mut own = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--allocator" {
            words.next();
        } else if !word.to_string_lossy().starts_with("--allocator=") {
            own.push(word.clone());
        }
    }
    own
}

/// Builds or runs the report's program. In the folder where the user is, since the folders that he
/// names are seen from there.
fn program(verb: &str, allocator: Allocator) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args([verb, "--release", "--package", "benches", "--bin", "report"]);
    if verb == "run" {
        command.arg("--quiet");
    }
    if allocator == Allocator::Mimalloc {
        command.args(["--features", "mimalloc"]);
    }
    command
}

/// What the README shows is what the committed figures say.
pub(crate) fn check() -> Outcome {
    let root = crate::steps::root();
    let read = |name: &str| {
        std::fs::read_to_string(root.join(name)).map_err(|error| format!("{name}: {error}"))
    };
    let table = read("book/src/measured/readme-table.md")?;
    if block(&read("README.md")?) != Some(table.trim()) {
        return Err("README.md does not show the committed figures: \
                    `cargo x bench --publish-only` writes its block anew"
            .to_owned());
    }
    println!("the README shows the committed figures");
    Ok(())
}

/// The part of the README that `cargo x bench --publish` writes.
fn block(readme: &str) -> Option<&str> {
    let (_, rest) = readme.split_once("<!-- bench:begin -->")?;
    let (block, _) = rest.split_once("<!-- bench:end -->")?;
    Some(block.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_is_told_its_own_allocator() {
        let words = ["--quick", "--allocator", "both", "--rounds", "3", "--allocator=system"];
        let words: Vec<OsString> = words.map(OsString::from).to_vec();
        assert_eq!(own_words(&words), ["--quick", "--rounds", "3"]);
    }

    #[test]
    fn a_quick_run_has_one_allocator() {
        let quick = Options { quick: true, ..Options::default() };
        assert_eq!(allocators(&quick), [Allocator::System]);
        assert_eq!(allocators(&Options::default()).len(), 2);
        let both = Options { allocator: Some(Allocator::Both), ..quick };
        assert_eq!(allocators(&both).len(), 2);
    }

    #[test]
    fn the_block_is_found() {
        let readme = "# A\n<!-- bench:begin -->\n\n| a |\n\n<!-- bench:end -->\nrest\n";
        assert_eq!(block(readme), Some("| a |"));
        assert_eq!(block("# A\n"), None);
    }
}
