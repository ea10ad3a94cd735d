//! Traced sqlx pools: every query of a traced request with its parameters, rows, time and errors.
//!
//! Replace [`sqlx::Pool`](sqlx_core::pool::Pool) by [`TracedPool`] and change nothing else. Every call of an executor
//! method becomes a point named `db` under what runs in the active trace: pools, connections and transactions are
//! executors as sqlx's are.
//!
//! ```
//! use osprofiler_sqlx::TracedSqlitePool;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), sqlx::Error> {
//! let pool = TracedSqlitePool::connect("sqlite::memory:").await?;
//! // Or around the pool there is:
//! let pool = TracedSqlitePool::from(sqlx::SqlitePool::connect("sqlite::memory:").await?);
//!
//! // Queries are traced where SQL is (off at first) and where a trace is active.
//! osprofiler::profiler::set_trace_sql(true);
//! let answer: i64 = sqlx::query_scalar("SELECT ?").bind(42).fetch_one(&pool).await?;
//!
//! let mut transaction = pool.begin().await?;
//! sqlx::query("CREATE TABLE t (id INTEGER)").execute(&mut *transaction).await?;
//! transaction.commit().await?;
//! # assert_eq!(answer, 42);
//! # Ok(())
//! # }
//! ```
//!
//! # What a point says
//!
//! - **Start**, under `db`: `statement`, `params` and `param_types` (missing for SQL that is passed as text;
//!   `params_unknown` with a reason where they could not be read, `params_omitted` where there were too many), `system`, `database`, `method` (the executor method that sqlx called: `query_as(..).fetch_one` calls `fetch_optional`), and `acquire_us`:
//!   how long the call waited for a connection of the pool. The point's time begins after that wait.
//! - **Stop**, under `db`: `rows` that the program received, or `rows_affected`. `cancelled` where the future or stream was
//!   dropped before its end. On failure `etype`, `message`, and under `db` `original_exception`, `chained_exception` and
//!   the database's own `code`, with `kind`, `constraint` and `table` where they are known. A `fetch_one` that finds no row
//!   is no failure of its statement: it says `rows: 0`.
//!
//! Values keep 1 KiB each and 64 KiB together, statements 64 KiB; what is longer is cut and marked with how much is missing.
//!
//! # What is not traced
//!
//! What runs around the traced types: functions that take `&sqlx::Pool` or `&mut SqliteConnection` (they accept the traced
//! types and run as before), code generic over `Acquire` such as `migrate!`, the closure of `connection.transaction(..)`, and
//! `BEGIN`, `COMMIT` and `ROLLBACK`.
//!
//! # Price
//!
//! With tracing off, a call costs one atomic load more, and one read of a thread local where SQL is traced, and goes
//! straight to sqlx. With tracing on it costs the calling thread well under a microsecond; values are decoded and messages
//! written by the collector's worker.
//!
//! # Features
//!
//! Enable the feature of each database that sqlx is used with: `sqlite`. How SQLite is linked is decided by sqlx's own
//! features.

mod builder;
mod call;
mod connection;
mod database;
mod executor;
mod failure;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod long;
mod mark;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "net")]
mod net;
mod parts;
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;
mod transaction;

pub use builder::TracedBuilder;
pub use connection::{TracedConnection, TracedPoolConnection};
pub use database::TracedDatabase;
#[cfg(feature = "net")]
pub use net::{SqlxEventFilter, SqlxEventLayer};
pub use osprofiler::db::{DbOptions, ParamsPolicy, PatternError, Recorded};
pub use pool::TracedPool;
#[cfg(feature = "postgres")]
pub use postgres::TracedCopyIn;
pub use transaction::TracedTransaction;

/// A traced [`sqlx::PgPool`](sqlx_postgres::PgPool).
#[cfg(feature = "postgres")]
pub type TracedPgPool = TracedPool<sqlx_postgres::Postgres>;

/// A traced [`sqlx::MySqlPool`](sqlx_mysql::MySqlPool), for MySQL and MariaDB.
#[cfg(feature = "mysql")]
pub type TracedMySqlPool = TracedPool<sqlx_mysql::MySql>;

/// A traced [`sqlx::SqlitePool`](sqlx_sqlite::SqlitePool).
#[cfg(feature = "sqlite")]
pub type TracedSqlitePool = TracedPool<sqlx_sqlite::Sqlite>;
