//! Steps with headings and durations, and the summary at the end.

use crate::paint::{bold, red};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// What a step comes to. The error is a sentence for a person.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The steps taken so far.
pub(crate) struct Steps {
    started: Instant,
    taken: Vec<Taken>,
}

struct Taken {
    title: String,
    duration: Duration,
    outcome: Outcome,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), taken: Vec::new() }
    }

    /// Takes one step. A failed step does not keep the next ones from being taken: one run should
    /// tell all there is to tell.
    pub(crate) fn run(&mut self, title: &str, step: impl FnOnce() -> Outcome) {
        println!("\n{}", bold(&format!("── {title} ──")));
        let started = Instant::now();
        let outcome = step();
        if let Err(why) = &outcome {
            println!("{}", red(&format!("FAILED: {why}")));
        }
        self.taken.push(Taken { title: title.to_owned(), duration: started.elapsed(), outcome });
    }

    /// Prints what became of each step. The exit code is 1 if one of them failed.
    pub(crate) fn finish(self) -> ExitCode {
        println!("\n{}", bold("── Summary ──"));
        for Taken { title, duration, outcome } in &self.taken {
            let seconds = duration.as_secs_f64();
            match outcome {
                Ok(()) => println!("ok      {seconds:>7.1} s  {title}"),
                Err(why) => println!("{} {seconds:>7.1} s  {title}: {why}", red("FAILED ")),
            }
        }
        let failed = self.taken.iter().filter(|step| step.outcome.is_err()).count();
        let seconds = self.started.elapsed().as_secs_f64();
        println!(
            "steps: {}, in {seconds:.1} s, {}",
            self.taken.len(),
            if failed == 0 { "all well".to_owned() } else { red(&format!("failed: {failed}")) }
        );
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    // Cargo tells a program that it runs. What it told the compiler may be another working copy, if the
    // two share their target folder.
    let run = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = run
        .filter(|folder| folder.ends_with("crates/xtask"))
        .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    here.ancestors().nth(2).expect("crates/xtask lies two folders below the root").to_owned()
}

/// The cargo that started this program, at the root of the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Shows a command, runs it with this program's own output, and waits for it.
pub(crate) fn run(command: &mut Command) -> Outcome {
    println!("$ {}", shown(command));
    let status = command
        .status()
        .map_err(|error| format!("{} did not start: {error}", shown_program(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", shown_program(command))) }
}

/// A command as one would type it, with the environment it adds.
pub(crate) fn shown(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            let value = value.to_string_lossy();
            let quote = if value.contains(' ') { "\"" } else { "" };
            words.push(format!("{}={quote}{value}{quote}", name.to_string_lossy()));
        }
    }
    words.push(shown_program(command));
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

fn shown_program(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_does_not_stop_the_next() {
        let mut steps = Steps::new();
        let mut reached = false;
        steps.run("fails", || Err("on purpose".to_owned()));
        steps.run("runs", || {
            reached = true;
            Ok(())
        });
        assert!(reached);
        assert_eq!(steps.finish(), ExitCode::FAILURE);
    }

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/somewhere/bin/cargo");
        command.env("RUSTFLAGS", "--cfg one").args(["test", "--lib"]);
        assert_eq!(shown(&command), "RUSTFLAGS=\"--cfg one\" cargo test --lib");
    }

    #[test]
    fn a_command_that_fails_is_an_error() {
        assert!(run(Command::new("false").current_dir("/")).is_err());
        assert!(run(Command::new("true").current_dir("/")).is_ok());
        assert!(run(&mut Command::new("no-such-program-anywhere")).is_err());
    }
}
