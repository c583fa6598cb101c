//! What a page asks for: `{{#step 7.2}}` and its relatives.

use crate::workshop::Number;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What may stand between the braces.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Directive {
    /// The command that runs a step, and its file.
    Step(Number),
    /// What a step printed.
    Output(Number),
    /// What differs between two steps.
    Diff(Number, Number),
    /// A file, or a piece of it.
    Code { file: String, piece: Option<String> },
    /// A broken variant: the change, the command, what went wrong.
    Sabotage(String),
    /// An exercise's task and commands.
    Exercise(Number),
    /// An exercise's solution, folded away.
    Solution(Number),
    /// A drawing.
    Figure(String),
    /// A link into Tokio's source.
    Tokio { file: String, item: Option<String> },
    /// All terms of all chapters.
    Glossary,
}

/// A directive and where it stands.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Its place in the page: the line if it has one of its own, else from brace to brace.
    pub(crate) range: Range<usize>,
    /// Counted from 1.
    pub(crate) line: usize,
    /// Whether it has the line for itself.
    pub(crate) alone: bool,
    /// What stands before it in its line, if it is blank: how far the answer is to be indented.
    pub(crate) indent: String,
    /// The error is for the author.
    pub(crate) directive: Result<Directive, String>,
}

/// Those that mdBook itself answers.
const MDBOOKS: [&str; 5] = ["include", "rustdoc_include", "playground", "template", "title"];

static BRACES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{\{#(\w+)([^}\n]*)\}\}").expect("a valid pattern"));

/// Finds everything that a page asks for, outside of blocks of code.
pub(crate) fn asked(page: &str) -> Vec<Asked> {
    let mut found = Vec::new();
    let mut fence: Option<String> = None;
    let mut start = 0;
    for (number, line) in page.split_inclusive('\n').enumerate() {
        let text = line.trim();
        if let Some(open) = &fence {
            if text.starts_with(open.as_str()) && text.trim_matches(['`', '~']).is_empty() {
                fence = None;
            }
        } else if text.starts_with("```") || text.starts_with("~~~") {
            let sign = &text[..1];
            let length = text.len() - text.trim_start_matches(sign).len();
            fence = Some(sign.repeat(length));
        } else {
            found.extend(in_line(line, number + 1, start));
        }
        start += line.len();
    }
    found
}

fn in_line(line: &str, number: usize, start: usize) -> impl Iterator<Item = Asked> {
    BRACES.captures_iter(line).filter_map(move |captures| {
        let (whole, name) = (captures.get(0)?, &captures[1]);
        let escaped = line[..whole.start()].ends_with('\\');
        if escaped || MDBOOKS.contains(&name) {
            return None;
        }
        let alone = line.trim() == whole.as_str();
        let directive = parse(name, captures[2].trim()).and_then(|directive| {
            if alone || matches!(directive, Directive::Tokio { .. }) {
                Ok(directive)
            } else {
                Err(format!("`{}` has to stand on a line of its own", whole.as_str()))
            }
        });
        let range = if alone { 0..line.trim_end().len() } else { whole.range() };
        let indent = if alone { &line[..whole.start()] } else { "" };
        Some(Asked {
            range: start + range.start..start + range.end,
            line: number,
            alone,
            indent: indent.to_owned(),
            directive,
        })
    })
}

fn parse(name: &str, rest: &str) -> Result<Directive, String> {
    let number = |text: &str| {
        Number::parse(text)
            .ok_or_else(|| format!("`{text}` is no number like 7.2; write `{{{{#{name} 7.2}}}}`"))
    };
    let named = |what: &str| {
        if rest.is_empty() || rest.contains(char::is_whitespace) {
            Err(format!("`{{{{#{name} …}}}}` takes the name of {what}, and nothing else"))
        } else {
            Ok(rest.to_owned())
        }
    };
    let file_and_piece = || match rest.split_once(char::is_whitespace) {
        Some((file, piece)) => Ok((file.to_owned(), Some(piece.trim().to_owned()))),
        None if rest.is_empty() => Err(format!("`{{{{#{name} …}}}}` takes a file")),
        None => Ok((rest.to_owned(), None)),
    };
    Ok(match name {
        "step" => Directive::Step(number(rest)?),
        "output" => Directive::Output(number(rest)?),
        "diff" => {
            let (old, new) = rest
                .split_once(char::is_whitespace)
                .ok_or("`{{#diff …}}` takes two steps: `{{#diff 7.1 7.2}}`")?;
            Directive::Diff(number(old)?, number(new.trim())?)
        }
        "code" => {
            let (file, piece) = file_and_piece()?;
            Directive::Code { file, piece }
        }
        "sabotage" => Directive::Sabotage(named("a file in book/sabotage")?),
        "exercise" => Directive::Exercise(number(rest)?),
        "solution" => Directive::Solution(number(rest)?),
        "figure" => Directive::Figure(named("a file in book/figures")?),
        "tokio" => {
            let (file, item) = file_and_piece()?;
            Directive::Tokio { file, item }
        }
        "glossary" if rest.is_empty() => Directive::Glossary,
        "glossary" => return Err("`{{#glossary}}` takes nothing".to_owned()),
        _ => {
            return Err(format!(
                "nobody knows `{{{{#{name}}}}}`; book/README.md lists what a page may say"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directives(page: &str) -> Vec<Result<Directive, String>> {
        asked(page).into_iter().map(|asked| asked.directive).collect()
    }

    fn number(chapter: u32, place: u32) -> Number {
        Number { chapter, place }
    }

    #[test]
    fn directives_are_found() {
        let page = "# 7.\n{{#step 7.2}}\n\n  {{#diff 7.1 7.2}}\n{{#code a/b.rs impl A > fn b}}\n";
        let found = asked(page);
        assert_eq!(found[0].directive, Ok(Directive::Step(number(7, 2))));
        assert_eq!(&page[found[0].range.clone()], "{{#step 7.2}}");
        assert_eq!(found[1].directive, Ok(Directive::Diff(number(7, 1), number(7, 2))));
        assert_eq!((found[1].line, found[1].indent.as_str()), (4, "  "));
        let code =
            Directive::Code { file: "a/b.rs".into(), piece: Some("impl A > fn b".to_owned()) };
        assert_eq!(found[2].directive, Ok(code));
    }

    #[test]
    fn only_tokio_may_stand_in_a_sentence() {
        let page = "see {{#tokio src/a.rs}} and {{#tokio src/b.rs fn c}}.";
        let found = directives(page);
        assert_eq!(found[0], Ok(Directive::Tokio { file: "src/a.rs".into(), item: None }));
        assert_eq!(found.len(), 2);
        assert!(directives("see {{#step 7.2}}.")[0].is_err());
    }

    #[test]
    fn what_is_code_or_mdbooks_is_left_alone() {
        assert!(asked("````sh\n{{#step 1.1}}\n```\n{{#step 1.2}}\n````\n").is_empty());
        assert!(asked("{{#include a.md}}\n\\{{#step 1.1}}\n").is_empty());
        assert_eq!(asked("```sh\n```\n{{#step 1.1}}\n").len(), 1);
    }

    #[test]
    fn mistakes_are_told() {
        assert!(directives("{{#stpe 1.1}}")[0].as_ref().unwrap_err().contains("nobody knows"));
        assert!(directives("{{#step one}}")[0].is_err());
        assert!(directives("{{#diff 1.1}}")[0].is_err());
        assert!(directives("{{#sabotage}}")[0].is_err());
        assert!(directives("{{#glossary all}}")[0].is_err());
    }
}
