//! Finding an item of a Rust file by how its head begins.

use super::{Listing, mask::mask};
use std::ops::Range;

/// Words that may stand before an item and are not needed to name it.
const QUALIFIERS: [&str; 5] = ["pub", "unsafe", "async", "extern", "default"];

/// Items that end with a semicolon only, whatever braces stand in them.
const UNTIL_SEMICOLON: [&str; 5] = ["const", "static", "type", "use", "let"];

/// Finds an item by the beginning of its head, without visibility and qualifiers: `fn park`,
/// `impl Wake for Inner`. ` > ` goes inside: `impl Wake for Inner > fn wake`.
///
/// The listing has the comments and attributes above it. The error is for the author.
pub(crate) fn item(source: &str, path: &str) -> Result<Listing, String> {
    let masked = mask(source);
    let file = File { lines: lines(source), attributes: attributes(&masked), masked, source };
    let mut within = 0..file.lines.len();
    let (mut found, mut head_line) = (within.clone(), 0);
    for anchor in path.split(" > ") {
        let anchor = anchor.trim();
        let candidates: Vec<usize> =
            within.clone().filter(|line| begins(&file.head(*line), anchor)).collect();
        let [head] = candidates[..] else { return Err(which(anchor, &candidates)) };
        let end = file.end_of(head);
        found = file.top_of(head, within.start)..end + 1;
        within = head + 1..end;
        head_line = head + 1;
    }
    Ok(Listing { head: head_line, ..Listing::cut(source, found) })
}

/// The error if not exactly one line begins with the anchor.
fn which(anchor: &str, candidates: &[usize]) -> String {
    let lines: Vec<String> = candidates.iter().map(|line| (line + 1).to_string()).collect();
    match lines.len() {
        0 => format!("nothing there begins with `{anchor}`; name an item as its head begins"),
        count => format!(
            "`{anchor}` stands there {count} times; say which: candidates at lines {} \
             (`impl Outer > {anchor}` goes inside)",
            lines.join(", ")
        ),
    }
}

struct File<'a> {
    source: &'a str,
    masked: Vec<u8>,
    /// Where each line begins and ends.
    lines: Vec<Range<usize>>,
    /// Where each outer attribute begins and ends.
    attributes: Vec<Range<usize>>,
}

impl File<'_> {
    /// A line without visibility and qualifiers, and with one blank between words.
    fn head(&self, line: usize) -> String {
        let range = self.lines[line].clone();
        if self.masked[range.clone()].iter().all(u8::is_ascii_whitespace) {
            return String::new();
        }
        let text = self.source[range].split_whitespace().collect::<Vec<_>>().join(" ");
        let mut head = text.as_str();
        loop {
            let (word, rest) = first_word(head);
            let rest = match word {
                // `pub(crate)`, `pub(in some::path)`
                "pub" if rest.starts_with('(') => {
                    rest.split_once(')').map_or(rest, |(_, rest)| rest)
                }
                // The name of the calling convention.
                "extern" => rest
                    .trim_start()
                    .strip_prefix('"')
                    .map_or(rest, |rest| rest.split_once('"').map_or(rest, |(_, rest)| rest)),
                _ => rest,
            };
            let rest = rest.trim_start();
            let before_fn = ["fn", "unsafe", "async", "extern"].contains(&first_word(rest).0);
            if QUALIFIERS.contains(&word) || word == "const" && before_fn {
                head = rest;
            } else {
                return head.to_owned();
            }
        }
    }

    /// The last line of the item that begins in a line.
    fn end_of(&self, head: usize) -> usize {
        let semicolon_only = UNTIL_SEMICOLON.contains(&first_word(&self.head(head)).0);
        let start = self.lines[head].start;
        let mut depth = 0_i32;
        for (at, byte) in self.masked.iter().enumerate().skip(start) {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => {
                    depth -= 1;
                    let ends = depth == 0 && *byte == b'}' && !semicolon_only;
                    // Below 0 ends what the item stands in.
                    if ends || depth < 0 {
                        return if depth < 0 { self.line_at(at) - 1 } else { self.line_at(at) };
                    }
                }
                b';' if depth == 0 => return self.line_at(at),
                _ => {}
            }
        }
        self.lines.len() - 1
    }

    /// The first line of the comments and attributes above an item, not above `limit`.
    fn top_of(&self, head: usize, limit: usize) -> usize {
        let mut top = head;
        while top > limit {
            let range = &self.lines[top - 1];
            let text = self.source[range.clone()].trim();
            let comment = text.starts_with("//") && !text.starts_with("//!");
            let overlaps = |it: &Range<usize>| it.start < range.end && range.start < it.end;
            if !(comment || self.attributes.iter().any(overlaps)) {
                break;
            }
            top -= 1;
        }
        top
    }

    fn line_at(&self, at: usize) -> usize {
        self.lines.partition_point(|line| line.end < at)
    }
}

fn lines(source: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let line = |text: &str| {
        let range = start..start + text.trim_end_matches('\n').len();
        start += text.len();
        range
    };
    source.split_inclusive('\n').map(line).collect()
}

fn attributes(masked: &[u8]) -> Vec<Range<usize>> {
    let mut attributes = Vec::new();
    let starts = masked.windows(2).enumerate().filter(|(_, window)| window == b"#[");
    for (start, _) in starts {
        let mut depth = 0;
        let length = masked[start..].iter().position(|byte| {
            depth += i32::from(*byte == b'[') - i32::from(*byte == b']');
            depth == 0 && *byte == b']'
        });
        attributes.push(start..length.map_or(masked.len(), |length| start + length + 1));
    }
    attributes
}

