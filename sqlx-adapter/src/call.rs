//! [`Call`]: one call of an executor method, from its first poll to its end.
//!
//! The point starts when the inner executor takes the query's text, which it does on the connection that will run it: waiting
//! for the pool is not query time. What takes it before the first poll starts with that poll, since nothing runs before. This
//! is the one place that starts and stops a database point.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

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
    /// Whether it needs a connection of the pool.
    pooled: bool,
    /// When it was first polled.
    begun: Option<Instant>,
    started: bool,
    /// What is bound to the query, until it starts.
    values: Option<DB::Values>,
    /// What starts with the first poll, or what the database never saw.
    statement: Option<SqlStr>,
}

impl<DB: TracedDatabase> Call<DB> {
    /// A call to trace; `None` where tracing is off. `pooled` says that it needs a connection of the pool.
    #[inline]
    pub(crate) fn new(source: &Arc<DbSource>, method: &'static str, pooled: bool) -> Option<Arc<Self>> {
        if profiler::sql_active() { Self::in_active_trace(source, method, pooled) } else { None }
    }

    #[inline(never)]
    fn in_active_trace(source: &Arc<DbSource>, method: &'static str, pooled: bool) -> Option<Arc<Self>> {
        let point = Point::new(NAME)?;
        Some(Arc::new(Self {
            behind: point.is_collector_behind(),
            state: Mutex::new(State {
                point: Some(point),
                source: Arc::clone(source),
                method,
                pooled,
                begun: None,
                started: false,
                values: None,
                statement: None,
            }),
        }))
    }

    /// Keeps what is bound to the query.
    pub(crate) fn capture(&self, arguments: &DB::Arguments) {
        let values = DB::capture(arguments, self.behind);
        self.lock().values = Some(values);
    }

    /// The call asks about a statement and runs no query.
    pub(crate) fn asks(&self, statement: SqlStr) {
        let mut state = self.lock();
        state.pooled = false;
        state.statement = Some(statement);
    }

    /// The call is about to be polled for the first time.
    pub(crate) fn begin(&self) {
        let mut state = self.lock();
        let now = Instant::now();
        state.begun = Some(now);
        if let Some(statement) = state.statement.take() {
            state.start(now, None, statement);
        }
    }

    /// The database is about to get the query.
    pub(crate) fn start(&self, statement: SqlStr) {
        let mut state = self.lock();
        match state.begun {
            None => state.statement = Some(statement),
            Some(begun) => {
                let now = Instant::now();
                let acquire = state.pooled.then_some(begun..now);
                state.start(now, acquire, statement);
            }
        }
    }

    /// The query was dropped and the database never saw it.
    pub(crate) fn never_sent(&self, statement: SqlStr) {
        self.lock().statement = Some(statement);
    }

    /// The call has ended.
    pub(crate) fn stop(&self, mut counted: DbStop, error: Option<&Error>) {
        let mut state = self.lock();
        if !state.started {
            // It failed, or was dropped, on the way to a connection; if it was never polled, nothing happened.
            let Some(begun) = state.begun else { return drop(state.point.take()) };
            let acquire = state.pooled.then(|| begun..Instant::now());
            let statement = state.statement.take().unwrap_or(SqlStr::from_static(""));
            state.start(begun, acquire, statement);
        }
        if let Some(point) = state.point.take() {
            match error {
                None => point.stop(counted),
                // The statement went well; that the program wanted a row of it is the program's affair.
                Some(Error::RowNotFound) => {
                    counted.add_rows(0);
                    point.stop(counted);
                }
                Some(error) => point.stop(failure::<DB>(counted, error)),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<DB>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<DB: TracedDatabase> State<DB> {
    fn start(&mut self, at: Instant, acquire: Option<Range<Instant>>, statement: SqlStr) {
        self.started = true;
        if let Some(point) = &mut self.point {
            let (source, values) = (Arc::clone(&self.source), self.values.take());
            point.start_at(at, DbStart { source, method: self.method, acquire, statement, values });
        }
    }
}
