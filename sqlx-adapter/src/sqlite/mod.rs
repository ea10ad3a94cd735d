//! SQLite.

mod arguments;
mod rows;

use sqlx_core::error::DatabaseError;
use sqlx_core::executor::Executor;
use sqlx_core::pool::Pool;
use sqlx_sqlite::{Sqlite, SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteQueryResult, SqliteRow};

use crate::database::TracedDatabase;
use crate::rows::Rows;

impl TracedDatabase for Sqlite {
    type Values = arguments::Values;
    type Rows = Rows<rows::SqliteCell>;

    const EVENTS_ELSEWHERE: bool = true;
    const COUNTS_ALL_CHANGES: bool = false;

    fn connection_executor<'c>(connection: &'c mut SqliteConnection) -> impl Executor<'c, Database = Self> {
        connection
    }

    fn pool_executor<'c>(pool: &Pool<Self>) -> impl Executor<'c, Database = Self> {
        pool
    }

    fn system(_: Option<&str>) -> &'static str {
        "sqlite"
    }

    fn database_name(options: &SqliteConnectOptions) -> String {
        // sqlx gives each in-memory database a name of its own, which says nothing to anybody.
        match options.get_filename().to_string_lossy() {
            name if name.starts_with("file:sqlx-in-memory-") => ":memory:".to_owned(),
            name => name.into_owned(),
        }
    }

    fn server(_: &SqliteConnectOptions) -> Option<String> {
        None
    }

    fn capture(arguments: &mut SqliteArguments, small: bool) -> Self::Values {
        arguments::keep(arguments, small)
    }

    fn keep_row(rows: &mut Self::Rows, row: &SqliteRow, _text: bool, cap: usize) {
        rows.keep(row, |index| rows::SqliteCell::of(row, index, cap));
    }

    fn rows_affected(result: &SqliteQueryResult) -> u64 {
        result.rows_affected()
    }

    /// SQLite has no SQLSTATE; its extended result code stands under `code`.
    fn error_details(error: &dyn DatabaseError, details: &mut Vec<(&'static str, String)>) {
        details.extend(error.code().map(|code| ("code", code.into_owned())));
    }
}
