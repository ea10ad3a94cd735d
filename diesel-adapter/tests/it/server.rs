//! Real servers: each topic has a schema or database of its own, new for every idiom.
//!
//! `OSPROFILER_TEST_POSTGRES` and `OSPROFILER_TEST_MYSQL` are their URLs; without them the servers of this machine are
//! tried. Where none answers a test is skipped, and fails where `OSPROFILER_TEST_REQUIRED` is 1.

#[cfg(any(feature = "mysql", feature = "postgres"))]
use std::io::Write as _;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

#[cfg(any(feature = "mysql", feature = "postgres"))]
fn url(variable: &str, default: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| default.to_owned())
}

/// The connection, or `None` and a visible skip where the server is not there.
#[cfg(any(feature = "mysql", feature = "postgres"))]
fn reached<C: Connection>(server: &str, variable: &str, url: &str) -> Option<C> {
    match C::establish(url) {
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

/// Where an idiom runs.
pub(crate) struct Place {
    pub(crate) url: String,
    /// What goes with it.
    _folder: Option<tempfile::TempDir>,
}

/// PostgreSQL with a new schema `osprofiler_diesel_NAME`, after `statements`.
#[cfg(feature = "postgres")]
pub(crate) fn postgres(name: &str, statements: &str) -> Option<Place> {
    let url = url("OSPROFILER_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres");
    let mut connection: PgConnection = reached("PostgreSQL", "OSPROFILER_TEST_POSTGRES", &url)?;
    let schema = format!("osprofiler_diesel_{name}");
    let fresh = format!(
        "SET client_min_messages = warning; SET synchronous_commit = off; DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema};
         SET search_path = {schema}; {statements}"
    );
    connection.batch_execute(&fresh).expect("a schema of its own");
    let separator = if url.contains('?') { '&' } else { '?' };
    let options = ["client_min_messages%3Dwarning", "synchronous_commit%3Doff", &format!("search_path%3D{schema}")];
    let url = format!("{url}{separator}options=-c%20{}", options.join("%20-c%20"));
    Some(Place { url, _folder: None })
}

/// A new database `osprofiler_diesel_NAME` of MySQL or MariaDB, after `statements`.
#[cfg(feature = "mysql")]
pub(crate) fn mysql(name: &str, statements: &str) -> Option<Place> {
    let url = url("OSPROFILER_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test");
    let mut connection: MysqlConnection = reached("MySQL or MariaDB", "OSPROFILER_TEST_MYSQL", &url)?;
    let database = format!("osprofiler_diesel_{name}");
    let fresh = format!("DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database}; USE {database}; {statements}");
    connection.batch_execute(&fresh).expect("a database of its own");
    let (url, options) = url.split_once('?').unwrap_or((&url, ""));
    let (server, _) = url.rsplit_once('/').expect("a URL with a database");
    let url = format!("{server}/{database}?{options}").trim_end_matches('?').to_owned();
    Some(Place { url, _folder: None })
}

/// A new database of SQLite in a file, after `statements`; there is always one.
#[cfg(feature = "sqlite")]
pub(crate) fn sqlite(name: &str, statements: &str) -> Option<Place> {
    // Pools close their connections some time later, and the journal of a file of the same name would go with them.
    let folder = tempfile::Builder::new().prefix(name).tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let url = folder.path().join("it.db").display().to_string();
    let mut connection = SqliteConnection::establish(&url).expect("a new file");
    let statements = format!("PRAGMA synchronous = OFF; BEGIN; {statements}; COMMIT");
    connection.batch_execute(&statements).expect("new tables");
    Some(Place { url, _folder: Some(folder) })
}
