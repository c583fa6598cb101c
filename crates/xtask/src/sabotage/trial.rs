//! Runs a model on the broken copy, and looks at the verdict.

use super::{Tree, Variant, variant};
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
        let (file, errors) = (variant.origin(), text(&built.stderr));
        return Err(format!("{file}: the broken code does not compile:\n{errors}"));
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
    judge(variant, table, &ran, || {
        let listed = tree.cargo().args(test).args(["--", "--list"]).output();
        listed.map(|output| text(&output.stdout)).unwrap_or_default()
    })
}

/// `listed` asks the harness for its tests, a line each.
fn judge(
    variant: &Variant,
    table: Option<String>,
    ran: &Output,
    listed: impl FnOnce() -> String,
) -> Outcome<String> {
    let Variant { model, verdict, .. } = variant;
    let origin = variant.origin();
    match table {
        Some(table) if table.contains(verdict.as_str()) && !ran.status.success() => Ok(table),
        Some(table) => Err(format!(
            "{origin}: {model} fails, but not with “{verdict}”; if it is right to fail like this, copy \
             the words that say why into `verdict`:\n{table}"
        )),
        None if ran.status.success() && text(&ran.stdout).contains("1 passed") => Err(format!(
            "{origin}: {model} holds, so it does not see what is wrong: name another `model`, or \
                 break more"
        )),
        None if ran.status.success() => Err(format!(
            "{origin}: {} has no model {model}.{}",
            variant.package,
            nearest(model, &listed())
        )),
        None => Err(format!(
            "{origin}: {model} came to no verdict:\n{}{}",
            text(&ran.stdout),
            text(&ran.stderr)
        )),
    }
}

/// A question about the name that is nearest among those that a harness lists.
fn nearest(model: &str, listed: &str) -> String {
    let models = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    variant::nearest(model, models)
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
    use super::*;

    #[test]
    fn the_nearest_model_is_offered() {
        let listed = "one::models::a_call_is_lost: test\none::models::b: test\n\n2 tests\n";
        assert_eq!(
            nearest("one::models::a_call_is_never_lost", listed),
            " Do you mean one::models::a_call_is_lost?"
        );
        assert_eq!(nearest("one", "0 tests\n"), "");
    }

    #[test]
    fn the_reason_stands_below_the_table() {
        let table = "  │ main\n──┼──\n1 │ ends\n\ndeadlock: all wait\n  main  waits\n";
        assert_eq!(reason(table), "deadlock: all wait");
        assert_eq!(reason("nothing"), "no reason given");
    }
}
