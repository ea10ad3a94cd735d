//! Real servers: each test has a schema or database of its own.
//!
//! `OSPROFILER_TEST_POSTGRES` and `OSPROFILER_TEST_MYSQL` are their URLs; without them the servers of this machine are
//! tried. Where none answers a test is skipped, and fails where `OSPROFILER_TEST_REQUIRED` is 1.

use diesel::connection::SimpleConnection;
use diesel::{Connection, ConnectionResult};

use crate::reached::skip;

/// The connection, or `None` and a visible skip where the server is not there.
fn reached<C: Connection>(server: &str, variable: &str, url: &str) -> Option<C> {
    let connected: ConnectionResult<C> = C::establish(url);
    match connected {
        Ok(connection) => Some(connection),
        Err(error) => {
            let hint = format!("no {server} ({error}); {variable} is its URL");
            skip(&hint);
            None
        }
    }
}

fn url(variable: &str, default: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| default.to_owned())
}

/// A URL of PostgreSQL, for connections that have an empty schema `osprofiler_NAME` as theirs.
#[cfg(feature = "postgres")]
pub(crate) fn postgres(name: &str) -> Option<String> {
    let variable = "OSPROFILER_TEST_POSTGRES";
    let url = url(variable, "postgres://postgres@127.0.0.1:5432/postgres");
    let mut connection: diesel::PgConnection = reached("PostgreSQL", variable, &url)?;
    let schema = format!("osprofiler_{name}");
    let fresh = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
    connection.batch_execute(&fresh).expect("a schema of its own");
    // Extensions stay where they are.
    let join = if url.contains('?') { '&' } else { '?' };
    Some(format!("{url}{join}options=-csearch_path%3D{schema},public"))
}

/// A URL of MySQL or MariaDB, with an empty database `osprofiler_NAME`.
#[cfg(feature = "mysql")]
pub(crate) fn mysql(name: &str) -> Option<String> {
    let variable = "OSPROFILER_TEST_MYSQL";
    let url = url(variable, "mysql://root@127.0.0.1:3306/test");
    let mut connection: diesel::MysqlConnection = reached("MySQL or MariaDB", variable, &url)?;
    let database = format!("osprofiler_{name}");
    for statement in [format!("DROP DATABASE IF EXISTS {database}"), format!("CREATE DATABASE {database}")] {
        connection.batch_execute(&statement).expect("a database of its own");
    }
    let (server, _) = url.rsplit_once('/').expect("a URL names a database");
    Some(format!("{server}/{database}"))
}

/// A URL of PostgreSQL, with a database `osprofiler_NAME` in which there is nothing.
#[cfg(feature = "postgres")]
pub(crate) fn postgres_database(name: &str) -> Option<String> {
    let variable = "OSPROFILER_TEST_POSTGRES";
    let url = url(variable, "postgres://postgres@127.0.0.1:5432/postgres");
    let mut connection: diesel::PgConnection = reached("PostgreSQL", variable, &url)?;
    let database = format!("osprofiler_{name}");
    let drop = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    // Nobody is connected to the other template, and nobody may.
    let create = format!("CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8'");
    for statement in [drop, create] {
        connection.batch_execute(&statement).expect("a database of its own");
    }
    let (server, rest) = url.rsplit_once('/').expect("a URL names a database");
    let options = rest.find('?').map_or("", |at| &rest[at..]);
    Some(format!("{server}/{database}{options}"))
}
