//! Traced sqlx pools: every query of a traced request with its parameters, rows, time and errors.
//!
//! # The swap
//!
//! Replace `sqlx::PgPool` by [`TracedPgPool`], `sqlx::MySqlPool` by [`TracedMySqlPool`] or `sqlx::SqlitePool` by
//! [`TracedSqlitePool`], and change nothing else. Pools, connections and transactions are executors as sqlx's are; every
//! call of an executor method becomes a point named `db` under what runs in the active trace.
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
//! Most programs make their pool by options, and name it in many places. Two edits are enough for them:
//!
//! ```no_run
//! use osprofiler_sqlx::TracedSqlitePool as SqlitePool; // in place of `use sqlx::SqlitePool`
//! use sqlx::sqlite::SqlitePoolOptions;
//!
//! # async fn f(url: &str) -> Result<(), sqlx::Error> {
//! let pool: SqlitePool = SqlitePoolOptions::new().max_connections(5).connect(url).await?.into();
//! # let _ = pool;
//! # Ok(())
//! # }
//! ```
//!
//! A test with `#[sqlx::test]` gets sqlx's pool, and has one line more: `let pool = TracedPgPool::from(pool);`.
//!
//! # Types in functions
//!
//! | sqlx's | traced |
//! | --- | --- |
//! | `&PgPool` | `&TracedPgPool` |
//! | `&mut PgConnection` | `&mut TracedPgConnection<'_>`: a pool's connection and a transaction go there by deref |
//! | `PoolConnection<Postgres>` | `TracedPgPoolConnection` |
//! | `Transaction<'_, Postgres>` | `TracedPgTransaction<'_>` |
//! | `impl PgExecutor<'_>` | the same |
//!
//! MySQL and SQLite have the same names with `MySql` and `Sqlite`. A traced connection has a lifetime because it may be a
//! transaction, which borrows its connection; one without would need a box and a lock, or unsafe code. All are made `From`
//! sqlx's own, and a traced pool goes `Into` a pool.
//!
//! Functions that want sqlx's types take the traced ones too, by deref, [`AsMut`], [`Acquire`](sqlx_core::acquire::Acquire) and
//! [`TracedTransaction::inner_mut`]. **What they run is not recorded**: only [the net](#the-net) sees it. Where a trace is active
//! each such use is counted with its place, and the report says: "sqlx's own connection was handed out 12 times
//! (src/repo.rs:30); statements that ran on it are not in this trace", unless the net listens there. `as_mut()`, `acquire()`, `begin()` and
//! `transaction(..)` of the traced types give traced types. On PostgreSQL the outcome of a transaction whose connection was
//! handed out last is `unknown`: a statement that failed unseen makes a `COMMIT` roll back.
//!
//! What no wrapper can have is code that names sqlx's types by value or by trait: `sqlx::Connection::close(connection)` (write
//! `connection.close()`), a closure of `transaction` whose argument is annotated (annotate `&mut TracedPgTransaction<'_>`).
//!
//! # Tasks and threads
//!
//! A connection or transaction that was taken from its pool in a trace belongs to that trace, also in a task or thread that
//! has none. Of other statements in spawned tasks nothing is known: `tokio::spawn(work.in_current_trace())` brings the trace
//! there ([`TraceExt`](osprofiler::TraceExt)). Statements that run in no trace while others are traced are counted in
//! [`stats()`](osprofiler::Notifier::stats) and logged once for each place.
//!
//! # The flag
//!
//! Queries are traced where a trace is active and SQL is switched on: `trace_sql` in the configuration
//! ([`osprofiler::Config`], `OSPROFILER_TRACE_SQL`), which [`set_trace_sql`](osprofiler::profiler::set_trace_sql) changes for
//! the process while it runs, and [`TracedPool::set_trace_sql`] for one pool.
//!
//! ```
//! use osprofiler::{Notifier, Profiler, TraceExt, profiler};
//! use osprofiler_sqlx::TracedSqlitePool;
//! use std::sync::{Arc, Mutex};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), sqlx::Error> {
//! let pool = TracedSqlitePool::connect("sqlite::memory:").await?;
//! # let seen = Arc::new(Mutex::new(Vec::new()));
//! # let theirs = Arc::clone(&seen);
//! # let notifier = Notifier::from(move |message: &osprofiler::Message| theirs.lock().unwrap().push(message.clone()));
//! # let request = Profiler::with_notifier(&notifier, "key", None, None);
//! let query = async || sqlx::query("SELECT ?").bind("x").fetch_all(&pool).await;
//!
//! query().in_trace(&request).await?; // SQL is off at first: no point
//! profiler::set_trace_sql(true);
//! query().in_trace(&request).await?; // a point
//! pool.set_trace_sql(false);
//! query().in_trace(&request).await?; // no point
//! # assert!(notifier.flush(Duration::from_secs(10)));
//! # let messages = seen.lock().unwrap();
//! # let names: Vec<_> = messages.iter().map(|message| message.name()).collect();
//! # assert_eq!(names, ["db-start", "db-stop"]);
//! # assert_eq!(messages[0].info()["db"]["params"][0], "x");
//! # Ok(())
//! # }
//! ```
//!
//! # The policy
//!
//! Bound values are recorded as they are, unless a pool is [built](TracedPool::builder) otherwise. All of this happens on
//! the collector's worker, before anything is stored or sent.
//!
//! ```
//! use osprofiler_sqlx::{ParamsPolicy, TracedSqlitePool};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Types only; `ParamsPolicy::Off` records neither.
//! let careful = TracedSqlitePool::builder().params(ParamsPolicy::Types).connect("sqlite::memory:").await?;
//!
//! // Statements that match a pattern keep their values to themselves, and a function sees every other value: statement,
//! // place, type and value. The first 20 rows of each result are recorded too, by the same rules; with `Types` or `Off`
//! // there are none.
//! let open = TracedSqlitePool::builder()
//!     .redact("(?i)password|token")?
//!     .redact_with(|recorded| {
//!         let address = recorded.value.as_str().is_some_and(|text| text.contains('@'));
//!         address.then(|| json!("[address]"))
//!     })
//!     .hide_result(false)
//!     .connect("sqlite::memory:")
//!     .await?;
//! # let _ = (careful, open);
//! # Ok(())
//! # }
//! ```
//!
//! Values keep 1 KiB each and 64 KiB together, statements 64 KiB; what is longer is cut, on a character boundary, and marked
//! with how much is missing. Statements are recorded with whatever literals stand in them. Where values are not recorded or
//! may be replaced, the texts of errors are recorded without values: [`ParamsPolicy`].
//!
//! # The net
//!
//! With the feature `net`, `SqlxEventLayer`, a layer of `tracing-subscriber`, records what runs in a traced request but around
//! the traced types: libraries that take `&sqlx::PgPool`, `migrate!`, sea-orm, code generic over `Acquire`. Such points have
//! no parameters and say `bypassed`; reports count them: "2 statements bypassed the traced pool". What a pool runs in its hooks
//! (`after_connect`, `before_acquire`) and to set up a connection is `internal`, and so is sqlx's account of migrations. A
//! filter that hides sqlx's events from the layer is told in the log.
//!
#![cfg_attr(feature = "net", doc = "```")]
#![cfg_attr(not(feature = "net"), doc = "```ignore")]
//! use osprofiler_sqlx::SqlxEventLayer;
//! use tracing_subscriber::Layer;
//! use tracing_subscriber::filter::LevelFilter;
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! let subscriber = tracing_subscriber::registry()
//!     .with(tracing_subscriber::fmt::layer().with_filter(LevelFilter::INFO))
//!     .with(SqlxEventLayer::filtered());
//! # let _guard = tracing::subscriber::set_default(subscriber);
//! ```
//!
//! # What a point says
//!
//! **Start**, under `db`:
//!
//! | key | what it is |
//! | --- | --- |
//! | `statement` | the text |
//! | `params`, `param_types` | the bound values and their database types; missing for SQL that is passed as text. `params_unknown` has a reason where they could not be read, `params_omitted` says how many more there were |
//! | `system` | `postgresql`, `mysql`, `mariadb` (where the URL says so, or [the builder](TracedBuilder::system)) or `sqlite` |
//! | `database`, `server` | name or file, and host and port or socket; never credentials |
//! | `method` | the executor method that sqlx called (`query_as(..).fetch_one` calls `fetch_optional`), or `begin`, `commit`, `rollback`, `drop`, `acquire`, `copy_in_raw`, `copy_out_raw` |
//! | `connection` | a number for each time that a connection was taken into a hand; missing for calls on the pool itself, which get one for themselves |
//! | `transaction`, `savepoint_of` | the id of the point that began the innermost transaction or savepoint, and of the one around it |
//! | `prepared` | `false` where the statement was certainly not prepared before: SQL that is passed as text, or that is not to be kept. sqlx does not tell what it finds in its cache |
//! | `acquire_us` | how long the call, or the first call on a connection, waited for the pool. The point's time begins after that |
//!
//! **Stop**, under `db`:
//!
//! | key | what it is |
//! | --- | --- |
//! | `rows`, `rows_affected` | how many rows the program received, or the statement changed; on SQLite only of INSERT, UPDATE, DELETE and REPLACE |
//! | `first_row_us` | from the start to the first row, where there may be more than one |
//! | `consumer_us` | of a stream, the time from the first row on in which it did not wait for the database: the program's own work with the rows, with their decoding |
//! | `complete` | `false` of a stream that was dropped before its end, while the program had the row that it asked for last: there may have been more than `rows` |
//! | `awaited` | `true` of a stream that was dropped while the program waited for its next row |
//! | `sent` | `false` where the call ended while it waited for a connection: the statement never went to the database |
//! | `pool_size`, `pool_max` | where the pool timed out: how many connections it had open, and how many it may have |
//! | `bytes` | what went through a `COPY` |
//! | `outcome`, `dropped` | of what ends a transaction: `committed`, `rolled_back` or `unknown`, and whether it was dropped. A rollback by drop takes no time here: sqlx sends it with whatever uses the connection next |
//! | `result` | the first rows, where `hide_result` is off |
//!
//! `cancelled` stands beside `db` where the future was dropped before its end, or the stream while it was waited for. On failure there are `etype`,
//! `message`, and under `db` `original_exception`, `chained_exception`, `sqlstate` (PostgreSQL, MySQL), `code` (MySQL's
//! number, SQLite's extended code), and `kind`, `constraint`, `table` and `column` where the driver knows them. A
//! `fetch_one` that finds no row is no failure of its statement: it says `rows: 0`.
//!
//! The forms of values are those of [`osprofiler::db::DbValue`]: what PostgreSQL's `value::text` or MySQL's
//! `CAST(value AS CHAR)` prints, with numbers, booleans, JSON, lists and composites as JSON. Types that a PostgreSQL program
//! declares by their name (enumerations, composites, domains) are known when a statement with them has run once on a
//! connection that keeps it prepared; the first such statement is stored when it has ended. Where it failed, and for unknown
//! types, there are bytes.
//!
//! # Price
//!
//! With tracing off, a call costs one atomic load more, and one read of a thread local where SQL is traced, and goes
//! straight to sqlx. With tracing on it costs the calling thread well under a microsecond, and nothing for each row but a
//! counter; values are decoded and messages written by the collector's worker.
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `postgres`, `mysql`, `sqlite` | tracing for the database; enable those that sqlx is used with. How SQLite is linked is decided by sqlx's own features |
//! | `net` | `SqlxEventLayer` |
//! | `migrate` | migrations on a traced connection, by `Migrator::run_direct` |
//! | `caller` | `TracedBuilder::caller`: where in the program a statement came from |

