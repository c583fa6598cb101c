//! The parts of the function under the attribute.

use std::ops::Range;

use crate::Attribute;
use crate::token::{Error, Kind, Token};

/// Where the parts stand, as indices into the function's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// The end of the leading attributes and doc comments.
    pub attributes_end: usize,
    /// The keyword that goes.
    pub async_at: usize,
    pub name: usize,
    /// Whether it has nothing but a visibility, a name, a return type and a body: no parameters, no generics, no
    /// `unsafe`. It is `main` or a test, so it is no associated function either. One that never returns does not count:
    /// a call of it that is a statement of its own would be followed by code that is never reached.
    pub is_plain: bool,
    /// The return type without its arrow.
    pub output: Option<Range<usize>>,
    /// The body; nothing comes after it.
    pub body: usize,
}

impl Function {
    /// Finds the parts, and refuses what the attribute cannot be put on.
    pub(crate) fn parse<S: Copy>(
        attribute: Attribute,
        tokens: &[Token<S>],
    ) -> Result<Self, Error<S>> {
        let attributes_end = parse_attributes(attribute, tokens)?;

        // Between the attributes and `fn` stand only a visibility and qualifiers.
        let fn_at = (attributes_end..tokens.len()).find(|&at| tokens[at].is_word("fn"));
        let Some(fn_at) = fn_at else {
            let message = format!("`#[{}]` belongs on an `async fn`", attribute.name());
            return Err(Error::new(tokens[attributes_end.min(tokens.len() - 1)].span, message));
        };
        let async_at = (attributes_end..fn_at).find(|&at| tokens[at].is_word("async"));
        let Some(async_at) = async_at else {
            return Err(Error::new(
                tokens[fn_at].span,
                format!("`#[{}]` needs an `async fn`: the `async` is missing", attribute.name()),
            ));
        };

        let name = &tokens[fn_at + 1..];
        let Some(params) = skip_generics(tokens, fn_at + 2) else {
            return Err(Error::new(tokens[fn_at].span, "expected a function with parameters"));
        };
        let has_params = tokens[params].kind != Kind::Parens { empty: true };
        let is_entry = attribute == Attribute::Test || name[0].is_word("main");
        if has_params && is_entry {
            return Err(Error::new(
                tokens[params].span,
                format!("the {} function cannot have parameters", attribute.name()),
            ));
        }

        let body = tokens.len() - 1;
        if body <= params || !matches!(tokens[body].kind, Kind::Braces | Kind::Invisible) {
            return Err(Error::new(tokens[body].span, "the body of the function is missing"));
        }
        let output = match &tokens[params + 1..body] {
            [minus, more, ..] if minus.is_punct('-') && more.is_punct('>') => {
                let start = params + 3;
                let end = (start..body).find(|&at| tokens[at].is_word("where")).unwrap_or(body);
                Some(start..end)
            }
            _ => None,
        };
        let qualifiers = tokens[attributes_end..fn_at].iter();
        let is_plain = is_entry
            && params == fn_at + 2
            && body - params == output.as_ref().map_or(1, |output| output.len() + 3)
            && !output.as_ref().is_some_and(|output| tokens[output.start].is_punct('!'))
            && !qualifiers.into_iter().any(|token| {
                ["const", "unsafe", "safe", "extern"].iter().any(|word| token.is_word(word))
            });
        Ok(Self { attributes_end, async_at, name: fn_at + 1, is_plain, output, body })
    }
}

/// Skips `#[…]` after `#[…]` and returns where they end.
fn parse_attributes<S: Copy>(attribute: Attribute, tokens: &[Token<S>]) -> Result<usize, Error<S>> {
    let mut at = 0;
    while let [hash, Token { kind: Kind::Brackets(path), .. }, ..] = &tokens[at..]
        && hash.is_punct('#')
    {
        if attribute == Attribute::Test && is_test(path) {
            return Err(Error::new(
                tokens[at + 1].span,
                "this makes it a test a second time; take it away",
            ));
        }
        at += 2;
    }
    Ok(at)
}

/// Whether an attribute is the `test` of the standard library, whichever edition's.
fn is_test(path: &str) -> bool {
    let path: Vec<&str> = path.trim_start_matches("::").split("::").collect();
    matches!(path[..], ["test"] | ["core" | "std", "prelude", _, "test"])
}

