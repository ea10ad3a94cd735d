//! Literals of MySQL and MariaDB, without `NO_BACKSLASH_ESCAPES`.

use serde_json::{Number, Value};

use super::{NoLiteral, digits, is_decimal, quoted};
use crate::python_json;

pub(super) fn literal(value: &Value, type_name: Option<&str>) -> Result<String, NoLiteral> {
    let name = type_name.unwrap_or_default().to_ascii_uppercase();
    // `CAST(.. AS JSON)` is MySQL's alone; this makes JSON in MySQL, and in MariaDB the text that JSON is there.
    if name == "JSON" && !value.is_null() {
        return Ok(json(&python_json::text(value)));
    }
    match value {
        Value::Null => Ok("NULL".to_owned()),
        Value::Bool(value) => Ok(if *value { "TRUE" } else { "FALSE" }.to_owned()),
        Value::Number(number) => Ok(self::number(number, &name)),
        Value::String(value) => match &*name {
            "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" | "GEOMETRY" | "BIT" => {
                Ok(format!("X'{}'", digits(value).ok_or(NoLiteral::Unknown)?))
            }
            // Without its point, a whole number would be an integer.
            "DECIMAL" => match plain(value).ok_or(NoLiteral::Unknown)? {
                whole if !whole.contains('.') => Ok(format!("{whole}.")),
                decimal => Ok(decimal),
            },
            "DATE" | "TIME" if is_moment(value) => Ok(format!("{name}'{value}'")),
            "DATETIME" | "TIMESTAMP" if is_moment(value) => Ok(format!("TIMESTAMP'{value}'")),
            // Bytes whose meaning is not known, or an infinity, which MySQL does not have.
            name if name.ends_with("UNSIGNED") || ["FLOAT", "DOUBLE", "UNKNOWN"].contains(&name) => {
                Err(NoLiteral::Unknown)
            }
            _ => Ok(text(value)),
        },
        Value::Array(_) | Value::Object(_) => Err(NoLiteral::Unknown),
    }
}

/// A number that has more digits than a `Value` holds.
pub(super) fn long_number(number: &str, type_name: Option<&str>) -> Result<String, NoLiteral> {
    if type_name.is_some_and(|name| name.eq_ignore_ascii_case("JSON")) {
        return Ok(json(number));
    }
    // DECIMAL has 65 digits. With more, or with an exponent, it would be a DOUBLE.
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if is_decimal(number) && digits <= 65 { Ok(number.to_owned()) } else { Err(NoLiteral::Unknown) }
}

fn json(json: &str) -> String {
    format!("JSON_EXTRACT({}, '$')", text(json))
}

/// A decimal number without the exponent that it may have been sent with: with one, it would be a `DOUBLE`. MySQL's have 65
/// digits at most, and what would need more zeros than that is none.
fn plain(value: &str) -> Option<String> {
    if is_decimal(value) {
        return Some(value.to_owned());
    }
    let (mantissa, exponent) = value.split_once(['e', 'E'])?;
    let exponent = exponent.parse::<i32>().ok().filter(|exponent| exponent.abs() <= 65 && is_decimal(mantissa))?;
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let all = i32::try_from(digits.len()).ok()?;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    Some(match point {
        ..=0 => format!("{sign}0.{}{digits}", zeros(-point)),
        _ if point >= all => format!("{sign}{digits}{}", zeros(point - all)),
        _ => {
            let (whole, fraction) = digits.split_at(usize::try_from(point).ok()?);
            format!("{sign}{whole}.{fraction}")
        }
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_with_an_exponent_are_written_without() {
        for (sent, literal) in [
            ("-1E-7", Some("-0.0000001")),
            ("1.25e+1", Some("12.5")),
            ("12E3", Some("12000")),
            ("1.5E1", Some("15")),
            ("0.12E1", Some("01.2")),
            ("7.0", Some("7.0")),
            ("1E99", None),
            ("1E1; DROP", None),
            ("E1", None),
            ("NaN", None),
            ("--1", None),
        ] {
            assert_eq!(plain(sent).as_deref(), literal, "{sent}");
        }
    }
}
