//! Subjects: parts joined by dots, and patterns that match them.

use std::fmt;

/// What is wrong with a subject or a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectError {
    subject: String,
    why: &'static str,
}

impl fmt::Display for SubjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no subject: {}", self.subject, self.why)
    }
}

impl std::error::Error for SubjectError {}

/// Checks a subject to publish on: parts that are not empty, joined by dots, without white space
/// and wildcards.
///
/// # Errors
///
/// What is wrong with it.
pub fn check_subject(subject: &str) -> Result<(), SubjectError> {
    check_pattern(subject)?;
    if subject.split('.').any(|part| part == "*" || part == ">") {
        return Err(error(subject, "wildcards are for subscriptions only"));
    }
    Ok(())
}

/// Checks a pattern to subscribe to: as a subject, but a part may be `*` (any one part) and the
/// last part may be `>` (any one or more parts).
///
/// # Errors
///
/// What is wrong with it.
pub fn check_pattern(pattern: &str) -> Result<(), SubjectError> {
    let mut parts = pattern.split('.').peekable();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            return Err(error(pattern, "a part is empty"));
        }
        if part.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(error(pattern, "it holds white space"));
        }
        if part == ">" && parts.peek().is_some() {
            return Err(error(pattern, "'>' may only be the last part"));
        }
        if part.len() > 1 && part.contains(['*', '>']) {
            return Err(error(pattern, "a wildcard must be a part by itself"));
        }
    }
    Ok(())
}

fn error(subject: &str, why: &'static str) -> SubjectError {
    SubjectError { subject: subject.to_owned(), why }
}

/// Whether `pattern` matches `subject`. Both must have been checked.
pub fn matches(pattern: &str, subject: &str) -> bool {
    let mut subject = subject.split('.');
    for part in pattern.split('.') {
        match (part, subject.next()) {
            (">", Some(_)) => return true,
            ("*", Some(_)) => {}
            (part, Some(there)) if part == there => {}
            _ => return false,
        }
    }
    subject.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_parts() {
        for (pattern, subject, expected) in [
            ("a.b", "a.b", true),
            ("a.b", "a.b.c", false),
            ("a.b.c", "a.b", false),
            ("a.*", "a.b", true),
            ("a.*", "a", false),
            ("a.*", "a.b.c", false),
            ("*.b", "a.b", true),
            ("a.*.c", "a.b.c", true),
            ("a.>", "a.b", true),
            ("a.>", "a.b.c.d", true),
            ("a.>", "a", false),
            (">", "a", true),
            ("*.>", "a", false),
        ] {
            assert_eq!(matches(pattern, subject), expected, "{pattern} on {subject}");
        }
    }

    #[test]
    fn what_is_no_subject_is_refused() {
        for bad in ["", ".", "a.", ".a", "a..b", "a b", "a.b\n", "a.>.b", "a.b*", ">>"] {
            assert!(check_pattern(bad).is_err(), "{bad:?}");
        }
        for wild in ["*", "a.*", ">", "a.>"] {
            assert!(check_pattern(wild).is_ok(), "{wild}");
            assert!(check_subject(wild).is_err(), "{wild}");
        }
        assert!(check_subject("a.b-c._d.9").is_ok());
    }
}
