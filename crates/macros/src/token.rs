//! Tokens as the parsers see them.
//!
//! `proc_macro`'s own types panic outside a running compiler, so a parser written on them cannot
//! be unit-tested. The parsers here read this small copy instead, in which a span is anything: the
//! compiler's in a macro, a number in a test.

use proc_macro::{Delimiter, Span, TokenStream, TokenTree};

/// One token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token<S> {
    pub kind: Kind,
    pub span: S,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Word(String),
    Literal(String),
    /// A punctuation mark, and whether another follows without a space (`->` is a joint `-`).
    Punct(char, bool),
    /// `( … )`
    Parens {
        empty: bool,
    },
    /// `[ … ]` with the words and marks in it run together, which is enough to know an attribute.
    Brackets(String),
    /// `{ … }`
    Braces,
    /// What a `macro_rules` variable was replaced by.
    Invisible,
}

impl<S> Token<S> {
    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(this) if this == word)
    }

    pub(crate) fn is_punct(&self, punct: char) -> bool {
        matches!(self.kind, Kind::Punct(this, _) if this == punct)
    }
}

/// What is wrong, and at which token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Error<S> {
    pub message: String,
    pub span: S,
}

impl<S> Error<S> {
    pub(crate) fn new(span: S, message: impl Into<String>) -> Self {
        Self { message: message.into(), span }
    }
}

/// Reads the compiler's tokens, one for one: the indices of the copy are those of the original.
pub(crate) fn read(tokens: &[TokenTree]) -> Vec<Token<Span>> {
    tokens.iter().map(|token| Token { kind: kind(token), span: token.span() }).collect()
}

/// A stream's tokens with the invisible groups opened. In an attribute's arguments they only wrap
/// a literal that came through a `macro_rules` variable.
pub(crate) fn flatten(stream: TokenStream) -> Vec<TokenTree> {
    stream
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                flatten(group.stream())
            }
            other => vec![other],
        })
        .collect()
}

fn kind(token: &TokenTree) -> Kind {
    match token {
        TokenTree::Ident(ident) => Kind::Word(ident.to_string()),
        TokenTree::Literal(literal) => Kind::Literal(literal.to_string()),
        TokenTree::Punct(punct) => {
            Kind::Punct(punct.as_char(), punct.spacing() == proc_macro::Spacing::Joint)
        }
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => Kind::Parens { empty: group.stream().is_empty() },
            Delimiter::Bracket => {
                Kind::Brackets(group.stream().into_iter().map(|token| token.to_string()).collect())
            }
            Delimiter::Brace => Kind::Braces,
            Delimiter::None => Kind::Invisible,
        },
    }
}

/// A lexer for tests: enough of Rust's to write the parsers' input down as text. A token's span is
/// its number.
#[cfg(test)]
pub(crate) fn lex(text: &str) -> Vec<Token<usize>> {
    let mut kinds = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            '"' => rest[1..].find('"').expect("an open string") + 2,
            '(' | '[' | '{' => {
                let mut depth = 0;
                rest.find(|c| {
                    depth += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
                    depth == 0
                })
                .expect("an open group")
                    + 1
            }
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => 1,
        };
        let (token, after) = rest.split_at(length);
        kinds.push(match first {
            '"' | '0'..='9' => Kind::Literal(token.to_owned()),
            '(' => Kind::Parens { empty: token[1..length - 1].trim().is_empty() },
            '[' => Kind::Brackets(token[1..length - 1].replace(' ', "")),
            '{' => Kind::Braces,
            c if is_word(c) => Kind::Word(token.to_owned()),
            c => Kind::Punct(c, after.starts_with(|c: char| c.is_ascii_punctuation())),
        });
        rest = after.trim_start();
    }
    kinds.into_iter().enumerate().map(|(span, kind)| Token { kind, span }).collect()
}
