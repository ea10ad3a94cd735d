//! Literals that every database reads alike.

use serde_json::Value;

use super::{NoLiteral, quoted};

pub(super) fn literal(value: &Value) -> Result<String, NoLiteral> {
    match value {
        Value::Null => Ok("NULL".to_owned()),
        Value::Bool(value) => Ok(if *value { "TRUE" } else { "FALSE" }.to_owned()),
        Value::Number(number) => Ok(number.to_string()),
        // MySQL would take a quote after it for a part of the text: a value must not break out wherever it is pasted.
        Value::String(text) if text.contains('\\') => Err(NoLiteral::Backslash),
        Value::String(text) => Ok(quoted(text)),
        Value::Array(_) | Value::Object(_) => Err(NoLiteral::Unknown),
    }
}
