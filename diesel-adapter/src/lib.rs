//! Traced diesel connections: every query of a traced request with its parameters, rows, time and errors.
//!
//! # The swap
//!
//! Replace `PgConnection` by `TracedPgConnection`, `MysqlConnection` by `TracedMysqlConnection` or `SqliteConnection` by
//! `TracedSqliteConnection`, which are [`TracedConnection`]s, and change nothing else. Every statement becomes a point named
//! `db` under what runs in the active trace.
//!
#![cfg_attr(feature = "sqlite", doc = "```")]
#![cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
//! use diesel::prelude::*;
//! use osprofiler_diesel::TracedSqliteConnection;
//!
//! diesel::table! {
//!     posts { id -> Integer, title -> Text }
//! }
//!
//! // This was `SqliteConnection::establish`.
//! let mut connection = TracedSqliteConnection::establish(":memory:")?;
//! // Or around the connection there is:
//! let mut connection = TracedSqliteConnection::new(SqliteConnection::establish(":memory:")?);
//!
//! diesel::sql_query("CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT)").execute(&mut connection)?;
//! connection.transaction(|connection| {
//!     diesel::insert_into(posts::table).values(posts::title.eq("First")).execute(connection)
//! })?;
//! let titles: Vec<String> = posts::table.select(posts::title).load(&mut connection)?;
//! # assert_eq!(titles, ["First"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Pools, `MultiConnection` and migrations go around it as they go around diesel's own: `ConnectionManager<TracedPgConnection>`
//! (with the feature `r2d2`), `#[derive(MultiConnection)] enum AnyConnection { Pg(TracedPgConnection), .. }`,
//! `connection.run_pending_migrations(..)`, whose statements are recorded as internal. What only the connection within has, such as `notifications_iter` or
//! `register_collation`, is there by deref. Two things no type but diesel's own can do, because diesel implements them for its
//! own types by name. They take the connection within, and are recorded all the same, without their rows, and with values as
//! text:
//!
//! | | |
//! | --- | --- |
//! | `copy_to(..).load(connection)`, PostgreSQL | `copy_to(..).load(&mut **connection)` |
//! | a batch insert with `RETURNING` by `get_results(connection)`, SQLite | `get_results(&mut **connection)` |
//!
//! So does what is generic over a trait of the program's own that it implements for `PgConnection`, and a migration that
//! downcasts its `BoxableConnection`: it gets the traced type.
//!
//! # Threads for blocking work
//!
//! A server runs diesel on threads that are in no trace. There are two ways to bring the request's trace to them, and what runs
//! on a traced connection in no trace, while requests are traced elsewhere, is counted in `stats().outside_traces` and logged
//! once for each place.
//!
//! **A connection that is taken from its pool in a trace remembers that trace.** This is so with `diesel::r2d2`, and with
//! deadpool-diesel's `interact` where its pool has the three hooks of [`TracedConnection::remember_trace`]. Handlers stay as
//! they are:
//!
//! ```text
//! // axum with deadpool-diesel
//! let connection = pool.get().await?;
//! let users = connection.interact(|connection| users::table.load(connection)).await?;
//!
//! // r2d2, where the connection is taken before the work goes elsewhere
//! let mut connection = pool.get()?;
//! let users = tokio::task::spawn_blocking(move || users::table.load(&mut connection)).await?;
//! ```
//!
//! **A closure is wrapped in [`carry`](osprofiler::profiler::carry).** It is needed where the connection is taken on the other
//! thread, as in actix-web's examples:
//!
//! ```text
//! use osprofiler::profiler::carry;
//!
//! // actix-web
//! web::block(carry(move || users::table.load(&mut pool.get()?))).await?;
//! // tokio
//! tokio::task::spawn_blocking(carry(move || users::table.load(&mut pool.get()?))).await?;
//! ```
//!
//! # The flag
//!
//! Queries are traced where a trace is active and SQL is switched on: `trace_sql` in the configuration
//! ([`osprofiler::Config`], `OSPROFILER_TRACE_SQL`), which [`set_trace_sql`](osprofiler::profiler::set_trace_sql) changes for
//! the process while it runs, and [`TracedConnection::set_trace_sql`] for one connection.
//!
#![cfg_attr(feature = "sqlite", doc = "```")]
#![cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
//! use diesel::prelude::*;
//! use osprofiler::{Notifier, Profiler, profiler};
//! use osprofiler_diesel::TracedSqliteConnection;
//! # use std::sync::{Arc, Mutex};
//! # use std::time::Duration;
//!
//! let mut connection = TracedSqliteConnection::establish(":memory:")?;
//! # let seen = Arc::new(Mutex::new(Vec::new()));
//! # let theirs = Arc::clone(&seen);
//! # let notifier = Notifier::from(move |message: &osprofiler::Message| theirs.lock().unwrap().push(message.clone()));
//! # let request = Profiler::with_notifier(&notifier, "key", None, None);
//! let mut query = || diesel::sql_query("SELECT ?").bind::<diesel::sql_types::Text, _>("x").execute(&mut connection);
//!
//! request.in_scope(&mut query)?; // SQL is off at first: no point
//! profiler::set_trace_sql(true);
//! request.in_scope(&mut query)?; // a point
//! connection.set_trace_sql(false);
//! # assert!(notifier.flush(Duration::from_secs(10)));
//! # let messages = seen.lock().unwrap();
//! # let names: Vec<_> = messages.iter().map(|message| message.name()).collect();
//! # assert_eq!(names, ["db-start", "db-stop"]);
//! # assert_eq!(messages[0].info()["db"]["params"][0], "x");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The policy
//!
//! Bound values are recorded as they are, unless a connection is [built](TracedConnection::builder) otherwise. A builder is
//! r2d2's customizer too, and [`set_default_options`] is for connections that are opened by their type alone.
//!
#![cfg_attr(all(feature = "sqlite", feature = "r2d2"), doc = "```")]
#![cfg_attr(not(all(feature = "sqlite", feature = "r2d2")), doc = "```ignore")]
//! use diesel::r2d2::{ConnectionManager, Pool};
//! use osprofiler_diesel::{ParamsPolicy, TracedSqliteConnection};
//!
//! let options = TracedSqliteConnection::builder()
//!     .params(ParamsPolicy::Types) // no values; `ParamsPolicy::Off` records no types either
//!     .redact("(?i)password|token")?;
//! let pool = Pool::builder()
//!     .connection_customizer(Box::new(options))
//!     .build(ConnectionManager::<TracedSqliteConnection>::new(":memory:"))?;
//! # let _ = pool;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Values keep 1 KiB each and 64 KiB together, statements 64 KiB; what is longer is cut, on a character boundary, and marked
//! with how much is missing. Statements are recorded with whatever literals stand in them. Where values are not recorded or
//! may be replaced, the texts of errors are recorded without values: [`ParamsPolicy`]. All of this happens on the
//! collector's worker.
//!
//! # Without changing a type
//!
//! [`instrument`] records what all connections run, as diesel's default instrumentation. It hears of statements only what
//! diesel's events say:
//!
//! - no rows and no affected rows;
//! - values as their Rust types print them by `Debug`, with types `UNKNOWN`;
//! - the end of a query where diesel says so: on PostgreSQL and MySQL before the first row is read, on SQLite when the
//!   cursor is dropped, and there without an error that came with a row;
//! - the kind of database by the URL alone.
//!
//! A query that diesel began and never ended, as it does where a value cannot be made, ends as cancelled with the next one.
//! `SELECT 1` without values is taken for a pool's ping, and marked `internal`. So are migrations.
//!
#![cfg_attr(feature = "async", doc = "# With diesel-async")]
#![cfg_attr(not(feature = "async"), doc = "# With diesel-async, by the feature `async`")]
//!
//! `TracedAsyncConnection` takes the place of `AsyncPgConnection`, `AsyncMysqlConnection` and
//! `SyncConnectionWrapper<SqliteConnection>`, in the pools of bb8, deadpool and mobc too. It has no deref, since diesel-async
//! takes that for a pool's: what only the connection within can do goes by `inner_mut()`, and is not recorded. A report says
//! how often a request gave the connection within away, and where. Where the program names the type of
//! `build_transaction()`, it is `TracedTransactionBuilder`. Whether a query is traced, and under which point, is decided when
//! it is made: `async { query.load(&mut connection).await }.in_trace(&request)` is traced, and
//! `query.load(&mut connection).in_trace(&request)` is not, unless a trace is active there. A connection that was opened, or
//! taken from its pool, in a trace remembers that: in a spawned task, which is in no trace, its statements belong to it.
//! `CarryTrace` takes a task's trace to the thread on which
//! `SyncConnectionWrapper` runs its connection.
//!
//! # What a point says
//!
//! The same as with `osprofiler-sqlx`. **Start**, under `db`:
//!
//! | key | what it is |
//! | --- | --- |
//! | `statement` | the text that diesel prepares; empty where a query or a value could not be made |
//! | `params`, `param_types` | the bound values and their database types, as diesel sends them; missing for SQL that is passed as text. `params_unknown` has a reason where they could not be read, `params_omitted` says how many more there were |
//! | `system` | `postgresql`, `mysql` or `sqlite`; `mariadb` where [the builder](TracedBuilder::system) says so |
//! | `database`, `server` | name or file, and host and port or socket, as the URL says; never credentials |
//! | `method` | `load`, `execute`, `batch_execute`, `copy_from`, `begin`, `commit`, `rollback`, `drop`, `connect`, `ping` |
//! | `internal` | `true` where the program did not ask for it: a pool's ping, what migrations run, diesel's question for the OID of a type. diesel-async does not report when it asks: it is recorded with the first query that has the type, on connections that the traced type itself has opened, as long as everything that ran on them was traced |
//! | `bypassed` | `true` where it ran on the connection within: by `&mut **connection`, or by a function that takes `&mut SqliteConnection`, to which a traced connection is coerced. Such statements have no rows, and values as text. Make the function take `&mut TracedSqliteConnection`. Not recorded where the program has set an instrumentation of its own there: before the connection was wrapped, or as diesel's default. With [`instrument`] after that, both are told |
//! | `connection` | a number for each time that a connection is opened or wrapped |
//! | `transaction`, `savepoint_of` | the id of the point that began the innermost transaction or savepoint, and of the one around it |
//!
//! **Stop**, under `db`:
//!
//! | key | what it is |
//! | --- | --- |
//! | `rows`, `rows_affected` | how many rows the program received, or the statement changed. On SQLite only INSERT, UPDATE, DELETE and REPLACE say how many they changed: after others it still has the count of an earlier statement |
//! | `complete` | `false` where the program stopped reading before it saw the end, so that there may have been more than `rows`: `first` and `get_result` take one row and leave. Where all rows lie ready, as by default on PostgreSQL and MySQL, it is known that there was no other |
//! | `first_row_us` | from the start to the first row |
//! | `consumer_us` | how long the rows lay ready for the program, or with diesel-async how long the database was not waited for: the program's own time. Where diesel asks the database for each row (SQLite, `PgRowByRowLoadingMode`), the time from the first row on in which it did not ask; `load` makes values of the rows in it |
//! | `awaited` | `true` of a stream of diesel-async that was dropped while the program waited for its next row |
//! | `outcome`, `dropped` | of what ends a transaction: `committed` or `rolled_back`, and whether the connection was dropped instead. `unknown` on PostgreSQL, which rolls back what has failed and says nothing: something ran in the transaction that was not seen, and diesel does not know that nothing failed |
//! | `result` | the first rows, where `hide_result` is off |
//!
//! `cancelled` stands beside `db` where a future was dropped before its end, or a call panicked. On failure there are `etype`,
//! `message`, and under `db` `original_exception`, `chained_exception`, and `kind`, `constraint`, `table` and `column` where
//! diesel knows them. It keeps no SQLSTATE.
//!
//! A row that the program cannot read is a failure too, where it is seen: a value that its Rust type refuses, in a query whose
//! types diesel knows, and a NULL in a query without a nullable column. It is not seen what goes wrong in rows of `sql_query`,
//! or of `SyncConnectionWrapper<TracedSqliteConnection>`, which are read when the point has ended.
//!
//! The time of a point is from the call to the last row, the first error, or the end of the cursor. The forms of values are
//! those of [`osprofiler::db::DbValue`]. PostgreSQL's types that a program declares by their name are shown as text where
//! their bytes are text, which labels of enumerations are, and else as a list of fields, if they are composites, or as bytes.
//! Values of `serde_json::Value` on MySQL are JSON; JSON of other Rust types is text there, since MySQL's client has no type
//! for it.
//!
//! # Price
//!
//! With tracing off, a call costs one atomic load more, and one read of a thread local where SQL is traced. With tracing on it
//! costs the calling thread some hundred nanoseconds, and a counter for each row: what diesel makes of statement and values is
//! kept. Values are made once more where diesel does not come to them, because a statement could not be prepared, and once for
//! each PostgreSQL type that the program declares by name; on MySQL a query with texts that may be JSON is printed. Values are decoded and messages written by the collector's worker.
//!
//! Wrapping a connection needs diesel's feature `i-implement-a-third-party-backend-and-opt-into-breaking-changes`, for which
//! any release but a patch may break this crate: it asks for `diesel >=2.3.9, <2.4`. Before 2.3.14
//! diesel does not notice that SQLite has ended a transaction by itself, as by `INSERT OR ROLLBACK`, and what follows is
//! recorded as part of it.
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `postgres`, `mysql`, `sqlite` | tracing for diesel's own connections |
//! | `postgres-backend`, `mysql-backend` | the same without the C libraries: for `async` alone |
//! | `async` | `TracedAsyncConnection` |
//! | `r2d2` | traced connections in `diesel::r2d2`'s pool |
//! | `caller` | `TracedBuilder::caller`: where in the program a statement came from |

