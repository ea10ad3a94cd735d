//! [`Point`]: a trace point that owns its ids.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Profiler, TraceShared};
use crate::collector::Record;
use crate::db::{BoundValues, DbStart};
use crate::{Id, Info, Phase, context};

/// One trace point, for adapters: it takes its parent when it is made and is then on its own.
///
/// Unlike [`start`](super::start) it does not become the parent of what follows, so that two queries that run at the same
/// time are siblings, whichever ends first. A point that was started and is dropped stops as cancelled; a point that was
/// never started sends nothing.
///
/// ```
/// use osprofiler::profiler::Point;
/// use serde_json::json;
///
/// if let Some(mut point) = Point::new("cache") {
///     point.start(json!({"key": "user:42"}));
///     // ...
///     point.stop(json!({"hit": true}));
/// }
/// ```
pub struct Point {
    trace: Arc<TraceShared>,
    name: Cow<'static, str>,
    trace_id: Id,
    parent_id: Id,
    open: bool,
    /// Whether its time counts as the database's.
    counted: bool,
}

impl Point {
    /// A point under the active trace's current point; `None` where no trace is active or nobody takes its messages.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Option<Self> {
        let (trace, parent_id) = context::with_current(|scope| {
            scope.trace.queue.is_some().then(|| (Arc::clone(&scope.trace), scope.top_id().clone()))
        })??;
        Some(Self::of(trace, parent_id, name.into()))
    }

    /// A point under `profiler`'s, whatever is active here; `None` where nobody takes its messages.
    pub(crate) fn under(profiler: &Profiler, name: impl Into<Cow<'static, str>>) -> Option<Self> {
        let trace = profiler.trace.queue.is_some().then(|| Arc::clone(&profiler.trace))?;
        Some(Self::of(trace, profiler.id().clone(), name.into()))
    }

    fn of(trace: Arc<TraceShared>, parent_id: Id, name: Cow<'static, str>) -> Self {
        Self { trace, name, trace_id: Id::random_point(), parent_id, open: false, counted: false }
    }

    /// The trace as it is within this point.
    pub(crate) fn profiler(&self) -> Profiler {
        Profiler::from_parts(Arc::clone(&self.trace), self.trace_id.clone(), self.parent_id.clone())
    }

    /// The point's own id.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.trace_id
    }

    /// Whether the point was started and not stopped.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether many messages wait for the collector: what is kept for it now had better be small.
    #[must_use]
    pub fn is_collector_behind(&self) -> bool {
        self.trace.queue.as_ref().is_some_and(|queue| queue.is_behind())
    }

    /// Sends the start message, with the time that it is now.
    pub fn start(&mut self, info: impl Into<Info>) {
        self.start_at(Instant::now(), info);
    }

    /// Sends the start message for a start that was at `at`.
    pub fn start_at(&mut self, at: Instant, info: impl Into<Info>) {
        self.open = true;
        self.send(Phase::Start, at, info.into());
    }

    /// Sends the start message of a database point, for a start that was at `at`: from then on until it stops, the time counts
    /// as the database's in what the response says of the request.
    ///
    /// This is how an adapter starts a statement. Where the point waited for its connection, the wait does not count.
    pub fn start_statement<S, V>(&mut self, at: Instant, start: DbStart<S, V>)
    where
        S: AsRef<str> + Send + 'static,
        V: BoundValues,
    {
        let began = start.acquire.as_ref().map_or(at, |acquire| at.max(acquire.end));
        // A call that ended while it waited sent nothing.
        let is_sent = began == at;
        if is_sent {
            let database_time = &self.trace.database_time;
            self.counted = database_time.start(self.trace.clock.since_ns(began));
            if start.counts_as_query() {
                database_time.count_statement();
            }
        }
        self.start_at(at, start);
    }

    /// The database has done its part, or its part for now: the time no longer counts as its own. An adapter says so when the
    /// first row of a stream goes to the program, and [adds](Self::add_database_time) what it waits for later.
    pub fn pause_database_time(&mut self) {
        if std::mem::take(&mut self.counted) {
            self.trace.database_time.stop(self.trace.clock.since_ns(Instant::now()));
        }
    }

    /// Counts so much as the database's time, which a stream waited for it after a
    /// [pause](Self::pause_database_time).
    pub fn add_database_time(&self, waited: Duration) {
        self.trace.database_time.add(u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Sends the stop message, unless the point was never started.
    pub fn stop(mut self, info: impl Into<Info>) {
        self.stop_once(info);
    }

    pub(super) fn stop_once(&mut self, info: impl Into<Info>) {
        if std::mem::take(&mut self.open) {
            let now = Instant::now();
            if std::mem::take(&mut self.counted) {
                self.trace.database_time.stop(self.trace.clock.since_ns(now));
            }
            self.send(Phase::Stop, now, info.into());
        }
    }

    fn send(&self, phase: Phase, at: Instant, info: Info) {
        if let Some(queue) = &self.trace.queue {
            queue.push(&self.trace, info, |info, weight| Record {
                trace: Arc::clone(&self.trace),
                name: self.name.clone(),
                phase,
                trace_id: self.trace_id.clone(),
                parent_id: self.parent_id.clone(),
                at,
                weight,
                info,
            });
        }
    }
}

impl Drop for Point {
    fn drop(&mut self) {
        if self.open {
            self.stop_once(Info::cancelled());
        }
    }
}

impl std::fmt::Debug for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Point").field("name", &self.name).field("id", &self.trace_id).finish_non_exhaustive()
    }
}
