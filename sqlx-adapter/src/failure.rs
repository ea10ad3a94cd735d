//! What a failed call's stop info says of sqlx's error.

use osprofiler::db::{DbFailure, DbStop, error_text};
use sqlx_core::error::{Error, ErrorKind};

use crate::database::TracedDatabase;

/// What is known of an error.
pub(crate) fn failure<DB: TracedDatabase>(stop: DbStop, error: &Error) -> DbFailure {
    let original_exception = match error {
        Error::Database(original) => error_text(original),
        _ => std::error::Error::source(error).map_or_else(|| error_text(error), error_text),
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
    DbFailure { stop, etype, message: error_text(error), original_exception, details }
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
    error_text(&format_args!("{error:?}")).chars().take_while(char::is_ascii_alphanumeric).collect()
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

    #[test]
    #[cfg(feature = "sqlite")]
    fn an_error_that_cannot_be_shown_harms_nobody() {
        #[derive(Debug)]
        struct Panics;

        impl std::fmt::Display for Panics {
            fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                panic!("shown")
            }
        }

        impl std::error::Error for Panics {}

        let failure = failure::<sqlx_sqlite::Sqlite>(DbStop::default(), &Error::Decode(Box::new(Panics)));
        assert_eq!(failure.etype, "sqlx::Error::Decode");
        assert_eq!(failure.message, "<sqlx_core::error::Error>");
    }
}
