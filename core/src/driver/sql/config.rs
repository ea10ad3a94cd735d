//! What a connection string of a database says.

use std::time::Duration;

use url::Url;

use super::database::{Connect, Database};
use crate::driver::DriverError;
use crate::driver::mistake::{bad, said, unknown_option};
use crate::driver::query::Query;

/// SQLAlchemy's options that have no meaning here, because the client does what they ask for anyway.
const OF_SQLALCHEMY: [&str; 3] = ["charset", "client_encoding", "use_unicode"];

/// The options that are ours.
const OURS: [&str; 2] = ["connect_timeout", "timeout"];

/// Where the table is, and how long the server may take.
///
/// | connection string | database |
/// | --- | --- |
/// | `sqlite:FILE`, `sqlite:///ABSOLUTE/FILE`, `sqlite::memory:` | SQLite; the file is made when the first message is written |
/// | `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, `postgresql+psycopg2://...` | PostgreSQL |
/// | `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, `mysql+pymysql://...`, `mysql+mysqldb://...` | MySQL, MariaDB |
///
/// | option | meaning | default |
/// | --- | --- | --- |
/// | `connect_timeout` | how long connecting may take: a number and `ms`, `s` or `m`, or seconds alone as psycopg2 has them | `5s` |
/// | `timeout` | how long storing a batch, or one question to the database, may take | `10s` |
///
/// Servers have sqlx's options besides, such as `sslmode=require` or `ssl-mode=REQUIRED`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SqlConfig {
    pub(super) connect: Connect,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long storing a batch, or one question, may take.
    pub timeout: Duration,
}

impl SqlConfig {
    /// Reads a connection string.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change, and [`DriverError::NotCompiled`].
    pub fn parse(connection_string: &str) -> Result<Self, DriverError> {
        let mut query = Query::of(connection_string);
        let connect_timeout = match query.take("connect_timeout") {
            Some(text) => duration(&query, "connect_timeout", &text)?,
            None => Duration::from_secs(5),
        };
        let timeout = match query.take("timeout") {
            Some(text) => duration(&query, "timeout", &text)?,
            None => Duration::from_secs(10),
        };
        let scheme = connection_string.split(':').next().unwrap_or_default();
        let database = Database::of_scheme(scheme)
            .ok_or_else(|| bad(connection_string, "its scheme is not that of a database with a driver"))?;
        let connect = match database {
            #[cfg(feature = "driver-sqlite")]
            Database::Sqlite => {
                query.finish(&OURS)?;
                Connect::to_file(sqlite_path(connection_string)?, timeout)
            }
            _ => {
                let url = server_url(connection_string, database)?;
                Connect::to_server(database, &url)
                    .map_err(|reason| bad(connection_string, said(connection_string, &reason)))?
            }
        };
        Ok(Self { connect, connect_timeout, timeout })
    }
}

fn duration(query: &Query<'_>, key: &str, text: &str) -> Result<Duration, DriverError> {
    let seconds = text.parse().ok().map(Duration::from_secs);
    seconds
        .or_else(|| crate::driver::parse_duration(text))
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| query.bad_option(key, text, "a number above zero with ms, s or m"))
}

/// The file that the connection string names.
#[cfg(feature = "driver-sqlite")]
fn sqlite_path(connection_string: &str) -> Result<&str, DriverError> {
    let rest = connection_string.strip_prefix("sqlite:").unwrap_or_default();
    let path = rest.split('?').next().unwrap_or_default();
    let path = match path.strip_prefix("//") {
        // SQLAlchemy writes `sqlite:///relative` and `sqlite:////absolute`; its driver in OSProfiler takes neither, so that three
        // slashes mean here what they mean in URLs.
        Some(path) if path.starts_with('/') => path,
        Some(_) => {
            let reason = "a host cannot follow sqlite://; write sqlite:FILE or sqlite:///ABSOLUTE/FILE";
            return Err(bad(connection_string, reason));
        }
        None => path,
    };
    if path.is_empty() {
        return Err(bad(connection_string, "the file is missing; write sqlite:FILE or sqlite:///ABSOLUTE/FILE"));
    }
    Ok(path)
}

/// The URL as sqlx has it: with its own scheme, and without the options that are not for it.
fn server_url(connection_string: &str, database: Database) -> Result<Url, DriverError> {
    let (_, rest) = connection_string
        .split_once("://")
        .ok_or_else(|| bad(connection_string, format!("write {}://USER:PASSWORD@HOST/DATABASE", database.scheme())))?;
    let mut url = Url::parse(&format!("{}://{rest}", database.scheme()))
        .map_err(|error| bad(connection_string, said(connection_string, &error.to_string())))?;
    let options: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| !OURS.contains(&key.as_ref()) && !OF_SQLALCHEMY.contains(&key.as_ref()))
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    for (key, value) in options {
        if !database.options().contains(&key.as_str()) {
            return Err(unknown_option(connection_string, &key, &[&OURS[..], database.options()].concat()));
        }
        url.query_pairs_mut().append_pair(&key, &value);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(feature = "driver-mysql", feature = "driver-postgresql", feature = "driver-sqlite"))]
    #[test]
    fn all_schemes_are_read() -> Result<(), DriverError> {
        for text in [
            "sqlite:traces.db",
            "sqlite:///var/lib/traces.db?timeout=2s",
            "sqlite::memory:",
            "postgresql://u:p@h:5432/db?sslmode=disable&connect_timeout=3",
            "postgresql+psycopg2://h/db?client_encoding=utf8",
            "mysql://h/db",
            "mysql+pymysql://u:p%40@h:3306/db?charset=utf8&ssl-mode=DISABLED",
            "mysql+mysqldb://u@h/db",
        ] {
            SqlConfig::parse(text)?;
        }
        assert_eq!(SqlConfig::parse("mysql://h/db?connect_timeout=3")?.connect_timeout, Duration::from_secs(3));
        assert_eq!(SqlConfig::parse("sqlite:x?timeout=250ms")?.timeout, Duration::from_millis(250));
        Ok(())
    }

    #[cfg(all(feature = "driver-mysql", feature = "driver-postgresql", feature = "driver-sqlite"))]
    #[test]
    fn mistakes_say_what_to_change_and_show_no_password() {
        for (text, says) in [
            ("sqlite:", "write sqlite:FILE"),
            ("sqlite://traces.db", "write sqlite:FILE"),
            ("sqlite:x?tiemout=1s", "unknown option tiemout"),
            ("postgresql:db", "write postgresql://"),
            ("postgresql://u:s3cret@h:port/db", "port"),
            (
                "postgresql://u:s3cret@h/db?sslmod=require",
                "unknown option sslmod; known are connect_timeout, timeout, sslmode",
            ),
            ("mysql://u:s3cret@h/db?ssl-mode=maybe", "maybe"),
            ("mysql://u:s3cret@h/db?timeout=0s", "timeout = 0s"),
        ] {
            let error = SqlConfig::parse(text).expect_err(text).to_string();
            assert!(error.contains(says) && !error.contains("s3cret"), "{text}: {error}");
        }
    }
}
