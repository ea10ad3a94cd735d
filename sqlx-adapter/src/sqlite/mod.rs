//! SQLite.

mod arguments;

use sqlx_core::error::DatabaseError;
use sqlx_core::executor::Executor;
use sqlx_core::pool::Pool;
use sqlx_sqlite::{Sqlite, SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteQueryResult};

use crate::database::TracedDatabase;

impl TracedDatabase for Sqlite {
    type Values = arguments::Values;

    const SYSTEM: &'static str = "sqlite";

    fn connection_executor<'c>(connection: &'c mut SqliteConnection) -> impl Executor<'c, Database = Self> {
        connection
    }

    fn pool_executor<'c>(pool: &Pool<Self>) -> impl Executor<'c, Database = Self> {
        pool
    }

    fn database_name(options: &SqliteConnectOptions) -> String {
        // sqlx gives each in-memory database a name of its own, which says nothing to anybody.
        match options.get_filename().to_string_lossy() {
            name if name.starts_with("file:sqlx-in-memory-") => ":memory:".to_owned(),
            name => name.into_owned(),
        }
    }

    fn capture(arguments: &SqliteArguments, small: bool) -> Self::Values {
        arguments::Values::of(arguments, small)
    }

    fn rows_affected(result: &SqliteQueryResult) -> u64 {
        result.rows_affected()
    }

    /// SQLite has no SQLSTATE; its extended result code stands under `code`.
    fn error_code(error: &dyn DatabaseError) -> Option<(&'static str, String)> {
        error.code().map(|code| ("code", code.into_owned()))
    }
}
