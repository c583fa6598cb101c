//! The node's settings, where each came from, and what was wrong with them.
//!
//! Sources in rising order: defaults, a TOML file, the environment (`HANDCRANK_…`), the builder's
//! setters, command line flags. The order in which they are handed to the builder does not
//! matter. Names that are no settings are errors, not silence: a misspelt limit that is ignored
//! is found when it is needed.
//!
//! ```
//! use handcrank_dynamo::RuntimeConfig;
//!
//! let config = RuntimeConfig::builder()
//!     .toml("node.toml", "[primary]\nworker_threads = 3\n")
//!     .env([("HANDCRANK_PRIMARY_WORKER_THREADS", "4")])
//!     .build()?;
//! assert_eq!(config.primary_worker_threads(), 4);
//! println!("{config}");
//!
//! let error = RuntimeConfig::builder()
//!     .toml("node.toml", "[primary]\nworker_threads = 0\n")
//!     .build()
//!     .unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "primary.worker_threads = 0 (node.toml:2): must be a whole number from 1 to 1024"
//! );
//! # Ok::<(), handcrank_dynamo::ConfigError>(())
//! ```

mod builder;
mod error;
mod fields;
mod suggest;
mod value;

use std::fmt;

pub use self::builder::ConfigBuilder;
pub use self::error::{ConfigError, Origin, Problem};
use self::fields::{FIELDS, Field};
use self::value::{Typed, Value};

/// What every environment variable of a setting begins with.
const PREFIX: &str = "HANDCRANK_";

/// Variables of Handcrank's own tests begin like this; a node started by one must not mind them.
const NOT_SETTINGS: [&str; 2] = ["HANDCRANK_TEST_", "HANDCRANK_STRESS_"];

/// Names the TOML file to read. Not a setting itself: a file cannot name itself.
const FILE_VARIABLE: &str = "HANDCRANK_CONFIG";

/// The effective settings. Every value has been validated.
///
/// `Display` prints one line per setting with the origin of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeConfig {
    /// One entry per field of the table, in its order.
    settings: Vec<(Value, Origin)>,
}

impl RuntimeConfig {
    /// Starts from the defaults.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::new()
    }

    /// Defaults, then the file that `HANDCRANK_CONFIG` names (if it is set), then the
    /// environment.
    ///
    /// # Errors
    ///
    /// Everything that is wrong in any source, at once.
    pub fn from_settings() -> Result<Self, ConfigError> {
        Self::builder().environment().build()
    }

    /// Where the value of the setting `key` came from, or `None` if there is no such setting.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        Field::find(key).map(|(index, _)| &self.settings[index].1)
    }

    /// The keys of all settings, in the order in which they are printed.
    pub fn keys() -> impl Iterator<Item = &'static str> {
        FIELDS.iter().map(|field| field.key)
    }

    fn typed<T: Typed>(&self, key: &str) -> T {
        let (index, _) = Field::find(key).expect("accessors and fields come from one table");
        T::from_value(&self.settings[index].0).expect("values were validated against their kind")
    }
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        let settings = FIELDS.iter().map(|field| ((field.default)(), Origin::Default)).collect();
        Self { settings }
    }
}

impl fmt::Display for RuntimeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key_width = FIELDS.iter().map(|field| field.key.len()).max().unwrap_or(0);
        let values: Vec<String> = self.settings.iter().map(|(v, _)| v.to_string()).collect();
        let value_width = values.iter().map(String::len).max().unwrap_or(0);
        for ((field, value), (_, origin)) in FIELDS.iter().zip(&values).zip(&self.settings) {
            writeln!(f, "{:key_width$}  {value:value_width$}  {origin}", field.key)?;
        }
        Ok(())
    }
}
