//! Which databases there are, and a connection to one of them.
//!
//! sqlx has a type for each database. What is done with them is the same, so it is written once: [`on!`] repeats it.

use std::fmt;
#[cfg(feature = "driver-sqlite")]
use std::time::Duration;

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};
use url::Url;

#[cfg(feature = "driver-sqlite")]
use super::failure::{Failure, failure};

/// The pause before a file is opened again that others are just making.
#[cfg(feature = "driver-sqlite")]
const BUSY: Duration = Duration::from_millis(10);

/// What SQLite calls a database that is no file.
#[cfg(feature = "driver-sqlite")]
const MEMORY: &str = ":memory:";

/// What SQLite has its time in: milliseconds of 31 bits.
#[cfg(feature = "driver-sqlite")]
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Database {
    Sqlite,
    PostgreSql,
    MySql,
}

impl Database {
    pub(super) fn of_scheme(scheme: &str) -> Option<Self> {
        match scheme {
            "sqlite" => Some(Self::Sqlite),
            "postgresql" | "postgresql+psycopg2" => Some(Self::PostgreSql),
            "mysql" | "mysql+pymysql" | "mysql+mysqldb" => Some(Self::MySql),
            _ => None,
        }
    }

    pub(super) fn scheme(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::PostgreSql => "postgresql",
            Self::MySql => "mysql",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::PostgreSql => "PostgreSQL",
            Self::MySql => "MySQL",
        }
    }

    /// sqlx 0.9's options in URLs.
    pub(super) fn options(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &[],
            Self::PostgreSql => &[
                "sslmode",
                "ssl-mode",
                "sslrootcert",
                "ssl-root-cert",
                "ssl-ca",
                "sslcert",
                "ssl-cert",
                "sslkey",
                "ssl-key",
                "host",
                "hostaddr",
                "port",
                "dbname",
                "user",
                "password",
                "application_name",
                "options",
            ],
            Self::MySql => &[
                "sslmode",
                "ssl-mode",
                "sslca",
                "ssl-ca",
                "sslcert",
                "ssl-cert",
                "sslkey",
                "ssl-key",
                "collation",
                "socket",
                "timezone",
                "time-zone",
            ],
        }
    }
}

/// How to connect.
#[derive(Clone)]
pub(super) enum Connect {
    #[cfg(feature = "driver-sqlite")]
    Sqlite(Box<sqlx::sqlite::SqliteConnectOptions>),
    #[cfg(feature = "driver-postgresql")]
    PostgreSql(Box<sqlx::postgres::PgConnectOptions>),
    #[cfg(feature = "driver-mysql")]
    MySql(Box<sqlx::mysql::MySqlConnectOptions>),
}

impl fmt::Debug for Connect {
    /// Without what sqlx keeps, which has the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.database().name())
    }
}

impl Connect {
    #[cfg(feature = "driver-sqlite")]
    pub(super) fn to_file(path: &str, timeout: Duration) -> Self {
        use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // What a crash of the machine may cost are the last moments of a trace.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(timeout.min(LONGEST));
        Self::Sqlite(Box::new(options.disable_statement_logging()))
    }

    /// The options of a server's URL, or what is wrong with it.
    #[cfg_attr(
        not(any(feature = "driver-mysql", feature = "driver-postgresql")),
        allow(unused_variables, reason = "there are no servers")
    )]
    pub(super) fn to_server(database: Database, url: &Url) -> Result<Self, String> {
        // Errors of sqlx name an option and its value, and no password.
        match database {
            #[cfg(feature = "driver-postgresql")]
            Database::PostgreSql => {
                let options = sqlx::postgres::PgConnectOptions::from_url(url).map_err(|error| error.to_string())?;
                Ok(Self::PostgreSql(Box::new(options.disable_statement_logging())))
            }
            #[cfg(feature = "driver-mysql")]
            Database::MySql => {
                let options = sqlx::mysql::MySqlConnectOptions::from_url(url).map_err(|error| error.to_string())?;
                Ok(Self::MySql(Box::new(options.disable_statement_logging())))
            }
            _ => Err(format!("no driver for {} is compiled in", database.name())),
        }
    }

    pub(super) fn database(&self) -> Database {
        match self {
            #[cfg(feature = "driver-sqlite")]
            Self::Sqlite(_) => Database::Sqlite,
            #[cfg(feature = "driver-postgresql")]
            Self::PostgreSql(_) => Database::PostgreSql,
            #[cfg(feature = "driver-mysql")]
            Self::MySql(_) => Database::MySql,
        }
    }

    /// Whether it is a file that does not exist.
    pub(super) fn is_missing(&self) -> bool {
        match self {
            #[cfg(feature = "driver-sqlite")]
            Self::Sqlite(options) => {
                let path = options.get_filename();
                path.as_os_str() != MEMORY
                    && std::fs::metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
            }
            #[allow(unreachable_patterns, reason = "with SQLite alone")]
            _ => false,
        }
    }

    /// Connects. A file that is not there is made if `create` says so, for its owner alone.
    pub(super) async fn connect(&self, create: bool) -> Result<Connection, sqlx::Error> {
        let _ = create;
        match self {
            #[cfg(feature = "driver-sqlite")]
            Self::Sqlite(options) => {
                if create {
                    make_file(options.get_filename());
                }
                let options = options.as_ref().clone().create_if_missing(create);
                loop {
                    match options.connect().await {
                        // Of all that a connection does, SQLite does not wait for others when it sets the journal's mode.
                        Err(error) if failure(Database::Sqlite, &error) == Failure::Away => {
                            tokio::time::sleep(BUSY).await;
                        }
                        connected => return Ok(Connection::Sqlite(Box::new(connected?))),
                    }
                }
            }
            #[cfg(feature = "driver-postgresql")]
            Self::PostgreSql(options) => Ok(Connection::PostgreSql(Box::new(options.connect().await?))),
            #[cfg(feature = "driver-mysql")]
            Self::MySql(options) => Ok(Connection::MySql(Box::new(options.connect().await?))),
        }
    }
}

