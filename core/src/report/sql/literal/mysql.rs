//! Literals of MySQL and MariaDB, without `NO_BACKSLASH_ESCAPES`.

use serde_json::{Number, Value};

use super::{NoLiteral, digits, is_decimal, quoted};

pub(super) fn literal(value: &Value, type_name: Option<&str>) -> Result<String, NoLiteral> {
    let name = type_name.unwrap_or_default().to_ascii_uppercase();
    // `CAST(.. AS JSON)` is MySQL's alone; this makes JSON in MySQL, and in MariaDB the text that JSON is there.
    if name == "JSON" && !value.is_null() {
        return Ok(format!("JSON_EXTRACT({}, '$')", text(&value.to_string())));
    }
    match value {
        Value::Null => Ok("NULL".to_owned()),
        Value::Bool(value) => Ok(if *value { "TRUE" } else { "FALSE" }.to_owned()),
        Value::Number(number) => Ok(self::number(number, &name)),
        Value::String(value) => match &*name {
            "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" | "GEOMETRY" | "BIT" => {
                Ok(format!("X'{}'", digits(value).ok_or(NoLiteral::Unknown)?))
            }
            "DECIMAL" if is_decimal(value) => Ok(value.clone()),
            "DATE" | "TIME" if is_moment(value) => Ok(format!("{name}'{value}'")),
            "DATETIME" | "TIMESTAMP" if is_moment(value) => Ok(format!("TIMESTAMP'{value}'")),
            // Bytes whose meaning is not known, or an infinity, which MySQL does not have.
            name if name.ends_with("UNSIGNED") || ["FLOAT", "DOUBLE", "UNKNOWN", "DECIMAL"].contains(&name) => {
                Err(NoLiteral::Unknown)
            }
            _ => Ok(text(value)),
        },
        Value::Array(_) | Value::Object(_) => Err(NoLiteral::Unknown),
    }
}

/// A number; without an exponent, one with a point would be DECIMAL.
fn number(number: &Number, name: &str) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() || ["FLOAT", "DOUBLE"].contains(&name) => format!("{float:e}"),
        _ => number.to_string(),
    }
}

fn text(value: &str) -> String {
    quoted(&value.replace('\\', "\\\\"))
}

/// Whether it is a date or time that may stand after its type: dates of zeros may not in every mode.
fn is_moment(value: &str) -> bool {
    let date = value.get(..10).filter(|date| date.as_bytes()[4] == b'-' && date.as_bytes()[0] != b'-');
    let whole = date.is_none_or(|date| !date.starts_with("0000") && !date[5..].split('-').any(|part| part == "00"));
    whole && !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit() || b"-:. ".contains(&byte))
}
