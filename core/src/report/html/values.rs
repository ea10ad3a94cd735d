//! Bound values as they are shown: as SQL literals where there are such.

use super::cut::{VALUE_BYTES, marked};
use crate::report::Parameter;
use crate::report::sql::Dialect;
use crate::report::sql::literal::literal;

/// A value as it is shown.
pub(super) struct Literal {
    /// The literal, or else something readable.
    pub(super) text: String,
    /// Why it is no literal that the database would read as this value.
    pub(super) reason: Option<String>,
}

impl Literal {
    pub(super) fn of(parameter: &Parameter<'_>, dialect: Dialect) -> Self {
        let (text, reason) = match literal(dialect, parameter.value, parameter.type_name) {
            Ok(text) => (text, None),
            Err(reason) => (parameter.to_string(), Some(format!("a value cannot be written: {reason}"))),
        };
        // A quoted text may be longer than the value by far; what counts is the value.
        if parameter.value.as_str().unwrap_or(&text).len() <= VALUE_BYTES {
            return Self { text, reason };
        }
        let reason = "a value is longer than this page keeps".to_owned();
        Self { text: marked(&text, VALUE_BYTES).into_owned(), reason: Some(reason) }
    }
}
