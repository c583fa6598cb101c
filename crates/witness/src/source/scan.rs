//! As much of Rust's grammar as it takes to find functions, `impl` blocks and the names before a dot.

use std::ops::Range;

// By reference, as the iterators over bytes want it.
#[allow(clippy::trivially_copy_pass_by_ref)]
pub(super) fn is_ident(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80
}

/// Blanks comments, strings and character literals out, so that braces and words in them do not count.
pub(super) fn blank(text: &str) -> Vec<u8> {
    let source = text.as_bytes();
    let mut code = source.to_vec();
    let mut at = 0;
    while at < source.len() {
        let end = match source[at] {
            b'/' if source[at..].starts_with(b"//") => line_end(source, at),
            b'/' if source[at..].starts_with(b"/*") => comment_end(source, at),
            b'"' => string_end(source, at),
            b'r' if !follows_ident(source, at) => raw_string_end(source, at).unwrap_or(at),
            b'\'' => char_end(source, at),
            _ => at,
        };
        for byte in &mut code[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + 1);
    }
    code
}

fn follows_ident(source: &[u8], at: usize) -> bool {
    // A byte string's `b` comes before its `r`.
    at > 0 && is_ident(&source[at - 1]) && source[at - 1] != b'b'
}

fn line_end(source: &[u8], at: usize) -> usize {
    source[at..].iter().position(|byte| *byte == b'\n').map_or(source.len(), |length| at + length)
}

fn comment_end(source: &[u8], at: usize) -> usize {
    let mut depth = 0;
    let mut here = at;
    while here < source.len() {
        if source[here..].starts_with(b"/*") {
            depth += 1;
            here += 2;
        } else if source[here..].starts_with(b"*/") {
            depth -= 1;
            here += 2;
            if depth == 0 {
                return here;
            }
        } else {
            here += 1;
        }
    }
    source.len()
}

fn string_end(source: &[u8], at: usize) -> usize {
    let mut here = at + 1;
    while here < source.len() {
        match source[here] {
            b'\\' => here += 2,
            b'"' => return here + 1,
            _ => here += 1,
        }
    }
    source.len()
}

