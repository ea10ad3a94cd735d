//! Database points: what both adapters record of a statement, and how it is written.
//!
//! Here: the start and stop info. Below: [`ParamsWriter`], which gives bound values their JSON form. Not here: how an
//! adapter comes by statement and values.

#[cfg(feature = "mysql")]
pub mod mysql;
mod params;
#[cfg(feature = "postgres")]
pub mod postgres;
mod value;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

pub use params::ParamsWriter;
pub use value::DbValue;

use crate::{Info, InfoWriter, RenderInfo};

/// A statement keeps at most so many bytes; what is longer is cut, and marked with how much is missing.
pub const STATEMENT_CAP: usize = 64 << 10;

/// What all points of one pool or connection say of their database.
#[derive(Debug)]
pub struct DbSource {
    /// The members of `info.db`, written once.
    members: String,
}

impl DbSource {
    /// `system` is `postgresql`, `mysql`, `mariadb` or `sqlite`; `database` is the database's name or file.
    #[must_use]
    pub fn new(system: &str, database: &str) -> Arc<Self> {
        let mut info = InfoWriter::new();
        info.string("system", system);
        info.string("database", database);
        Arc::new(Self { members: info.finish() })
    }
}

/// Bound values, as an adapter keeps them on the calling thread.
pub trait BoundValues: Send + 'static {
    /// About how many bytes they keep in memory.
    fn weight(&self) -> usize;

    /// Decodes them, on the collector's worker.
    fn decode(self, params: &mut ParamsWriter);
}

/// The start info of a database point: `{"db": {"statement", "params", "param_types", "system", "database", "method",
/// "acquire_us"}}`.
///
/// `S` is a cheap handle of the statement.
pub struct DbStart<S, V> {
    /// The database.
    pub source: Arc<DbSource>,
    /// The executor method that was called, such as `fetch_one`.
    pub method: &'static str,
    /// From when to when the call waited for a connection, where it did not bring one. The worker works out how long.
    pub acquire: Option<Range<Instant>>,
    /// The statement.
    pub statement: S,
    /// Its bound values; `None` where it came without any.
    pub values: Option<V>,
}

impl<S: AsRef<str> + Send + 'static, V: BoundValues> From<DbStart<S, V>> for Info {
    fn from(start: DbStart<S, V>) -> Self {
        Self::rendered_later(start)
    }
}

impl<S: AsRef<str> + Send + 'static, V: BoundValues> RenderInfo for DbStart<S, V> {
    fn render(&mut self, info: &mut InfoWriter) {
        let Self { source, method, acquire, statement, values } = self;
        info.object("db", |db| {
            let statement = statement.as_ref();
            match statement.len() {
                0..=STATEMENT_CAP => db.string("statement", statement),
                length => {
                    let mut head = statement[..statement.floor_char_boundary(STATEMENT_CAP)].to_owned();
                    params::mark_cut(&mut head, length);
                    db.string("statement", &head);
                }
            }
            if let Some(values) = values.take() {
                ParamsWriter::write(db, |params| values.decode(params));
            }
            db.members(&source.members);
            db.word("method", method);
            if let Some(acquire) = acquire {
                let waited = acquire.end.saturating_duration_since(acquire.start);
                db.number("acquire_us", u64::try_from(waited.as_micros()).unwrap_or(u64::MAX));
            }
        });
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.statement.as_ref().len() + self.values.as_ref().map_or(0, V::weight)
    }
}

impl<S: AsRef<str>, V> fmt::Debug for DbStart<S, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbStart").field("statement", &self.statement.as_ref()).finish_non_exhaustive()
    }
}

/// The stop info of a database point that did not fail: `{"db": {"rows"}}` or `{"db": {"rows_affected"}}`, with
/// `"cancelled": true` beside it where the call was dropped before its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DbStop {
    /// How many rows the program received; `None` where the call does not return rows.
    pub rows: Option<u64>,
    /// How many rows the statement changed; `None` where nobody said.
    pub rows_affected: Option<u64>,
    /// Whether the call was dropped before its end.
    pub cancelled: bool,
}

impl DbStop {
    /// Counts rows that the program received.
    pub fn add_rows(&mut self, rows: u64) {
        self.rows = Some(self.rows.unwrap_or(0) + rows);
    }

    /// Counts rows that the statement changed.
    pub fn add_affected(&mut self, rows: u64) {
        self.rows_affected = Some(self.rows_affected.unwrap_or(0) + rows);
    }

    pub(crate) fn render(self, info: &mut InfoWriter) {
        info.object("db", |db| {
            for (key, count) in [("rows", self.rows), ("rows_affected", self.rows_affected)] {
                if let Some(count) = count {
                    db.number(key, count);
                }
            }
        });
        if self.cancelled {
            info.bool("cancelled", true);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Seven;

    impl BoundValues for Seven {
        fn weight(&self) -> usize {
            8
        }

        fn decode(self, params: &mut ParamsWriter) {
            params.integer(7, "INTEGER");
        }
    }

    fn start(statement: impl Into<String>, values: Option<Seven>, acquire: Option<Duration>) -> String {
        let now = Instant::now();
        let acquire = acquire.map(|waited| now..now + waited);
        let source = DbSource::new("sqlite", "a \"b\".db");
        let mut info = InfoWriter::new();
        DbStart { source, method: "fetch_one", acquire, statement: statement.into(), values }.render(&mut info);
        info.finish()
    }

    fn stopped(stop: DbStop) -> String {
        let mut info = InfoWriter::new();
        stop.render(&mut info);
        info.finish()
    }

    #[test]
    fn start_has_its_members_in_order() {
        assert_eq!(
            start("SELECT ?", Some(Seven), Some(Duration::from_micros(12))),
            r#"{"db":{"statement":"SELECT ?","params":[7],"param_types":["INTEGER"],"system":"sqlite","database":"a \"b\".db","method":"fetch_one","acquire_us":12}}"#
        );
        assert_eq!(
            start("SELECT 1", None, None),
            r#"{"db":{"statement":"SELECT 1","system":"sqlite","database":"a \"b\".db","method":"fetch_one"}}"#
        );
    }

    #[test]
    fn long_statements_are_cut_on_character_boundaries_and_marked() {
        let text = start("é".repeat(40_000), None, None);
        assert!(text.contains(&format!("{}…(+14464 B)\"", "é".repeat(32_768))));
    }

    #[test]
    fn stop_says_what_is_known() {
        let mut stop = DbStop::default();
        assert_eq!(stopped(stop), r#"{"db":{}}"#);
        stop.add_rows(2);
        stop.add_rows(1);
        stop.add_affected(0);
        stop.cancelled = true;
        assert_eq!(stopped(stop), r#"{"db":{"rows":3,"rows_affected":0},"cancelled":true}"#);
    }
}
