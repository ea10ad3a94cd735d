//! Servers that sqlx reaches, and what becomes of a test whose server or program is not there.

use std::io::Write as _;

/// A visible skip, and a failure where `OSPROFILER_TEST_REQUIRED` is 1.
pub(crate) fn skip(hint: &str) {
    assert!(std::env::var_os("OSPROFILER_TEST_REQUIRED").is_none_or(|required| required != "1"), "{hint}");
    // The test harness hides what `eprintln` says in a test that passes.
    let _ = writeln!(std::io::stderr(), "skipped: {hint}");
}

/// A connection or a pool of PostgreSQL; `None` where it does not answer.
pub(crate) async fn postgres<C>(connect: impl AsyncFnOnce(&str) -> Result<C, sqlx::Error>) -> Option<C> {
    reached("OSPROFILER_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres", connect).await
}

/// A connection or a pool of MySQL or MariaDB; `None` where it does not answer.
pub(crate) async fn mysql<C>(connect: impl AsyncFnOnce(&str) -> Result<C, sqlx::Error>) -> Option<C> {
    reached("OSPROFILER_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test", connect).await
}

async fn reached<C>(
    variable: &str,
    default: &str,
    connect: impl AsyncFnOnce(&str) -> Result<C, sqlx::Error>,
) -> Option<C> {
    let url = std::env::var(variable).unwrap_or_else(|_| default.to_owned());
    let connected = connect(&url).await;
    connected.map_err(|error| skip(&format!("no server ({error}); {variable} is its URL"))).ok()
}
