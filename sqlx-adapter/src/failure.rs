//! What a failed call's stop info says of sqlx's error.

use osprofiler::db::{DbFailure, DbStop};
use sqlx_core::error::{Error, ErrorKind};

use crate::database::TracedDatabase;

/// What is known of an error.
pub(crate) fn failure<DB: TracedDatabase>(stop: DbStop, error: &Error) -> DbFailure {
    let original_exception = match error {
        Error::Database(original) => original.to_string(),
        _ => std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string),
    };
    let mut details = Vec::new();
    if let Error::Database(original) = error {
        DB::error_details(original.as_ref(), &mut details);
        for (key, name) in [("constraint", original.constraint()), ("table", original.table())] {
            details.extend(name.map(|name| (key, name.to_owned())));
        }
        details.extend(kind(&original.kind()).map(|kind| ("kind", kind.to_owned())));
    }
    let etype = format!("sqlx::Error::{}", variant(error));
    DbFailure { stop, etype, message: error.to_string(), original_exception, details }
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
