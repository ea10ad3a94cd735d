//! Real servers: each test has a schema or database of its own.
//!
//! `OSPROFILER_TEST_POSTGRES` and `OSPROFILER_TEST_MYSQL` are their URLs; without them the servers of this machine are
//! tried. Where none answers a test is skipped, and fails where `OSPROFILER_TEST_REQUIRED` is 1.

use std::io::Write as _;

use diesel::{ConnectionError, SqliteConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncMysqlConnection, AsyncPgConnection, SimpleAsyncConnection};
use osprofiler_diesel::TracedAsyncConnection;

use crate::schema::fill;

pub(crate) type Sqlite = SyncConnectionWrapper<SqliteConnection>;
pub(crate) type TracedPg = TracedAsyncConnection<AsyncPgConnection>;
pub(crate) type TracedMysql = TracedAsyncConnection<AsyncMysqlConnection>;
pub(crate) type TracedSqlite = TracedAsyncConnection<Sqlite>;

fn url(variable: &str, default: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| default.to_owned())
}

/// The result, or `None` and a visible skip where the server is not there.
fn reached<T>(server: &str, variable: &str, connected: Result<T, ConnectionError>) -> Option<T> {
    match connected {
        Ok(connection) => Some(connection),
        Err(error) => {
            let hint = format!("no {server} ({error}); {variable} is its URL");
            assert!(std::env::var_os("OSPROFILER_TEST_REQUIRED").is_none_or(|required| required != "1"), "{hint}");
            // The test harness hides what `eprintln` says in a test that passes.
            let _ = writeln!(std::io::stderr(), "skipped: {hint}");
            None
        }
    }
}

/// The URL of PostgreSQL with a schema of the test's own, in which are three people.
pub(crate) async fn postgres(name: &str) -> Option<String> {
    let url = url("OSPROFILER_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres");
    let connected = AsyncPgConnection::establish(&url).await;
    let mut connection = reached("PostgreSQL", "OSPROFILER_TEST_POSTGRES", connected)?;
    let schema = format!("osprofiler_async_{name}");
    let fresh = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; SET search_path TO {schema}");
    connection.batch_execute(&fresh).await.expect("a schema of its own");
    fill(&mut connection).await;
    let separator = if url.contains('?') { '&' } else { '?' };
    Some(format!("{url}{separator}options=-csearch_path%3D{schema}"))
}

/// The URL of MySQL or MariaDB with a database of the test's own, in which are three people.
pub(crate) async fn mysql(name: &str) -> Option<String> {
    let url = url("OSPROFILER_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test");
    let connected = AsyncMysqlConnection::establish(&url).await;
    let mut connection = reached("MySQL or MariaDB", "OSPROFILER_TEST_MYSQL", connected)?;
    let database = format!("osprofiler_async_{name}");
    for statement in [
        format!("DROP DATABASE IF EXISTS {database}"),
        format!("CREATE DATABASE {database}"),
        format!("USE {database}"),
    ] {
        connection.batch_execute(&statement).await.expect("a database of its own");
    }
    fill(&mut connection).await;
    let (server, options) = url.split_once('?').map_or((&*url, String::new()), |(url, rest)| (url, format!("?{rest}")));
    let (server, _) = server.rsplit_once('/').expect("the URL names a database");
    Some(format!("{server}/{database}{options}"))
}

/// A file of SQLite of the test's own, in which are three people.
pub(crate) async fn sqlite(name: &str) -> Option<String> {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("osprofiler_async_{name}.db"));
    let file = file.display().to_string();
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(format!("{file}{suffix}"));
    }
    fill(&mut Sqlite::establish(&file).await.expect("SQLite opens a file")).await;
    Some(file)
}

/// A traced connection to SQLite in memory, with three people.
pub(crate) async fn people() -> TracedSqlite {
    let mut connection = TracedSqlite::establish(":memory:").await.expect("SQLite opens in memory");
    fill(&mut connection).await;
    connection
}
