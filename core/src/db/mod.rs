//! Database points: what both adapters record of a statement, and how it is written.
//!
//! Here: the start and stop info. Below: [`ParamsWriter`], which gives bound values their JSON form. Not here: how an
//! adapter comes by statement and values.

#[cfg(feature = "caller")]
mod caller;
#[cfg(not(feature = "caller"))]
#[path = "caller/nowhere.rs"]
mod caller;
#[cfg(feature = "debug-values")]
pub mod debug;
mod elsewhere;
pub(crate) mod error_text;
mod failure;
mod gate;
mod handed_out;
pub mod long;
#[cfg(feature = "mysql")]
pub mod mysql;
mod options;
mod params;
#[cfg(feature = "postgres")]
pub mod postgres;
mod query;
mod source;
mod stop;
mod value;
mod verb;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

pub use crate::error::text as error_text;
pub use caller::Caller;
#[doc(hidden)]
pub use caller::register_own_frames;
pub use failure::{DbFailed, DbFailure};
pub(crate) use gate::outside_traces;
pub use gate::{CheckoutTrace, Gate};
pub(crate) use handed_out::HandedOut;
pub use handed_out::handed_out;
pub use options::{DbOptions, ParamsPolicy, PatternError, Recorded};
pub use params::{ParamsWriter, RowsWriter};
pub use source::{DbLease, DbSource};
pub use stop::{DbStop, Outcome};
pub(crate) use value::CUT;
pub use value::DbValue;
#[doc(hidden)]
pub use verb::{ChangesRows, changes_rows};

use crate::{Info, InfoWriter, RenderInfo};

/// Bound values, as an adapter keeps them on the calling thread.
pub trait BoundValues: Send + 'static {
    /// About how many bytes they keep in memory.
    fn weight(&self) -> usize;

    /// Decodes them, on the collector's worker. Their memory goes back to a calling thread afterwards, which frees it.
    fn decode(&mut self, params: &mut ParamsWriter<'_>);
}

/// Returned rows, as an adapter keeps them on the calling thread.
pub trait ReturnedRows: Send + 'static {
    /// About how many bytes they keep in memory.
    fn weight(&self) -> usize;

    /// Decodes them, on the collector's worker.
    fn decode(self, rows: &mut RowsWriter<'_>);
}

/// The start info of a database point: `{"db": {"statement", "params", "param_types", "system", "database", "server",
/// "method", "internal", "connection", "transaction", "prepared", "acquire_us", "caller"}}`.
///
/// `S` is a cheap handle of the statement.
pub struct DbStart<S, V> {
    /// The database, and how its statements are recorded.
    pub source: Arc<DbSource>,
    /// The executor method that was called, such as `fetch_one`.
    pub method: &'static str,
    /// Whether the program did not ask for it: a pool looked whether its connection lives.
    pub internal: bool,
    /// From when to when the call waited for a connection, where it did not bring one. The worker works out how long.
    pub acquire: Option<Range<Instant>>,
    /// The connection and transaction, where others run on the same.
    pub lease: Option<Arc<DbLease>>,
    /// Whether the statement was prepared before; `None` where that is not known.
    pub prepared: Option<bool>,
    /// Where in the program it came from, where that is asked for: [`DbSource::caller`].
    pub caller: Option<Caller>,
    /// The statement.
    pub statement: S,
    /// Its bound values; `None` where it came without any.
    pub values: Option<V>,
}

/// Methods that run no statement of the program's: they wait for a connection, begin or end a transaction in its name, or
/// prepare what may run later.
const RUN_NOTHING: [&str; 9] =
    ["begin", "commit", "rollback", "drop", "acquire", "connect", "prepare", "prepare_with", "describe"];

/// Whether a database point with this text and method runs a statement of the program's.
pub(crate) fn runs_statement(statement: Option<&str>, method: Option<&str>, internal: bool) -> bool {
    statement.is_some_and(|text| !text.is_empty())
        && !internal
        && method.is_none_or(|method| !RUN_NOTHING.contains(&method))
}

/// Whether a database point with this text and method is one of the program's queries: lists and response headers count by
/// this, and reports count the same.
pub(crate) fn counts_as_query(statement: Option<&str>, method: Option<&str>, internal: bool) -> bool {
    runs_statement(statement, method, internal) && statement.is_some_and(query::is_query)
}

