//! The rules of the house that neither the compiler nor clippy knows.

use crate::metadata::{Package, Workspace};
use crate::steps::{Outcome, cargo, root};
use std::path::{Path, PathBuf};

/// Which floor each crate is on. Arrows point down only: a crate may use what lies on the floors
/// below its own, and nothing beside or above.
const FLOORS: [(&str, i8); 12] = [
    // The cellar: what the models are built with, and nothing else.
    ("handcrank-witness", -1),
    ("handcrank-task", 0),
    ("handcrank-recorder", 0),
    ("handcrank-executor", 1),
    ("handcrank-reactor", 1),
    ("handcrank-blocking", 1),
    ("handcrank-sync", 1),
    ("handcrank-scheduler", 2),
    ("handcrank", 3),
    ("handcrank-dynamo", 4),
    ("handcrank-drop-in", 4),
    // Macros write code and use none: they stand below everything and may import nothing.
    ("handcrank-macros", 0),
];

/// Packages that use the house and are no part of it.
const GUESTS: [&str; 6] = ["benches", "bookbinder", "programs", "steps", "tests", "xtask"];

/// Where `unsafe` may be written. Everybody else's root file forbids it.
const MAY_BE_UNSAFE: [&str; 4] =
    ["handcrank-recorder", "handcrank-scheduler", "handcrank-task", "handcrank-witness"];

/// What may lie at the top of the tree, besides dotfiles.
const TOP_LEVEL: [&str; 8] =
    ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "benches", "book", "crates", "tests"];

/// Libraries that one file keeps to itself, so that another can take their place one day.
const KEPT_TO_ONE_FILE: [(&str, &str); 2] = [
    ("crossbeam_deque", "crates/scheduler/src/queue.rs"),
    ("mio::", "crates/reactor/src/driver.rs"),
];

/// The features of tokio that may come along with a package's default features. None at all with
/// the runtime; with the node hyper's channels, which need no runtime; with the programs, one of which
/// was written for tokio, all that needs none.
const TOKIO_FEATURES: [(&str, Option<&[&str]>); 3] = [
    ("handcrank", None),
    ("handcrank-dynamo", Some(&["default", "sync"])),
    ("programs", Some(&["bytes", "default", "io-util", "macros", "sync", "tokio-macros"])),
];

/// The commands that the README promises, and that `cargo x smoke` and the CI script run.
const PROMISED: [&str; 2] = ["cargo run --release --example serve", "cargo x test"];

/// Checks them all.
pub(crate) fn check() -> Outcome {
    let workspace = Workspace::read()?;
    let mut broken = floors(&workspace);
    broken.extend(unsafe_code(&workspace));
    broken.extend(top_level(&names_at_the_top()?, &workspace.target));
    broken.extend(kept_to_one_file(&workspace)?);
    broken.extend(without_tokio(&workspace)?);
    let readme = std::fs::read_to_string(root().join("README.md"))
        .map_err(|error| format!("README.md: {error}"))?;
    broken.extend(promises(&readme));
    if broken.is_empty() {
        println!(
            "arrows point down, unsafe stays in its rooms, the top of the tree is tidy, \
             libraries stay in their files, tokio's runtime stays outside, the README keeps its promises"
        );
        return Ok(());
    }
    for line in &broken {
        println!("- {line}");
    }
    Err(format!("{} rules broken", broken.len()))
}

fn floor_of(name: &str) -> Option<i8> {
    FLOORS.iter().find(|(crate_name, _)| *crate_name == name).map(|(_, floor)| *floor)
}

/// Whether a package is a crate of the house that a reader meets: not the cellar, not a guest.
pub(crate) fn is_on_a_floor(name: &str) -> bool {
    floor_of(name).is_some_and(|floor| floor >= 0)
}

fn floors(workspace: &Workspace) -> Vec<String> {
    let mut broken = Vec::new();
    for package in &workspace.packages {
        let Some(floor) = floor_of(&package.name) else {
            if !GUESTS.contains(&package.name.as_str()) {
                broken.push(format!("{} has no floor: name it in xtask's table", package.name));
            }
            continue;
        };
        // Dev-dependencies are free: a test may borrow a `block_on` from next door.
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.dev) {
            match floor_of(&dependency.name) {
                Some(below) if below >= floor => broken.push(format!(
                    "{} (floor {floor}) uses {} (floor {below}): arrows point down only",
                    package.name, dependency.name
                )),
                None if workspace.package(&dependency.name).is_some() => broken.push(format!(
                    "{} uses {}, which is a guest of the house",
                    package.name, dependency.name
                )),
                _ => {}
            }
        }
    }
    broken
}

