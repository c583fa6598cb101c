//! What stands in the attribute's parentheses.

use crate::Attribute;
use crate::token::{Error, Kind, Token};

/// The runtime's flavor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    MultiThread,
    CurrentThread,
}

/// The arguments, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Args {
    pub flavor: Flavor,
    pub worker_threads: Option<usize>,
    pub start_paused: Option<bool>,
    /// Where the runtime is found, as text that still has to be read as a path.
    pub path: String,
}

/// The names that may stand left of an `=`.
const NAMES: &str = "`flavor`, `worker_threads`, `start_paused`, `crate`";

impl Args {
    /// What the attribute means without any arguments.
    pub(crate) fn default_of(attribute: Attribute) -> Self {
        Self {
            flavor: match attribute {
                Attribute::Main => Flavor::MultiThread,
                Attribute::Test => Flavor::CurrentThread,
            },
            worker_threads: None,
            start_paused: None,
            path: "::handcrank".to_owned(),
        }
    }

    /// Reads `name = value, name = value`.
    pub(crate) fn parse<S: Copy>(
        attribute: Attribute,
        tokens: &[Token<S>],
    ) -> Result<Self, Error<S>> {
        let mut args = Self::default_of(attribute);
        let mut flavor = Once::new("flavor");
        let mut worker_threads = Once::new("worker_threads");
        let mut start_paused = Once::new("start_paused");
        let mut path = Once::new("crate");

        for argument in tokens.split(|token| token.is_punct(',')) {
            let Some((name, value)) = split_argument(attribute, tokens, argument)? else {
                continue;
            };
            match name.0 {
                "flavor" => flavor.set(name.1, parse_flavor(value)?, value.span)?,
                "worker_threads" => {
                    worker_threads.set(name.1, parse_worker_threads(value)?, value.span)?;
                }
                "start_paused" => {
                    start_paused.set(name.1, parse_start_paused(value)?, value.span)?;
                }
                "crate" => path.set(name.1, parse_path(value)?, value.span)?,
                unknown => {
                    return Err(Error::new(
                        name.1,
                        format!("unknown argument `{unknown}`; expected one of {NAMES}"),
                    ));
                }
            }
        }

        if let Some((value, _)) = flavor.value {
            args.flavor = value;
        }
        if let Some((value, span)) = worker_threads.value {
            require(attribute, "worker_threads", Flavor::MultiThread, args.flavor, span)?;
            args.worker_threads = Some(value);
        }
        if let Some((value, span)) = start_paused.value {
            require(attribute, "start_paused", Flavor::CurrentThread, args.flavor, span)?;
            args.start_paused = Some(value);
        }
        if let Some((value, _)) = path.value {
            args.path = value;
        }
        Ok(args)
    }
}

impl Flavor {
    fn name(self) -> &'static str {
        match self {
            Self::MultiThread => "multi_thread",
            Self::CurrentThread => "current_thread",
        }
    }
}

/// An argument that may be given once.
struct Once<T, S> {
    name: &'static str,
    value: Option<(T, S)>,
}

impl<T, S> Once<T, S> {
    fn new(name: &'static str) -> Self {
        Self { name, value: None }
    }

    fn set(&mut self, name_span: S, value: T, span: S) -> Result<(), Error<S>> {
        if self.value.is_some() {
            return Err(Error::new(name_span, format!("`{}` is set more than once", self.name)));
        }
        self.value = Some((value, span));
        Ok(())
    }
}

