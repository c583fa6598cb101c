//! From a folder of figures into the README and the book.
//!
//! What was published lies in the book's folder `measured`: the summary, from which README and book
//! can be written anew, and `reasons.toml`, which a person writes.

use crate::files::{self, Outcome};
use crate::readme::{self, Reasons};
use crate::record::Fact;
use crate::render::charts_in;
use crate::stamp::{CONTROL, PARTIAL};
use crate::summary::Line;
use benches::WORKLOADS;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Why workloads miss their marks.
const REASONS: &str = "reasons.toml";
/// What stands in the README: kept beside the figures, so that a difference is noticed.
const SHORT_TABLE: &str = "readme-table.md";

/// Copies a result into the book's folder, then writes README and book anew.
pub(crate) fn publish(from: &Path) -> Outcome {
    let facts: Vec<Fact> = files::read(from, files::STAMP)?;
    if let Some(fact) = facts.iter().find(|it| it.fact == PARTIAL || it.fact == CONTROL) {
        let Fact { allocator, fact, value } = fact;
        return Err(format!("this result is not published, being {fact} ({allocator}): {value}"));
    }
    let lines: Vec<Line> = files::read(from, files::SUMMARY)?;
    if lines.is_empty() {
        return Err("this result is not published: it has no workload".to_owned());
    }
    let to = measured();
    fs::create_dir_all(&to).map_err(|error| format!("{}: {error}", to.display()))?;
    for old in charts_in(&to)? {
        fs::remove_file(to.join(&old)).map_err(|error| format!("{old}: {error}"))?;
    }
    let mut names = charts_in(from)?;
    names.extend([files::SUMMARY, files::STAMP, files::MEMORY, files::TABLE].map(str::to_owned));
    for name in names {
        fs::copy(from.join(&name), to.join(&name)).map_err(|error| format!("{name}: {error}"))?;
    }
    again()
}

/// Writes README and book anew from what was published before.
pub(crate) fn again() -> Outcome {
    let folder = measured();
    let table = short_table(&folder)?;
    files::write_text(&folder, SHORT_TABLE, &table)?;
    let readme = root().join("README.md");
    let text = fs::read_to_string(&readme).map_err(|error| format!("README.md: {error}"))?;
    files::write_text(&root(), "README.md", &readme::with_block(&text, &table)?)?;
    files::write_text(&root().join("book/src"), "measured.md", &page(&charts_in(&folder)?))?;
    eprintln!("written: README.md, book/src/measured.md and book/src/measured");
    Ok(())
}

fn short_table(folder: &Path) -> Outcome<String> {
    let lines: Vec<Line> = files::read(folder, files::SUMMARY)?;
    if lines.is_empty() {
        return Err("nothing has been published yet: `cargo x bench --publish` does".to_owned());
    }
    let facts: Vec<Fact> = files::read(folder, files::STAMP)?;
    let path = folder.join(REASONS);
    let text = if path.exists() {
        fs::read_to_string(&path).map_err(|error| format!("{REASONS}: {error}"))?
    } else {
        String::new()
    };
    Ok(readme::compact(&lines, &facts, &reasons(&text)?))
}

/// A reason for something that is not measured would never be read.
fn reasons(text: &str) -> Outcome<Reasons> {
    let reasons: Reasons = toml::from_str(text).map_err(|error| format!("{REASONS}: {error}"))?;
    let unknown = |name: &&String| !WORKLOADS.iter().any(|workload| workload.name == **name);
    match reasons.keys().find(unknown) {
        Some(name) => Err(format!("{REASONS}: there is no workload {name}")),
        None => Ok(reasons),
    }
}

/// The book's page. Its tables are included, so that they are in one place.
fn page(charts: &[String]) -> String {
    let mut text = String::from(
        "# The figures\n\n\
         This page is written by `cargo x bench --publish`, which measured what it shows. Run \
         `cargo x bench` to see what your machine says; `cargo x bench --control` lets Tokio run \
         against itself and shows what noise can do there.\n\n\
         The curves by workers go beyond the CPUs of the machine, whose number each chart names: more \
         workers than that share them, and the curve shows how a runtime bears it.\n\n\
         ## In short\n\n{{#include measured/readme-table.md}}\n",
    );
    for chart in charts {
        let name = chart.trim_end_matches(".svg");
        let (title, name) = match name.split_once('-') {
            Some(("ratios", group)) => (format!("Ratios: {}", group.replace('-', " ")), group),
            Some((_, curve)) => (format!("Curve: {}", curve.replace('-', ", ")), curve),
            None => (name.to_owned(), name),
        };
        _ = write!(text, "\n## {title}\n\n![{name}](measured/{chart})\n");
    }
    text.push_str("\n## In full\n\n{{#include measured/table.md}}\n");
    text
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn measured() -> PathBuf {
    root().join("book/src/measured")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_fits_together() {
        let folder = measured();
        let lies_there = fs::read_to_string(folder.join(SHORT_TABLE)).unwrap();
        // Not `assert_eq`, which would print both tables.
        let fits = short_table(&folder).unwrap() == lies_there;
        assert!(fits, "{SHORT_TABLE} is not what the summary says: `cargo x bench --publish-only`");
    }

    #[test]
    fn a_reason_must_be_one_for_something() {
        let name = WORKLOADS[0].name;
        assert_eq!(reasons(&format!("{name} = \"because\"")).unwrap()[name], "because");
        assert!(reasons("perpetuum = \"because\"").is_err());
        assert!(reasons("no value").is_err());
    }

    #[test]
    fn the_page_shows_every_chart() {
        let page = page(&["ratios-net.svg".to_owned(), "curve-tasks-system.svg".to_owned()]);
        assert!(page.contains("![net](measured/ratios-net.svg)"), "{page}");
        assert!(page.contains("## Curve: tasks, system"), "{page}");
    }
}
