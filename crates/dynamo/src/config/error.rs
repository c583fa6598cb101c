//! Where a setting came from, and what was wrong with it.

use std::fmt;
use std::panic::Location;

/// Where a value came from. Later variants win over earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of a TOML file.
    File {
        /// The file, as it was named.
        path: String,
        /// The line, counted from 1.
        line: usize,
    },
    /// An environment variable, by name.
    Environment(String),
    /// A call of the builder, at this place in the source.
    Code(&'static Location<'static>),
    /// A command line flag, as it is typed.
    Flag(String),
}

impl Origin {
    /// Defaults < file < environment < code < command line.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::File { .. } => 1,
            Self::Environment(_) => 2,
            Self::Code(_) => 3,
            Self::Flag(_) => 4,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Code(place) => write!(f, "code {}:{}", place.file(), place.line()),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A value that its setting does not allow.
    Invalid {
        /// The setting's key, such as `primary.worker_threads`.
        key: String,
        /// The value as it was written.
        value: String,
        /// Where it was written.
        origin: Origin,
        /// What would have been allowed.
        allowed: String,
    },
    /// A name that is no setting.
    Unknown {
        /// The name as it was written.
        name: String,
        /// Where it was written.
        origin: Origin,
        /// What was probably meant, or what there is to choose from.
        hint: String,
    },
    /// A source that could not be read at all.
    Unreadable {
        /// The file (with the line, if one is to blame) or the variable.
        what: String,
        /// Why not.
        why: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { key, value, origin, allowed } => {
                write!(f, "{key} = {value} ({origin}): must be {allowed}")
            }
            Self::Unknown { name, origin: Origin::Environment(_), hint } => {
                write!(f, "{name} (environment): not a setting; {hint}")
            }
            Self::Unknown { name, origin, hint } => {
                write!(f, "{name} ({origin}): not a setting; {hint}")
            }
            Self::Unreadable { what, why } => write!(f, "{what}: {why}"),
        }
    }
}

/// Everything that is wrong with the settings, found in one go, so that a person corrects a
/// configuration once and not line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub(super) problems: Vec<Problem>,
}

impl ConfigError {
    /// The problems, in the order in which the sources were read. Never empty.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
