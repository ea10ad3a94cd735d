//! [`ConfigError`]: what can be wrong with a configuration.

use std::io;
use std::path::PathBuf;

use crate::driver::DriverError;

/// A configuration that cannot be used; the text says what to change.
///
/// No variant shows HMAC keys or the credentials of a connection string, nor the value of a key that is not known: it may
/// be a secret whose key is mistyped.
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
    #[error("unknown key {key} in {place}; known are {known}")]
    UnknownKey {
        /// The file or the environment.
        place: String,
        /// The key.
        key: String,
        /// The keys that exist, separated by commas.
        known: String,
    },
    /// A key that stands there twice.
    #[error("{key} is given more than once in {place}; keep one")]
    DuplicateKey {
        /// The file.
        place: String,
        /// The key.
        key: String,
    },
    /// Both names of a setting, with different values.
    #[error("{key} and {other} in {place} are the same setting and contradict each other; keep one")]
    Conflict {
        /// The file or the environment.
        place: String,
        /// The one name.
        key: String,
        /// The other.
        other: String,
    },
    /// A value that a key cannot have.
    #[error("{key} = {value:?} in {place} is not allowed; allowed is {allowed}")]
    BadValue {
        /// The file or the environment.
        place: String,
        /// The key.
        key: String,
        /// The value.
        value: String,
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
