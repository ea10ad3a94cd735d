//! [`Call`]: one call of a connection's method, from its begin to the end of its result.
//!
//! This is the one place that starts and stops a database point.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::ConnectionError;
use diesel::result::Error;
use diesel::row::Row;
use osprofiler::db::{
    Caller, CheckoutTrace, DbFailed, DbFailure, DbLease, DbSource, DbStart, DbStop, DbStopRows, Gate, Outcome,
    changes_rows,
};
use osprofiler::profiler::Point;

#[cfg(all(feature = "async", feature = "postgres-backend"))]
use crate::asynchronous::lookups::Lookups;
use crate::backend::{Kept, Room, TracedBackend};
use crate::before_commit::BeforeCommit;
use crate::failure;
use crate::link::Link;
use crate::transition::Transition;

/// A call that is traced. Dropped before its end it stops as cancelled.
pub(crate) struct Call<K: Kept> {
    /// `None` once it has stopped.
    point: Option<Point>,
    source: Arc<DbSource>,
    lease: Arc<DbLease>,
    method: &'static str,
    internal: bool,
    /// Where it was called from, where that is recorded.
    caller: Option<Caller>,
    /// When it began; a future begins with its first poll.
    begun: Option<Instant>,
    /// The statement and its values, from when they are known to when it starts.
    bound: Option<(Arc<str>, Option<K::Values>)>,
    is_bound: bool,
    /// The statement, where its errors depend on it.
    failing: Option<Arc<str>>,
    /// Whether a statement that fails aborts its transaction.
    aborts: bool,
    /// Whether the database's count of changed rows is this statement's.
    counts: bool,
    counted: DbStop,
    /// Since when all rows are here; `None` where the database is asked for each.
    ready: Option<Instant>,
    /// How long a result that is asked for in pieces waited for the database.
    waited: Option<Duration>,
    waits_since: Option<Instant>,
    /// How long it waited for its first row.
    waited_at_first: Option<Duration>,
    /// What diesel-async asks for before it runs.
    #[cfg(all(feature = "async", feature = "postgres-backend"))]
    lookups: Option<Box<Lookups>>,
    /// How many more rows are to be kept.
    keep: usize,
    kept: Option<Box<(Arc<str>, K::Rows)>>,
}

/// The method of a call that returns how many rows its statement changed.
pub(crate) const EXECUTE: &str = "execute";

/// The text of a query that could not be built.
const NO_STATEMENT: &str = "";

impl<K: Kept> Call<K> {
    /// A call to trace; `None` where it is not to be traced, or its messages would go nowhere.
    #[inline]
    pub(crate) fn new(
        source: &Arc<DbSource>,
        checkout: Option<&CheckoutTrace>,
        method: &'static str,
        lease: impl FnOnce() -> Arc<DbLease>,
    ) -> Option<Self> {
        (source.gate(checkout) == Gate::Traced).then(|| Self::traced(source, checkout, method, lease()))?
    }

    /// A call that is to be traced, by what the gate says; `None` where its messages would go nowhere.
    #[inline(never)]
    pub(crate) fn traced(
        source: &Arc<DbSource>,
        checkout: Option<&CheckoutTrace>,
        method: &'static str,
        lease: Arc<DbLease>,
    ) -> Option<Self> {
        Some(Self {
            point: Some(source.point(checkout)?),
            source: Arc::clone(source),
            lease,
            method,
            internal: false,
            caller: source.caller(),
            begun: None,
            bound: None,
            is_bound: false,
            failing: None,
            aborts: K::ABORTS_TRANSACTIONS,
            counts: true,
            counted: DbStop::default(),
            ready: None,
            waited: None,
            waits_since: None,
            waited_at_first: None,
            #[cfg(all(feature = "async", feature = "postgres-backend"))]
            lookups: None,
            keep: source.result_rows(),
            kept: None,
        })
    }

    /// It runs in a pool's or diesel's own interest.
    pub(crate) fn is_internal(&mut self) {
        self.internal = true;
    }

    /// Whether a statement that fails aborts its transaction, where the kind of values does not tell.
    pub(crate) fn aborts(&mut self, aborts: bool) {
        self.aborts = aborts;
    }

    /// What it is called and which transaction it is in, where the statement begins or ends one.
    pub(crate) fn changes(&mut self, transition: Transition<'_>, lease: impl FnOnce(&Point) -> Arc<DbLease>) {
        self.method = transition.method();
        self.counted.outcome = transition.outcome();
        if let Some(point) = &self.point {
            self.lease = lease(point);
        }
        if self.aborts && transition == Transition::Commit && self.lease.has_failed() {
            self.counted.outcome = Transition::Rollback.outcome();
        }
    }

