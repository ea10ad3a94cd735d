//! [`ConfigError`]: what can be wrong with a configuration.

use std::io;
use std::path::PathBuf;

use crate::driver::DriverError;

/// A configuration that cannot be used; the text says what to change.
///
/// No variant holds HMAC keys, connection strings or other secrets, also where the configuration is so wrong that one stands in
/// another's place. Of values there is at most a first word of five characters, of unknown names those that resemble a known
/// one. Where the line of a file is known, it is named.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is not there or cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is no INI file.
    #[error("malformed configuration in {place}: {reason}")]
    Syntax {
        /// The file, or what else was read.
        place: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// A key that means nothing.
    #[error("unknown key{} in {place}; known are {known}", key.as_deref().map(|key| format!(" {key}")).unwrap_or_default())]
    UnknownKey {
        /// The line of the file, or the environment.
        place: String,
        /// The key; `None` where it resembles none of the known and so may be a part of something else.
        key: Option<String>,
        /// The keys that exist, separated by commas.
        known: String,
    },
    /// A key that stands there twice.
    #[error("{key} is given more than once in {place}; keep one")]
    DuplicateKey {
        /// The lines of the file.
        place: String,
        /// The key.
        key: String,
    },
    /// Both names of a setting, with different values.
    #[error("{key} and {other} in {place} are the same setting and contradict each other; keep one")]
    Conflict {
        /// The lines of the file, or the environment.
        place: String,
        /// The one name.
        key: String,
        /// The other.
        other: String,
    },
    /// A value that a key cannot have.
    #[error(
        "{key}{} in {place} is not allowed; allowed is {allowed}",
        value.as_ref().map_or_else(|| ": the value".to_owned(), |value| format!(" = {value:?}"))
    )]
    BadValue {
        /// The line of the file, or the environment.
        place: String,
        /// The key.
        key: String,
        /// The first word of the value, with `…` for what follows; `None` where that is too long to be shown.
        value: Option<String>,
        /// What it can be.
        allowed: &'static str,
    },
    /// An environment variable whose value is no Unicode text.
    #[error("the environment variable {variable} is not valid Unicode")]
    NotUnicode {
        /// The variable.
        variable: String,
    },
    /// No driver takes the connection string.
    #[error("the configured connection_string cannot be used")]
    ConnectionString {
        /// What the driver says, or that there is none.
        source: DriverError,
    },
}
