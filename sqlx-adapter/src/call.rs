//! [`Call`]: one call of an executor method, from its first poll to its end.
//!
//! The point starts when the call has its connection: waiting for the pool is not query time. This is the one place that
//! starts and stops a database point.

use std::sync::Arc;
use std::time::{Duration, Instant};

use osprofiler::Id;
use osprofiler::db::{
    Caller, ChangesRows, CheckoutTrace, DbFailed, DbLease, DbSource, DbStart, DbStop, DbStopRows, Outcome,
};
use osprofiler::profiler::Point;
use sqlx_core::Either;
use sqlx_core::error::Error;
use sqlx_core::executor::Execute;
use sqlx_core::sql_str::SqlStr;

use crate::database::TracedDatabase;
use crate::failure::failure;
use crate::parts::Parts;

/// Whether a call that is not traced is to be kept from the net.
#[inline]
pub(crate) fn is_hidden(source: &DbSource) -> bool {
    #[cfg(feature = "net")]
    return crate::net::is_installed() && !source.trace_sql();
    #[cfg(not(feature = "net"))]
    {
        let _ = source;
        false
    }
}

/// A call that is traced. Dropped before its end it stops as cancelled, or as a stream of which the program took only some
/// rows; and if it was never polled it never was.
pub(crate) struct Call<DB: TracedDatabase> {
    /// `None` once it has stopped.
    point: Option<Point>,
    source: Arc<DbSource>,
    method: &'static str,
    lease: Option<Arc<DbLease>>,
    /// Where it was called from, where that is recorded.
    caller: Option<Caller>,
    /// When it was first polled.
    begun: Option<Instant>,
    /// When the database got the statement.
    started: Option<Instant>,
    /// From when to when it waited for its connection.
    acquire: Option<(Instant, Instant)>,
    counted: DbStop,
    /// Whether the program asks for rows.
    expects_rows: bool,
    /// How many more rows are to be kept.
    keep: usize,
    kept: Option<Box<(SqlStr, DB::Rows)>>,
    /// Whether the statement came without arguments.
    text: bool,
    /// How long a stream waited for the database.
    waited: Option<Duration>,
    waits_since: Option<Instant>,
    /// How long it waited for what the program got first; `None` until then.
    waited_at_first: Option<Duration>,
    /// Whether the types of the bound values are to be looked at when the statement has run.
    learns: bool,
    /// The text, where it has to be asked which of its statements change rows, or whether its errors may have values; and
    /// what was read of it.
    statement: Option<SqlStr>,
    verbs: ChangesRows,
    /// The start, until the types of its values are known: what is stored must not depend on who is faster, the worker or the
    /// database.
    delayed: Option<Box<Start<DB>>>,
    /// The query, until the driver gets it, or what the call is about.
    parts: Option<Parts<DB>>,
}

impl<DB: TracedDatabase> Call<DB> {
    /// A call to trace, on a connection that was taken in `checkout`; `None` where nothing takes its messages.
    #[inline(never)]
    pub(crate) fn new(
        source: &Arc<DbSource>,
        method: &'static str,
        lease: Option<&Arc<DbLease>>,
        checkout: Option<&CheckoutTrace>,
    ) -> Option<Box<Self>> {
        // In a box, since it moves from future to future.
        Some(Box::new(Self {
            point: Some(source.point(checkout)?),
            source: Arc::clone(source),
            method,
            lease: lease.cloned(),
            caller: source.caller(),
            begun: None,
            started: None,
            acquire: None,
            counted: DbStop::default(),
            expects_rows: false,
            keep: source.result_rows(),
            kept: None,
            text: true,
            waited: None,
            waits_since: None,
            waited_at_first: None,
            learns: false,
            statement: None,
            verbs: ChangesRows::default(),
            delayed: None,
            parts: None,
        }))
    }

