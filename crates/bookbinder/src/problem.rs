//! What is wrong with the book, and where.

use std::fmt;

/// One thing that is wrong: `book/src/page.md:12: what is wrong; what to do`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// The file, counted from the root of the repository.
    file: String,
    /// 0 where no line can be named.
    line: usize,
    what: String,
}

impl Problem {
    /// Something wrong in a line of a file.
    pub(crate) fn at(file: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.into(), line, what: what.into() }
    }

    /// Something wrong with a whole file, or with its absence.
    pub(crate) fn of(file: impl Into<String>, what: impl Into<String>) -> Self {
        Self::at(file, 0, what)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, what } = self;
        match line {
            0 => write!(f, "{file}: {what}"),
            line => write!(f, "{file}:{line}: {what}"),
        }
    }
}

/// The line of a byte in a text, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}
