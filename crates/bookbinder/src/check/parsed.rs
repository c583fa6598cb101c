//! A page taken apart: headings, blocks of code, words.

use crate::directive::Asked;
use crate::html::foldings;
use crate::problem::line_of;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// What a page consists of. Lines are counted from 1.
#[derive(Default)]
pub(crate) struct Parsed {
    pub(super) headings: Vec<Heading>,
    pub(super) fences: Vec<Fence>,
    /// What stands between backticks.
    pub(super) codes: Vec<(String, usize)>,
    /// Tags of HTML: their names, without attributes.
    pub(super) tags: Vec<(String, usize)>,
    /// What stands in italics.
    pub(super) emphases: Vec<String>,
    /// Words of prose, without what is folded away.
    pub(crate) words: usize,
    /// How many foldings the place lies in.
    folded: isize,
}

pub(super) struct Heading {
    pub(super) level: u8,
    pub(super) text: String,
    pub(super) line: usize,
}

pub(super) struct Fence {
    /// Empty if it has none.
    pub(super) language: String,
    pub(super) text: String,
    /// The line of the fence itself.
    pub(super) line: usize,
}

impl Parsed {
    /// Takes a page apart, without what it asks for.
    pub(crate) fn new(page: &str, asked: &[Asked]) -> Self {
        let text = blanked(page, asked);
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS;
        let mut parsed = Self::default();
        let mut heading: Option<Heading> = None;
        let mut fence: Option<Fence> = None;
        let mut emphasis: Option<String> = None;
        for (event, range) in Parser::new_ext(&text, options).into_offset_iter() {
            let line = line_of(&text, range.start);
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    heading = Some(Heading { level: level as u8, text: String::new(), line });
                }
                Event::End(TagEnd::Heading(_)) => parsed.headings.extend(heading.take()),
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => language.to_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    fence = Some(Fence { language, text: String::new(), line });
                }
                Event::End(TagEnd::CodeBlock) => parsed.fences.extend(fence.take()),
                Event::Start(Tag::Emphasis) => emphasis = Some(String::new()),
                Event::End(TagEnd::Emphasis) => parsed.emphases.extend(emphasis.take()),
                Event::Text(words) => match &mut fence {
                    Some(fence) => fence.text += &words,
                    None => parsed.prose(&words, &mut heading, &mut emphasis),
                },
                Event::Code(words) => {
                    parsed.prose(&words, &mut heading, &mut emphasis);
                    parsed.codes.push((words.to_string(), line));
                }
                Event::InlineHtml(html) | Event::Html(html) => {
                    parsed.tags.extend(tags(&html).map(|name| (name, line)));
                    parsed.folded += foldings(&html);
                }
                Event::SoftBreak | Event::HardBreak => {
                    if let Some(emphasis) = &mut emphasis {
                        emphasis.push(' ');
                    }
                }
                _ => {}
            }
        }
        parsed
    }

    fn prose(&mut self, words: &str, heading: &mut Option<Heading>, emphasis: &mut Option<String>) {
        let is_word = |word: &&str| word.contains(char::is_alphanumeric);
        if self.folded <= 0 {
            self.words += words.split_whitespace().filter(is_word).count();
        }
        if let Some(heading) = heading {
            heading.text += words;
        }
        if let Some(emphasis) = emphasis {
            *emphasis += words;
        }
    }
}

/// The names of the tags that begin or end in a piece of HTML.
fn tags(html: &str) -> impl Iterator<Item = String> {
    html.split('<').skip(1).filter_map(|rest| {
        let name = rest.trim_start_matches('/');
        let end = name.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(name.len());
        (end > 0).then(|| name[..end].to_owned())
    })
}

/// The page with blanks in place of what it asks for, so that everything else keeps its place.
fn blanked(page: &str, asked: &[Asked]) -> String {
    let mut text = String::new();
    let mut copied = 0;
    for one in asked {
        text += &page[copied..one.range.start];
        // Blanks before words in the same line would make them an indented block of code.
        let blank = if one.alone { " " } else { "." };
        text += &blank.repeat(one.range.len());
        copied = one.range.end;
    }
    text + &page[copied..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directive::asked;

    #[test]
    fn a_page_is_taken_apart() {
        let page = "# 1. One `x`\n\nSome *blocking\ncall* of `a/b.rs`.\n\n{{#code a fn b}}\n\n\
                    ```sh\ncargo x step 1.1\n```\n\n    indented\n";
        let parsed = Parsed::new(page, &asked(page));
        assert_eq!(parsed.headings[0].text, "1. One x");
        assert_eq!((parsed.headings[0].level, parsed.headings[0].line), (1, 1));
        assert_eq!(parsed.emphases, ["blocking call"]);
        assert_eq!(parsed.codes[1], ("a/b.rs".to_owned(), 4));
        assert_eq!((parsed.fences[0].language.as_str(), parsed.fences[0].line), ("sh", 8));
        assert_eq!(parsed.fences[0].text, "cargo x step 1.1\n");
        assert_eq!(parsed.fences[1].language, "");
        assert_eq!(parsed.words, 8);
    }

    #[test]
    fn types_without_backticks_are_tags() {
        let page = "An Arc<Inner> and a `Vec<T>`.\n\n<details>\n<!-- x -->\n\nMore\n\n</details>\n";
        let parsed = Parsed::new(page, &[]);
        let tags: Vec<(&str, usize)> =
            parsed.tags.iter().map(|(name, line)| (name.as_str(), *line)).collect();
        assert_eq!(tags, [("Inner", 1), ("details", 3), ("details", 8)]);
        assert_eq!(parsed.words, 5, "what is folded away is not counted");
    }

    #[test]
    fn what_is_asked_for_leaves_no_block_of_code() {
        let page = "{{#tokio src/lib.rs}} is a file.\n\n{{#step 1.1}}\n\nMore.\n";
        let parsed = Parsed::new(page, &asked(page));
        assert!(parsed.fences.is_empty());
        assert_eq!(parsed.words, 4);
    }
}
