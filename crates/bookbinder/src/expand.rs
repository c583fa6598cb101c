//! Giving a page what it asks for.

use crate::directive::{Asked, Directive, asked};
use crate::house::House;
use crate::html::{escape, fenced, foldings, language_of, listing};
use crate::outputs::Printer;
use crate::page::Page;
use crate::problem::Problem;
use crate::source::{self, Listing};
use crate::workshop::{About, Exercise, Number, Step, Workshop};
use crate::{diff, figure, glossary, tokio};
use std::fmt::Write;

/// A page with everything in it.
pub(crate) struct Expanded {
    pub(crate) text: String,
    /// What it asked for.
    pub(crate) asked: Vec<Asked>,
    /// Lines of code and output that are not folded away.
    pub(crate) listing_lines: usize,
}

/// Where the answers come from.
pub(crate) struct Source<'a> {
    pub(crate) house: &'a House,
    pub(crate) workshop: &'a Workshop,
    pub(crate) pages: &'a [Page],
}

/// What a directive becomes.
#[derive(Default)]
struct Answer {
    markdown: String,
    listing_lines: usize,
}

impl Source<'_> {
    /// Answers everything that a page asks for. What cannot be answered becomes a problem, and is
    /// told in the page as well.
    pub(crate) fn expand(&self, page: &Page, problems: &mut Vec<Problem>) -> Expanded {
        let asked = asked(&page.text);
        let mut text = String::new();
        let (mut copied, mut listing_lines) = (0, 0);
        for one in &asked {
            text += &page.text[copied..one.range.start];
            copied = one.range.end;
            let answer =
                one.directive.as_ref().map_err(Clone::clone).and_then(|it| self.answer(it));
            match answer {
                Ok(answer) => {
                    if foldings(&page.text[..one.range.start]) <= 0 {
                        listing_lines += answer.listing_lines;
                    }
                    text += &indented(&answer.markdown, &one.indent);
                }
                Err(why) => {
                    let problem = Problem::at(page.file(), one.line, why);
                    let told = escape(&problem.to_string()).replace("{{#", "{{&#35;");
                    let _ = write!(text, "<strong class=\"problem\">{told}</strong>");
                    problems.push(problem);
                }
            }
        }
        text += &page.text[copied..];
        Expanded { text, asked, listing_lines }
    }

    fn answer(&self, directive: &Directive) -> Result<Answer, String> {
        match directive {
            Directive::Step(number) => self.step(*number),
            Directive::Output(number) => {
                self.output(&Printer::Step(self.known_step(*number)?.name.clone()))
            }
            Directive::Diff(old, new) => self.diff(*old, *new),
            Directive::Code { file, piece } => self.code(file, piece.as_deref()),
            Directive::Sabotage(name) => self.sabotage(name),
            Directive::Exercise(number) => self.exercise(*number),
            Directive::Solution(number) => self.solution(*number),
            Directive::Figure(name) => figure::draw(self.house, name).map(Answer::unread),
            Directive::Tokio { file, item } => {
                tokio::link(self.house, file, item.as_deref()).map(Answer::unread)
            }
            Directive::Glossary => {
                let page_of = |chapter| {
                    let page = self.pages.iter().find(|page| page.chapter() == Some(chapter))?;
                    Some(page.name.clone())
                };
                Ok(Answer::unread(glossary::table(&self.workshop.terms, page_of)))
            }
        }
    }

    fn known_step(&self, number: Number) -> Result<&Step, String> {
        self.workshop.step(number).ok_or_else(|| {
            format!("there is no step {number}; its file would be {}", step_file(number))
        })
    }

    fn known_exercise(&self, number: Number) -> Result<&Exercise, String> {
        self.workshop.exercise(number).ok_or_else(|| {
            let Number { chapter, place } = number;
            format!(
                "there is no exercise {number}; it would lie in \
                 book/exercises/{chapter:02}_{place}_…/exercise.toml"
            )
        })
    }

    fn step(&self, number: Number) -> Result<Answer, String> {
        let step = self.known_step(number)?;
        let text = self.house.text(&step.file)?;
        let command = fenced("sh", &format!("cargo x step {number}\n"));
        let code = fenced("rust", &text);
        let (file, lines) = (&step.file, text.lines().count());
        Ok(Answer::unread(format!(
            "{command}\n<details class=\"file\">\n\
             <summary><code>{file}</code>, {lines} lines</summary>\n\n{code}\n</details>\n"
        )))
    }

    fn output(&self, printer: &Printer) -> Result<Answer, String> {
        let (file, name) = (printer.file(), printer.name());
        let text = self.house.text(&file).map_err(|_| {
            format!("`{file}` does not exist; run `cargo x book --bless {name}`, and read it")
        })?;
        let caption = "prints, for example";
        Ok(Answer::listing(listing("output", caption, "text", &text), &text))
    }

    fn diff(&self, old: Number, new: Number) -> Result<Answer, String> {
        let (old, new) = (self.known_step(old)?, self.known_step(new)?);
        let changes = diff::step_diff(&self.house.text(&old.file)?, &self.house.text(&new.file)?);
        if changes.is_empty() {
            return Err(format!("nothing differs between {} and {}", old.name, new.name));
        }
        let caption =
            format!("<code>{}.rs</code> → <code>{}.rs</code>: what changes", old.name, new.name);
        Ok(Answer::listing(listing("listing", &caption, "diff", &changes), &changes))
    }

    fn code(&self, file: &str, piece: Option<&str>) -> Result<Answer, String> {
        let text = self.house.text(file)?;
        let shown = match piece {
            None => Ok(Listing::whole(&text)),
            Some(piece) if is_item(piece) => source::item(&text, piece),
            Some(name) => Listing::anchored(&text, name),
        };
        let shown = shown.map_err(|why| format!("`{file}`: {why}"))?;
        let (first, last) = shown.lines;
        let lines = match piece {
            None => String::new(),
            Some(_) if first == last => format!(", line {first}"),
            Some(_) => format!(", lines {first}–{last}"),
        };
        let caption = match piece.filter(|piece| is_item(piece)) {
            Some(item) => {
                format!("<code>{}</code>: <code>{}</code>{lines}", escape(file), escape(item))
            }
            None => format!("<code>{}</code>{lines}", escape(file)),
        };
        let block = listing("listing", &caption, language_of(file), &shown.text);
        Ok(Answer::listing(block, &shown.text))
    }

    fn sabotage(&self, name: &str) -> Result<Answer, String> {
        let variant = self.workshop.variant(name).ok_or_else(|| {
            format!("there is no broken variant `{name}`; its file is book/sabotage/{name}.toml")
        })?;
        let change = &variant.change;
        let real = self.house.text(&change.file)?;
        let times = real.matches(&change.find).count();
        if times != 1 {
            return Err(format!(
                "`find` of book/sabotage/{name}.toml stands {times} times in `{}`; \
                 bring it up to date, so that it stands there once",
                change.file
            ));
        }
        let broken = real.replace(&change.find, &change.replace);
        let changes = diff::diff(&real, &broken);
        let caption = format!("<code>{}</code>, broken on purpose", escape(&change.file));
        let shown = listing("listing", &caption, "diff", &changes);
        let command = fenced("sh", &format!("cargo x sabotage {name}\n"));
        let output = self.output(&Printer::Variant(name.to_owned()))?;
        Ok(Answer {
            markdown: format!("{}\n\n{shown}\n{command}\n{}", change.says, output.markdown),
            listing_lines: changes.lines().count() + output.listing_lines,
        })
    }

    fn exercise(&self, number: Number) -> Result<Answer, String> {
        let About { title, task } = &self.known_exercise(number)?.about;
        let commands = format!(
            "cargo x start {number}      # lays it into book/work\n\
             cargo x check {number}      # tells how far you are\n\
             cargo x solution {number}   # shows one way to do it\n"
        );
        let commands = fenced("sh", &commands);
        Ok(Answer::unread(format!(
            "### Exercise {number}: {title}\n\n{}\n\n{commands}",
            task.trim()
        )))
    }

    fn solution(&self, number: Number) -> Result<Answer, String> {
        let exercise = self.known_exercise(number)?;
        let file = format!("{}/solution.rs", exercise.folder);
        let code = listing("listing", &format!("<code>{file}</code>"), "rust", &{
            self.house.text(&file)?
        });
        let title = escape(&exercise.about.title);
        Ok(Answer::unread(format!(
            "<details class=\"solution\">\n<summary>Solution {number}: {title}</summary>\n\n\
             {code}\n</details>\n"
        )))
    }
}