    /// It is a `COMMIT`, and this is known of the transaction beside its statements.
    pub(crate) fn commits(&mut self, before: BeforeCommit) {
        if !self.aborts || self.counted.outcome != Transition::Commit.outcome() {
            return;
        }
        match before {
            BeforeCommit::AllSeen => {}
            BeforeCommit::Unseen => self.counted.outcome = Some(Outcome::Unknown),
            BeforeCommit::Failed => self.counted.outcome = Transition::Rollback.outcome(),
        }
    }

    pub(crate) fn lease(&self) -> &Arc<DbLease> {
        &self.lease
    }

    /// How much of its bound values is kept.
    pub(crate) fn room<'a>(&self, link: Option<&'a Link>) -> Room<'a> {
        /// A number or a date means something only as a whole.
        const SHORT: usize = 4 << 10;
        const SMALL: usize = 2 << 10;
        let small = self.point.as_ref().is_some_and(Point::is_collector_behind);
        let value = self.source.value_cap().max(SHORT);
        let all = if small { SMALL } else { self.source.statement_cap().max(value) };
        Room { value, all, small, link }
    }

    /// It begins now.
    pub(crate) fn begin(&mut self) {
        self.begun = Some(Instant::now());
    }

    /// Whether it is known what runs.
    pub(crate) fn is_bound(&self) -> bool {
        self.is_bound
    }

    /// This is what runs.
    pub(crate) fn bind(&mut self, statement: Arc<str>, values: Option<K::Values>) {
        // Only a call that executes is told a count.
        self.counts = !K::KEEPS_COUNT || (self.method == EXECUTE && changes_rows(&statement));
        self.bound = Some((statement, values));
        self.is_bound = true;
    }

    /// A statement that is text begins now.
    pub(crate) fn begin_text(&mut self, statement: &str) {
        self.bind(statement.into(), None);
        self.begin();
        self.start();
    }

    /// Sends the start, with the time at which the call began.
    pub(crate) fn start(&mut self) {
        let Some(point) = self.point.as_mut().filter(|point| !point.is_open()) else { return };
        let at = *self.begun.get_or_insert_with(Instant::now);
        let (statement, values) = self.bound.take().unwrap_or_else(|| (NO_STATEMENT.into(), None));
        if self.keep > 0 {
            self.kept = Some(Box::new((Arc::clone(&statement), K::Rows::default())));
        }
        if self.source.reads_failed_statements() {
            self.failing = Some(Arc::clone(&statement));
        }
        let start = DbStart {
            source: Arc::clone(&self.source),
            method: self.method,
            internal: self.internal,
            acquire: None,
            lease: Some(Arc::clone(&self.lease)),
            prepared: None,
            caller: self.caller.take(),
            statement,
            values,
        };
        point.start_statement(at, start);
    }

    /// It is polled for the first time, perhaps.
    #[cfg(feature = "async")]
    #[inline]
    pub(crate) fn begin_once(&mut self) {
        if self.begun.is_none() {
            self.begin();
            self.start();
            #[cfg(feature = "postgres-backend")]
            if let Some(lookups) = self.lookups.take() {
                lookups.run();
            }
        }
    }

    /// Diesel-async may ask for types before it runs.
    #[cfg(all(feature = "async", feature = "postgres-backend"))]
    pub(crate) fn asks(&mut self, lookups: Option<Box<Lookups>>) {
        self.lookups = lookups;
    }

    /// Its values, before it starts.
    #[cfg(all(feature = "async", feature = "postgres-backend"))]
    pub(crate) fn bound_values(&mut self) -> Option<&mut K::Values> {
        self.bound.as_mut()?.1.as_mut()
    }

    /// A result that is asked for in pieces is asked. A clock is read only where it had to wait.
    #[inline]
    pub(crate) fn is_polled(&mut self) {
        let waited = self.waited.get_or_insert_default();
        if let Some(since) = self.waits_since.take() {
            *waited += since.elapsed();
        }
    }

    /// It has to wait.
    #[inline]
    pub(crate) fn waits(&mut self) {
        self.waits_since = Some(Instant::now());
    }

    /// In the time that the result did not wait for the database the program was busy: from the first row on, since before
    /// it there was nothing to be busy with.
    fn count_consumer(&mut self) {
        if self.waited.is_none() {
            return;
        }
        self.is_polled();
        let (Some(waited), Some(begun)) = (self.waited, self.begun) else { return };
        let Some(first) = self.waited_at_first else {
            self.counted.consumer_us = Some(0);
            return;
        };
        self.counted.consumer_us = Some(micros(begun.elapsed().saturating_sub(waited)));
        if let Some(point) = &self.point {
            point.add_database_time(waited.saturating_sub(first));
        }
    }

    /// A row came back.
    #[inline]
    pub(crate) fn row(&mut self) {
        if self.counted.rows.is_none() && self.ready.is_none() {
            self.first_row();
        }
        self.counted.add_rows(1);
    }

    #[inline(never)]
    fn first_row(&mut self) {
        let took = self.begun.map(|begun| begun.elapsed());
        self.counted.first_row_us = took.map(micros);
        if self.waited.is_some() {
            (self.waited, self.waited_at_first) = (took, took);
            self.pause_database_time();
        }
    }

    fn pause_database_time(&mut self) {
        if let Some(point) = &mut self.point {
            point.pause_database_time();
        }
    }

    /// Whether the database is asked for each row.
    pub(crate) fn asks_for_rows(&self) -> bool {
        self.ready.is_none()
    }

    /// All rows came back now, if there are any, and what follows is the program's own time with them.
    pub(crate) fn rows_are_here(&mut self, any: bool) {
        let now = Instant::now();
        self.ready = Some(now);
        self.counted.first_row_us = self.begun.filter(|_| any).map(|begun| micros(now - begun));
        self.pause_database_time();
    }

    /// There are no more rows, or the program wants no more: then it may be `incomplete`.
    pub(crate) fn rows_end(&mut self, incomplete: bool) {
        self.counted.add_rows(0);
        self.counted.incomplete = incomplete;
        self.counted.consumer_us = self.ready.map(|ready| micros(ready.elapsed()));
    }

    /// Whether rows are to be kept.
    #[inline]
    pub(crate) fn keeps_rows(&self) -> bool {
        self.keep > 0
    }

    /// The statement changed so many rows, as the database says.
    pub(crate) fn affected(&mut self, rows: usize) {
        if self.counts {
            self.counted.rows_affected = Some(rows as u64);
        }
    }

    /// The call was given up.
    pub(crate) fn cancel(&mut self) {
        self.counted.cancelled = true;
        self.counted.awaited = self.waited_at_first.is_some() && self.waits_since.is_some();
        self.counted.outcome = None;
        self.finish();
    }

    /// The call went well.
    pub(crate) fn finish(&mut self) {
        self.start();
        self.count_consumer();
        // A failure lasts as long as its transaction, in which results that came before it may end after it.
        if self.lease.transaction.is_none() && !self.counted.cancelled && self.lease.has_failed() {
            self.lease.recover();
        }
        let Some(point) = self.point.take() else { return };
        match self.kept.take() {
            Some(kept) if self.counted.rows.unwrap_or(0) > 0 => {
                let (statement, rows) = *kept;
                let source = Arc::clone(&self.source);
                point.stop(DbStopRows { stop: self.counted, source, statement, rows: Some(rows) });
            }
            _ => point.stop(self.counted),
        }
    }

    /// The call failed.
    #[cold]
    pub(crate) fn fail(&mut self, error: &Error) {
        self.start();
        self.count_consumer();
        self.counted.outcome = None;
        if matches!(error, Error::DatabaseError(..)) {
            self.lease.fail();
        }
        self.stop_failed(failure::of(self.counted, error));
    }

    /// As [`finish`](Self::finish) or [`fail`](Self::fail).
    pub(crate) fn end<T>(&mut self, result: &Result<T, Error>) {
        match result {
            Ok(_) => self.finish(),
            Err(error) => self.fail(error),
        }
    }

    /// The connection is there, or could not be had.
    pub(crate) fn end_connecting(&mut self, error: Option<&ConnectionError>, url: &str) {
        match error {
            None => self.finish(),
            Some(error) => self.fail_otherwise(failure::of_connection(error, url)),
        }
    }

    /// The database did its part, and the program could not read a row.
    #[cold]
    pub(crate) fn fail_to_deserialize(&mut self, error: String) {
        self.count_consumer();
        self.fail_otherwise(failure::of_deserializing(self.counted, error));
    }

    /// The call failed by an error of another kind.
    #[cold]
    pub(crate) fn fail_otherwise(&mut self, failure: DbFailure) {
        self.start();
        self.stop_failed(failure);
    }

    fn stop_failed(&mut self, failure: DbFailure) {
        if let Some(point) = self.point.take() {
            point.stop(DbFailed { failure, source: Arc::clone(&self.source), statement: self.failing.take() });
        }
    }

    /// What becomes of the transaction by this call.
    pub(crate) fn ends(&mut self, outcome: Outcome) {
        self.counted.outcome = Some(outcome);
    }
}

impl<DB: TracedBackend> Call<DB> {
    /// Keeps a row for the record.
    #[inline(never)]
    pub(crate) fn keep_row<'r>(&mut self, row: &impl Row<'r, DB>) {
        self.keep -= 1;
        if let Some(kept) = &mut self.kept {
            DB::keep_row(&mut kept.1, row, self.source.value_cap());
        }
    }
}

impl<K: Kept> Drop for Call<K> {
    fn drop(&mut self) {
        if self.point.is_some() && self.begun.is_some() {
            self.cancel();
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
