//! `cargo x book --browser`: each page as a reader sees it.
//!
//! A browser opens every page of the built book, wide and narrow, light and dark, and is asked what
//! is wrong with it. The questions are in `browser/probe.js`; what the browser complains about by
//! itself (errors of scripts, requests that fail, requests that leave this machine) counts as well.

mod chromium;
mod complaint;
mod devtools;
mod shape;

use crate::bind;
use crate::problem::Problem;
use chromium::Chromium;
use complaint::complaint;
use data_encoding::BASE64;
use devtools::Tab;
use serde_json::{Value, json};
use shape::{SHAPES, Shape, Theme};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a page is asked, once it has been loaded.
const PROBE: &str = include_str!("browser/probe.js");

/// How long a page may take until nothing more happens in it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The word that is searched for. A book about runtimes has it.
const SOUGHT: &str = "runtime";

/// Looks at the pages of the built book. They are given by the names of their HTML files, in the order
/// of reading. With `shots`, pictures of them go to that folder.
///
/// What is wrong is a problem of the page; an error is that there is no browser, or that it does not
/// answer.
pub(crate) fn check(
    site: &Path,
    pages: &[String],
    shots: Option<&Path>,
) -> Result<Vec<Problem>, String> {
    let started = Instant::now();
    let found = look(site, pages, shots)?;
    println!(
        "browser: {} pages, each seen in {} ways, in {:.1} s",
        pages.len(),
        SHAPES.len() * Theme::ALL.len(),
        started.elapsed().as_secs_f64(),
    );
    Ok(found.problems())
}

fn look(site: &Path, pages: &[String], shots: Option<&Path>) -> Result<Found, String> {
    let site = site.canonicalize().map_err(|error| format!("{}: {error}", site.display()))?;
    if let Some(shots) = shots {
        std::fs::create_dir_all(shots).map_err(|error| format!("{}: {error}", shots.display()))?;
    }
    let mut found = Found::default();
    let mut chromium = Chromium::start()?;
    let mut tab = chromium.tab()?;
    for shape in SHAPES {
        shape.put_on(&mut tab)?;
        for theme in Theme::ALL {
            theme.put_on(&mut tab)?;
            for page in pages {
                let seen = Seen { page, shape: shape.name, theme: theme.name() };
                for what in visit(&mut tab, &site, page, theme)? {
                    found.add(&seen, what);
                }
                if let Some(shots) = shots {
                    let name = page.trim_end_matches(".html").replace('/', "-");
                    let file = format!("{name}.{}.{}.png", shape.name, theme.name());
                    shoot(&mut tab, &shape, &shots.join(file))?;
                }
            }
            if let Some(page) = pages.first() {
                let seen = Seen { page, shape: shape.name, theme: theme.name() };
                for what in search(&mut tab, &site, page)? {
                    found.add(&seen, what);
                }
            }
        }
    }
    Ok(found)
}

/// Opens a page and asks it. What it answers are complaints.
fn visit(tab: &mut Tab, site: &Path, page: &str, theme: Theme) -> Result<Vec<String>, String> {
    open(tab, site, page)?;
    let question = format!("({PROBE})({:?}, {})", theme.name(), PATIENCE.as_millis());
    let answer = tab.evaluate(&question, PATIENCE * 2).map_err(|why| format!("{page}: {why}"))?;
    let mut complaints: Vec<String> = tab.events().iter().filter_map(complaint).collect();
    let asked = answer.as_array().ok_or_else(|| format!("{page}: the probe answers {answer}"))?;
    complaints.extend(asked.iter().filter_map(|one| one.as_str().map(str::to_owned)));
    Ok(complaints)
}

fn open(tab: &mut Tab, site: &Path, page: &str) -> Result<(), String> {
    // What the page before still had to say is not about this one.
    tab.events();
    let url = format!("file://{}", site.join(page).display());
    let answer = tab.call("Page.navigate", &json!({ "url": url }))?;
    if let Some(why) = answer["errorText"].as_str() {
        return Err(format!("{page}: {why}"));
    }
    tab.wait_for("Page.loadEventFired", PATIENCE).map_err(|why| format!("{page}: {why}"))
}

/// Searches as a reader does: opens the box, types a word, and waits for what is found.
fn search(tab: &mut Tab, site: &Path, page: &str) -> Result<Vec<String>, String> {
    open(tab, site, page)?;
    tab.evaluate(
        "document.getElementById('mdbook-search-toggle').click(), \
         document.getElementById('mdbook-searchbar').focus()",
        PATIENCE,
    )?;
    for letter in SOUGHT.chars() {
        let letter = letter.to_string();
        tab.call(
            "Input.dispatchKeyEvent",
            &json!({ "type": "keyDown", "text": letter, "key": letter }),
        )?;
        tab.call("Input.dispatchKeyEvent", &json!({ "type": "keyUp", "key": letter }))?;
    }
    let question = format!(
        "(async () => {{ \
            const until = performance.now() + {}; \
            let found; \
            do {{ \
                await new Promise((later) => setTimeout(later, 20)); \
                found = document.querySelectorAll('#mdbook-searchresults li a').length; \
            }} while (found === 0 && performance.now() < until); \
            return found; \
        }})()",
        PATIENCE.as_millis() / 3,
    );
    let found = tab.evaluate(&question, PATIENCE)?;
    let mut complaints: Vec<String> = tab.events().iter().filter_map(complaint).collect();
    if found.as_u64().unwrap_or(0) == 0 {
        complaints.push(format!("a search for \"{SOUGHT}\" finds nothing"));
    }
    Ok(complaints)
}