fn first_word(text: &str) -> (&str, &str) {
    let end = text.find(|letter| !is_of_word(letter)).unwrap_or(text.len());
    text.split_at(end)
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Whether a head begins with an anchor, as a whole word.
fn begins(head: &str, anchor: &str) -> bool {
    let Some(rest) = head.strip_prefix(anchor) else { return false };
    let goes_on = anchor.ends_with(is_of_word) && rest.starts_with(is_of_word);
    !anchor.is_empty() && !goes_on
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"//! A module.

use std::fmt::{self, Display};

/// One pointer.
const REF: usize = 1 << 6;
const REFERENCE: usize = 7;
static TABLE: Table = Table { name: "}", park };

/// Sleeps.
///
/// A brace: }
#[derive(
    Debug,
    Clone,
)]
// Why it is so.
pub(crate) struct Parker {
    inner: Arc<Inner>, // }
}

struct Word(usize);

impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.unpark();
    }

    /// By reference.
    #[inline]
    fn wake_by_ref(self: &Arc<Self>) {
        let brace = '{';
    }
}

unsafe impl Send for Inner {}

impl Other {
    // No item's comment.

    pub const unsafe fn wake(&self) -> [u8; 2] { "{" ; [1; 2] }
    pub(in crate::x) async fn park<T>(
        &self,
    ) -> T
    where
        T: Send,
    {
        if x { y } else { z }
    }
    pub extern "C" fn c() {}
}

trait Park {
    fn turn(&mut self);
    /// Wakes.
    fn wake(&self) {}
}
"#;

    fn text(path: &str) -> String {
        item(SOURCE, path).unwrap().text
    }

    #[test]
    fn constants_end_with_a_semicolon() {
        assert_eq!(text("const REF"), "/// One pointer.\nconst REF: usize = 1 << 6;\n");
        assert_eq!(text("static TABLE"), "static TABLE: Table = Table { name: \"}\", park };\n");
        assert_eq!(text("use std::fmt"), "use std::fmt::{self, Display};\n");
        assert_eq!(text("struct Word"), "struct Word(usize);\n");
    }

    #[test]
    fn comments_and_attributes_come_along() {
        let listing = item(SOURCE, "struct Parker").unwrap();
        assert!(listing.text.starts_with("/// Sleeps.\n"), "{}", listing.text);
        assert!(listing.text.ends_with("    inner: Arc<Inner>, // }\n}\n"));
        assert_eq!(listing.lines, (10, 20));
        let inner = text("impl Wake for Inner > fn wake_by_ref");
        assert!(inner.starts_with("/// By reference.\n#[inline]\nfn wake_by_ref"), "{inner}");
        assert!(inner.ends_with("    let brace = '{';\n}\n"));
    }

    #[test]
    fn qualifiers_need_not_be_named() {
        assert!(text("impl Send for Inner").starts_with("unsafe impl Send"));
        assert!(text("impl Other > fn wake").starts_with("pub const unsafe fn wake"));
        let park = text("fn park");
        assert!(park.starts_with("pub(in crate::x) async fn park<T>(\n"), "{park}");
        assert!(park.ends_with("    if x { y } else { z }\n}\n"));
        assert_eq!(text("fn c"), "pub extern \"C\" fn c() {}\n");
    }

    #[test]
    fn the_way_goes_inside() {
        assert_eq!(text("trait Park > fn turn"), "fn turn(&mut self);\n");
        assert_eq!(text("trait Park > fn wake"), "/// Wakes.\nfn wake(&self) {}\n");
        assert!(text("impl Wake for Inner > fn wake").starts_with("fn wake(self: Arc<Self>)"));
    }

    #[test]
    fn every_function_of_the_house_is_cut_whole() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found = 0;
        for folder in ["crates/task/src", "crates/executor/src", "crates/bookbinder/src/source"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let Ok(source) = std::fs::read_to_string(&path) else { continue };
                for line in source.lines().filter(|line| line.contains("fn ")) {
                    let (_, name) = line.split_once("fn ").unwrap();
                    let (name, _) = first_word(name);
                    // Of several with the same name nobody says which.
                    let Ok(listing) = item(&source, &format!("fn {name}")) else { continue };
                    let code = String::from_utf8(mask(&listing.text)).unwrap();
                    let count = |sign: char| code.matches(sign).count();
                    assert_eq!(count('{'), count('}'), "{}: {name}", path.display());
                    assert!(listing.text.trim_end().ends_with(['}', ';']), "{}", listing.text);
                    found += 1;
                }
            }
        }
        assert!(found > 100, "only {found}");
    }

    #[test]
    fn one_and_only_one_has_to_match() {
        let error = item(SOURCE, "fn wake").unwrap_err();
        assert!(error.contains("3 times") && error.contains("candidates at lines 25, "), "{error}");
        assert!(item(SOURCE, "fn unpark").unwrap_err().contains("nothing there begins with"));
        assert!(item(SOURCE, "impl Other > fn turn").is_err());
        // Words in comments are no heads.
        assert!(item("// fn one() {}\nfn two() {}\n", "fn one").is_err());
    }
}
