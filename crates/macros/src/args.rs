//! What stands in the attribute's parentheses.

use crate::Attribute;
use crate::token::{Error, Kind, Token};
use crate::values::{self, Flavor, did_you_mean};

/// The arguments, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Args<S> {
    pub flavor: Flavor,
    pub worker_threads: Option<usize>,
    pub start_paused: Option<bool>,
    /// The runtime's name, as a string literal.
    pub name: Option<String>,
    /// Where the runtime is found, if the user says it: text that still has to be read as a path, and its place.
    pub path: Option<(String, S)>,
}

/// The names that may stand left of an `=`.
const NAMES: [&str; 5] = ["flavor", "worker_threads", "start_paused", "name", "crate"];

impl<S: Copy> Args<S> {
    /// What the attribute means without any arguments.
    pub(crate) fn default_of(attribute: Attribute) -> Self {
        Self {
            flavor: match attribute {
                Attribute::Main => Flavor::MultiThread,
                Attribute::Test => Flavor::CurrentThread,
            },
            worker_threads: None,
            start_paused: None,
            name: None,
            path: None,
        }
    }

    /// Reads `name = value, name = value`.
    pub(crate) fn parse(attribute: Attribute, tokens: &[Token<S>]) -> Result<Self, Error<S>> {
        let mut args = Self::default_of(attribute);
        let mut flavor = Once::new("flavor");
        let mut worker_threads = Once::new("worker_threads");
        let mut start_paused = Once::new("start_paused");
        let mut name = Once::new("name");
        let mut path = Once::new("crate");

        let mut start = 0;
        for argument in tokens.split(|token| token.is_punct(',')) {
            let end = start + argument.len();
            let Some((left, value)) = split_argument(attribute, argument, tokens.get(end))? else {
                continue;
            };
            start = end + 1;
            match left.0 {
                "flavor" => flavor.set(left.1, values::flavor(value)?, value.span)?,
                "worker_threads" => {
                    worker_threads.set(left.1, values::worker_threads(value)?, value.span)?;
                }
                "start_paused" => {
                    start_paused.set(left.1, values::start_paused(value)?, value.span)?;
                }
                "name" => name.set(left.1, values::name(value)?, value.span)?,
                "crate" => path.set(left.1, values::path(value)?, value.span)?,
                unknown => return Err(Error::new(left.1, unknown_argument(unknown))),
            }
        }

        if let Some((value, _)) = flavor.value {
            args.flavor = value;
        }
        if let Some((value, span)) = worker_threads.value {
            let is_fine = args.flavor == Flavor::MultiThread;
            require(is_fine, attribute, "worker_threads", Flavor::MultiThread, span)?;
            args.worker_threads = Some(value);
        }
        if let Some((value, span)) = start_paused.value {
            let is_fine = args.flavor != Flavor::MultiThread;
            require(is_fine, attribute, "start_paused", Flavor::CurrentThread, span)?;
            args.start_paused = Some(value);
        }
        args.name = name.value.map(|(value, _)| value);
        args.path = path.value;
        Ok(args)
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
            return Err(Error::new(name_span, format!("`{}` is given a second time", self.name)));
        }
        self.value = Some((value, span));
        Ok(())
    }
}

