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
pub(crate) struct Call<DB: TracedDatabase> {
    /// Whether the collector was behind when the call was made.
    behind: bool,
    state: Mutex<State<DB>>,
}

struct State<DB: TracedDatabase> {
    /// `None` once it has stopped.
    point: Option<Point>,
    source: Arc<DbSource>,
    method: &'static str,
    /// When the call was first polled.
    begun: Option<Instant>,
    started: bool,
    /// What is bound to the query, until it starts.
    values: Option<DB::Values>,
    /// The statement of a call that runs no query, until its first poll, and that of a query that the database never saw.
    waiting: Option<SqlStr>,
    runs_query: bool,
}

impl<DB: TracedDatabase> Call<DB> {
    /// A call to trace; `None` where tracing is off.
    #[inline]
    pub(crate) fn new(source: &Arc<DbSource>, method: &'static str) -> Option<Arc<Self>> {
        if profiler::sql_active() { Self::in_active_trace(source, method) } else { None }
    }

    #[inline(never)]
    fn in_active_trace(source: &Arc<DbSource>, method: &'static str) -> Option<Arc<Self>> {
        let point = Point::new(NAME)?;
        let behind = point.is_collector_behind();
        let (point, source) = (Some(point), Arc::clone(source));
        let state =
            State { point, source, method, begun: None, started: false, values: None, waiting: None, runs_query: true };
        Some(Arc::new(Self { behind, state: Mutex::new(state) }))
    }

    /// The call asks about a statement and runs no query: its point starts with the first poll.
    pub(crate) fn asks(&self, statement: SqlStr) {
        let mut state = self.lock();
        state.waiting = Some(statement);
        state.runs_query = false;
    }

    /// Keeps what is bound to the query.
    pub(crate) fn capture(&self, arguments: &DB::Arguments) {
        let values = DB::capture(arguments, self.behind);
        self.lock().values = Some(values);
    }

    /// The call is polled for the first time.
    pub(crate) fn begin(&self) {
        let mut state = self.lock();
        let now = Instant::now();
        state.begun = Some(now);
        if !state.runs_query
            && let Some(statement) = state.waiting.take()
        {
            state.start(now, None, statement);
        }
    }

    /// The database is about to get the query.
    pub(crate) fn start(&self, statement: SqlStr) {
        let mut state = self.lock();
        let now = Instant::now();
        let acquire = state.begun.map(|begun| now - begun);
        state.start(now, acquire, statement);
    }

    /// The query was dropped and the database never saw it.
    pub(crate) fn never_sent(&self, statement: SqlStr) {
        self.lock().waiting = Some(statement);
    }

    /// The call has ended.
    pub(crate) fn stop(&self, counted: DbStop, error: Option<&Error>) {
        let mut state = self.lock();
        if !state.started {
            // It failed, or was dropped, on the way to a connection; if it was never polled, nothing happened.
            let Some(begun) = state.begun else { return drop(state.point.take()) };
            let statement = state.waiting.take().unwrap_or(SqlStr::from_static(""));
            state.start(begun, Some(begun.elapsed()), statement);
        }
        if let Some(point) = state.point.take() {
            match error {
                None => point.stop(counted),
                Some(error) => point.stop(failure::<DB>(error)),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<DB>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<DB: TracedDatabase> State<DB> {
    fn start(&mut self, at: Instant, acquire: Option<Duration>, statement: SqlStr) {
        self.started = true;
        if let Some(point) = &mut self.point {
            let (source, values) = (Arc::clone(&self.source), self.values.take());
            point.start_at(at, DbStart { source, method: self.method, acquire, statement, values });
        }
    }
}