/// Makes the file with the rights of its owner alone: traces hold what users typed. Where that fails, the database says why.
#[cfg(feature = "driver-sqlite")]
fn make_file(path: &std::path::Path) {
    if path.as_os_str() == MEMORY {
        return;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

/// An open connection.
pub(super) enum Connection {
    #[cfg(feature = "driver-sqlite")]
    Sqlite(Box<sqlx::SqliteConnection>),
    #[cfg(feature = "driver-postgresql")]
    PostgreSql(Box<sqlx::PgConnection>),
    #[cfg(feature = "driver-mysql")]
    MySql(Box<sqlx::MySqlConnection>),
}

/// A row's columns, as text.
pub(super) type Columns = Vec<Option<String>>;

/// The same for each database, whose type is `$db` where that is of interest.
macro_rules! on {
    ($connection:expr, |$inner:ident $(, $db:ident)?| $body:expr) => {
        match $connection {
            #[cfg(feature = "driver-sqlite")]
            Connection::Sqlite($inner) => {
                $(type $db = sqlx::Sqlite;)?
                $body
            }
            #[cfg(feature = "driver-postgresql")]
            Connection::PostgreSql($inner) => {
                $(type $db = sqlx::Postgres;)?
                $body
            }
            #[cfg(feature = "driver-mysql")]
            Connection::MySql($inner) => {
                $(type $db = sqlx::MySql;)?
                $body
            }
        }
    };
}

impl Connection {
    /// Runs a statement with these values, and says how many rows it changed.
    pub(super) async fn execute(&mut self, sql: String, values: Vec<Option<String>>) -> Result<u64, sqlx::Error> {
        on!(self, |connection, Db| {
            // Statements of many sizes would fill the connection's cache of prepared ones.
            let mut query = sqlx::query::<Db>(AssertSqlSafe(sql)).persistent(false);
            for value in values {
                query = query.bind(value);
            }
            Ok(query.execute(connection.as_mut()).await?.rows_affected())
        })
    }

    /// All rows of a question.
    pub(super) async fn rows(&mut self, sql: String, values: Vec<Option<String>>) -> Result<Vec<Columns>, sqlx::Error> {
        on!(self, |connection, Db| {
            let mut query = sqlx::query::<Db>(AssertSqlSafe(sql)).persistent(false);
            for value in values {
                query = query.bind(value);
            }
            let rows = query.fetch_all(connection.as_mut()).await?;
            rows.iter()
                // What is no text, such as a BLOB in SQLite, reads as nothing.
                .map(|row| Ok((0..row.len()).map(|column| row.try_get(column).ok().flatten()).collect()))
                .collect()
        })
    }

    /// Does `work` in one transaction: all of it or nothing.
    pub(super) async fn in_transaction(
        &mut self,
        work: Vec<(String, Vec<Option<String>>)>,
    ) -> Result<u64, sqlx::Error> {
        self.simple(self.begin()).await?;
        let mut changed = 0;
        for (sql, values) in work {
            match self.execute(sql, values).await {
                Ok(rows) => changed += rows,
                Err(error) => {
                    // SQLite may have done that by itself, and says so. Whatever else fails says that the connection is of no use.
                    match self.simple("ROLLBACK").await {
                        Err(lost) if lost.as_database_error().is_none() => return Err(lost),
                        _ => return Err(error),
                    }
                }
            }
        }
        self.simple("COMMIT").await?;
        Ok(changed)
    }

    /// What begins a transaction that writes. SQLite's usual one may find, later on, that it cannot.
    fn begin(&self) -> &'static str {
        match self {
            #[cfg(feature = "driver-sqlite")]
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            #[allow(unreachable_patterns, reason = "with SQLite alone")]
            _ => "BEGIN",
        }
    }

    /// Runs a statement without values.
    pub(super) async fn simple(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        on!(self, |connection| {
            sqlx::raw_sql(sql).execute(connection.as_mut()).await?;
            Ok(())
        })
    }

    /// Ends the connection in an orderly way.
    pub(super) async fn close(self) {
        on!(self, |connection| {
            // Whoever does not need it any more need not know.
            let _ = connection.close().await;
        })
    }
}

#[cfg(all(test, feature = "driver-sqlite"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn full_disk_may_have_room_later() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("full.db");
        let connect = Connect::to_file(path.to_str().ok_or("no text")?, Duration::from_secs(1));
        let mut connection = connect.connect(true).await?;
        connection.simple("CREATE TABLE t (x)").await?;
        connection.simple("PRAGMA max_page_count = 5").await?;
        let work = vec![("INSERT INTO t VALUES (?)".to_owned(), vec![Some("x".repeat(1 << 20))])];
        let error = connection.in_transaction(work.clone()).await.err().ok_or("it fits")?;
        assert_eq!(failure(Database::Sqlite, &error), Failure::Away, "{error}");
        connection.simple("PRAGMA max_page_count = 5000").await?;
        assert_eq!(connection.in_transaction(work).await?, 1, "the connection is in order");
        Ok(())
    }
}
