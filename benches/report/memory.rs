//! Memory is asked for in a process of its own: what was used before would be found free.

use crate::files::Outcome;
use crate::record::runtime;
use benches::{MEMORY, Memory};
use std::process::Command;

/// The runtimes that can be asked.
pub(crate) fn runtimes(memory: &Memory, with_smol: bool) -> Vec<&'static str> {
    let mut names = vec![runtime::TOKIO, runtime::HANDCRANK];
    if with_smol && memory.smol.is_some() {
        names.push(runtime::SMOL);
    }
    names
}

/// Starts this program again and lets it say one figure.
pub(crate) fn in_a_fresh_process(name: &str, runtime: &str) -> Outcome<f64> {
    let failed = |why: &dyn std::fmt::Display| format!("{name} on {runtime}: {why}");
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let output = Command::new(program)
        .args(["--weigh", name, runtime])
        .output()
        .map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| failed(&format!("not a number: {text}")))
}

/// The other side of it.
pub(crate) fn weigh(name: &str, runtime: &str) -> Outcome<f64> {
    let memory = MEMORY.iter().find(|memory| memory.name == name);
    let memory = memory.ok_or_else(|| format!("there is no {name}"))?;
    match runtime {
        runtime::TOKIO => Ok((memory.tokio)()),
        runtime::HANDCRANK => Ok((memory.handcrank)()),
        runtime::SMOL => {
            memory.smol.map(|weigh| weigh()).ok_or_else(|| format!("not on {runtime}"))
        }
        _ => Err(format!("there is no runtime {runtime}")),
    }
}
