//! Who spent a database point's time: the database, the program with the rows of a stream, or the pool.
//!
//! A point lasts from start to stop, and that stays its length wherever points are drawn. What a statement took is less
//! where the program worked between the rows, and nothing where the statement was never sent.

use super::Point;
use super::facts::member;

impl Point {
    /// Microseconds that the work itself took; `None` where start or stop are missing, and where it was never sent.
    ///
    /// Of a statement whose rows came as a stream, the time in which the program worked with the rows is left out.
    #[must_use]
    pub fn statement_us(&self) -> Option<u64> {
        if self.is_unsent() {
            return None;
        }
        let duration_us = self.duration_us()?;
        Some(duration_us - self.between_rows_us(duration_us))
    }

    /// Microseconds in which the program worked between the rows of a stream; 0 where there was none, or it was not recorded.
    #[must_use]
    pub fn consumer_us(&self) -> u64 {
        self.duration_us().map_or(0, |duration_us| self.between_rows_us(duration_us))
    }

    /// Whether its statement never went to the database: the call ended while it waited for a connection.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.facts.unsent
    }

    /// Whether a pool had no connection for it in the time that the pool allows.
    #[must_use]
    pub fn is_pool_timeout(&self) -> bool {
        self.facts.pool_timeout
    }

    /// Whether the program stopped reading before the last row, so that there may have been more.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.facts.incomplete
    }

    /// Microseconds that a call waited for a connection without getting one; `None` of all others.
    pub(super) fn waited_in_vain_us(&self) -> Option<u64> {
        let waits = self.is_unsent() || (self.waits_for_connection() && self.error().is_some());
        if waits { self.acquire_us().or_else(|| self.duration_us()) } else { None }
    }

    /// How many connections its pool had open when the wait was over, and how many it may have; `None` where that was not
    /// recorded.
    pub(super) fn pool_connections(&self) -> Option<(u64, u64)> {
        let number = |key| member(self.stop_db()?, key)?.as_u64();
        number("pool_size").zip(number("pool_max"))
    }

    /// When its work ran. The program's part of a stream is taken off the end: where between the rows it was is not recorded.
    pub(super) fn statement_interval(&self) -> Option<(u64, u64)> {
        let (from, _) = self.interval()?;
        Some((from, from.saturating_add(self.statement_us()?)))
    }

    /// What is shown as how long it took: the time of its statement, or all of it where it has none.
    pub(super) fn took_us(&self) -> Option<u64> {
        self.statement_us().or_else(|| self.duration_us())
    }

    fn between_rows_us(&self, duration_us: u64) -> u64 {
        // Until the first row there is nothing that the program could work with.
        let most = duration_us.saturating_sub(self.facts.stop_db.first_row_us.unwrap_or(0));
        self.facts.stop_db.consumer_us.unwrap_or(0).min(most)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::report::Trace;
    use crate::report::samples::{BASE, message};

    fn point(start: Value, stop: Value) -> Trace {
        Trace::build(vec![message("db-start", "q", BASE, 0, start), message("db-stop", "q", BASE, 1_000, stop)])
    }

    fn times(start: Value, stop: Value) -> (Option<u64>, u64) {
        let trace = point(json!({"db": start}), stop);
        (trace.points()[0].statement_us(), trace.points()[0].consumer_us())
    }

    #[test]
    fn the_programs_work_between_rows_is_not_the_statements() {
        let select = || json!({"statement": "SELECT 1"});
        assert_eq!(times(select(), json!({"db": {"rows": 3}})), (Some(1_000), 0));
        assert_eq!(times(select(), json!({"db": {"consumer_us": 900}})), (Some(100), 900));
        // The first row was waited for, whatever was measured later.
        assert_eq!(times(select(), json!({"db": {"consumer_us": 990, "first_row_us": 300}})), (Some(300), 700));
        assert_eq!(times(select(), json!({"db": {"consumer_us": 5_000, "first_row_us": 9_000}})), (Some(1_000), 0));
        assert_eq!(times(select(), json!({"db": {"consumer_us": -1, "first_row_us": "x"}})), (Some(1_000), 0));
    }

    #[test]
    fn what_was_never_sent_took_no_time_of_the_database() {
        let start = json!({"statement": "SELECT 7", "acquire_us": 950});
        for stop in [
            json!({"etype": "sqlx::Error::PoolTimedOut", "message": "m"}),
            json!({"etype": "sqlx::Error::PoolClosed", "message": "m"}),
            json!({"cancelled": true, "db": {"sent": false}}),
        ] {
            assert_eq!(times(start.clone(), stop.clone()), (None, 0), "{stop}");
            let trace = point(json!({"db": start.clone()}), stop);
            assert_eq!((trace.totals().statements, trace.totals().database_us), (0, 0));
            assert_eq!(trace.points()[0].waited_in_vain_us(), Some(950));
        }
        assert_eq!(times(start, json!({"etype": "sqlx::Error::Io", "message": "m"})), (Some(1_000), 0));
    }

    /// Adapters before `awaited` was recorded called every stream cancelled that was dropped before its last row.
    #[test]
    fn a_stream_of_which_rows_were_taken_is_cancelled_only_where_the_next_row_was_waited_for() {
        let told = |stop: Value| {
            let trace = point(json!({"db": {"statement": "SELECT 1"}}), stop);
            (trace.points()[0].is_cancelled(), trace.points()[0].is_incomplete())
        };
        assert_eq!(told(json!({"cancelled": true, "db": {"rows": 3, "consumer_us": 5}})), (false, true));
        assert_eq!(
            told(json!({"cancelled": true, "db": {"rows": 3, "consumer_us": 5, "awaited": true}})),
            (true, false)
        );
        assert_eq!(told(json!({"cancelled": true, "db": {"consumer_us": 5}})), (true, false));
        assert_eq!(told(json!({"cancelled": true, "db": {"rows": 3}})), (true, false));
        assert_eq!(told(json!({"db": {"rows": 3, "complete": false}})), (false, true));
    }
}
