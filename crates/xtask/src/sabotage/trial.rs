//! Runs a model on the broken copy, and looks at the verdict.

use super::{Tree, Variant};
use crate::paint::dim_aside;
use crate::steps::Outcome;
use std::fs;
use std::process::Output;

/// The table of how the model fails. An error if it does not, or fails for another reason.
pub(super) fn run(variant: &Variant, tree: &Tree) -> Outcome<String> {
    eprintln!("{}", dim_aside(&format!("building {} with {}", variant.package, variant.name)));
    let test = ["test", "--release", "--lib", "--package", &variant.package];
    let built = tree
        .cargo()
        .args(test)
        .args(["--quiet", "--no-run"])
        .output()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    if !built.status.success() {
        return Err(format!("the broken code does not compile:\n{}", text(&built.stderr)));
    }
    let file = tree.aside("table.txt");
    match fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("{}: {error}", file.display()));
        }
        _ => {}
    }
    let ran = tree
        .cargo()
        .args(test)
        .args(["--", "--exact", &variant.model])
        .env("HANDCRANK_WITNESS", &file)
        .output()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    let table = fs::read_to_string(&file).ok();
    judge(variant, table, &ran)
}

fn judge(variant: &Variant, table: Option<String>, ran: &Output) -> Outcome<String> {
    let Variant { model, verdict, .. } = variant;
    match table {
        Some(table) if table.contains(verdict.as_str()) && !ran.status.success() => Ok(table),
        Some(table) => Err(format!("{model} fails, but not with “{verdict}”:\n{table}")),
        None if ran.status.success() && text(&ran.stdout).contains("1 passed") => {
            Err(format!("{model} holds: the model did not notice"))
        }
        None if ran.status.success() => Err(format!("{} has no model {model}", variant.package)),
        None => {
            Err(format!("{model} came to no verdict:\n{}{}", text(&ran.stdout), text(&ran.stderr)))
        }
    }
}

/// The line that says why, which is the first one below the table.
pub(super) fn reason(table: &str) -> &str {
    table.split("\n\n").nth(1).and_then(|below| below.lines().next()).unwrap_or("no reason given")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn the_reason_stands_below_the_table() {
        let table = "  │ main\n──┼──\n1 │ ends\n\ndeadlock: all wait\n  main  waits\n";
        assert_eq!(reason(table), "deadlock: all wait");
        assert_eq!(reason("nothing"), "no reason given");
    }
}
