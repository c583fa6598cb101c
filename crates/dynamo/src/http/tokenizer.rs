//! A tokenizer without a vocabulary: for counting, and for an echo that says words.
//!
//! Every token is a piece of the text, and the pieces in a row are the text again. A token is a
//! run of letters and digits with the white space before it, or one other character; long runs
//! are cut, and characters of scripts that write no spaces stand alone.

/// Longest run of letters in one token, in characters.
const LONGEST: usize = 12;

/// Cuts `text` into tokens.
///
/// ```
/// use handcrank_dynamo::http::tokenizer::tokenize;
///
/// assert_eq!(tokenize("Hello, big world!"), ["Hello", ",", " big", " world", "!"]);
/// assert_eq!(tokenize("你好"), ["你", "好"]);
/// ```
pub fn tokenize(text: &str) -> Vec<String> {
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let mut rest = text;
    while !rest.is_empty() {
        let (token, tail) = rest.split_at(token_length(rest));
        tokens.push(token.to_owned());
        rest = tail;
    }
    tokens
}

/// The length of the first token in bytes; at least one character.
fn token_length(text: &str) -> usize {
    let mut letters = 0;
    let mut blanks = 0;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() && letters == 0 && blanks < LONGEST {
            blanks += 1;
        } else if c.is_alphanumeric() && !stands_alone(c) && letters < LONGEST {
            letters += 1;
        } else if letters > 0 {
            return at;
        } else {
            // A character that stands alone takes the white space before it along, too.
            return if c.is_whitespace() { at } else { at + c.len_utf8() };
        }
    }
    text.len()
}

/// Scripts without spaces between words: from the CJK radicals on.
fn stands_alone(c: char) -> bool {
    c >= '\u{2E80}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_are_the_text() {
        let texts = [
            "",
            " ",
            "   \n\n\t  ",
            "a",
            "Hello, big world!",
            "trailing space ",
            "  leading",
            "https://example.org/a?b=c&d=%20",
            "ﬁne 👩‍👩‍👧 naïve Ωμέγα",
            "你好，世界 mixed 世界x",
            &"x".repeat(100),
            &" ".repeat(100),
        ];
        for text in texts {
            let tokens = tokenize(text);
            assert_eq!(tokens.concat(), text);
            assert!(tokens.iter().all(|token| !token.is_empty()));
            assert!(tokens.iter().all(|token| token.chars().count() <= 2 * LONGEST + 1));
        }
    }

    #[test]
    fn words_take_the_space_before_them() {
        assert_eq!(tokenize("one two  three"), ["one", " two", "  three"]);
        assert_eq!(tokenize("a b "), ["a", " b", " "]);
        assert_eq!(tokenize("abcdefghijklmnop"), ["abcdefghijkl", "mnop"]);
    }
}