/// Splits one argument into its name and its value; `None` for the nothing after a last comma.
#[allow(clippy::type_complexity)] // (name, its span) and the value's token: a struct says no more
fn split_argument<'t, S: Copy>(
    attribute: Attribute,
    argument: &'t [Token<S>],
    comma: Option<&Token<S>>,
) -> Result<Option<((&'t str, S), &'t Token<S>)>, Error<S>> {
    let Some((first, rest)) = argument.split_first() else {
        // `(a = 1,)` is fine, `(,)` and `(a = 1,, b = 2)` are not.
        return comma.map_or(Ok(None), |comma| {
            Err(Error::new(comma.span, "expected an argument before this comma"))
        });
    };
    let Kind::Word(name) = &first.kind else {
        return Err(Error::new(first.span, "expected `name = value`"));
    };
    match rest {
        [equals, value] if equals.is_punct('=') => Ok(Some(((name, first.span), value))),
        [] if Flavor::ALL.iter().any(|flavor| flavor.name() == name) => Err(Error::new(
            first.span,
            format!("a flavor is chosen by `#[{}(flavor = \"{name}\")]`", attribute.name()),
        )),
        [] if !NAMES.contains(&&**name) => Err(Error::new(first.span, unknown_argument(name))),
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

fn unknown_argument(name: &str) -> String {
    match name {
        "unhandled_panic" => {
            "`unhandled_panic` is not supported: a panic ends its own task, and whoever awaits the \
                              `JoinHandle` learns of it"
                .to_owned()
        }
        "core_threads" => {
            "there is no argument `core_threads`; its name is `worker_threads`".to_owned()
        }
        _ => {
            let [names @ .., last] = NAMES.map(|name| format!("`{name}`"));
            let advice = did_you_mean(name, NAMES);
            format!(
                "there is no argument `{name}`{advice} (there are {} and {last})",
                names.join(", ")
            )
        }
    }
}

fn require<S>(
    is_fine: bool,
    attribute: Attribute,
    name: &str,
    needed: Flavor,
    span: S,
) -> Result<(), Error<S>> {
    if is_fine {
        return Ok(());
    }
    let (needed, attribute) = (needed.name(), attribute.name());
    Err(Error::new(
        span,
        format!(
            "`{name}` needs the `{needed}` flavor: `#[{attribute}(flavor = \"{needed}\", {name} = …)]`"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::lex;

    fn main(text: &str) -> Result<Args<usize>, Error<usize>> {
        Args::parse(Attribute::Main, &lex(text))
    }

    fn test(text: &str) -> Result<Args<usize>, Error<usize>> {
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
        assert_eq!(main("").unwrap().path, None);
    }

    #[test]
    fn every_argument() {
        let args = main(
            r#"flavor = "multi_thread", worker_threads = 1_0usize, name = "mill", crate = "a::b","#,
        );
        assert_eq!(
            args.unwrap(),
            Args {
                flavor: Flavor::MultiThread,
                worker_threads: Some(10),
                start_paused: None,
                name: Some("\"mill\"".to_owned()),
                path: Some(("a::b".to_owned(), 14)),
            }
        );
        let args = main(r#"start_paused = false, flavor = "current_thread", crate = "::c""#);
        assert_eq!(
            args.unwrap(),
            Args {
                flavor: Flavor::CurrentThread,
                worker_threads: None,
                start_paused: Some(false),
                name: None,
                path: Some(("::c".to_owned(), 10)),
            }
        );
        assert_eq!(test("start_paused = true").unwrap().start_paused, Some(true));
        let args = main("flavor = \"local\", start_paused = true").unwrap();
        assert_eq!((args.flavor, args.start_paused), (Flavor::Local, Some(true)));
    }

    const ALL: &str = "(there are `flavor`, `worker_threads`, `start_paused`, `name` and `crate`)";

    #[test]
    fn unknown_names_point_at_the_name() {
        assert_eq!(error("quick = 4"), (format!("there is no argument `quick` {ALL}"), 0));
        assert_eq!(
            error("name = \"a\", worker_thread = 4"),
            (
                format!(
                    "there is no argument `worker_thread`; did you mean `worker_threads`? {ALL}"
                ),
                4
            )
        );
        assert_eq!(
            error("flavour").0,
            format!("there is no argument `flavour`; did you mean `flavor`? {ALL}")
        );
        assert!(error("core_threads = 1").0.ends_with("its name is `worker_threads`"));
        assert!(
            error("unhandled_panic = \"ignore\"")
                .0
                .starts_with("`unhandled_panic` is not supported")
        );
    }

    #[test]
    fn bad_shapes_point_at_the_culprit() {
        assert_eq!(
            error("multi_thread"),
            (r#"a flavor is chosen by `#[main(flavor = "multi_thread")]`"#.to_owned(), 0)
        );
        assert_eq!(error("flavor").0, "`flavor` needs a value: `flavor = …`");
        assert_eq!(error("flavor ="), ("`flavor` needs a value after the `=`".to_owned(), 1));
        assert_eq!(error("flavor: 3"), ("expected `=` after `flavor`".to_owned(), 1));
        assert_eq!(error("worker_threads = 1 + 1"), ("expected a comma here".to_owned(), 3));
        assert_eq!(error("4"), ("expected `name = value`".to_owned(), 0));
        assert_eq!(error(",").0, "expected an argument before this comma");
        let error = error("worker_threads = 1,, start_paused = true");
        assert_eq!(error, ("expected an argument before this comma".to_owned(), 4));
    }

    #[test]
    fn bad_values_point_at_the_value() {
        for (text, token) in [
            (r#"flavor = "basic""#, 2),
            ("worker_threads = 0", 2),
            ("flavor = \"local\", start_paused = 1", 6),
            ("crate = \"a b\", name = \"c\"", 2),
            ("name = 1", 2),
        ] {
            assert_eq!(error(text).1, token, "{text}");
        }
    }

    #[test]
    fn an_argument_given_twice_points_at_the_second() {
        assert_eq!(
            error("worker_threads = 1, worker_threads = 2"),
            ("`worker_threads` is given a second time".to_owned(), 4)
        );
    }

    #[test]
    fn arguments_that_need_another_flavor() {
        let message = |attribute: &str, option: &str, flavor: &str| {
            format!(
                "`{option}` needs the `{flavor}` flavor: `#[{attribute}(flavor = \"{flavor}\", {option} = …)]`"
            )
        };
        for flavor in ["current_thread", "local"] {
            assert_eq!(
                error(&format!("worker_threads = 2, flavor = \"{flavor}\"")),
                (message("main", "worker_threads", "multi_thread"), 2)
            );
        }
        assert_eq!(
            error("start_paused = true"),
            (message("main", "start_paused", "current_thread"), 2)
        );
        let error = test("worker_threads = 2").unwrap_err();
        assert_eq!(error.message, message("test", "worker_threads", "multi_thread"));
    }
}
