//! The right sides of the arguments.

use crate::token::{Error, Kind, Token};

/// The runtime's flavor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    MultiThread,
    CurrentThread,
    /// A current-thread runtime that is bound to its thread and takes tasks that are not `Send`.
    Local,
}

impl Flavor {
    pub(crate) const ALL: [Self; 3] = [Self::CurrentThread, Self::Local, Self::MultiThread];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MultiThread => "multi_thread",
            Self::CurrentThread => "current_thread",
            Self::Local => "local",
        }
    }
}

pub(crate) fn flavor<S: Copy>(value: &Token<S>) -> Result<Flavor, Error<S>> {
    let Some(text) = string(value) else {
        return Err(Error::new(value.span, "`flavor` takes a string, such as \"current_thread\""));
    };
    Flavor::ALL.into_iter().find(|flavor| flavor.name() == text).ok_or_else(|| {
        let is_old_name = |old: &[&str]| old.contains(&text);
        let advice = if is_old_name(&["single_thread", "single_threaded", "basic_scheduler"]) {
            "; its name is `current_thread`".to_owned()
        } else if is_old_name(&["threaded_scheduler"]) {
            "; its name is `multi_thread`".to_owned()
        } else {
            did_you_mean(text, Flavor::ALL.map(Flavor::name))
        };
        let all = "there are `current_thread`, `local` and `multi_thread`";
        Error::new(value.span, format!("no runtime flavor is called `{text}`{advice} ({all})"))
    })
}

pub(crate) fn worker_threads<S: Copy>(value: &Token<S>) -> Result<usize, Error<S>> {
    match &value.kind {
        Kind::Literal(text) => match integer(text) {
            Some(0) => Err(Error::new(value.span, "`worker_threads` has to be at least 1")),
            Some(number) => Ok(number),
            None => Err(Error::new(
                value.span,
                format!("`worker_threads` takes a whole number, not {text}"),
            )),
        },
        _ => Err(Error::new(value.span, "`worker_threads` takes a whole number, written out")),
    }
}

pub(crate) fn start_paused<S: Copy>(value: &Token<S>) -> Result<bool, Error<S>> {
    match &value.kind {
        Kind::Word(word) if word == "true" => Ok(true),
        Kind::Word(word) if word == "false" => Ok(false),
        _ => Err(Error::new(value.span, "`start_paused` takes `true` or `false`")),
    }
}

/// The literal as it stands, whatever is in it.
pub(crate) fn name<S: Copy>(value: &Token<S>) -> Result<String, Error<S>> {
    match &value.kind {
        Kind::Literal(text) if string(value).is_some() => Ok(text.clone()),
        _ => Err(Error::new(value.span, "`name` takes a string")),
    }
}

/// Words with `::` between, and perhaps before: `::a::b`.
pub(crate) fn path<S: Copy>(value: &Token<S>) -> Result<String, Error<S>> {
    let Some(text) = string(value) else {
        return Err(Error::new(value.span, "`crate` takes a path in a string, such as \"tokio\""));
    };
    let is_segment = |segment: &str| {
        let segment = segment.trim();
        let word = segment.strip_prefix("r#").unwrap_or(segment);
        word.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let path = text.trim();
    if path.strip_prefix("::").unwrap_or(path).split("::").all(is_segment) {
        Ok(path.to_owned())
    } else {
        Err(Error::new(
            value.span,
            format!("`crate` takes a path in a string, and \"{text}\" is none"),
        ))
    }
}

/// What to append to a message about a word that somebody may have misspelt.
pub(crate) fn did_you_mean<const N: usize>(word: &str, known: [&str; N]) -> String {
    let alike = known.into_iter().map(|known| (strsim::jaro(word, known), known));
    match alike.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((likeness, known)) if likeness > 0.75 => format!("; did you mean `{known}`?"),
        _ => String::new(),
    }
}

