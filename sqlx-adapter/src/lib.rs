//! Traced sqlx pools.

mod call;
mod connection;
mod database;
mod executor;
mod failure;
mod observe;
mod pool;
mod query;
#[cfg(feature = "sqlite")]
mod sqlite;
mod transaction;

pub use connection::{TracedConnection, TracedPoolConnection};
pub use database::TracedDatabase;
pub use pool::TracedPool;
pub use transaction::TracedTransaction;

/// A traced [`sqlx::SqlitePool`](sqlx_sqlite::SqlitePool).
#[cfg(feature = "sqlite")]
pub type TracedSqlitePool = TracedPool<sqlx_sqlite::Sqlite>;
