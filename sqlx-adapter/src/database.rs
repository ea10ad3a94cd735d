//! [`TracedDatabase`]: what the adapter needs to know of each database.
//!
//! Everything else is written once for all of them. The implementations have a module each.

use osprofiler::db::{BoundValues, ReturnedRows};
use sqlx_core::connection::Connection;
use sqlx_core::database::Database;
use sqlx_core::error::DatabaseError;
use sqlx_core::executor::Executor;
use sqlx_core::pool::Pool;
use sqlx_core::sql_str::SqlStr;

/// A database whose queries can be traced: `sqlx::Postgres`, `sqlx::MySql` and `sqlx::Sqlite`, each with the feature of
/// its name.
pub trait TracedDatabase: Database {
    /// Bound values, as they are kept until the collector's worker decodes them.
    #[doc(hidden)]
    type Values: BoundValues;

    /// Returned rows, as they are kept until then.
    #[doc(hidden)]
    type Rows: ReturnedRows + Default;

    /// Whether sqlx's events come from a thread of the driver's own.
    #[doc(hidden)]
    const EVENTS_ELSEWHERE: bool;

    /// Whether a statement that fails aborts its transaction, so that `COMMIT` rolls back.
    #[doc(hidden)]
    const ABORTS_TRANSACTIONS: bool = false;

    /// Whether the database tells of every statement how many rows it changed. SQLite tells of those that change none what the
    /// last did that changed some.
    #[doc(hidden)]
    const COUNTS_ALL_CHANGES: bool = true;

    /// The inner executor of a connection.
    #[doc(hidden)]
    fn connection_executor<'c>(connection: &'c mut Self::Connection) -> impl Executor<'c, Database = Self>;

    /// The inner executor of a pool.
    #[doc(hidden)]
    fn pool_executor<'c>(pool: &Pool<Self>) -> impl Executor<'c, Database = Self>;

    /// `info.db.system`; `url` is what was connected to, where that is known.
    #[doc(hidden)]
    fn system(url: Option<&str>) -> &'static str;

    /// `info.db.database`.
    #[doc(hidden)]
    fn database_name(options: &<Self::Connection as Connection>::Options) -> String;

    /// `info.db.server`: host and port, or a socket's path; `None` where there is no server.
    #[doc(hidden)]
    fn server(options: &<Self::Connection as Connection>::Options) -> Option<String>;

    /// Keeps the bound values, cheaply: this runs on the calling thread. `small` asks for a copy whose size is bounded. The
    /// arguments are as they were before when this returns.
    #[doc(hidden)]
    fn capture(arguments: &mut Self::Arguments, small: bool) -> Self::Values;

    /// Keeps a row, of each value not much more than `cap` bytes. `text` says that the statement was not prepared.
    #[doc(hidden)]
    fn keep_row(rows: &mut Self::Rows, row: &Self::Row, text: bool, cap: usize);

    /// How many rows a statement changed.
    #[doc(hidden)]
    fn rows_affected(result: &Self::QueryResult) -> u64;

    /// What is known of an error beside constraint, table and kind.
    #[doc(hidden)]
    fn error_details(error: &dyn DatabaseError, details: &mut Vec<(&'static str, String)>);

    /// Whether [`learn`](Self::learn) may find something new in this statement.
    #[doc(hidden)]
    #[inline]
    fn may_learn(sql: &SqlStr) -> bool {
        let _ = sql;
        false
    }

    /// Whether there are arguments of types that the program declares by their names, of which nothing else is known yet.
    #[doc(hidden)]
    fn has_declared_types(arguments: &Self::Arguments) -> bool {
        let _ = arguments;
        false
    }

    /// What was learned since the values were bound counts, too.
    #[doc(hidden)]
    fn know_more(values: &mut Self::Values) {
        let _ = values;
    }

    /// Looks at the types of a statement's parameters. The statement has just run on this connection, which keeps it
    /// prepared: the database is not asked.
    #[doc(hidden)]
    fn learn(connection: &mut Self::Connection, sql: SqlStr) -> impl Future<Output = ()> + Send {
        let _ = (connection, sql);
        std::future::ready(())
    }
}

/// Host and port; an address of IPv6 stands in brackets.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) fn address(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
