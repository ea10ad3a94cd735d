//! [`Call`]: one call of an executor method, from its first poll to its end.
//!
//! The point starts when the inner executor takes the query's arguments, which it does on the connection that will run it:
//! waiting for the pool is not query time. This is the one place that starts and stops a database point.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use osprofiler::db::{DbSource, DbStart, DbStop};
use osprofiler::profiler::{self, Point};
use sqlx_core::error::Error;
use sqlx_core::sql_str::SqlStr;

use crate::database::TracedDatabase;
use crate::failure::failure;

/// The name of database points.
const NAME: &str = "db";

/// What the query and its observer both know of a call.
pub(crate) struct Call<DB: TracedDatabase>(Mutex<State<DB>>);

struct State<DB: TracedDatabase> {
    /// `None` once it has stopped.
    point: Option<Point>,
    source: Arc<DbSource>,
    method: &'static str,
    /// When the call was first polled.
    begun: Option<Instant>,
    started: bool,
    /// The statement of a call that runs no query, until the first poll.
    asks: Option<SqlStr>,
    /// The statement of a call that ended before the database saw it.
    unsent: Option<(SqlStr, Option<DB::Values>)>,
}

impl<DB: TracedDatabase> Call<DB> {
    /// A call to trace; `None` where tracing is off.
    #[inline]
    pub(crate) fn new(source: &Arc<DbSource>, method: &'static str) -> Option<Arc<Self>> {
        if profiler::sql_active() { Self::in_active_trace(source, method) } else { None }
    }

    #[inline(never)]
    fn in_active_trace(source: &Arc<DbSource>, method: &'static str) -> Option<Arc<Self>> {
        let point = Some(Point::new(NAME)?);
        let source = Arc::clone(source);
        let state = State { point, source, method, begun: None, started: false, asks: None, unsent: None };
        Some(Arc::new(Self(Mutex::new(state))))
    }

    /// The call asks about a statement and runs no query: its point starts with the first poll.
    pub(crate) fn asks(&self, statement: SqlStr) {
        self.lock().asks = Some(statement);
    }

    /// The call is polled for the first time.
    pub(crate) fn begin(&self) {
        let mut state = self.lock();
        let now = Instant::now();
        state.begun = Some(now);
        if let Some(statement) = state.asks.take() {
            state.start(now, None, statement, None);
        }
    }

    /// Keeps what is bound to the query.
    pub(crate) fn capture(&self, arguments: &DB::Arguments) -> DB::Values {
        let behind = self.lock().point.as_ref().is_some_and(Point::is_collector_behind);
        DB::capture(arguments, behind)
    }

    /// The database is about to get the query.
    pub(crate) fn start(&self, statement: SqlStr, values: Option<DB::Values>) {
        let mut state = self.lock();
        let now = Instant::now();
        let waited = state.begun.map(|begun| now - begun);
        state.start(now, waited, statement, values);
    }

    /// The query was dropped and the database never saw it.
    pub(crate) fn never_sent(&self, statement: SqlStr, values: Option<DB::Values>) {
        self.lock().unsent = Some((statement, values));
    }

    /// The call has ended.
    pub(crate) fn stop(&self, counted: DbStop, error: Option<&Error>) {
        let mut state = self.lock();
        if !state.started {
            // It failed, or was dropped, on the way to a connection; if it was never polled, nothing happened.
            let Some(begun) = state.begun else { return drop(state.point.take()) };
            let (statement, values) = state.unsent.take().unwrap_or((SqlStr::from_static(""), None));
            state.start(begun, Some(begun.elapsed()), statement, values);
        }
        if let Some(point) = state.point.take() {
            match error {
                None => point.stop(counted),
                Some(error) => point.stop(failure::<DB>(error)),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<DB>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<DB: TracedDatabase> State<DB> {
    fn start(&mut self, at: Instant, acquire: Option<Duration>, statement: SqlStr, values: Option<DB::Values>) {
        self.started = true;
        if let Some(point) = &mut self.point {
            let source = Arc::clone(&self.source);
            point.start_at(at, DbStart { source, method: self.method, acquire, statement, values });
        }
    }
}