/// A picture of the whole page.
fn shoot(tab: &mut Tab, shape: &Shape, file: &Path) -> Result<(), String> {
    /// The browser draws no more than this.
    const HIGHEST: f64 = 16_000.0;
    let metrics = tab.call("Page.getLayoutMetrics", &json!({}))?;
    let height = metrics["cssContentSize"]["height"].as_f64().unwrap_or(800.0).min(HIGHEST);
    let clip = json!({ "x": 0, "y": 0, "width": shape.width, "height": height, "scale": 1 });
    let wanted = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
    let shot = tab.call("Page.captureScreenshot", &wanted)?;
    let data = shot["data"].as_str().ok_or("a picture without data")?;
    let bytes = BASE64.decode(data.as_bytes()).map_err(|error| format!("a picture: {error}"))?;
    std::fs::write(file, bytes).map_err(|error| format!("{}: {error}", file.display()))
}

/// A page in one of the ways to see it.
struct Seen<'a> {
    page: &'a str,
    shape: &'static str,
    theme: &'static str,
}

/// What is wrong, with where it was seen. Most mistakes are seen in all ways, and are told once.
#[derive(Default)]
struct Found(BTreeMap<(String, String), Vec<String>>);

impl Found {
    fn add(&mut self, seen: &Seen<'_>, what: String) {
        let place = format!("{} {}", seen.shape, seen.theme);
        let places = self.0.entry((seen.page.to_owned(), what)).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let all = SHAPES.len() * Theme::ALL.len();
        let told = |((page, what), places): (&(String, String), &Vec<String>)| {
            let where_seen = if places.len() == all {
                String::new()
            } else {
                format!(" ({})", places.join(", "))
            };
            Problem::of(format!("{}/{page}", bind::OUT), format!("{what}{where_seen}"))
        };
        self.0.iter().map(told).collect()
    }
}

/// A value out of an answer, as text; quotes only where it is not text.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_once() {
        let mut found = Found::default();
        for shape in SHAPES {
            for theme in Theme::ALL {
                let seen = Seen { page: "a.html", shape: shape.name, theme: theme.name() };
                found.add(&seen, "too wide".to_owned());
                if theme.name() == "navy" {
                    found.add(&seen, "too dark".to_owned());
                    found.add(&seen, "too dark".to_owned());
                }
            }
        }
        let said: Vec<String> = found.problems().iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["book/out/a.html: too dark (desktop navy, phone navy)", "book/out/a.html: too wide"]
        );
    }

    /// What a body is answered with: on the desk, by day.
    fn asked(tab: &mut Tab, folder: &Path, body: &str) -> Vec<String> {
        let head = "<!DOCTYPE html><meta charset=utf-8><html class=light><body>";
        // As mdBook has it: in a part that scrolls, if only downwards.
        let text = format!("{head}<div style='overflow-y: auto'><main>{body}</main></div>");
        std::fs::write(folder.join("page.html"), text).unwrap();
        visit(tab, folder, "page.html", Theme::Light).unwrap()
    }

    #[test]
    #[ignore = "needs Chromium; .ci/run runs it"]
    fn what_is_wrong_with_a_page_is_found() {
        let folder = std::env::temp_dir().join(format!("bookbinder-{}-pages", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut chromium = Chromium::start().unwrap();
        let mut tab = chromium.tab().unwrap();
        SHAPES[0].put_on(&mut tab).unwrap();
        Theme::Light.put_on(&mut tab).unwrap();

        let fine = "<p>Words.</p><div style='overflow-x: auto'><pre style='width: 3000px'>x</pre></div>\
                    <svg width=90 height=30><rect width=90 height=30 fill='#204060'/>\
                    <text x=5 y=20 fill='white'>read</text></svg>";
        assert_eq!(asked(&mut tab, &folder, fine), [""; 0]);
        for (body, expected) in [
            ("<p style='width: 1500px'>Words.", "stick out of the page: p"),
            ("<p style='color: #aaa'>Words.", "hard to read"),
            ("<details><p style='color: #aaa'>Words.</details>", "hard to read"),
            (
                "<svg width=90 height=30><rect width=90 height=30 fill='#204060'/>\
                 <text x=5 y=20 fill='black'>dark</text></svg>",
                "#000000 on #204060",
            ),
            ("<svg width=90 height=30><text x=60 y=20>too long", "a drawing cuts off"),
            ("<img src=missing.png>", "a picture is missing: missing.png"),
            ("<script src=missing.js></script>", "a request fails"),
            ("<script src=https://example.org/x.js></script>", "it asks another machine"),
            ("<script>console.error('no')</script>", "a script says: no"),
            ("<script>nothing()</script>", "a script fails: ReferenceError"),
            (
                "<script>document.documentElement.className = 'rust'</script>",
                "the theme is not light",
            ),
        ] {
            let complaints = asked(&mut tab, &folder, body);
            assert!(complaints.iter().any(|it| it.contains(expected)), "{body}: {complaints:?}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
