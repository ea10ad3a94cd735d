//! Bound values as they are shown: as SQL literals where there are such.

use serde_json::Value;

use super::cut::{VALUE_BYTES, marked};
use crate::report::Parameter;
use crate::report::sql::Dialect;

/// A value as it is shown.
pub(super) struct Literal {
    /// The literal, or else something readable.
    pub(super) text: String,
    /// Why it is no literal that the database would read as this value.
    pub(super) reason: Option<String>,
}

impl Literal {
    pub(super) fn of(parameter: &Parameter<'_>, dialect: Dialect) -> Self {
        let bytes = |text: &str| parameter.value.as_str().unwrap_or(text).len();
        let _ = dialect;
        let text = shown(parameter.value);
        if bytes(&text) > VALUE_BYTES {
            let text = marked(&text, VALUE_BYTES).into_owned();
            return Self { text, reason: Some("a value is longer than this page keeps".to_owned()) };
        }
        Self { text, reason: None }
    }
}

/// A value for which there is no literal.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}