mod builder;
mod call;
mod connection;
mod database;
mod executor;
mod failure;
mod hand_out;
mod mark;
#[cfg(feature = "migrate")]
mod migrate;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "net")]
mod net;
#[cfg(not(feature = "net"))]
#[path = "net/nowhere.rs"]
mod net;
mod parts;
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod probe;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(all(test, any(feature = "postgres", feature = "mysql", feature = "sqlite")))]
mod test_params;
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

/// By where this function lies, `osprofiler` knows which frames are this crate's and no call sites.
#[inline(never)]
fn own_frames() -> &'static str {
    "osprofiler-sqlx/src/lib.rs"
}

/// The types of one database, by their names.
macro_rules! aliases {
    ($feature:literal, $database:ty, $host:literal, $inner:ty, $connection:ident, $pool_connection:ident, $transaction:ident) => {
        #[doc = concat!("A traced `sqlx::", $host, "Connection`. The lifetime is that of the transaction which it may be: `&mut ",
            stringify!($connection), "<'_>` in arguments.")]
        #[cfg(feature = $feature)]
        pub type $connection<'c> = TracedConnection<'c, $database>;

        #[doc = concat!("A traced connection of a pool: `sqlx::pool::PoolConnection<", stringify!($database), ">`.")]
        #[cfg(feature = $feature)]
        pub type $pool_connection = TracedPoolConnection<$database>;

        #[doc = concat!("A traced `sqlx::", $host, "Transaction`.")]
        #[cfg(feature = $feature)]
        pub type $transaction<'c> = TracedTransaction<'c, $database>;

        #[cfg(feature = $feature)]
        impl From<$inner> for TracedConnection<'static, $database> {
            /// Around the connection there is. Of the database its points know the kind only.
            fn from(connection: $inner) -> Self {
                Self::own(connection)
            }
        }
    };
}

aliases!(
    "postgres",
    sqlx_postgres::Postgres,
    "Pg",
    sqlx_postgres::PgConnection,
    TracedPgConnection,
    TracedPgPoolConnection,
    TracedPgTransaction
);
aliases!(
    "mysql",
    sqlx_mysql::MySql,
    "MySql",
    sqlx_mysql::MySqlConnection,
    TracedMySqlConnection,
    TracedMySqlPoolConnection,
    TracedMySqlTransaction
);
aliases!(
    "sqlite",
    sqlx_sqlite::Sqlite,
    "Sqlite",
    sqlx_sqlite::SqliteConnection,
    TracedSqliteConnection,
    TracedSqlitePoolConnection,
    TracedSqliteTransaction
);
