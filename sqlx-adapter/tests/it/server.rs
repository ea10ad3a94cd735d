//! Real servers: each test has a schema or database of its own.
//!
//! `OSPROFILER_TEST_POSTGRES` and `OSPROFILER_TEST_MYSQL` are their URLs; without them the servers of this machine are
//! tried. Where none answers a test is skipped, and fails where `OSPROFILER_TEST_REQUIRED` is 1.

use std::io::Write as _;
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, MySqlPool, PgConnection, PgPool, SqlitePool};

fn url(variable: &str, default: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| default.to_owned())
}

pub(crate) fn postgres_options() -> PgConnectOptions {
    url("OSPROFILER_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres").parse().expect("a URL of PostgreSQL")
}

pub(crate) fn mysql_options() -> MySqlConnectOptions {
    url("OSPROFILER_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test").parse().expect("a URL of MySQL")
}

/// The result, or `None` and a visible skip where the server is not there.
fn reached<T>(server: &str, variable: &str, connected: Result<T, sqlx::Error>) -> Option<T> {
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

/// A pool of PostgreSQL whose connections have an empty schema `osprofiler_NAME` as theirs.
pub(crate) async fn postgres(name: &str) -> Option<PgPool> {
    let options = postgres_options();
    let connected = PgConnection::connect_with(&options).await;
    let mut connection = reached("PostgreSQL", "OSPROFILER_TEST_POSTGRES", connected)?;
    let schema = format!("osprofiler_{name}");
    let fresh = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
    connection.execute(AssertSqlSafe(fresh)).await.expect("a schema of its own");
    connection.close().await.expect("it closes");
    let options = options.options([("search_path", &schema)]);
    let pool = PgPoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(5));
    Some(pool.connect_with(options).await.expect("a pool"))
}

/// A pool of MySQL or MariaDB with an empty database `osprofiler_NAME`.
pub(crate) async fn mysql(name: &str) -> Option<MySqlPool> {
    let options = mysql_options();
    let connected = MySqlConnection::connect_with(&options).await;
    let mut connection = reached("MySQL or MariaDB", "OSPROFILER_TEST_MYSQL", connected)?;
    let database = format!("osprofiler_{name}");
    for statement in [format!("DROP DATABASE IF EXISTS {database}"), format!("CREATE DATABASE {database}")] {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("a database of its own");
    }
    connection.close().await.expect("it closes");
    let pool = MySqlPoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(5));
    Some(pool.connect_with(options.database(&database)).await.expect("a pool"))
}

/// A database `osprofiler_NAME` of PostgreSQL with nothing in it.
pub(crate) async fn postgres_database(name: &str) -> Option<PgConnectOptions> {
    let options = postgres_options();
    let connected = PgConnection::connect_with(&options).await;
    let mut connection = reached("PostgreSQL", "OSPROFILER_TEST_POSTGRES", connected)?;
    let database = format!("osprofiler_{name}");
    let drop = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    // Nobody is connected to the other template, and nobody may.
    let create = format!("CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8'");
    for statement in [drop, create] {
        connection.execute(AssertSqlSafe(statement)).await.expect("a database of its own");
    }
    connection.close().await.expect("it closes");
    Some(options.database(&database))
}

/// A pool of SQLite with an empty database in a file; there is always one.
pub(crate) async fn sqlite(name: &str) -> Option<SqlitePool> {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("osprofiler_{name}.db"));
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(5));
    Some(pool.connect_with(options).await.expect("a pool"))
}