impl Answer {
    /// Something that takes no time to read: a drawing, a link, what is folded away.
    fn unread(markdown: String) -> Self {
        Self { markdown, listing_lines: 0 }
    }

    fn listing(markdown: String, text: &str) -> Self {
        Self { markdown, listing_lines: text.lines().count() }
    }
}

/// An item's head has more than one word, or a sign as in `pin_project!`. An anchor's name has not.
fn is_item(piece: &str) -> bool {
    !piece.chars().all(|letter| letter.is_alphanumeric() || "_-".contains(letter))
}

fn step_file(Number { chapter, place }: Number) -> String {
    format!("book/steps/examples/ch{chapter:02}_{place}_….rs")
}

fn indented(markdown: &str, indent: &str) -> String {
    if indent.is_empty() {
        return markdown.to_owned();
    }
    let lines = markdown.lines();
    let lines: Vec<String> = lines
        .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small book in a folder of its own.
    fn book(name: &str) -> House {
        let root = std::env::temp_dir().join(format!("bookbinder-{name}-{}", std::process::id()));
        let files = [
            ("book/steps/examples/ch03_1_spin.rs", "//! Spin.\n\nfn main() {\n    spin();\n}\n"),
            ("book/steps/examples/ch03_2_park.rs", "//! Park.\n\nfn main() {\n    park();\n}\n"),
            ("book/outputs/ch03_1_spin.txt", "polls: 3\n"),
            ("book/outputs/sabotage-no-park.txt", "thread 1 | thread 2\n"),
            ("book/exercises/03_1_park/exercise.toml", "title = \"Park\"\ntask = \"Do it.\"\n"),
            ("book/exercises/03_1_park/solution.rs", "pub fn park() {}\n"),
            (
                "book/sabotage/no-park.toml",
                "says = \"It never sleeps.\"\nfile = \"crates/a.rs\"\nfind = \"park();\"\n\
                 replace = \"\"\n",
            ),
            ("crates/a.rs", "/// Sleeps.\nfn sleep() {\n    park();\n}\n"),
        ];
        for (file, text) in files {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        House::at(root)
    }

    fn expanded(name: &str, text: &str) -> (String, Vec<String>) {
        let house = book(name);
        let mut problems = Vec::new();
        let workshop = Workshop::read(&house, &mut problems);
        let source = Source { house: &house, workshop: &workshop, pages: &[] };
        let page = Page { name: "ch03-wakers.md".into(), text: text.into() };
        let text = source.expand(&page, &mut problems).text;
        std::fs::remove_dir_all(&house.root).unwrap();
        (text, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_page_gets_what_it_asks_for() {
        let page = "{{#step 3.1}}\n{{#output 3.1}}\n{{#diff 3.1 3.2}}\n{{#code crates/a.rs fn sleep}}\n\
                    {{#sabotage no-park}}\n{{#exercise 3.1}}\n{{#solution 3.1}}\nThe end.\n";
        let (text, problems) = expanded("good", page);
        assert_eq!(problems, Vec::<String>::new());
        for wanted in [
            "```sh\ncargo x step 3.1\n```",
            "```text\npolls: 3\n```",
            "```diff\n@@ line 3 @@\n fn main() {\n-    spin();\n+    park();\n }\n```",
            "<code>crates/a.rs</code>: <code>fn sleep</code>, lines 1–4",
            "It never sleeps.",
            "-    park();",
            "cargo x sabotage no-park",
            "thread 1 | thread 2",
            "### Exercise 3.1: Park\n\nDo it.",
            "<summary>Solution 3.1: Park</summary>",
        ] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
        assert!(text.ends_with("The end.\n"));
    }

    #[test]
    fn what_is_missing_is_told_with_its_line() {
        let page = "one\n{{#step 3.7}}\n{{#output 3.2}}\n{{#code crates/a.rs fn wake}}\n";
        let (text, problems) = expanded("bad", page);
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems[0].starts_with("book/src/ch03-wakers.md:2: there is no step 3.7"));
        assert!(problems[1].contains(":3: `book/outputs/ch03_2_park.txt` does not exist"));
        assert!(problems[2].contains(":4: `crates/a.rs`: nothing there begins with `fn wake`"));
        assert_eq!(text.matches("class=\"problem\"").count(), 3);
    }

    #[test]
    fn answers_in_lists_are_indented() {
        let (text, _) = expanded("list", "- one\n\n  {{#code crates/a.rs fn sleep}}\n\n- two\n");
        assert!(text.contains("\n  ```rust\n  /// Sleeps.\n"), "{text}");
    }
}
