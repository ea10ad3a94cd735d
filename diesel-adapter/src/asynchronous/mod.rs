//! Traced connections of diesel-async, with the feature `async`.

#[cfg(feature = "sqlite")]
mod carry;
mod connection;
mod future;
#[cfg(feature = "postgres-backend")]
pub(crate) mod lookups;
#[cfg(feature = "mysql-backend")]
mod mysql;
mod pool;
#[cfg(feature = "postgres-backend")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod tracing;
mod transaction;

#[cfg(feature = "sqlite")]
pub use carry::{CarryTrace, DefaultRuntime, RuntimeOf};
pub use connection::{AsyncTraceable, TracedAsyncConnection};
pub use future::{TracedExecute, TracedLoad, TracedStream};
#[cfg(feature = "postgres-backend")]
pub use postgres::TracedTransactionBuilder;
pub use transaction::{SendAsyncFnOnce, TracedTransactionManager};
