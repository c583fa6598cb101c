//! What the finished pages point to.

use crate::bind::{OUT, html_of};
use crate::house::House;
use crate::html::decoded;
use crate::page::Page;
use crate::problem::{Problem, line_of};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

static SCRIPT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)(<script[^>]*>).*?</script>").expect("a valid pattern"));
static TAG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"<[a-zA-Z][^<>]*>").expect("a valid pattern"));
static ATTRIBUTE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\s(href|src|id)="([^"]*)""#).expect("a valid pattern"));

/// The names that a page gives to its parts, and the places it points to.
#[derive(Default)]
struct Ends {
    ids: BTreeSet<String>,
    targets: BTreeSet<String>,
}

/// Everything that a page of the book points to within the book exists, the anchors too.
pub(crate) fn check(house: &House, pages: &[Page], problems: &mut Vec<Problem>) {
    let out = house.path(OUT);
    let ends: BTreeMap<String, Ends> = pages
        .iter()
        .filter_map(|page| {
            let html = std::fs::read_to_string(out.join(html_of(page))).ok()?;
            Some((html_of(page), ends_of(&html)))
        })
        .collect();
    for page in pages {
        let name = html_of(page);
        let Some(own) = ends.get(&name) else {
            problems.push(Problem::of(page.file(), "mdBook has made no page of it"));
            continue;
        };
        for target in &own.targets {
            if let Some(what) = wrong(&out, &name, target, &ends) {
                problems.push(Problem::at(page.file(), line_naming(&page.text, target), what));
            }
        }
    }
}

fn ends_of(html: &str) -> Ends {
    let mut ends = Ends::default();
    let html = SCRIPT.replace_all(html, "$1");
    for tag in TAG.find_iter(&html) {
        for captures in ATTRIBUTE.captures_iter(tag.as_str()) {
            let value = captures[2].replace("&amp;", "&").replace("&quot;", "\"");
            let kept = if &captures[1] == "id" { &mut ends.ids } else { &mut ends.targets };
            kept.insert(value);
        }
    }
    ends
}

/// What is wrong with a target, seen from a page.
fn wrong(out: &Path, from: &str, target: &str, ends: &BTreeMap<String, Ends>) -> Option<String> {
    let elsewhere = ["http:", "https:", "mailto:", "data:", "//"];
    if elsewhere.iter().any(|begin| target.starts_with(begin)) {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let (Some(path), Some(anchor)) = (decoded(path), decoded(anchor)) else {
        return Some(format!("`{target}` is no address; write `%` as `%25`"));
    };
    let name = if path.is_empty() {
        from.to_owned()
    } else {
        let folder = Path::new(from).parent().unwrap_or(Path::new(""));
        tidy(&folder.join(&path).to_string_lossy())
    };
    if !out.join(&name).exists() {
        return Some(format!(
            "the link to `{target}` leads nowhere; is the page there, and its name right?"
        ));
    }
    let named = ends.get(&name).is_none_or(|ends| ends.ids.contains(&anchor));
    (!anchor.is_empty() && !named)
        .then(|| format!("`{name}` has no heading or part `#{anchor}`; look at the link's end"))
}

/// A path without `.` and `..`.
fn tidy(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The line of a page that names a target, as its author wrote it. 0 if none does.
fn line_naming(page: &str, target: &str) -> usize {
    let written = target.replacen(".html", ".md", 1);
    let forms = [written.as_str(), target];
    let at = forms.iter().find_map(|form| page.find(&format!("({form}")));
    at.map_or(0, |at| line_of(page, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_found_in_tags_alone() {
        let html = "<a href=\"a.html#b&amp;c\">x</a><p id=\"d\">href=\"e\"</p>\
                    <script src=\"f.js\">g = '<a href=\"h\">';</script>";
        let ends = ends_of(html);
        assert_eq!(ends.targets.iter().collect::<Vec<_>>(), ["a.html#b&c", "f.js"]);
        assert!(ends.ids.contains("d"));
    }

    #[test]
    fn targets_are_followed() {
        let out = Path::new(env!("CARGO_MANIFEST_DIR"));
        let ends = BTreeMap::from([
            ("src/main.rs".to_owned(), ends_of("<h2 id=\"a b\">")),
            ("src/bind.rs".to_owned(), Ends::default()),
        ]);
        let wrong = |target| wrong(out, "src/main.rs", target, &ends);
        assert_eq!(wrong("https://docs.rs"), None);
        assert_eq!(wrong("#a%20b"), None);
        assert_eq!(wrong("../src/bind.rs"), None);
        assert_eq!(wrong("bind.rs"), None);
        assert!(wrong("#c").is_some());
        assert!(wrong("bind.rs#a").is_some());
        assert!(wrong("bound.rs").is_some());
    }

    #[test]
    fn authors_are_told_the_line() {
        assert_eq!(line_naming("one\n[a](b.md#c)\n", "b.html#c"), 2);
        assert_eq!(line_naming("one\n![a](b.svg)\n", "b.svg"), 2);
        assert_eq!(line_naming("one\n", "b.svg"), 0);
    }
}
