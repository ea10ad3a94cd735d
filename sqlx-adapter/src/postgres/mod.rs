//! PostgreSQL.

mod arguments;
mod copy;
mod learn;
mod rows;
mod types;

pub use copy::TracedCopyIn;
use sqlx_core::error::DatabaseError;
use sqlx_core::executor::Executor;
use sqlx_core::pool::Pool;
use sqlx_core::sql_str::SqlStr;
use sqlx_postgres::{PgArguments, PgConnectOptions, PgConnection, PgDatabaseError, PgQueryResult, PgRow, Postgres};

use crate::database::TracedDatabase;
use crate::rows::Rows;

impl TracedDatabase for Postgres {
    type Values = arguments::Values;
    type Rows = Rows<rows::PgCell>;

    const EVENTS_ELSEWHERE: bool = false;
    const ABORTS_TRANSACTIONS: bool = true;

    fn connection_executor<'c>(connection: &'c mut PgConnection) -> impl Executor<'c, Database = Self> {
        connection
    }

    fn pool_executor<'c>(pool: &Pool<Self>) -> impl Executor<'c, Database = Self> {
        pool
    }

    fn system(_: Option<&str>) -> &'static str {
        "postgresql"
    }

    fn database_name(options: &PgConnectOptions) -> String {
        // Without one, the server takes the user's name.
        options.get_database().unwrap_or(options.get_username()).to_owned()
    }

    fn server(options: &PgConnectOptions) -> Option<String> {
        let (host, port) = (options.get_host(), options.get_port());
        Some(match options.get_socket() {
            // As libpq calls it, by directory and port.
            Some(directory) => format!("{}/.s.PGSQL.{port}", directory.display()),
            None => crate::database::address(host, port),
        })
    }

    fn capture(arguments: &mut PgArguments, small: bool) -> Self::Values {
        arguments::Values::of(arguments, small)
    }

    fn keep_row(rows: &mut Self::Rows, row: &PgRow, _text: bool, cap: usize) {
        rows.keep(row, |index| rows::PgCell::of(row, index, cap));
    }

    fn rows_affected(result: &PgQueryResult) -> u64 {
        result.rows_affected()
    }

    fn error_details(error: &dyn DatabaseError, details: &mut Vec<(&'static str, String)>) {
        details.extend(error.code().map(|code| ("sqlstate", code.into_owned())));
        if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
            details.extend(error.column().map(|column| ("column", column.to_owned())));
        }
    }

    fn may_learn(sql: &SqlStr) -> bool {
        learn::is_new(sql.as_str())
    }

    fn has_declared_types(arguments: &PgArguments) -> bool {
        arguments::has_declared_types(arguments)
    }

    fn know_more(values: &mut Self::Values) {
        values.know_more();
    }

    async fn learn(connection: &mut PgConnection, sql: SqlStr) {
        learn::from_statement(connection, sql).await;
    }
}
