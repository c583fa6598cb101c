//! `cargo x lint`.

use crate::steps::{Steps, cargo, run};
use crate::{bench, book, house, pointers};

/// Formatting, clippy, the documentation, and what no ready-made tool checks.
pub(crate) fn lint(steps: &mut Steps) {
    steps.run("Format", || run(cargo().args(["fmt", "--all", "--check"])));
    steps.run("Clippy", || {
        run(cargo()
            .args(["clippy", "--workspace", "--all-targets", "--all-features", "--keep-going"])
            .args(["--", "-D", "warnings"]))
    });
    steps.run("Documentation", || {
        run(cargo().env("RUSTDOCFLAGS", "-D warnings").args([
            "doc",
            "--workspace",
            "--all-features",
            "--no-deps",
        ]))
    });
    steps.run("The rules of the house", house::check);
    steps.run("The book's table of contents", book::check);
    steps.run("Crates and chapters point to each other", pointers::check);
    steps.run("The README's figures", bench::check);
}