fn unsafe_code(workspace: &Workspace) -> Vec<String> {
    let mut broken = Vec::new();
    for package in &workspace.packages {
        if MAY_BE_UNSAFE.contains(&package.name.as_str()) {
            continue;
        }
        let roots = package.targets.iter().filter(|target| {
            target.kinds.iter().any(|kind| matches!(kind.as_str(), "lib" | "bin" | "proc-macro"))
        });
        for target in roots {
            let source = std::fs::read_to_string(&target.source).unwrap_or_default();
            if !source.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]") {
                broken.push(format!(
                    "{}: {} does not say #![forbid(unsafe_code)]",
                    package.name,
                    target.source.strip_prefix(root()).unwrap_or(&target.source).display()
                ));
            }
        }
    }
    broken
}

fn names_at_the_top() -> Outcome<Vec<String>> {
    let entries = std::fs::read_dir(root()).map_err(|error| error.to_string())?;
    Ok(entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect())
}

fn top_level(names: &[String], target: &Path) -> Vec<String> {
    let mut broken: Vec<String> = names
        .iter()
        .filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()))
        // What cargo built is no part of the tree.
        .filter(|name| *name != "target" && target.file_name() != Some(name.as_ref()))
        .map(|name| format!("{name} has no place at the top of the tree"))
        .collect();
    broken.sort();
    broken
}

fn kept_to_one_file(workspace: &Workspace) -> Outcome<Vec<String>> {
    let mut broken = Vec::new();
    for package in &workspace.packages {
        if floor_of(&package.name).is_none() {
            continue;
        }
        for file in sources(package)? {
            let text = std::fs::read_to_string(&file)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            let place = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
            for (library, home) in KEPT_TO_ONE_FILE {
                if place != home && names_library(&text, library) {
                    broken.push(format!("{place} names {library}, which belongs to {home}"));
                }
            }
        }
    }
    Ok(broken)
}

/// Whether code, comments aside, names a library.
fn names_library(source: &str, library: &str) -> bool {
    source.lines().any(|line| {
        let code = line.split("//").next().unwrap_or_default();
        code.match_indices(library).any(|(at, _)| {
            !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
        })
    })
}

