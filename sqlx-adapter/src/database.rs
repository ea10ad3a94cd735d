//! [`TracedDatabase`]: what the adapter needs to know of each database.
//!
//! Everything else is written once for all of them. The implementations have a module each.

use std::sync::Arc;

use osprofiler::db::{BoundValues, DbSource};
use sqlx_core::connection::Connection;
use sqlx_core::database::Database;
use sqlx_core::error::DatabaseError;
use sqlx_core::executor::Executor;
use sqlx_core::pool::Pool;

/// A database whose queries can be traced. Implemented for [`sqlx::Sqlite`](sqlx_sqlite::Sqlite) with the feature
/// `sqlite`.
pub trait TracedDatabase: Database {
    /// Bound values, as they are kept until the collector's worker decodes them.
    #[doc(hidden)]
    type Values: BoundValues;

    /// The inner executor of a connection.
    #[doc(hidden)]
    fn connection_executor<'c>(connection: &'c mut Self::Connection) -> impl Executor<'c, Database = Self>;

    /// The inner executor of a pool.
    #[doc(hidden)]
    fn pool_executor<'c>(pool: &Pool<Self>) -> impl Executor<'c, Database = Self>;

    /// `info.db.system`.
    #[doc(hidden)]
    const SYSTEM: &'static str;

    /// `info.db.database`.
    #[doc(hidden)]
    fn database_name(options: &<Self::Connection as Connection>::Options) -> String;

    /// Keeps the bound values, cheaply: this runs on the calling thread. `small` asks for a copy whose size is bounded.
    #[doc(hidden)]
    fn capture(arguments: &Self::Arguments, small: bool) -> Self::Values;

    /// How many rows a statement changed.
    #[doc(hidden)]
    fn rows_affected(result: &Self::QueryResult) -> u64;

    /// The key in `info.db` under which an error's code stands, and the code.
    #[doc(hidden)]
    fn error_code(error: &dyn DatabaseError) -> Option<(&'static str, String)>;
}

/// What the points of a pool or connection with these options say of their database.
pub(crate) fn source<DB: TracedDatabase>(options: &<DB::Connection as Connection>::Options) -> Arc<DbSource> {
    DbSource::new(DB::SYSTEM, &DB::database_name(options))
}