    /// What the call runs.
    pub(crate) fn runs<'q>(&mut self, query: impl Execute<'q, DB>) {
        self.parts = Some(Parts::of(query));
    }

    /// What the call is about, where it runs no query.
    pub(crate) fn is_about(&mut self, statement: SqlStr) {
        self.parts = Some(Parts::about(statement));
    }

    /// The query, for the driver, when the call has started; it is there once.
    pub(crate) fn take_query(&mut self) -> Parts<DB> {
        self.parts.take().unwrap_or_else(|| Parts::about(SqlStr::from_static("")))
    }

    pub(crate) fn id(&self) -> Id {
        self.point.as_ref().map_or_else(Id::random, |point| point.id().clone())
    }

    /// The lease whose statement this is; it changes with `BEGIN`.
    pub(crate) fn runs_on(&mut self, lease: Arc<DbLease>) {
        self.lease = Some(lease);
    }

    /// The call is polled for the first time.
    pub(crate) fn begin(&mut self) {
        self.begun = Some(Instant::now());
    }

    /// The call has waited for its connection since it began.
    pub(crate) fn acquired(&mut self) {
        if let Some(begun) = self.begun {
            self.acquire = Some((begun, Instant::now()));
        }
    }

    /// An earlier call waited for this one's connection.
    pub(crate) fn was_acquired(&mut self, acquire: Option<(Instant, Instant)>) {
        self.acquire = acquire;
    }

    /// The pool had no connection for it in time: it has so many open, and may have so many.
    pub(crate) fn found_no_connection(&mut self, open: u32, most: u32) {
        self.counted.pool = Some((open.into(), most.into()));
    }

    pub(crate) fn acquire(&self) -> Option<(Instant, Instant)> {
        self.acquire
    }

    /// The database is about to get the statement.
    pub(crate) fn start(&mut self) {
        let now = match (self.acquire, self.begun) {
            // It was acquired just now.
            (Some((from, to)), Some(begun)) if from == begun => to,
            _ => Instant::now(),
        };
        self.start_at(now);
    }

    fn start_at(&mut self, at: Instant) {
        self.started = Some(at);
        self.begun.get_or_insert(at);
        let Some(point) = &mut self.point else { return };
        let (mut prepared, mut values, mut statement) = (None, None, SqlStr::from_static(""));
        let mut delay = false;
        if let Some(parts) = &mut self.parts {
            prepared = parts.prepared();
            if let Ok(Some(arguments)) = &mut parts.arguments {
                values = Some(DB::capture(arguments, point.is_collector_behind()));
                self.text = false;
            }
            if let Ok(Some(arguments)) = &parts.arguments {
                self.learns = parts.is_kept() && DB::may_learn(&parts.sql);
                delay = self.learns && DB::has_declared_types(arguments);
            }
            // Cloning copies a `String` once; the driver gets the copy that is shared.
            let shared = parts.sql.clone();
            statement = std::mem::replace(&mut parts.sql, shared);
            if !DB::COUNTS_ALL_CHANGES || self.source.reads_failed_statements() {
                self.statement = Some(parts.sql.clone());
            }
            if self.keep > 0 {
                self.kept = Some(Box::new((parts.sql.clone(), DB::Rows::default())));
            }
        }
        let start = DbStart {
            source: Arc::clone(&self.source),
            method: self.method,
            internal: false,
            acquire: self.acquire.map(|(from, to)| from..to),
            lease: self.lease.clone(),
            prepared,
            caller: self.caller.take(),
            statement,
            values,
        };
        match delay {
            false => point.start_statement(at, start),
            true => self.delayed = Some(Box::new((at, start))),
        }
    }

    /// What was held back is told now.
    fn start_delayed(&mut self) {
        if let (Some(delayed), Some(point)) = (self.delayed.take(), &mut self.point) {
            let (at, mut start) = *delayed;
            if let Some(values) = &mut start.values {
                DB::know_more(values);
            }
            point.start_statement(at, start);
        }
    }

    /// The only row came back, and with it the statement's end.
    pub(crate) fn only_row(&mut self, row: &DB::Row) {
        self.counted.add_rows(1);
        if self.keep > 0 {
            self.keep_row(row);
        }
    }

    /// A row came back.
    #[inline]
    pub(crate) fn row(&mut self, row: &DB::Row) {
        if self.counted.rows.unwrap_or(0) == 0 {
            self.counted.first_row_us = self.started.map(|started| micros(started.elapsed()));
        }
        self.counted.add_rows(1);
        if self.keep > 0 {
            self.keep_row(row);
        }
    }

    #[inline(never)]
    fn keep_row(&mut self, row: &DB::Row) {
        self.keep -= 1;
        if let Some(kept) = &mut self.kept {
            DB::keep_row(&mut kept.1, row, self.text, self.source.value_cap());
        }
    }

    /// A call that asks for rows says how many there were, though there be none.
    pub(crate) fn expects_rows(&mut self) {
        self.expects_rows = true;
    }

    /// A statement says how many rows it changed.
    #[inline]
    pub(crate) fn affected(&mut self, result: &DB::QueryResult) {
        if DB::COUNTS_ALL_CHANGES || self.changes_rows() {
            self.counted.add_affected(DB::rows_affected(result));
        }
    }

    /// Whether the statement whose end was told last, of those in the text, changes rows. SQLite says of the others what an
    /// earlier statement changed.
    #[inline(never)]
    fn changes_rows(&mut self) -> bool {
        let Some(text) = &self.statement else { return false };
        self.verbs.next(text.as_str()) == Some(true)
    }

    /// A part of a stream: see [`row`](Self::row) and [`affected`](Self::affected).
    #[inline]
    pub(crate) fn step(&mut self, step: &Either<DB::QueryResult, DB::Row>) {
        match step {
            Either::Left(result) => self.affected(result),
            Either::Right(row) => self.row(row),
        }
    }

    /// So many rows were copied into a table.
    #[cfg(feature = "postgres")]
    pub(crate) fn copied(&mut self, rows: u64) {
        self.counted.add_affected(rows);
    }

    /// So many bytes went to or from the database.
    #[cfg(feature = "postgres")]
    pub(crate) fn add_bytes(&mut self, bytes: usize) {
        self.counted.bytes = Some(self.counted.bytes.unwrap_or(0) + bytes as u64);
    }

    /// The call is a stream, of which it is to be known how long it waited for the database. A clock is read only where it
    /// has to wait, and never for a row that is there.
    #[inline]
    pub(crate) fn is_polled(&mut self) {
        if let Some(since) = self.waits_since.take() {
            self.waited = Some(self.waited.unwrap_or_default() + since.elapsed());
        }
    }

    /// A stream has to wait.
    #[inline]
    pub(crate) fn waits(&mut self) {
        self.waits_since = Some(Instant::now());
    }

    /// The call is a stream.
    pub(crate) fn streams(&mut self) {
        self.waited = Some(Duration::ZERO);
    }

    /// A stream hands the program something. Before the first time there was nothing that the program could work with.
    #[inline]
    pub(crate) fn yields(&mut self) {
        if self.waited_at_first.is_none() {
            self.yields_first();
        }
    }

    #[inline(never)]
    fn yields_first(&mut self) {
        self.waited = self.started.map(|started| started.elapsed());
        self.waited_at_first = self.waited;
        if let Some(point) = &mut self.point {
            point.pause_database_time();
        }
    }

    /// What a stream did not wait for the database, the program took for the rows.
    fn count_consumer(&mut self) {
        self.is_polled();
        if let (Some(waited), Some(started)) = (self.waited, self.started) {
            self.counted.consumer_us = Some(micros(started.elapsed().saturating_sub(waited)));
            if let (Some(first), Some(point)) = (self.waited_at_first, &self.point) {
                point.add_database_time(waited.saturating_sub(first));
            }
        }
    }

    /// What becomes of the transaction by this call, if it succeeds. Where a statement has failed, some databases take
    /// `COMMIT` and roll back.
    pub(crate) fn ends(&mut self, outcome: Outcome, is_savepoint: bool) {
        self.counted.outcome = Some(match (&self.lease, outcome) {
            (Some(lease), Outcome::Committed) if DB::ABORTS_TRANSACTIONS && !is_savepoint => lease.committed(),
            _ => outcome,
        });
    }

    /// The call went well.
    pub(crate) fn finish(&mut self) {
        self.count_consumer();
        if self.expects_rows && !self.counted.cancelled {
            self.counted.add_rows(0);
        }
        // Where a failure aborts, nothing succeeds after it but a program's own way back to a savepoint.
        if DB::ABORTS_TRANSACTIONS
            && !self.counted.cancelled
            && let Some(lease) = self.lease.as_ref().filter(|lease| lease.has_failed() || lease.is_unseen())
        {
            lease.recover();
        }
        self.start_delayed();
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

    /// The call failed, perhaps on the way to its connection. Returns the error, which is the caller's.
    pub(crate) fn fail(&mut self, error: Error) -> Error {
        self.start_late();
        self.count_consumer();
        self.counted.outcome = None;
        if let (Some(lease), Error::Database(_)) = (&self.lease, &error) {
            lease.fail();
        }
        self.start_delayed();
        if let Some(point) = self.point.take() {
            let failure = failure::<DB>(self.counted, &error);
            let source = Arc::clone(&self.source);
            point.stop(DbFailed { failure, source, statement: self.statement.take() });
        }
        error
    }

    /// As [`finish`](Self::finish) or [`fail`](Self::fail).
    pub(crate) fn end<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        match result {
            Ok(value) => {
                self.finish();
                Ok(value)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    /// What has run aborts the transaction, though it is no failure.
    #[cfg(feature = "postgres")]
    pub(crate) fn abort_transaction(&self) {
        if let Some(lease) = &self.lease {
            lease.fail();
        }
    }

    /// There is nothing to tell.
    pub(crate) fn forget(&mut self) {
        self.point = None;
    }

    /// The statement, where the types of its bound values are to be looked at once it has run.
    pub(crate) fn learns(&self) -> Option<SqlStr> {
        if self.learns { self.parts.as_ref().map(|parts| parts.sql.clone()) } else { None }
    }

    /// It ended on the way to its connection.
    fn start_late(&mut self) {
        if self.started.is_none()
            && let Some(begun) = self.begun
        {
            self.acquire.get_or_insert_with(|| (begun, Instant::now()));
            self.counted.unsent = true;
            self.start_at(begun);
        }
    }
}

impl<DB: TracedDatabase> Drop for Call<DB> {
    fn drop(&mut self) {
        if self.point.is_none() {
            return;
        }
        if self.begun.is_none() {
            return self.forget();
        }
        self.start_late();
        // A stream that is dropped while the program has what it asked for last was not given up.
        let has_rows = self.waited_at_first.is_some();
        self.counted.incomplete = has_rows && self.waits_since.is_none();
        self.counted.awaited = has_rows && self.waits_since.is_some();
        self.counted.cancelled = !self.counted.incomplete;
        self.counted.outcome = None;
        self.finish();
    }
}

/// A start and its time.
type Start<DB> = (Instant, DbStart<SqlStr, <DB as TracedDatabase>::Values>);

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