/// Whether an error of this type ended a call while it waited for a connection, so that nothing was sent: sqlx has these
/// for nothing else.
pub(crate) fn got_no_connection(etype: Option<&str>) -> bool {
    matches!(etype, Some("sqlx::Error::PoolTimedOut" | "sqlx::Error::PoolClosed"))
}

impl<S: AsRef<str>, V> DbStart<S, V> {
    pub(crate) fn counts_as_query(&self) -> bool {
        counts_as_query(Some(self.statement.as_ref()), Some(self.method), self.internal)
    }
}

impl<S: AsRef<str> + Send + 'static, V: BoundValues> From<DbStart<S, V>> for Info {
    fn from(start: DbStart<S, V>) -> Self {
        let DbStart { source, method, internal, acquire, lease, prepared, caller, statement, values } = start;
        Self::rendered_later(StartInfo {
            source: Some(source),
            method,
            internal,
            acquire,
            lease,
            prepared,
            caller,
            statement,
            values,
        })
    }
}

/// A [`DbStart`] on its way to the worker and back.
struct StartInfo<S, V> {
    /// `None` once it was rendered: with the last of them the program's redactors are dropped, which is not to happen on a
    /// thread that runs another query.
    source: Option<Arc<DbSource>>,
    method: &'static str,
    internal: bool,
    acquire: Option<Range<Instant>>,
    lease: Option<Arc<DbLease>>,
    prepared: Option<bool>,
    caller: Option<Caller>,
    statement: S,
    values: Option<V>,
}

impl<S: AsRef<str> + Send + 'static, V: BoundValues> RenderInfo for StartInfo<S, V> {
    fn render(&mut self, info: &mut InfoWriter) {
        let Self { source, method, internal, acquire, lease, prepared, caller, statement, values } = self;
        // It is rendered once.
        let Some(source) = source.as_deref() else { return };
        info.object("db", |db| {
            let (statement, options) = (statement.as_ref(), &source.options);
            if statement.len() <= options.statement_cap {
                db.string("statement", statement);
            } else {
                let mut head = statement[..statement.floor_char_boundary(options.statement_cap)].to_owned();
                value::mark_cut(&mut head, statement.len());
                db.string("statement", &head);
            }
            if let Some(values) = values {
                ParamsWriter::write(db, statement, options, |params| values.decode(params));
            }
            db.members(&source.members);
            if !method.is_empty() {
                db.word("method", method);
            }
            if *internal {
                db.bool("internal", true);
            }
            if let Some(lease) = lease {
                lease.render(db);
            }
            if let Some(prepared) = prepared {
                db.bool("prepared", *prepared);
            }
            if let Some(acquire) = acquire {
                let waited = acquire.end.saturating_duration_since(acquire.start);
                db.number("acquire_us", u64::try_from(waited.as_micros()).unwrap_or(u64::MAX));
            }
            if let Some(caller) = caller {
                caller.render(db);
            }
        });
    }

    fn weight(&self) -> usize {
        let caller = self.caller.as_ref().map_or(0, Caller::weight);
        size_of::<Self>() + self.statement.as_ref().len() + self.values.as_ref().map_or(0, V::weight) + caller
    }

    fn goes_back(&mut self) -> bool {
        /// Longer values are freed by the worker, so that little memory is held for nothing.
        const SMALL: usize = 1024;
        self.source = None;
        self.values.as_ref().is_some_and(|values| values.weight() <= SMALL)
    }
}

impl<S: AsRef<str>, V> fmt::Debug for DbStart<S, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbStart").field("statement", &self.statement.as_ref()).finish_non_exhaustive()
    }
}

/// The stop info of a statement whose rows are recorded: [`DbStop`], with `db.result`.
pub struct DbStopRows<S, R> {
    /// What was counted.
    pub stop: DbStop,
    /// How the rows are recorded.
    pub source: Arc<DbSource>,
    /// The statement, which says whether its values may be recorded.
    pub statement: S,
    /// The first rows; `None` once they are written.
    pub rows: Option<R>,
}