#![cfg_attr(
    not(all(feature = "postgres", feature = "mysql", feature = "sqlite", feature = "r2d2")),
    allow(dead_code, reason = "each feature uses its part of what is shared")
)]

#[cfg(feature = "async")]
mod asynchronous;
mod backend;
mod before_commit;
mod builder;
mod call;
mod connection;
mod cursor;
mod debug_text;
mod failure;
mod fragment;
mod instrument;
mod link;
mod migration;
#[cfg(feature = "mysql-backend")]
mod mysql;
#[cfg(any(feature = "mysql-backend", feature = "postgres-backend"))]
mod packed;
#[cfg(feature = "postgres-backend")]
mod postgres;
mod recorder;
mod row;
#[cfg(any(feature = "mysql-backend", feature = "postgres-backend", feature = "sqlite"))]
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
pub use instrument::{MakeInstrumentation, instrument, instrument_over};
pub use osprofiler::db::{DbOptions, ParamsPolicy, PatternError, Recorded};
pub use row::{TracedField, TracedRow};

/// A traced `PgConnection`.
#[cfg(feature = "postgres")]
pub type TracedPgConnection = TracedConnection<diesel::PgConnection>;

/// A traced `MysqlConnection`, for MySQL and MariaDB.
#[cfg(feature = "mysql")]
pub type TracedMysqlConnection = TracedConnection<diesel::MysqlConnection>;

/// A traced `SqliteConnection`.
#[cfg(feature = "sqlite")]
pub type TracedSqliteConnection = TracedConnection<diesel::SqliteConnection>;

/// By where this function lies, `osprofiler` knows which frames are this crate's and no call sites.
#[inline(never)]
fn own_frames() -> &'static str {
    "osprofiler-diesel/src/lib.rs"
}