/// The content of a string literal, plain or raw. Escapes stay as they are: no value that is looked at needs one.
fn string<S>(value: &Token<S>) -> Option<&str> {
    let Kind::Literal(text) = &value.kind else { return None };
    let text = match text.strip_prefix('r') {
        Some(raw) => {
            let bare = raw.trim_start_matches('#');
            bare.strip_suffix(&raw[..raw.len() - bare.len()])?
        }
        None => text,
    };
    text.strip_prefix('"')?.strip_suffix('"')
}

/// A literal in any base, with underscores and a type.
fn integer(literal: &str) -> Option<usize> {
    let (radix, digits) = match literal.as_bytes() {
        [b'0', b'x', ..] => (16, &literal[2..]),
        [b'0', b'o', ..] => (8, &literal[2..]),
        [b'0', b'b', ..] => (2, &literal[2..]),
        _ => (10, literal),
    };
    let digits = &digits[..digits.find(['u', 'i']).unwrap_or(digits.len())];
    usize::from_str_radix(&digits.replace('_', ""), radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::lex;

    fn value(text: &str) -> Token<usize> {
        lex(text).remove(0)
    }

    fn error<T: std::fmt::Debug>(result: Result<T, Error<usize>>) -> String {
        result.unwrap_err().message
    }

    #[test]
    fn flavors() {
        assert_eq!(flavor(&value("\"multi_thread\"")).unwrap(), Flavor::MultiThread);
        assert_eq!(flavor(&value("\"local\"")).unwrap(), Flavor::Local);
        let all = "(there are `current_thread`, `local` and `multi_thread`)";
        assert_eq!(
            error(flavor(&value("\"quick\""))),
            format!("no runtime flavor is called `quick` {all}")
        );
        assert_eq!(
            error(flavor(&value("\"multi_threaded\""))),
            format!(
                "no runtime flavor is called `multi_threaded`; did you mean `multi_thread`? {all}"
            )
        );
        assert_eq!(
            error(flavor(&value("\"basic_scheduler\""))),
            format!(
                "no runtime flavor is called `basic_scheduler`; its name is `current_thread` {all}"
            )
        );
        assert_eq!(
            error(flavor(&value("local"))),
            "`flavor` takes a string, such as \"current_thread\""
        );
    }

    #[test]
    fn numbers() {
        for (text, number) in
            [("4", 4), ("1_0usize", 10), ("0x1F", 31), ("0b1_1u8", 3), ("0o10", 8), ("7i32", 7)]
        {
            assert_eq!(worker_threads(&value(text)).unwrap(), number, "{text}");
        }
        assert_eq!(error(worker_threads(&value("0"))), "`worker_threads` has to be at least 1");
        assert_eq!(
            error(worker_threads(&value("\"4\""))),
            "`worker_threads` takes a whole number, not \"4\""
        );
        assert_eq!(
            error(worker_threads(&value("all"))),
            "`worker_threads` takes a whole number, written out"
        );
        assert!(worker_threads(&value("99999999999999999999999")).is_err());
    }

    #[test]
    fn paths_and_names() {
        for (text, read) in
            [("\"a\"", "a"), ("\"::a::b\"", "::a::b"), ("\" crate :: r#mod \"", "crate :: r#mod")]
        {
            assert_eq!(path(&value(text)).unwrap(), read);
        }
        for bad in ["\"\"", "\"a b\"", "\"456\"", "\"a::\"", "\"a:b\""] {
            assert!(error(path(&value(bad))).ends_with("is none"), "{bad}");
        }
        assert_eq!(error(path(&value("1"))), "`crate` takes a path in a string, such as \"tokio\"");
        assert_eq!(name(&value("\"a \\n b\"")).unwrap(), "\"a \\n b\"");
        assert_eq!(error(name(&value("true"))), "`name` takes a string");
    }

    #[test]
    fn strings_may_be_raw() {
        let literal = |text: &str| Token { kind: Kind::Literal(text.to_owned()), span: 0 };
        assert_eq!(string(&literal("r\"a\"")), Some("a"));
        assert_eq!(string(&literal("r##\"a\"##")), Some("a"));
        assert_eq!(string(&literal("b\"a\"")), None);
        assert_eq!(string(&literal("'a'")), None);
    }
}
