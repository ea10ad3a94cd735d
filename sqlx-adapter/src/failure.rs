//! What a failed call's stop info says of sqlx's error.

use osprofiler::Info;
use osprofiler::db::DbStop;
use serde_json::{Map, Value};
use sqlx_core::error::{Error, ErrorKind};

use crate::database::TracedDatabase;

/// `{"etype", "message", "db": {"original_exception", "chained_exception", "sqlstate" or "code", ...}}`.
///
/// What the call returned before it failed stands in `db` too. Failures are rare, and the error itself belongs to the caller: this is made where it happens.
pub(crate) fn failure<DB: TracedDatabase>(counted: DbStop, error: &Error) -> Info {
    let mut db = Map::new();
    for (key, count) in [("rows", counted.rows), ("rows_affected", counted.rows_affected)] {
        if let Some(count) = count {
            db.insert(key.to_owned(), count.into());
        }
    }
    let mut set = |key: &str, value: String| drop(db.insert(key.to_owned(), Value::from(value)));
    let original = match error {
        Error::Database(original) => original.to_string(),
        _ => std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string),
    };
    set("original_exception", original);
    set("chained_exception", error.to_string());
    if let Error::Database(original) = error {
        if let Some((key, code)) = DB::error_code(original.as_ref()) {
            set(key, code);
        }
        if let Some(constraint) = original.constraint() {
            set("constraint", constraint.to_owned());
        }
        if let Some(table) = original.table() {
            set("table", table.to_owned());
        }
        if let Some(kind) = kind(&original.kind()) {
            set("kind", kind.to_owned());
        }
    }
    Map::from_iter([
        ("etype".to_owned(), Value::from(format!("sqlx::Error::{}", variant(error)))),
        ("message".to_owned(), Value::from(error.to_string())),
        ("db".to_owned(), Value::Object(db)),
    ])
    .into()
}

fn kind(kind: &ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::UniqueViolation => Some("unique_violation"),
        ErrorKind::ForeignKeyViolation => Some("foreign_key_violation"),
        ErrorKind::NotNullViolation => Some("not_null_violation"),
        ErrorKind::CheckViolation => Some("check_violation"),
        ErrorKind::ExclusionViolation => Some("exclusion_violation"),
        _ => None,
    }
}

/// The name of an error's variant: its `Debug` form up to the first field.
fn variant(error: &Error) -> String {
    format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_have_their_names() {
        assert_eq!(variant(&Error::PoolTimedOut), "PoolTimedOut");
        assert_eq!(variant(&Error::Protocol("x".to_owned())), "Protocol");
        assert_eq!(variant(&Error::ColumnIndexOutOfBounds { index: 1, len: 0 }), "ColumnIndexOutOfBounds");
    }
}
