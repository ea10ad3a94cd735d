//! [`CarryTrace`]: blocking work of a task in the task's trace.

use std::error::Error;

use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use futures_core::future::BoxFuture;

/// Runs blocking work where `S` runs it, in the trace that is active where it is asked for.
///
/// `SyncConnectionWrapper<C, S>` runs a connection's work on another thread, which knows nothing of the task's trace. With
/// this around its `S` it does: a `TracedConnection` within records its queries in the task's trace, and functions that the
/// program registered with SQLite may add points.
///
/// ```
/// use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
/// use osprofiler_diesel::{CarryTrace, TracedSqliteConnection};
///
/// // This was `SyncConnectionWrapper<SqliteConnection>`.
/// type Connection = SyncConnectionWrapper<TracedSqliteConnection, CarryTrace>;
/// # let _: Option<Connection> = None;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CarryTrace<S = DefaultRuntime>(pub S);

/// What diesel-async runs blocking work with where nobody says otherwise: tokio.
pub type DefaultRuntime = <SyncConnectionWrapper<()> as RuntimeOf>::Runtime;

/// Names what has no public name.
pub trait RuntimeOf {
    /// What a wrapper runs blocking work with.
    type Runtime;
}

impl<C, S> RuntimeOf for SyncConnectionWrapper<C, S> {
    type Runtime = S;
}

impl<S: SpawnBlocking> SpawnBlocking for CarryTrace<S> {
    fn spawn_blocking<'a, R: Send + 'static>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn Error + Send + Sync + 'static>>> {
        self.0.spawn_blocking(osprofiler::profiler::carry(task))
    }

    fn get_runtime() -> Self {
        Self(S::get_runtime())
    }
}
