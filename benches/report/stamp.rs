//! Where, when and with what a run was made: no figure without it. Neither paths nor the machine's
//! name are anybody's business, so they are not in it.

use crate::record::Fact;
use std::fs;
use std::process::Command;
use std::thread::available_parallelism;
use std::time::{SystemTime, UNIX_EPOCH};

/// The file that says which versions this program was built with.
const LOCK: &str = include_str!("../../Cargo.lock");

/// The word for a run that says less than it should, with the reason behind it.
pub(crate) const PARTIAL: &str = "partial";
/// The word for a run with Tokio on both sides.
pub(crate) const CONTROL: &str = "control";
/// How much was measured.
pub(crate) const EXTENT: &str = "rounds";

/// The facts of the machine and of the build.
pub(crate) fn facts(allocator: &str) -> Vec<Fact> {
    let cpus = available_parallelism().map_or(0, usize::from);
    let facts = [
        ("date", today()),
        ("commit", commit()),
        ("CPU", cpu_model()),
        ("CPUs", cpus.to_string()),
        ("system", system()),
        ("kernel", kernel()),
        ("rustc", first_line("rustc", &["--version"])),
        ("tokio", version_of("tokio")),
        ("smol", version_of("smol")),
        ("handcrank", version_of("handcrank")),
        ("workers", benches::WORKERS.to_string()),
    ];
    facts.into_iter().map(|(name, value)| fact(allocator, name, value)).collect()
}

/// One fact.
pub(crate) fn fact(allocator: &str, name: &str, value: impl Into<String>) -> Fact {
    Fact { allocator: allocator.to_owned(), fact: name.to_owned(), value: value.into() }
}

/// What is known under a name, for each allocator; once if they agree.
fn values(facts: &[Fact], name: &str) -> Vec<(String, String)> {
    let mut values: Vec<(String, String)> = Vec::new();
    for fact in facts.iter().filter(|fact| fact.fact == name) {
        match values.iter_mut().find(|(_, value)| *value == fact.value) {
            Some((allocators, _)) => *allocators = format!("{allocators}, {}", fact.allocator),
            None => values.push((fact.allocator.clone(), fact.value.clone())),
        }
    }
    values
}

/// All of it in one paragraph.
pub(crate) fn sentence(facts: &[Fact]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for fact in facts {
        if !names.contains(&fact.fact.as_str()) {
            names.push(&fact.fact);
        }
    }
    let parts: Vec<String> = names.iter().map(|name| part(facts, name)).collect();
    format!("{}.", parts.join("; "))
}

/// A few of them, for a chart's last line.
pub(crate) fn short(facts: &[Fact]) -> String {
    let parts =
        ["date", "commit", "CPU", "CPUs", "tokio", "smol", "rustc", EXTENT, CONTROL, PARTIAL];
    let known = parts.iter().filter(|name| facts.iter().any(|fact| fact.fact == **name));
    known.map(|name| part(facts, name)).collect::<Vec<_>>().join("; ")
}

fn part(facts: &[Fact], name: &str) -> String {
    match values(facts, name).as_slice() {
        [(_, value)] => format!("{name} {value}"),
        several => {
            let each: Vec<String> =
                several.iter().map(|(allocator, value)| format!("{value} ({allocator})")).collect();
            format!("{name} {}", each.join(" and "))
        }
    }
}

fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (year, month, day) = civil(since.as_secs() / 86_400);
    format!("{year}-{month:02}-{day:02}")
}

/// The date, from the days since 1970.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    let leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

fn commit() -> String {
    let hash = first_line("git", &["rev-parse", "--short=12", "HEAD"]);
    let changed = first_line("git", &["status", "--porcelain", "--untracked-files=no"]);
    if changed == UNKNOWN { hash } else { format!("{hash} with changes") }
}

const UNKNOWN: &str = "unknown";

/// What a command says first, or that it says nothing.
fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .ok()
        .filter(|output| output.status.success());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let line = text.as_deref().and_then(|text| text.lines().next()).unwrap_or(UNKNOWN);
    line.trim().trim_start_matches("rustc ").to_owned()
}

fn cpu_model() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    match line.and_then(|line| line.split_once(':')) {
        Some((_, model)) => model.trim().to_owned(),
        None => format!("{UNKNOWN} {}", std::env::consts::ARCH),
    }
}

fn system() -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or(std::env::consts::OS, |name| name.trim_matches('"')).to_owned()
}

fn kernel() -> String {
    first_line("uname", &["-sr"])
}

/// The version that the lock file names.
fn version_of(package: &str) -> String {
    let name = format!("name = \"{package}\"");
    let mut lines = LOCK.lines().skip_while(|line| *line != name).skip(1);
    let version = lines.next().and_then(|line| line.strip_prefix("version = "));
    version.map_or(UNKNOWN, |version| version.trim_matches('"')).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(59), (1970, 3, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(11_017), (2000, 3, 1));
        assert_eq!(civil(19_722), (2023, 12, 31));
    }

    #[test]
    fn the_lock_file_knows_the_versions() {
        assert!(version_of("tokio").starts_with("1."));
        assert_eq!(version_of("no such package"), UNKNOWN);
    }

    #[test]
    fn facts_that_agree_are_told_once() {
        let facts = [
            fact("system", "CPU", "abacus"),
            fact("mimalloc", "CPU", "abacus"),
            fact("system", "rounds", "9"),
            fact("mimalloc", "rounds", "21"),
        ];
        assert_eq!(sentence(&facts), "CPU abacus; rounds 9 (system) and 21 (mimalloc).");
    }

    #[test]
    fn neither_the_machine_nor_its_folders_are_named() {
        for fact in facts("system") {
            assert!(!fact.value.contains(env!("CARGO_MANIFEST_DIR")), "{fact:?}");
        }
    }
}
