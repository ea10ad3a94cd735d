//! MySQL and MariaDB.

mod arguments;
mod rows;
mod types;

use sqlx_core::error::DatabaseError;
use sqlx_core::executor::Executor;
use sqlx_core::pool::Pool;
use sqlx_mysql::{
    MySql, MySqlArguments, MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlQueryResult, MySqlRow,
};

use crate::database::TracedDatabase;
use crate::rows::Rows;

impl TracedDatabase for MySql {
    type Values = arguments::Values;
    type Rows = Rows<rows::MySqlCell>;

    const EVENTS_ELSEWHERE: bool = false;

    fn connection_executor<'c>(connection: &'c mut MySqlConnection) -> impl Executor<'c, Database = Self> {
        connection
    }

    fn pool_executor<'c>(pool: &Pool<Self>) -> impl Executor<'c, Database = Self> {
        pool
    }

    /// sqlx does not show what the server says of itself: the URL tells.
    fn system(url: Option<&str>) -> &'static str {
        match url {
            Some(url) if url.starts_with("mariadb:") => "mariadb",
            _ => "mysql",
        }
    }

    fn database_name(options: &MySqlConnectOptions) -> String {
        options.get_database().unwrap_or_default().to_owned()
    }

    fn server(options: &MySqlConnectOptions) -> Option<String> {
        Some(match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => crate::database::address(options.get_host(), options.get_port()),
        })
    }

    fn capture(arguments: &mut MySqlArguments, small: bool) -> Self::Values {
        arguments::Values::of(arguments, small)
    }

    fn keep_row(rows: &mut Self::Rows, row: &MySqlRow, text: bool, cap: usize) {
        rows.keep(row, |index| rows::MySqlCell::of(row, index, text, cap));
    }

    fn rows_affected(result: &MySqlQueryResult) -> u64 {
        result.rows_affected()
    }

    /// The SQLSTATE, and MySQL's own number under `code`.
    fn error_details(error: &dyn DatabaseError, details: &mut Vec<(&'static str, String)>) {
        details.extend(error.code().map(|code| ("sqlstate", code.into_owned())));
        if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
            details.push(("code", error.number().to_string()));
        }
    }
}
