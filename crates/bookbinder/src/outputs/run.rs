//! Running steps and broken variants, with nobody at the terminal.

use crate::house::House;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a step may run. A reader waits for it too.
const STEP: Duration = Duration::from_mins(1);

/// How long a model may take to find a mistake, what has to be built included.
const VARIANT: Duration = Duration::from_mins(10);

/// What cargo says about each thing it has built.
#[derive(Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds steps, all at once, and tells where the programs are of those that compile. Why others do
/// not, cargo says on the terminal.
pub(super) fn build_steps(
    house: &House,
    names: &[&str],
) -> Result<BTreeMap<String, PathBuf>, String> {
    let mut command = house.cargo();
    command.args(["build", "--quiet", "--keep-going", "--package", "steps"]);
    command.args(names.iter().flat_map(|name| ["--example", name]));
    command.args(["--message-format", "json-render-diagnostics"]);
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cargo did not start: {error}"))?;
    let messages = String::from_utf8_lossy(&output.stdout);
    // Messages of other kinds have no target or no executable.
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    Ok(artifacts
        .filter_map(|artifact| Some((artifact.target.name, artifact.executable?)))
        .collect())
}

/// Runs a step, and returns what it printed, errors and all, as a terminal would show it.
pub(super) fn step(house: &House, program: &Path) -> Result<String, String> {
    let mut command = Command::new(program);
    command.current_dir(&house.root).env_remove("RUST_BACKTRACE");
    let (status, text) = within(STEP, &mut command, true)?;
    if status.success() {
        Ok(text)
    } else {
        let words = last_words(&text);
        Err(format!("ended with {status}, and a step has to succeed; its last words: {words}"))
    }
}

/// Runs the model on a broken variant, and returns the table of what went wrong.
pub(super) fn variant(house: &House, name: &str) -> Result<String, String> {
    let mut command = house.cargo();
    command.args(["x", "sabotage", name, "--output-only"]);
    let (status, text) = within(VARIANT, &mut command, false)?;
    if status.success() && !text.trim().is_empty() {
        Ok(text)
    } else {
        // Its errors went to the terminal.
        Err(format!("`cargo x sabotage {name}` ended with {status}; it says why above"))
    }
}

/// The last line that says something; a panic's advice is the same each time.
fn last_words(text: &str) -> &str {
    let advice = "note: run with `RUST_BACKTRACE";
    let said = |line: &&str| !line.trim().is_empty() && !line.starts_with(advice);
    text.lines().rfind(said).unwrap_or("none")
}

/// Runs a command, which has that long, and returns what it prints; also its errors, if told so.
fn within(
    limit: Duration,
    command: &mut Command,
    errors: bool,
) -> Result<(ExitStatus, String), String> {
    let failed = |error: std::io::Error| format!("did not start: {error}");
    let (mut reader, writer) = std::io::pipe().map_err(failed)?;
    // Both into one pipe: so that they stay in order.
    let stderr = if errors { writer.try_clone().map_err(failed)?.into() } else { Stdio::inherit() };
    command.stdin(Stdio::null()).stdout(writer).stderr(stderr);
    let child = command.spawn();
    // The command keeps its ends of the pipe open, and the reader would wait for them.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = child.map_err(failed)?;
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = reader.read_to_end(&mut bytes);
        // Nobody listens any more if the time is up.
        let _ = send.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    let started = Instant::now();
    let text = receive.recv_timeout(limit).map_err(|_| stop(&mut child, limit))?;
    loop {
        // It has closed its output, so it is about to end.
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok((status, text));
        }
        if started.elapsed() > limit {
            return Err(stop(&mut child, limit));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn stop(child: &mut Child, limit: Duration) -> String {
    let _ = child.kill();
    let _ = child.wait();
    format!("still ran after {} s, and was stopped; it has to end by itself", limit.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration, errors: bool) -> Result<(ExitStatus, String), String> {
        within(limit, Command::new("sh").args(["-c", script]), errors)
    }

    #[test]
    fn both_outputs_stay_in_order() {
        let script = "echo one; echo two >&2; echo three";
        let (status, text) = shell(script, STEP, true).unwrap();
        assert!(status.success());
        assert_eq!(text, "one\ntwo\nthree\n");
    }

    #[test]
    fn a_panic_is_quoted_without_its_advice() {
        let note = "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace";
        assert_eq!(last_words(&format!("one\nno way\n{note}\n\n")), "no way");
        assert_eq!(last_words("\n"), "none");
    }

    #[test]
    fn what_does_not_end_is_stopped() {
        let error = shell("exec sleep 60", Duration::from_millis(200), true).unwrap_err();
        assert!(error.contains("was stopped"), "{error}");
        let closed = "exec >/dev/null 2>&1; exec sleep 60";
        assert!(shell(closed, Duration::from_millis(200), true).is_err());
    }
}