/// Splits one argument into its name and its value; `None` for the nothing after a last comma.
#[allow(clippy::type_complexity)] // (name, its span) and the value's token: a struct says no more
fn split_argument<'t, S: Copy>(
    attribute: Attribute,
    all: &'t [Token<S>],
    argument: &'t [Token<S>],
) -> Result<Option<((&'t str, S), &'t Token<S>)>, Error<S>> {
    let Some((first, rest)) = argument.split_first() else {
        // `(a = 1,)` is fine, `(,)` and `(a = 1,, b = 2)` are not.
        let is_last = all.is_empty() || std::ptr::eq(argument.as_ptr(), all.as_ptr_range().end);
        if is_last && all.len() != 1 {
            return Ok(None);
        }
        return Err(Error::new(all[0].span, "expected an argument before this comma"));
    };
    let Kind::Word(name) = &first.kind else {
        return Err(Error::new(first.span, "expected `name = value`"));
    };
    match rest {
        [equals, value] if equals.is_punct('=') => Ok(Some(((name, first.span), value))),
        [] if name == "multi_thread" || name == "current_thread" => Err(Error::new(
            first.span,
            format!("set the flavor with #[{}(flavor = \"{name}\")]", attribute.name()),
        )),
        [] => Err(Error::new(first.span, format!("`{name}` needs a value: `{name} = …`"))),
        [equals] if equals.is_punct('=') => {
            Err(Error::new(equals.span, format!("`{name}` needs a value after the `=`")))
        }
        [equals, _, surplus, ..] if equals.is_punct('=') => {
            Err(Error::new(surplus.span, "expected a comma here"))
        }
        [wrong, ..] => Err(Error::new(wrong.span, format!("expected `=` after `{name}`"))),
    }
}

fn parse_flavor<S: Copy>(value: &Token<S>) -> Result<Flavor, Error<S>> {
    let text = string(value)
        .ok_or_else(|| Error::new(value.span, "failed to parse value of `flavor` as string"))?;
    match text {
        "multi_thread" => Ok(Flavor::MultiThread),
        "current_thread" => Ok(Flavor::CurrentThread),
        other => Err(Error::new(
            value.span,
            format!(
                "no such runtime flavor `{other}`; the runtime flavors are: `current_thread`, \
                 `multi_thread`"
            ),
        )),
    }
}

fn parse_worker_threads<S: Copy>(value: &Token<S>) -> Result<usize, Error<S>> {
    let number = match &value.kind {
        Kind::Literal(text) => {
            let digits = text.strip_suffix("usize").unwrap_or(text).replace('_', "");
            digits.parse::<usize>().ok()
        }
        _ => None,
    };
    match number {
        None => Err(Error::new(value.span, "failed to parse value of `worker_threads` as integer")),
        Some(0) => Err(Error::new(value.span, "`worker_threads` may not be 0")),
        Some(number) => Ok(number),
    }
}

fn parse_start_paused<S: Copy>(value: &Token<S>) -> Result<bool, Error<S>> {
    match &value.kind {
        Kind::Word(word) if word == "true" => Ok(true),
        Kind::Word(word) if word == "false" => Ok(false),
        _ => Err(Error::new(value.span, "failed to parse value of `start_paused` as bool")),
    }
}

fn parse_path<S: Copy>(value: &Token<S>) -> Result<String, Error<S>> {
    let text = string(value)
        .ok_or_else(|| Error::new(value.span, "failed to parse value of `crate` as path"))?;
    // Words with `::` between, and perhaps before: `::a::b`.
    let is_segment = |segment: &str| {
        segment.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && segment.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if text.strip_prefix("::").unwrap_or(text).split("::").all(is_segment) {
        Ok(text.to_owned())
    } else {
        Err(Error::new(value.span, format!("failed to parse value of `crate` as path: \"{text}\"")))
    }
}

/// The content of a plain string literal. None of the values needs an escape.
fn string<S>(value: &Token<S>) -> Option<&str> {
    match &value.kind {
        Kind::Literal(text) => text.strip_prefix('"')?.strip_suffix('"'),
        _ => None,
    }
}

fn require<S>(
    attribute: Attribute,
    name: &str,
    needed: Flavor,
    given: Flavor,
    span: S,
) -> Result<(), Error<S>> {
    if needed == given {
        return Ok(());
    }
    let (needed, attribute) = (needed.name(), attribute.name());
    Err(Error::new(
        span,
        format!(
            "the `{name}` option requires the `{needed}` runtime flavor; \
             use `#[handcrank::{attribute}(flavor = \"{needed}\")]`"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::lex;

    fn main(text: &str) -> Result<Args, Error<usize>> {
        Args::parse(Attribute::Main, &lex(text))
    }

    fn test(text: &str) -> Result<Args, Error<usize>> {
        Args::parse(Attribute::Test, &lex(text))
    }

    /// The message, and the number of the token it points at.
    fn error(text: &str) -> (String, usize) {
        let error = main(text).unwrap_err();
        (error.message, error.span)
    }

    #[test]
    fn without_arguments() {
        assert_eq!(main("").unwrap(), Args::default_of(Attribute::Main));
        assert_eq!(main("").unwrap().flavor, Flavor::MultiThread);
        assert_eq!(test("").unwrap().flavor, Flavor::CurrentThread);
        assert_eq!(main("").unwrap().path, "::handcrank");
    }

    #[test]
    fn every_argument() {
        let args = main(r#"flavor = "multi_thread", worker_threads = 1_0usize, crate = "a::b","#);
        assert_eq!(
            args.unwrap(),
            Args {
                flavor: Flavor::MultiThread,
                worker_threads: Some(10),
                start_paused: None,
                path: "a::b".to_owned(),
            }
        );
        let args = main(r#"start_paused = false, flavor = "current_thread", crate = "::c""#);
        assert_eq!(
            args.unwrap(),
            Args {
                flavor: Flavor::CurrentThread,
                worker_threads: None,
                start_paused: Some(false),
                path: "::c".to_owned(),
            }
        );
        assert_eq!(test("start_paused = true").unwrap().start_paused, Some(true));
    }

    #[test]
    fn unknown_names_and_bad_shapes_point_at_the_culprit() {
        assert_eq!(
            error("threads = 4"),
            (format!("unknown argument `threads`; expected one of {NAMES}"), 0)
        );
        assert_eq!(
            error("multi_thread"),
            (r#"set the flavor with #[main(flavor = "multi_thread")]"#.to_owned(), 0)
        );
        assert_eq!(error("flavor").0, "`flavor` needs a value: `flavor = …`");
        assert_eq!(error("flavor ="), ("`flavor` needs a value after the `=`".to_owned(), 1));
        assert_eq!(error("flavor: 3"), ("expected `=` after `flavor`".to_owned(), 1));
        assert_eq!(error("worker_threads = 1 + 1"), ("expected a comma here".to_owned(), 3));
        assert_eq!(error("4"), ("expected `name = value`".to_owned(), 0));
        assert_eq!(error(",").0, "expected an argument before this comma");
        assert_eq!(
            error("worker_threads = 1,, start_paused = true").0,
            "expected an argument before this comma"
        );
    }

    #[test]
    fn bad_values_point_at_the_value() {
        assert_eq!(
            error(r#"flavor = "basic""#),
            (
                "no such runtime flavor `basic`; the runtime flavors are: `current_thread`, \
                 `multi_thread`"
                    .to_owned(),
                2
            )
        );
        assert_eq!(
            error("flavor = multi_thread"),
            ("failed to parse value of `flavor` as string".to_owned(), 2)
        );
        assert_eq!(error("worker_threads = 0"), ("`worker_threads` may not be 0".to_owned(), 2));
        assert_eq!(
            error(r#"worker_threads = "4""#),
            ("failed to parse value of `worker_threads` as integer".to_owned(), 2)
        );
        assert_eq!(
            error("start_paused = 1"),
            ("failed to parse value of `start_paused` as bool".to_owned(), 2)
        );
        assert_eq!(
            error(r#"crate = "a b""#),
            (r#"failed to parse value of `crate` as path: "a b""#.to_owned(), 2)
        );
        assert_eq!(error("crate = 1").0, "failed to parse value of `crate` as path");
    }

    #[test]
    fn an_argument_given_twice_points_at_the_second() {
        assert_eq!(
            error("worker_threads = 1, worker_threads = 2"),
            ("`worker_threads` is set more than once".to_owned(), 4)
        );
    }

    #[test]
    fn arguments_that_need_another_flavor() {
        let message = |option: &str, flavor: &str, attribute: &str| {
            format!(
                "the `{option}` option requires the `{flavor}` runtime flavor; \
                 use `#[handcrank::{attribute}(flavor = \"{flavor}\")]`"
            )
        };
        assert_eq!(
            error(r#"worker_threads = 2, flavor = "current_thread""#),
            (message("worker_threads", "multi_thread", "main"), 2)
        );
        assert_eq!(
            error("start_paused = true"),
            (message("start_paused", "current_thread", "main"), 2)
        );
        let error = test("worker_threads = 2").unwrap_err();
        assert_eq!(error.message, message("worker_threads", "multi_thread", "test"));
    }
}
