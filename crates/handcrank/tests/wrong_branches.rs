//! What the compiler says to a `select!` with a branch that is none: where it stands, and not that a recursion has no
//! end. The macro's file is compiled alone with each of them, as a look at the branches needs nothing of the runtime.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the source of this name lies.
fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.rs"))
}

/// The compiler's errors, a line each, for branches that stand in the first line of the source.
fn errors(name: &str, branches: &str) -> String {
    let source = source(name);
    let select = concat!(env!("CARGO_MANIFEST_DIR"), "/src/macros/select.rs");
    let text = format!(
        "async fn f() {{ crate::select! {{ {branches} }} }}\n#[path = {select:?}]\nmod select;\n"
    );
    fs::write(&source, text).unwrap();
    let output = Command::new("rustc")
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--error-format=short"])
        .arg("-o")
        .arg(source.with_extension("rmeta"))
        .arg(&source)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{branches}\n{errors}");
    errors
}

/// Where in line 1 the branches begin.
const BEGIN: usize = "async fn f() { crate::select! { ".len() + 1;

#[test]
fn the_wrong_token_is_pointed_at() {
    for (name, branches, wrong) in [
        ("no_arrow", "one = async { 1 }, two = async { 2 } => {}", "two"),
        ("no_comma", "one = async { 1 } => f(one) two = f() => {}", "two"),
        ("no_comma_if", "one = async { 1 } if true => {}", "if"),
        ("biased", "biased; one = async { 1 } if true => {}", "if"),
        ("no_pattern", "f() => {}", "=>"),
    ] {
        let errors = errors(name, branches);
        let column = BEGIN + branches.find(wrong).unwrap();
        let place = format!("{}:1:{column}: error: no rules expected ", source(name).display());
        assert!(errors.starts_with(&place), "{place}\n{errors}");
        assert!(!errors.contains("recursion"), "{errors}");
    }
}

#[test]
fn none_and_too_many() {
    assert!(errors("none", "").contains("select! requires at least one branch."));
    for (name, branches) in [("one_too_many", 65), ("two_too_many", 66), ("twice_as_many", 128)] {
        let errors = errors(name, &"_ = async {} => {}, ".repeat(branches));
        assert!(errors.contains("select! takes 64 branches at most."), "{errors}");
        assert!(!errors.contains("recursion"), "{errors}");
    }
}
