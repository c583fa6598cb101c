//! Running a test program, one test at a time.
//!
//! Each test is a process of its own, so that one that hangs can be named and ended, and one that
//! takes the whole process down takes nothing else along.

use crate::paint::dim;
use crate::steps::Outcome;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// What a single test came to.
#[derive(Debug, PartialEq)]
pub(super) enum End {
    Passed,
    /// With what it printed, the panic's message first of all.
    Failed(String),
    /// It was still running when its time was over.
    CutOff,
}

/// After this time, whoever waits is told what for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of what a test prints is kept.
const KEPT: u64 = 1 << 20;

/// The names of the tests in a program.
pub(super) fn tests(program: &Path) -> Outcome<Vec<String>> {
    let output = Command::new(program)
        .args(["--list", "--format", "terse"])
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    if !output.status.success() {
        return Err(format!("{} does not list its tests", program.display()));
    }
    Ok(names(&String::from_utf8_lossy(&output.stdout)))
}

fn names(list: &str) -> Vec<String> {
    list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

/// Runs one test in the folder of its package.
pub(super) fn run(program: &Path, folder: &Path, test: &str, limit: Duration) -> Outcome<End> {
    let failed = |error: std::io::Error| format!("{}: {error}", program.display());
    let (mut reader, writer) = std::io::pipe().map_err(failed)?;
    let mut child = Command::new(program)
        .args(["--exact", test])
        // What failed is said in words. The way through the test harness is nobody's business here.
        .env("RUST_BACKTRACE", "0")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().map_err(failed)?)
        .stderr(writer)
        .spawn()
        .map_err(failed)?;
    let (sender, output) = mpsc::channel();
    // The pipe ends when the process does. (The command, and with it this side's end for writing,
    // is gone by now.)
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let _ = reader.by_ref().take(KEPT).read_to_end(&mut kept);
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
        let _ = sender.send(kept);
    });
    let patience = PATIENCE.min(limit);
    let mut ended = output.recv_timeout(patience);
    if ended == Err(RecvTimeoutError::Timeout) && patience < limit {
        let seconds = limit.as_secs();
        println!(
            "  {}",
            dim(&format!("..  {test} is still running, and is ended after {seconds} s"))
        );
        ended = output.recv_timeout(limit.checked_sub(patience).unwrap_or_default());
    }
    let output = match ended {
        Ok(output) => String::from_utf8_lossy(&output).into_owned(),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            child.kill().and_then(|()| child.wait()).map_err(failed)?;
            return Ok(End::CutOff);
        }
    };
    let status = child.wait().map_err(failed)?;
    if status.success() {
        return Ok(End::Passed);
    }
    Ok(End::Failed(printed(&output, test).unwrap_or_else(|| taken_down(&output, status))))
}

/// What is left to say when the whole process came to its end.
fn taken_down(output: &str, status: ExitStatus) -> String {
    let output = output.trim_start().strip_prefix("running 1 test\n").unwrap_or(output);
    let why = if status.signal().is_some() {
        "\nThe process was ended by a signal. With unsafe code this mostly means that memory was given\n\
         back twice, or used after it was given back."
    } else {
        ""
    };
    format!("{output}({status}){why}")
}

/// What the test itself printed, out of what the test harness makes of it. Nothing if the harness
/// did not live to tell.
fn printed(output: &str, test: &str) -> Option<String> {
    let (_, rest) = output.split_once(&format!("---- {test} stdout ----\n"))?;
    let (said, _) = rest.rsplit_once("\nfailures:\n")?;
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.starts_with("note: run with `RUST_BACKTRACE=1`"))
        .collect();
    Some(lines.join("\n").trim_matches('\n').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_listed() {
        assert_eq!(names("one: test\nin::two: test\nthree: benchmark\n"), ["one", "in::two"]);
    }

    #[test]
    fn what_a_test_printed_is_found() {
        let output = "\nrunning 1 test\ntest one ... FAILED\n\nfailures:\n\n---- one stdout ----\n\n\
                      thread 'one' panicked at tests/exercise.rs:3:5:\nfailures:\nleft is right\n\
                      note: run with `RUST_BACKTRACE=1` environment variable to display a \
                      backtrace\n\n\nfailures:\n    one\n\ntest result: FAILED.\n";
        let expected = "thread 'one' panicked at tests/exercise.rs:3:5:\nfailures:\nleft is right";
        assert_eq!(printed(output, "one").as_deref(), Some(expected));
        assert_eq!(printed("running 1 test\n", "one"), None);
    }

    /// A script that plays a test program.
    ///
    /// Another process writes it. A file that is open for writing is not run, and a process that another test starts
    /// just then would have it open, too, until it has become another program.
    fn play(name: &str, script: &str, limit: Duration) -> End {
        let folder = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let program = folder.join("program");
        let written = Command::new("sh")
            .args(["-c", r#"printf '#!/bin/sh\n%s\n' "$1" > "$2" && chmod 755 "$2""#, "sh", script])
            .arg(&program)
            .status();
        assert!(written.unwrap().success());
        let end = run(&program, &folder, "one", limit).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        end
    }

    #[test]
    fn a_test_passes_fails_or_is_cut_off() {
        // However busy the machine is, a script that ends is not cut off.
        let long = Duration::from_mins(2);
        assert_eq!(play("passes", "test \"$*\" = '--exact one'", long), End::Passed);
        assert_eq!(play("hangs", "exec sleep 600", Duration::from_millis(200)), End::CutOff);
        let End::Failed(output) = play("dies", "echo words; kill -9 $$", long) else { panic!() };
        assert!(output.starts_with("words") && output.contains("signal"), "{output}");
    }
}