fn raw_string_end(source: &[u8], at: usize) -> Option<usize> {
    let hashes = source[at + 1..].iter().take_while(|byte| **byte == b'#').count();
    let open = at + 1 + hashes;
    if source.get(open) != Some(&b'"') {
        return None;
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let length = source[open + 1..].windows(close.len()).position(|window| window == close)?;
    Some(open + 1 + length + close.len())
}

/// A character, or the beginning of a lifetime, which is left alone.
fn char_end(source: &[u8], at: usize) -> usize {
    match source.get(at + 1) {
        Some(b'\\') => {
            let from = at + 3;
            let close = source.get(from..).and_then(|rest| rest.iter().position(|b| *b == b'\''));
            close.map_or(source.len(), |length| from + length + 1)
        }
        Some(_) => {
            // One character, of up to four bytes.
            let close = source[at + 2..].iter().take(4).position(|byte| *byte == b'\'');
            match close {
                Some(length) if length == 0 || source[at + 1] >= 0x80 => at + 2 + length + 1,
                _ => at,
            }
        }
        None => at,
    }
}

/// Back from `end` over all bytes that are like this.
pub(super) fn back_over(code: &[u8], end: usize, like: impl Fn(&u8) -> bool) -> usize {
    code[..end].iter().rposition(|byte| !like(byte)).map_or(0, |last| last + 1)
}

/// The word that ends here.
pub(super) fn ident_before(code: &[u8], end: usize) -> Option<&str> {
    let start = back_over(code, end, is_ident);
    (start < end).then(|| std::str::from_utf8(&code[start..end]).ok()).flatten()
}

/// The word that begins here.
pub(super) fn ident_from(code: &[u8], start: usize) -> Option<&str> {
    let length = code[start..].iter().take_while(|byte| is_ident(byte)).count();
    (length > 0).then(|| std::str::from_utf8(&code[start..start + length]).ok()).flatten()
}

/// The words of a text.
pub(super) fn words(code: &[u8]) -> impl Iterator<Item = &str> {
    code.split(|byte| !is_ident(byte))
        .filter(|word| !word.is_empty())
        .filter_map(|word| std::str::from_utf8(word).ok())
}

/// The bracket that the one at `close` closes.
pub(super) fn opening(code: &[u8], close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in (0..=close).rev() {
        match code[at] {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The bracket that closes the one at `open`.
fn closing(code: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Back over `::<…>`, if it stands there.
pub(super) fn back_over_turbofish(code: &[u8], end: usize) -> usize {
    if end == 0 || code[end - 1] != b'>' {
        return end;
    }
    let mut depth = 0_usize;
    for at in (0..end).rev() {
        match code[at] {
            b'>' => depth += 1,
            b'<' => {
                depth -= 1;
                if depth == 0 {
                    return if code[..at].ends_with(b"::") { at - 2 } else { end };
                }
            }
            _ => {}
        }
    }
    end
}

/// The places where this word stands.
fn places<'a>(code: &'a [u8], word: &'a str) -> impl Iterator<Item = usize> + 'a {
    (0..code.len().saturating_sub(word.len())).filter(move |&at| {
        code[at..].starts_with(word.as_bytes())
            && (at == 0 || !is_ident(&code[at - 1]))
            && !code.get(at + word.len()).is_some_and(is_ident)
    })
}

/// The braces that follow, if they come before the item ends.
fn body(code: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        match code.get(at)? {
            b'(' | b'[' => at = closing(code, at)?,
            b'{' => return Some(at..closing(code, at)? + 1),
            b';' => return None,
            _ => {}
        }
        at += 1;
    }
}

/// Names, places and bodies of the functions.
pub(super) fn functions(code: &[u8]) -> impl Iterator<Item = (String, usize, Range<usize>)> {
    places(code, "fn").filter_map(|at| {
        let start = at + 2 + code[at + 2..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let name = ident_from(code, start)?.to_owned();
        Some((name, at, body(code, start)?))
    })
}

/// Does `#[test]` stand before the function at this place?
pub(super) fn is_test(code: &[u8], at: usize) -> bool {
    let before = back_over(code, at, |byte| !matches!(byte, b'{' | b'}' | b';'));
    let text = String::from_utf8_lossy(&code[before..at]);
    text.contains("#[test]")
}

/// The types and bodies of the `impl` blocks.
pub(super) fn impls(code: &[u8]) -> Vec<(String, Range<usize>)> {
    places(code, "impl")
        // Not the `impl` of an argument or a result.
        .filter(|&at| {
            let before = back_over(code, at, u8::is_ascii_whitespace);
            before == 0
                || matches!(code[before - 1], b'{' | b'}' | b';' | b']')
                || ident_before(code, before) == Some("unsafe")
        })
        .filter_map(|at| {
            let body = body(code, at)?;
            let head = String::from_utf8_lossy(&code[at + 4..body.start]);
            Some((type_of(&head)?, body))
        })
        .collect()
}

/// The type's name in the head of an `impl`: `<T> Trait<X> for crate::Type<T> where …`.
fn type_of(head: &str) -> Option<String> {
    let head = head.split(" where").next().unwrap_or_default().trim();
    let head = match head.rsplit_once(" for ") {
        Some((_, of)) => of,
        None if head.starts_with('<') => {
            let mut depth = 0;
            let end = head.char_indices().find(|&(_, c)| {
                depth += i32::from(c == '<') - i32::from(c == '>');
                depth == 0
            })?;
            &head[end.0 + 1..]
        }
        None => head,
    };
    let head = head.trim().split('<').next().unwrap_or_default();
    let name = head.rsplit("::").next().unwrap_or_default().trim_start_matches(['&', ' ']);
    (!name.is_empty()).then(|| name.to_owned())
}
