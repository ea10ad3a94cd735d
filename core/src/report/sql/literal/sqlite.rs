//! Literals of SQLite.
//!
//! SQLite may read the last of 17 digits of a number wrong, and has no other form for them.

use serde_json::Value;

use super::{NoLiteral, digits, quoted};

pub(super) fn literal(value: &Value, type_name: Option<&str>) -> Result<String, NoLiteral> {
    let is = |name: &str| type_name.is_some_and(|type_name| type_name.eq_ignore_ascii_case(name));
    match value {
        Value::Null => Ok("NULL".to_owned()),
        Value::Bool(value) => Ok(if *value { "1" } else { "0" }.to_owned()),
        // SQLite would make a number of 64 bits without a sign a floating-point number.
        Value::Number(number) if number.is_u64() && !number.is_i64() => Err(NoLiteral::Unknown),
        Value::Number(number) if is("REAL") => real(number.as_f64().ok_or(NoLiteral::Unknown)?),
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) if is("BLOB") => Ok(format!("x'{}'", digits(text).ok_or(NoLiteral::Unknown)?)),
        Value::String(text) if is("REAL") => real(match &**text {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => return Err(NoLiteral::Unknown),
        }),
        Value::String(text) => Ok(quoted(text)),
        Value::Array(_) | Value::Object(_) => Err(NoLiteral::Unknown),
    }
}

fn real(number: f64) -> Result<String, NoLiteral> {
    Ok(match number {
        // SQLite has no NaN: bound, it is NULL.
        number if number.is_nan() => "NULL".to_owned(),
        f64::INFINITY => "9e999".to_owned(),
        f64::NEG_INFINITY => "-9e999".to_owned(),
        _ => format!("{number:?}"),
    })
}
