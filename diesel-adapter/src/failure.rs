//! What a failed call's stop info says of diesel's errors.

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error};
use osprofiler::db::{DbFailure, DbStop, error_text};

use crate::target;

/// What is known of an error. Diesel keeps no SQLSTATE, only a kind.
pub(crate) fn of(stop: DbStop, error: &Error) -> DbFailure {
    let mut details = Vec::new();
    let mut original_exception = std::error::Error::source(error).map_or_else(|| error_text(error), error_text);
    if let Error::DatabaseError(database_kind, information) = error {
        information.message().clone_into(&mut original_exception);
        for (key, name) in [
            ("constraint", information.constraint_name()),
            ("table", information.table_name()),
            ("column", information.column_name()),
            ("kind", kind(database_kind)),
        ] {
            details.extend(name.map(|name| (key, name.to_owned())));
        }
    }
    let etype = format!("diesel::result::Error::{}", variant(error));
    DbFailure { stop, etype, message: error_text(error), original_exception, details }
}

/// What is known of a connection that could not be had, without the secrets of its URL.
pub(crate) fn of_connection(error: &ConnectionError, url: &str) -> DbFailure {
    let message = target::message_without_secrets(&error_text(error), url);
    let etype = format!("diesel::ConnectionError::{}", variant(error));
    DbFailure { etype, original_exception: message.clone(), message, ..DbFailure::default() }
}

/// What is known of an error that diesel made of a row, by what it says.
pub(crate) fn of_deserializing(stop: DbStop, error: String) -> DbFailure {
    let etype = "diesel::result::Error::DeserializationError".to_owned();
    DbFailure { stop, etype, message: error.clone(), original_exception: error, ..DbFailure::default() }
}

/// What is known of any other error.
#[cfg(feature = "postgres")]
pub(crate) fn of_other(error: &impl std::error::Error) -> DbFailure {
    let etype = std::any::type_name_of_val(error).to_owned();
    DbFailure { etype, original_exception: error_text(error), message: error_text(error), ..DbFailure::default() }
}

/// The kinds by the names that the sqlx adapter has, and diesel's others likewise.
fn kind(kind: &DatabaseErrorKind) -> Option<&'static str> {
    match kind {
        DatabaseErrorKind::UniqueViolation => Some("unique_violation"),
        DatabaseErrorKind::ForeignKeyViolation => Some("foreign_key_violation"),
        DatabaseErrorKind::NotNullViolation => Some("not_null_violation"),
        DatabaseErrorKind::CheckViolation => Some("check_violation"),
        DatabaseErrorKind::ExclusionViolation => Some("exclusion_violation"),
        DatabaseErrorKind::RestrictViolation => Some("restrict_violation"),
        DatabaseErrorKind::UnableToSendCommand => Some("unable_to_send_command"),
        DatabaseErrorKind::SerializationFailure => Some("serialization_failure"),
        DatabaseErrorKind::ReadOnlyTransaction => Some("read_only_transaction"),
        DatabaseErrorKind::ClosedConnection => Some("closed_connection"),
        _ => None,
    }
}

/// The name of an error's variant: its `Debug` form up to the first field.
fn variant(error: &impl std::fmt::Debug) -> String {
    error_text(&format_args!("{error:?}")).chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_variants_have_their_names() {
        let error = Error::DatabaseError(DatabaseErrorKind::UniqueViolation, Box::new("twice".to_owned()));
        let failure = of(DbStop::default(), &error);
        assert_eq!(failure.etype, "diesel::result::Error::DatabaseError");
        assert_eq!((failure.message.as_str(), failure.original_exception.as_str()), ("twice", "twice"));
        assert_eq!(failure.details, [("kind", "unique_violation".to_owned())]);
        let failure = of(DbStop::default(), &Error::QueryBuilderError("no changes".into()));
        assert_eq!(failure.etype, "diesel::result::Error::QueryBuilderError");
        assert_eq!(of(DbStop::default(), &Error::NotFound).etype, "diesel::result::Error::NotFound");
    }

    #[test]
    fn a_connection_that_failed_tells_no_secret() {
        let url = "postgres://ada:secret@nowhere/db";
        let failure = of_connection(&ConnectionError::BadConnection(format!("cannot reach {url}")), url);
        assert_eq!(failure.etype, "diesel::ConnectionError::BadConnection");
        assert_eq!(failure.message, "cannot reach postgres://ada@nowhere/db");
    }
}
