//! Literals of PostgreSQL, with `standard_conforming_strings`.

use serde_json::Value;

use super::type_name::{TypeName, type_name};
use super::{NoLiteral, array, digits};
use crate::python_json;

pub(super) fn literal(value: &Value, recorded: Option<&str>) -> Result<String, NoLiteral> {
    let ty = recorded.and_then(type_name);
    match (value, &ty) {
        // A type of which nothing but the form of its name is known is worth nothing.
        (Value::Array(_) | Value::Object(_), None) => Err(NoLiteral::Unknown),
        (Value::String(text), None) if recorded.is_some() && digits(text).is_some() => Err(NoLiteral::Unknown),
        (Value::Null, None) => Ok("NULL".to_owned()),
        (Value::Bool(value), None) => Ok(value.to_string()),
        (Value::Number(number), None) => Ok(number.to_string()),
        (Value::String(text), None) => Ok(quoted(text)),
        (_, Some(ty)) => typed(value, ty),
    }
}

fn typed(value: &Value, ty: &TypeName) -> Result<String, NoLiteral> {
    let cast = |text: &str| format!("{}::{}", quoted(text), ty.sql);
    match value {
        Value::Null => Ok(format!("NULL::{}", ty.sql)),
        _ if ty.is_json() => Ok(cast(&json(value)?)),
        Value::Bool(value) if ty.is(&["bool", "boolean"]) => Ok(value.to_string()),
        Value::Number(number) if number.is_f64() || is_float(ty) => {
            // Between quotes a zero keeps its sign.
            Ok(cast(&number.to_string()))
        }
        Value::Number(number) => Ok(integer(&number.to_string(), ty)),
        Value::Bool(value) => Ok(cast(if *value { "true" } else { "false" })),
        Value::String(text) if ty.is(&["bytea"]) => {
            digits(text).ok_or(NoLiteral::Unknown)?;
            // The form that the specification of `bytea` has, which has no backslash to double in it.
            Ok(format!("'{text}'::bytea"))
        }
        // `bit` alone would be one bit.
        Value::String(text) if ty.is(&["bit"]) && text.bytes().all(|byte| matches!(byte, b'0' | b'1')) => {
            Ok(format!("B'{text}'"))
        }
        // Bytes that nobody could read.
        Value::String(text) if digits(text).is_some() && !ty.is_text() => Err(NoLiteral::Unknown),
        Value::String(text) => Ok(cast(text)),
        Value::Array(elements) => {
            let element = ty.element.as_deref().ok_or(NoLiteral::Unknown)?;
            Ok(cast(&array::text(elements, element)?))
        }
        Value::Object(_) => Err(NoLiteral::Unknown),
    }
}

/// A number that has more digits than a `Value` holds. `numeric` has up to 131072 of them.
pub(super) fn long_number(number: &str, recorded: Option<&str>) -> String {
    match recorded.and_then(type_name) {
        None => number.to_owned(),
        Some(ty) if ty.is_json() || !is_whole(number) || is_float(&ty) => format!("{}::{}", quoted(number), ty.sql),
        Some(ty) => integer(number, &ty),
    }
}

fn is_whole(number: &str) -> bool {
    number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn is_float(ty: &TypeName) -> bool {
    ty.is(&["float4", "float8", "real", "double precision", "float"])
}

fn integer(number: &str, ty: &TypeName) -> String {
    let is_plain = ty.is(&["int4", "int", "integer"]) && number.parse::<i32>().is_ok();
    match number {
        number if is_plain => number.to_owned(),
        // A cast binds tighter than a sign.
        number if number.starts_with('-') => format!("({number})::{}", ty.sql),
        // No cast goes from a number to these.
        number if ty.is(&["xid", "cid", "xid8"]) => format!("'{number}'::{}", ty.sql),
        number => format!("{number}::{}", ty.sql),
    }
}

/// The text of a JSON value. PostgreSQL takes no NUL in it, however it is written.
pub(super) fn json(value: &Value) -> Result<String, NoLiteral> {
    let text = python_json::text(value);
    if text.contains("\\u0000") { Err(NoLiteral::Nul) } else { Ok(text) }
}

/// A text between quotes. Backslashes are doubled in a form in which that is right whatever the server's setting is.
fn quoted(text: &str) -> String {
    if text.contains('\\') { format!("E{}", super::quoted(&text.replace('\\', "\\\\"))) } else { super::quoted(text) }
}
