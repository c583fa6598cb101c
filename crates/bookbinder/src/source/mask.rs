//! Rust source with everything blanked out in which a brace is only a letter.

/// The source with comments, strings and characters turned into blanks. Each byte keeps its place,
/// and so does each end of a line.
pub(super) fn mask(source: &str) -> Vec<u8> {
    let bytes = source.as_bytes();
    let mut masked = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = skip(source, at);
        if end == at {
            at += 1;
            continue;
        }
        for byte in &mut masked[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    masked
}

/// Where the comment, string or character that begins here ends. If none does: right here.
fn skip(source: &str, at: usize) -> usize {
    let rest = &source.as_bytes()[at..];
    let length = match rest[0] {
        b'/' if rest.starts_with(b"//") => line(rest),
        b'/' if rest.starts_with(b"/*") => block_comment(rest),
        b'"' => quoted(rest, b'"'),
        b'\'' => character(&source[at..]),
        b'r' if !follows_a_word(source, at) => raw_string(rest),
        _ => 0,
    };
    at + length
}

/// Whether the letter here is the end or middle of a word. `br"…"` and `cr"…"` are no such word.
fn follows_a_word(source: &str, at: usize) -> bool {
    let before = source[..at].trim_end_matches(['b', 'c']);
    let prefix = at - before.len();
    prefix > 1 || before.ends_with(|last: char| last.is_alphanumeric() || last == '_')
}

fn line(rest: &[u8]) -> usize {
    rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// From a quote to the same quote, past what a backslash stands before.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `'x'` or `'\n'`, but not the lifetime `'x`.
fn character(rest: &str) -> usize {
    let mut letters = rest[1..].chars();
    match letters.next() {
        Some('\\') => quoted(rest.as_bytes(), b'\''),
        Some(letter) if letters.next() == Some('\'') => 2 + letter.len_utf8(),
        _ => 0,
    }
}

fn raw_string(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let end = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    let body = 2 + hashes;
    let length = rest[body..].windows(end.len()).position(|window| window == end);
    length.map_or(rest.len(), |length| body + length + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a source, without its blanks.
    fn left(source: &str) -> String {
        let masked = String::from_utf8(mask(source)).unwrap();
        assert_eq!(masked.len(), source.len());
        masked.replace(' ', "")
    }

    #[test]
    fn comments_are_blanked() {
        assert_eq!(left("a // {\nb"), "a\nb");
        assert_eq!(left("a /* { /* } */ { */ b"), "ab");
        assert_eq!(left("a /* {"), "a");
    }

    #[test]
    fn strings_are_blanked() {
        assert_eq!(left(r#"f("{\"{") }"#), "f()}");
        assert_eq!(left("a r#\"{\"{\"# }"), "a}");
        assert_eq!(left("br\"{\" }"), "b}");
        assert_eq!(left("r#type { }"), "r#type{}");
        assert_eq!(left("for\"{\""), "for");
        assert_eq!(left("a \"\\\\\" }"), "a}");
    }

    #[test]
    fn characters_are_not_lifetimes() {
        assert_eq!(left("'{' '\\'' 'ä' b'{' {"), "b{");
        assert_eq!(left("&'a str, 'b {"), "&'astr,'b{");
    }
}
