//! `cargo x lines`: how much there is to read.

use crate::house::sources;
use crate::metadata::Workspace;
use crate::steps::{Outcome, root};
use std::path::Path;
use std::process::ExitCode;

/// One line a crate: files, lines, and how many of these hold code.
pub(crate) fn print() -> ExitCode {
    match table() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn table() -> Outcome {
    let workspace = Workspace::read()?;
    println!("{:<22} {:>5} {:>7} {:>7}", "crate", "files", "lines", "code");
    let (mut all, mut all_code) = (0, 0);
    for package in &workspace.packages {
        if !package.folder.starts_with(root().join("crates")) {
            continue;
        }
        let (mut files, mut lines, mut code) = (0, 0, 0);
        for file in sources(package)? {
            if is_for_tests(&file) {
                continue;
            }
            let text = std::fs::read_to_string(&file)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            let count = count(&text);
            files += 1;
            lines += count.lines;
            code += count.code;
        }
        println!("{:<22} {files:>5} {lines:>7} {code:>7}", package.name);
        all += lines;
        all_code += code;
    }
    println!("{:<22} {:>5} {all:>7} {all_code:>7}", "all", "");
    println!("Tests and models are left out. Code: neither blank nor a comment.");
    Ok(())
}

/// Files that hold nothing but tests or models.
fn is_for_tests(file: &Path) -> bool {
    file.components().any(|part| {
        let name = part.as_os_str().to_string_lossy();
        matches!(name.trim_end_matches(".rs"), "tests" | "models" | "model")
    })
}

#[derive(Debug, PartialEq)]
struct Count {
    lines: usize,
    code: usize,
}

/// Counts up to the tests, which in this house come last in a file.
fn count(source: &str) -> Count {
    let mut count = Count { lines: 0, code: 0 };
    let mut all = source.lines().peekable();
    while let Some(line) = all.next() {
        let module_follows = all
            .peek()
            .is_some_and(|next| next.trim_start().starts_with("mod ") && next.ends_with('{'));
        if line.starts_with("#[cfg(") && line.contains("test") && module_follows {
            break;
        }
        count.lines += 1;
        let line = line.trim();
        if !line.is_empty() && !line.starts_with("//") {
            count.code += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_comments_are_no_code() {
        let source =
            "//! Words.\n\nfn one() {}\n// why\n#[cfg(test)]\nmod tests {\n    fn two() {}\n}\n";
        assert_eq!(count(source), Count { lines: 4, code: 1 });
    }

    #[test]
    fn a_helper_for_tests_in_the_middle_does_not_end_the_count() {
        let source = "#[cfg(test)]\nfn helper() {}\nfn one() {}\n";
        assert_eq!(count(source), Count { lines: 3, code: 3 });
    }

    #[test]
    fn whole_files_of_tests_are_left_out() {
        assert!(is_for_tests(Path::new("src/cell/tests.rs")));
        assert!(is_for_tests(Path::new("src/models/wake.rs")));
        assert!(!is_for_tests(Path::new("src/testing_ground.rs")));
    }
}