fn without_tokio(workspace: &Workspace) -> Outcome<Vec<String>> {
    let mut broken = Vec::new();
    for (name, allowed) in TOKIO_FEATURES {
        if workspace.package(name).is_none() {
            continue;
        }
        let output = cargo()
            .args(["tree", "--package", name, "--edges", "no-dev"])
            .args(["--prefix", "none", "--format", "{p} {f}"])
            .output()
            .map_err(|error| format!("cargo tree did not start: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let tree = String::from_utf8_lossy(&output.stdout);
        broken.extend(too_much_tokio(&tree, allowed).map(|what| format!("{name} pulls in {what}")));
    }
    Ok(broken)
}

/// What there is of tokio in a dependency tree beyond what is allowed. A line of the tree reads
/// `tokio v1.2.3 feature,feature (*)`.
fn too_much_tokio(tree: &str, allowed: Option<&[&str]>) -> Option<String> {
    let line = tree.lines().find(|line| line.starts_with("tokio "))?;
    let Some(allowed) = allowed else { return Some("tokio".to_owned()) };
    let features = line.split(' ').nth(2).unwrap_or_default();
    let excess: Vec<&str> = features
        .split(',')
        .filter(|feature| !feature.is_empty() && !feature.starts_with('('))
        .filter(|feature| !allowed.contains(feature))
        .collect();
    (!excess.is_empty()).then(|| format!("tokio with {}", excess.join(", ")))
}

fn promises(readme: &str) -> Vec<String> {
    let commands: Vec<&str> = commands_in(readme).collect();
    PROMISED
        .iter()
        .filter(|promised| !commands.contains(promised))
        .map(|promised| format!("README.md has no `{promised}` in a shell block"))
        .collect()
}

/// The lines of the shell blocks of a Markdown text.
fn commands_in(markdown: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    markdown.lines().filter(move |line| {
        if line.starts_with("```") {
            inside = !inside && line.trim_end() == "```sh";
            return false;
        }
        inside
    })
}

/// The Rust files of a package's `src`.
pub(crate) fn sources(package: &Package) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![package.folder.join("src")];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(format!("{}: {error}", folder.display())),
        };
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::{Dependency, Target};

    fn package(name: &str, uses: &[(&str, bool)]) -> Package {
        Package {
            name: name.to_owned(),
            folder: PathBuf::new(),
            dependencies: uses
                .iter()
                .map(|&(name, dev)| Dependency { name: name.to_owned(), dev })
                .collect(),
            targets: Vec::new(),
        }
    }

    fn house(packages: Vec<Package>) -> Workspace {
        Workspace { packages, target: PathBuf::from("/elsewhere/target") }
    }

    #[test]
    fn arrows_point_down_only() {
        let fine = house(vec![
            package("handcrank-scheduler", &[("handcrank-task", false), ("slab", false)]),
            package("handcrank-sync", &[("handcrank-executor", true)]),
            package("handcrank-executor", &[("handcrank-task", false)]),
            package("xtask", &[("clap", false)]),
        ]);
        assert_eq!(floors(&fine), Vec::<String>::new());

        let upwards = house(vec![package("handcrank-task", &[("handcrank-scheduler", false)])]);
        assert_eq!(floors(&upwards).len(), 1);
        let beside = house(vec![package("handcrank-sync", &[("handcrank-executor", false)])]);
        assert_eq!(floors(&beside).len(), 1);
        let itself = house(vec![package("handcrank-attic", &[])]);
        assert_eq!(floors(&itself).len(), 1);
        let guest = house(vec![package("handcrank", &[("tests", false)]), package("tests", &[])]);
        assert_eq!(floors(&guest).len(), 1);
    }

    #[test]
    fn unsafe_stays_in_its_rooms() {
        let source = std::env::temp_dir().join(format!("house-{}.rs", std::process::id()));
        let workspace = |name: &str| {
            let mut package = package(name, &[]);
            package.targets.push(Target {
                name: "root".to_owned(),
                kinds: vec!["lib".to_owned()],
                source: source.clone(),
            });
            house(vec![package])
        };
        std::fs::write(&source, "//! Words.\n#![forbid(unsafe_code)]\n").unwrap();
        assert!(unsafe_code(&workspace("handcrank-sync")).is_empty());
        std::fs::write(&source, "//! Words about #![forbid(unsafe_code)].\n").unwrap();
        assert_eq!(unsafe_code(&workspace("handcrank-sync")).len(), 1);
        assert!(unsafe_code(&workspace("handcrank-task")).is_empty());
        std::fs::remove_file(&source).unwrap();
    }

    #[test]
    fn the_top_of_the_tree_is_tidy() {
        let names: Vec<String> =
            ["crates", ".ci", "target", "LICENSE"].iter().map(ToString::to_string).collect();
        assert!(top_level(&names, Path::new("/x/target")).is_empty());
        let names = vec!["notes.md".to_owned(), "scripts".to_owned(), "out".to_owned()];
        assert_eq!(top_level(&names, Path::new("/x/out")).len(), 2);
    }

    #[test]
    fn a_library_is_named_by_code_not_by_words() {
        assert!(names_library("use crossbeam_deque::Worker;", "crossbeam_deque"));
        assert!(names_library("    mio::Poll::new()", "mio::"));
        assert!(!names_library("// crossbeam_deque does it too", "crossbeam_deque"));
        assert!(!names_library("use tokio::x; my_mio::y();", "mio::"));
    }

    #[test]
    fn tokio_stays_outside() {
        let tree = "handcrank v0.1.0 (/x) net\ntokio v1.54.1 default,sync (*)\n";
        assert_eq!(too_much_tokio(tree, Some(&["default", "sync"])), None);
        assert_eq!(too_much_tokio(tree, None), Some("tokio".to_owned()));
        let tree = "tokio v1.54.1 default,net,sync";
        let excess = too_much_tokio(tree, Some(&["default", "sync"]));
        assert_eq!(excess, Some("tokio with net".to_owned()));
        let tree = "tokio-util v0.7.20 \nmio v1.2.5 net";
        assert_eq!(too_much_tokio(tree, None), None);
    }

    #[test]
    fn promises_are_found_in_shell_blocks() {
        let readme = "```sh\ncargo run --release --example serve\n```\n\
                      words\n```text\ncargo x test\n```\n";
        assert_eq!(promises(readme).len(), 1);
        let readme = readme.replace("```text", "```sh");
        assert!(promises(&readme).is_empty());
        // Outside of a block it is only talk.
        assert_eq!(promises("cargo x test").len(), 2);
    }
}
