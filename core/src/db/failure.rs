//! How database points end where the database or its driver refused: [`DbFailure`], and [`DbFailed`] where its text may have to
//! go without values.
//!
//! Here: the stop info, and when it is written without values. Not here: what of a text is none (`error_text`).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{DbOptions, DbSource, DbStop, error_text};
use crate::{Info, InfoWriter, RenderInfo};

/// What a failed statement's stop info says: `{"etype", "message", "db": {"original_exception", "chained_exception",
/// "sqlstate", "code", ...}}`.
///
/// Failures are rare, and the error itself belongs to the caller: this is made where it happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DbFailure {
    /// What was counted before it failed.
    pub stop: DbStop,
    /// The error's type and variant, such as `sqlx::Error::Database`.
    pub etype: String,
    /// What the error says.
    pub message: String,
    /// What the database says, or the error's cause.
    pub original_exception: String,
    /// What else is known, with its keys: `sqlstate`, `code`, `kind`, `constraint`, `table`, `column`.
    pub details: Vec<(&'static str, String)>,
}

impl DbFailure {
    fn without_values(mut self) -> Self {
        for text in [&mut self.message, &mut self.original_exception] {
            *text = error_text::without_values(text).unwrap_or_else(|| DbOptions::REDACTED.to_owned());
        }
        self
    }

    fn into_members(self) -> Map<String, Value> {
        let mut db = Map::new();
        for (key, number) in self.stop.numbers() {
            if let Some(number) = number {
                db.insert(key.to_owned(), number.into());
            }
        }
        // That a failed statement was not read to its end goes without saying.
        if self.stop.unsent {
            db.insert("sent".to_owned(), false.into());
        }
        db.insert("original_exception".to_owned(), self.original_exception.into());
        db.insert("chained_exception".to_owned(), Value::from(self.message.as_str()));
        for (key, detail) in self.details {
            db.insert(key.to_owned(), detail.into());
        }
        Map::from_iter([
            ("etype".to_owned(), Value::from(self.etype)),
            ("message".to_owned(), Value::from(self.message)),
            ("db".to_owned(), Value::Object(db)),
        ])
    }
}

/// The stop info of a statement that failed, as the options say: where they keep values out of the record, they keep them out
/// of the error's text too. The program's own error is not touched.
pub struct DbFailed<S> {
    /// What is known of the failure.
    pub failure: DbFailure,
    /// How it is recorded.
    pub source: Arc<DbSource>,
    /// The statement, where [`DbSource::reads_failed_statements`] wants it. Without it all patterns are taken to match.
    pub statement: Option<S>,
}

impl<S: AsRef<str> + Send + 'static> From<DbFailed<S>> for Info {
    fn from(failed: DbFailed<S>) -> Self {
        let DbFailed { failure, source, statement } = failed;
        if source.options.records_values() {
            return failure.into_members().into();
        }
        Self::rendered_later(FailedInfo(Some((failure, source, statement))))
    }
}

/// A [`DbFailed`] on its way to the worker, which looks at its text; `None` once it was written.
struct FailedInfo<S>(Option<(DbFailure, Arc<DbSource>, Option<S>)>);

impl<S: AsRef<str> + Send + 'static> RenderInfo for FailedInfo<S> {
    fn render(&mut self, info: &mut InfoWriter) {
        let Some((failure, source, statement)) = self.0.take() else { return };
        let hides = source.options.hides_values_of(statement.as_ref().map(AsRef::as_ref));
        let failure = if hides { failure.without_values() } else { failure };
        for (key, value) in failure.into_members() {
            info.value(&key, &value);
        }
    }

    fn weight(&self) -> usize {
        let Some((failure, _, statement)) = &self.0 else { return size_of::<Self>() };
        let details = failure.details.iter().map(|(_, detail)| detail.len()).sum::<usize>();
        size_of::<Self>()
            + failure.message.len()
            + failure.original_exception.len()
            + details
            + statement.as_ref().map_or(0, |statement| statement.as_ref().len())
    }
}

impl<S> std::fmt::Debug for DbFailed<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DbFailed").field("failure", &self.failure).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::ParamsPolicy;

    const TEXT: &str = "Duplicate entry 's3cret' for key 'email'";

    fn recorded(options: DbOptions, statement: Option<&'static str>) -> Value {
        let failure = DbFailure {
            stop: DbStop { rows: Some(1), ..DbStop::default() },
            etype: "E".to_owned(),
            message: format!("error returned from database: {TEXT}"),
            original_exception: TEXT.to_owned(),
            details: vec![("sqlstate", "23000".to_owned())],
        };
        let source = DbSource::new("mysql", "d", None, options);
        let mut info = Info::from(DbFailed { failure, source, statement });
        let mut writer = InfoWriter::new();
        info.render(&mut writer);
        serde_json::from_str(&writer.finish()).expect("JSON")
    }

    fn hides(options: DbOptions, statement: Option<&'static str>) {
        let shown = recorded(options, statement);
        assert!(!shown.to_string().contains("s3cret"), "{shown}");
        assert_eq!(shown["message"], "error returned from database: Duplicate entry '[redacted]' for key 'email'");
        assert_eq!(shown["db"]["original_exception"], "Duplicate entry '[redacted]' for key 'email'");
        assert_eq!(
            (&shown["etype"], &shown["db"]["sqlstate"], &shown["db"]["rows"]),
            (&"E".into(), &"23000".into(), &1.into())
        );
    }

    #[test]
    fn a_policy_without_values_has_none_in_errors() {
        hides(DbOptions::default().params(ParamsPolicy::Types), None);
        hides(DbOptions::default().params(ParamsPolicy::Off), None);
        hides(DbOptions::default().redact_with(|_| None), None);
        let all = recorded(DbOptions::default(), None);
        assert_eq!(all["db"]["original_exception"], TEXT);
        assert_eq!(all["db"]["chained_exception"], all["message"]);
    }

    #[test]
    fn a_pattern_hides_the_errors_of_statements_that_match() {
        let options = || DbOptions::default().redact("email").expect("a pattern");
        hides(options(), Some("INSERT INTO u (email) VALUES (?)"));
        // Which statement it was is not known.
        hides(options(), None);
        assert_eq!(recorded(options(), Some("INSERT INTO u (n) VALUES (?)"))["db"]["original_exception"], TEXT);
    }
}