impl<S: AsRef<str> + Send + 'static, R: ReturnedRows> RenderInfo for DbStopRows<S, R> {
    fn render(&mut self, info: &mut InfoWriter) {
        info.object("db", |db| {
            self.stop.write_db(db);
            if let Some(rows) = self.rows.take() {
                RowsWriter::write(db, self.statement.as_ref(), &self.source.options, |writer| rows.decode(writer));
            }
        });
        if self.stop.cancelled {
            info.bool("cancelled", true);
        }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.statement.as_ref().len() + self.rows.as_ref().map_or(0, R::weight)
    }
}

impl<S: AsRef<str> + Send + 'static, R: ReturnedRows> From<DbStopRows<S, R>> for Info {
    fn from(stop: DbStopRows<S, R>) -> Self {
        Self::rendered_later(stop)
    }
}

impl<S: AsRef<str>, R> fmt::Debug for DbStopRows<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbStopRows").field("stop", &self.stop).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Id;

    struct Seven;

    impl BoundValues for Seven {
        fn weight(&self) -> usize {
            8
        }

        fn decode(&mut self, params: &mut ParamsWriter<'_>) {
            params.value(&DbValue::Integer(7), "INTEGER");
        }
    }

    fn start(statement: &str, values: Option<Seven>) -> DbStart<String, Seven> {
        let source = DbSource::new("sqlite", "a \"b\".db", None, DbOptions::default());
        let (acquire, lease, prepared) = (None, None, None);
        let (method, statement) = ("fetch_one", statement.to_owned());
        DbStart { source, method, internal: false, acquire, lease, prepared, caller: None, statement, values }
    }

    fn rendered(info: impl Into<Info>) -> String {
        let mut info = info.into();
        let mut writer = InfoWriter::new();
        info.render(&mut writer);
        writer.finish()
    }

    #[test]
    fn start_has_its_members_in_order() {
        assert_eq!(
            rendered(start("SELECT 1", None)),
            r#"{"db":{"statement":"SELECT 1","system":"sqlite","database":"a \"b\".db","method":"fetch_one"}}"#
        );
        let mut full = start("SELECT ?", Some(Seven));
        full.source = DbSource::new("mysql", "d", Some("localhost:3306"), DbOptions::default());
        let (now, lease) = (Instant::now(), full.source.lease());
        full.acquire = Some(now..now + Duration::from_micros(12));
        full.lease = Some(lease.begin(Id::from("a")).begin(Id::from("b")));
        full.prepared = Some(true);
        full.internal = true;
        assert_eq!(
            rendered(full),
            r#"{"db":{"statement":"SELECT ?","params":[7],"param_types":["INTEGER"],"system":"mysql","database":"d","server":"localhost:3306","method":"fetch_one","internal":true,"connection":1,"transaction":"b","savepoint_of":"a","prepared":true,"acquire_us":12}}"#
        );
    }

    #[test]
    fn long_statements_are_cut_on_character_boundaries_and_marked() {
        let text = rendered(start(&"é".repeat(40_000), None));
        assert!(text.contains(&format!("{}…(+14464 B)\"", "é".repeat(32_768))));
    }

    #[test]
    fn statements_around_an_adapter_say_so() {
        let mut bypassed = start("SELECT 1", None);
        bypassed.source = DbSource::bypassed("because", DbOptions::default());
        bypassed.method = "";
        assert_eq!(rendered(bypassed), r#"{"db":{"statement":"SELECT 1","bypassed":true,"params_unknown":"because"}}"#);
        let mut around = start("SELECT 1", None);
        around.source = DbSource::new("sqlite", "", None, DbOptions::default()).around();
        assert_eq!(
            rendered(around),
            r#"{"db":{"statement":"SELECT 1","system":"sqlite","bypassed":true,"method":"fetch_one"}}"#
        );
    }

    #[test]
    fn rows_stand_beside_their_count() {
        struct One;

        impl ReturnedRows for One {
            fn weight(&self) -> usize {
                1
            }

            fn decode(self, rows: &mut RowsWriter<'_>) {
                rows.row([("id", "INTEGER", DbValue::Integer(1))]);
            }
        }

        let stop = DbStop { rows: Some(1), cancelled: true, ..DbStop::default() };
        let source = DbSource::new("sqlite", "", None, DbOptions::default());
        assert_eq!(
            rendered(DbStopRows { stop, source, statement: "SELECT 1".to_owned(), rows: Some(One) }),
            r#"{"db":{"rows":1,"result":[{"id":1}]},"cancelled":true}"#
        );
    }
}
