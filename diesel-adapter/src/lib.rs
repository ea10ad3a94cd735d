//! Traced diesel connections: every query of a traced request with its parameters, rows, time and errors.

#[cfg(feature = "async")]
mod asynchronous;
mod backend;
mod builder;
mod call;
mod connection;
mod cursor;
mod debug_text;
mod failure;
mod fragment;
#[cfg(feature = "mysql-backend")]
mod mysql;
#[cfg(feature = "postgres-backend")]
mod postgres;
mod recorder;
mod rows;
mod session;
#[cfg(feature = "sqlite")]
mod sqlite;
mod target;
mod transition;

#[cfg(feature = "async")]
pub use asynchronous::*;
pub use backend::TracedBackend;
pub use builder::{TracedBuilder, set_default_options};
pub use connection::{Traceable, TracedConnection};
pub use cursor::TracedCursor;
pub use osprofiler::db::{DbOptions, ParamsPolicy, PatternError, Recorded};
pub use recorder::{MakeInstrumentation, instrument, instrument_over};

/// A traced `PgConnection`.
#[cfg(feature = "postgres")]
pub type TracedPgConnection = TracedConnection<diesel::PgConnection>;

/// A traced `MysqlConnection`, for MySQL and MariaDB.
#[cfg(feature = "mysql")]
pub type TracedMysqlConnection = TracedConnection<diesel::MysqlConnection>;

/// A traced `SqliteConnection`.
#[cfg(feature = "sqlite")]
pub type TracedSqliteConnection = TracedConnection<diesel::SqliteConnection>;