/// The index of the parameters' parentheses: the next ones that are not inside `<…>`.
fn skip_generics<S>(tokens: &[Token<S>], from: usize) -> Option<usize> {
    let mut depth = 0;
    for at in from..tokens.len() {
        match tokens[at].kind {
            Kind::Punct('<', _) => depth += 1,
            // The `>` of an arrow in `F: Fn() -> T` closes nothing.
            Kind::Punct('>', _) if !matches!(tokens[at - 1].kind, Kind::Punct('-', true)) => {
                depth -= 1;
            }
            Kind::Parens { .. } if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::lex;

    fn parse(attribute: Attribute, text: &str) -> Result<Function, Error<usize>> {
        Function::parse(attribute, &lex(text))
    }

    fn error(attribute: Attribute, text: &str) -> (String, usize) {
        let error = parse(attribute, text).unwrap_err();
        (error.message, error.span)
    }

    #[test]
    fn the_plainest_function() {
        assert_eq!(
            parse(Attribute::Main, "async fn main() {}").unwrap(),
            Function {
                attributes_end: 0,
                async_at: 0,
                name: 2,
                is_plain: true,
                output: None,
                body: 4
            }
        );
    }

    #[test]
    fn everything_a_function_can_have() {
        let text = "#[a] #[b(c)] pub(crate) async unsafe extern \"C\" fn run<F: Fn(u8) -> u8>(f: F) \
                    -> Result<(), Vec<u8>> where F: Clone { }";
        let tokens = lex(text);
        let function = parse(Attribute::Main, text).unwrap();
        assert!(!function.is_plain);
        assert_eq!(function.attributes_end, 4);
        assert!(tokens[function.async_at].is_word("async"));
        let output = function.output.unwrap();
        assert!(tokens[output.start].is_word("Result"));
        assert!(tokens[output.end].is_word("where"));
        assert_eq!(tokens[function.body].kind, Kind::Braces);
    }

    #[test]
    fn what_counts_as_plain() {
        let is_plain = |text| parse(Attribute::Main, text).unwrap().is_plain;
        assert!(is_plain("#[a] pub(crate) async fn main() -> Vec<u8> {}"));
        assert!(!is_plain("async fn main() -> ! {}"));
        assert!(!is_plain("async fn other() {}"));
        assert!(parse(Attribute::Test, "async fn other() {}").unwrap().is_plain);
        assert!(!is_plain("async unsafe fn main() {}"));
        assert!(!is_plain("async fn main<T>() {}"));
        assert!(!is_plain("async fn main() where u8: Copy {}"));
        assert!(!is_plain("async fn main() -> u8 where u8: Copy {}"));
    }

    #[test]
    fn parameters_are_for_functions_that_somebody_calls() {
        assert!(parse(Attribute::Main, "async fn run(n: u8) {}").is_ok());
        assert_eq!(
            error(Attribute::Main, "async fn main(n: u8) {}"),
            ("the main function cannot have parameters".to_owned(), 3)
        );
        assert_eq!(
            error(Attribute::Test, "async fn any(n: u8) {}"),
            ("the test function cannot have parameters".to_owned(), 3)
        );
    }

    #[test]
    fn what_is_no_async_function() {
        assert_eq!(
            error(Attribute::Main, "pub fn main() {}"),
            ("`#[main]` needs an `async fn`: the `async` is missing".to_owned(), 1)
        );
        assert_eq!(
            error(Attribute::Test, "#[a] struct S;"),
            ("`#[test]` belongs on an `async fn`".to_owned(), 2)
        );
        assert_eq!(
            error(Attribute::Main, "async fn main();"),
            ("the body of the function is missing".to_owned(), 4)
        );
    }

    #[test]
    fn a_second_test_attribute() {
        let twice = "this makes it a test a second time; take it away";
        assert_eq!(error(Attribute::Test, "#[test] async fn t() {}"), (twice.to_owned(), 1));
        assert_eq!(
            error(Attribute::Test, "#[a] #[::core::prelude::v1::test] async fn t() {}"),
            (twice.to_owned(), 3)
        );
        assert!(parse(Attribute::Test, "#[should_panic] async fn t() {}").is_ok());
        assert!(parse(Attribute::Main, "#[test] async fn t() {}").is_ok());
    }
}
