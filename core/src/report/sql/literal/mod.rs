//! [`literal`]: a recorded value as a literal that the database reads back as that value.
//!
//! Here: what all databases have in common. Below: one module for each dialect. Not here: where a literal goes
//! (`runnable`).
//!
//! A value that cannot be written so is refused: better no literal than a wrong one. What was recorded of a value decides:
//! PostgreSQL's `NULL` and JSON's `null` look alike in a trace, and are both written as `NULL`.

mod array;
mod generic;
mod mysql;
mod postgres;
mod sqlite;
mod type_name;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::Dialect;
use super::fingerprint::without_mark;
use crate::python_json;

/// Why there is no literal for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NoLiteral {
    /// Only its beginning was recorded.
    #[error("only its beginning was recorded")]
    Cut,
    /// It was hidden when it was recorded.
    #[error("it was hidden when it was recorded")]
    Redacted,
    /// It has a NUL, which no literal can hold.
    #[error("it has a NUL character")]
    Nul,
    /// What a backslash means depends on the database, which is not known.
    #[error("it has a backslash, and the database is not known")]
    Backslash,
    /// Its type is not known, or none that can be written.
    #[error("its type has no literal")]
    Unknown,
}

/// The value as a literal of the dialect. `type_name` is the database's name for its type, where that was recorded.
///
/// ```
/// use osprofiler::report::sql::{Dialect, literal::literal};
///
/// let literal = |value, type_name| literal(Dialect::Postgres, &value, type_name);
/// assert_eq!(literal("it's".into(), None)?, "'it''s'");
/// assert_eq!(literal((-5).into(), Some("INT8"))?, "(-5)::int8");
/// # Ok::<(), osprofiler::report::sql::literal::NoLiteral>(())
/// ```
///
/// # Errors
///
/// [`NoLiteral`] says why there is none.
pub fn literal(dialect: Dialect, value: &Value, type_name: Option<&str>) -> Result<String, NoLiteral> {
    if let Value::String(text) = value {
        if without_mark(text).is_some() {
            return Err(NoLiteral::Cut);
        }
        if ["[redacted]", "[redactor failed]"].contains(&&**text) {
            return Err(NoLiteral::Redacted);
        }
        if text.contains('\0') {
            return Err(NoLiteral::Nul);
        }
    }
    // Whole numbers beyond 64 bits, mostly.
    if let Some(number) = python_json::number(value) {
        return match dialect {
            Dialect::Postgres => Ok(postgres::long_number(number, type_name)),
            Dialect::Mysql => mysql::long_number(number, type_name),
            // It would make a floating-point number of it.
            Dialect::Sqlite => Err(NoLiteral::Unknown),
            Dialect::Generic => Ok(number.to_owned()),
        };
    }
    match dialect {
        Dialect::Postgres => postgres::literal(value, type_name),
        Dialect::Mysql => mysql::literal(value, type_name),
        Dialect::Sqlite => sqlite::literal(value, type_name),
        Dialect::Generic => generic::literal(value),
    }
}

/// A text between single quotes, which are doubled in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The digits of bytes as they are recorded: `\x00ff`.
fn digits(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("\\x")?;
    (digits.len() % 2 == 0 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
}

/// Whether a text is a decimal number without an exponent.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number(whole) && is_number(fraction)
}
