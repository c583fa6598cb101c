//! Reads the sources of settings, and keeps the strongest value of each.

use std::net::SocketAddr;
use std::panic::Location;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Origin, Problem};
use super::fields::{FIELDS, Field};
use super::suggest::nearest;
use super::value::Typed;
use super::{FILE_VARIABLE, NOT_SETTINGS, PREFIX, RuntimeConfig};

/// Collects settings from their sources; see the [module](super) for their order.
///
/// Nothing fails before [`build`](Self::build), which reports every problem of every source.
#[derive(Debug)]
#[must_use = "settings take effect when they are built"]
pub struct ConfigBuilder {
    config: RuntimeConfig,
    problems: Vec<Problem>,
}

impl ConfigBuilder {
    pub(super) fn new() -> Self {
        Self { config: RuntimeConfig::default(), problems: Vec::new() }
    }

    /// Reads a TOML file. Blocks on the disk.
    pub fn file(mut self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        match std::fs::read_to_string(path) {
            Ok(text) => self.toml(&path.display().to_string(), &text),
            Err(error) => {
                self.unreadable(path.display().to_string(), &error);
                self
            }
        }
    }

    /// Reads TOML out of `text`; `name` stands for the file in origins and errors.
    pub fn toml(mut self, name: &str, text: &str) -> Self {
        let line_of = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        match DeTable::parse(text) {
            Ok(table) => {
                let origin_of = |at| Origin::File { path: name.to_owned(), line: line_of(at) };
                self.table("", table.get_ref(), &origin_of);
            }
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(span.start));
                self.unreadable(format!("{name}:{line}"), &error.message());
            }
        }
        self
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>, origin_of: &dyn Fn(usize) -> Origin) {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            // The value's line, not the key's: a table's key may stand lines above it.
            let origin = origin_of(value.span().start);
            match value.get_ref() {
                _ if Field::find(&key).is_some() => {
                    if let Some(text) = scalar(value.get_ref()) {
                        self.assign_text(&key, &text, origin);
                    } else {
                        self.invalid(&key, value.get_ref().type_str(), origin);
                    }
                }
                DeValue::Table(inner) if is_section(&format!("{key}.")) => {
                    self.table(&format!("{key}."), inner, origin_of);
                }
                _ => {
                    let origin = origin_of(name.span().start);
                    self.unknown(key, origin);
                }
            }
        }
    }

    /// Reads the process's environment, and the TOML file that `HANDCRANK_CONFIG` names.
    pub fn environment(mut self) -> Self {
        let mut variables = Vec::new();
        for (name, value) in std::env::vars_os() {
            // A name that is not UTF-8 cannot be one of ours.
            let Ok(name) = name.into_string() else { continue };
            if !name.starts_with(PREFIX) {
                continue;
            }
            match value.into_string() {
                Ok(value) => variables.push((name, value)),
                Err(_) => self.unreadable(name, &"the value is not UTF-8"),
            }
        }
        variables.sort();
        self.env(variables)
    }

    /// Reads settings from `variables`, name and value each. Names that do not begin with
    /// `HANDCRANK_` are passed over, and so are `HANDCRANK_TEST_…` and `HANDCRANK_STRESS_…`, which
    /// steer tests.
    pub fn env<N: AsRef<str>, V: AsRef<str>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        for (name, value) in variables {
            let (name, value) = (name.as_ref(), value.as_ref());
            if name == FILE_VARIABLE {
                self = self.file(value);
            } else if let Some(field) = FIELDS.iter().find(|field| field.variable() == name) {
                self.assign_text(field.key, value, Origin::Environment(name.to_owned()));
            } else if name.starts_with(PREFIX) && !NOT_SETTINGS.iter().any(|p| name.starts_with(p))
            {
                self.unknown_variable(name);
            }
        }
        self
    }

    /// Sets `key` to what `text` says, on behalf of the command line flag `flag` (as it is typed,
    /// with its dashes). Stronger than every other source.
    pub fn flag(mut self, flag: &str, key: &str, text: &str) -> Self {
        let origin = Origin::Flag(flag.to_owned());
        if Field::find(key).is_some() {
            self.assign_text(key, text, origin);
        } else {
            self.unknown(key.to_owned(), origin);
        }
        self
    }

    #[track_caller]
    pub(super) fn assign_typed(mut self, key: &str, value: impl Typed) -> Self {
        let text = value.into_value().to_string();
        self.assign_text(key, &text, Origin::Code(Location::caller()));
        self
    }

    /// The settings, or everything that is wrong with them.
    ///
    /// # Errors
    ///
    /// Values that are not allowed, names that are no settings, sources that cannot be read, and
    /// two servers on one address.
    pub fn build(mut self) -> Result<RuntimeConfig, ConfigError> {
        if self.problems.is_empty() {
            self.check_addresses();
        }
        if self.problems.is_empty() {
            Ok(self.config)
        } else {
            Err(ConfigError { problems: self.problems })
        }
    }

    fn check_addresses(&mut self) {
        let (http, system) = (self.config.http_addr(), self.config.system_addr());
        let overlap = |a: SocketAddr, b: SocketAddr| {
            a.port() == b.port()
                && (a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified())
        };
        if http.port() != 0 && overlap(http, system) {
            let origin = self.config.origin("system.addr").cloned().unwrap_or(Origin::Default);
            let from = self.config.origin("http.addr").cloned().unwrap_or(Origin::Default);
            self.problems.push(Problem::Invalid {
                key: "system.addr".to_owned(),
                value: system.to_string(),
                origin,
                allowed: format!("another address than http.addr = {http} ({from})"),
            });
        }
    }

    fn assign_text(&mut self, key: &str, text: &str, origin: Origin) {
        let Some((index, field)) = Field::find(key) else {
            return self.unknown(key.into(), origin);
        };
        let Some(value) = field.kind.parse(text) else { return self.invalid(key, text, origin) };
        let held = &mut self.config.settings[index];
        if origin.rank() >= held.1.rank() {
            *held = (value, origin);
        }
    }

    fn invalid(&mut self, key: &str, value: &str, origin: Origin) {
        let allowed = Field::find(key).map(|(_, field)| field.kind.to_string()).unwrap_or_default();
        // An empty value would read as a gap in the sentence.
        let value = if value.trim().is_empty() { format!("{value:?}") } else { value.to_owned() };
        self.problems.push(Problem::Invalid { key: key.to_owned(), value, origin, allowed });
    }

    fn unknown(&mut self, name: String, origin: Origin) {
        let section = name.rsplit_once('.').map_or("", |(section, _)| section);
        let hint = if let Some(near) = nearest(&name, RuntimeConfig::keys()) {
            format!("did you mean {near}?")
        } else if is_section(&format!("{section}.")) {
            let members =
                RuntimeConfig::keys().filter_map(|k| k.strip_prefix(section)?.strip_prefix('.'));
            format!("[{section}] has {}", members.collect::<Vec<_>>().join(", "))
        } else {
            let mut sections: Vec<_> =
                RuntimeConfig::keys().filter_map(|k| k.split_once('.')).map(|(s, _)| s).collect();
            sections.dedup();
            format!("there are topology and the sections {}", sections.join(", "))
        };
        self.problems.push(Problem::Unknown { name, origin, hint });
    }

    fn unknown_variable(&mut self, name: &str) {
        let variables: Vec<String> = FIELDS.iter().map(Field::variable).collect();
        let known = variables.iter().map(String::as_str).chain([FILE_VARIABLE]);
        let hint = match nearest(name, known) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("settings are written like {}", variables[1]),
        };
        let origin = Origin::Environment(name.to_owned());
        self.problems.push(Problem::Unknown { name: name.to_owned(), origin, hint });
    }

    fn unreadable(&mut self, what: String, why: &dyn std::fmt::Display) {
        self.problems.push(Problem::Unreadable { what, why: why.to_string() });
    }
}

fn is_section(prefix: &str) -> bool {
    RuntimeConfig::keys().any(|key| key.starts_with(prefix))
}

/// A TOML scalar as the text that the kinds understand; `None` for tables, arrays and dates.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n.to_string())
        }
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(on) => Some(on.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
