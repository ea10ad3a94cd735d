//! How database points end that do not fail: [`DbStop`].

use crate::InfoWriter;

/// What became of a transaction or savepoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Committed, or released where it was a savepoint.
    Committed,
    /// Rolled back, because the program said so.
    RolledBack,
    /// Not known: the statement that ends it succeeded, but not everything that ran before it was seen, and PostgreSQL takes
    /// `COMMIT` for `ROLLBACK` after a failure.
    Unknown,
    /// Dropped without a word; the rollback goes to the database with whatever uses the connection next.
    Dropped,
}

/// The stop info of a database point that did not fail: `{"db": {"rows"}}` or `{"db": {"rows_affected"}}` and what else is
/// known, with `"cancelled": true` beside it where the call was dropped before its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DbStop {
    /// How many rows the program received; `None` where the call does not return rows.
    pub rows: Option<u64>,
    /// How many rows the statement changed; `None` where nobody said.
    pub rows_affected: Option<u64>,
    /// How many bytes went to or from the database by `COPY`.
    pub bytes: Option<u64>,
    /// Whether the program stopped reading before the last row, so that there may have been more than `rows`.
    pub incomplete: bool,
    /// Microseconds from the statement's start to its first row.
    pub first_row_us: Option<u64>,
    /// Microseconds in which a stream did not wait for the database: the program took its time with the rows.
    pub consumer_us: Option<u64>,
    /// Whether the call ended before the statement went to the database: it waited for a connection.
    pub unsent: bool,
    /// Whether a stream was dropped while its next row was waited for.
    pub awaited: bool,
    /// How many connections the pool had open when it had none to give, and how many it may have.
    pub pool: Option<(u64, u64)>,
    /// What became of the transaction that the statement ends.
    pub outcome: Option<Outcome>,
    /// Whether the call was dropped before its end.
    pub cancelled: bool,
}

impl DbStop {
    /// Counts rows that the program received.
    #[inline]
    pub fn add_rows(&mut self, rows: u64) {
        self.rows = Some(self.rows.unwrap_or(0) + rows);
    }

    /// Counts rows that the statement changed.
    #[inline]
    pub fn add_affected(&mut self, rows: u64) {
        self.rows_affected = Some(self.rows_affected.unwrap_or(0) + rows);
    }

    pub(super) fn numbers(&self) -> [(&'static str, Option<u64>); 7] {
        [
            ("rows", self.rows),
            ("rows_affected", self.rows_affected),
            ("bytes", self.bytes),
            ("first_row_us", self.first_row_us),
            ("consumer_us", self.consumer_us),
            ("pool_size", self.pool.map(|(size, _)| size)),
            ("pool_max", self.pool.map(|(_, most)| most)),
        ]
    }

    /// What differs from most statements.
    fn marks(&self) -> impl Iterator<Item = (&'static str, bool)> {
        [(self.incomplete, ("complete", false)), (self.unsent, ("sent", false)), (self.awaited, ("awaited", true))]
            .into_iter()
            .filter_map(|(applies, mark)| applies.then_some(mark))
    }

    fn outcome(&self) -> Option<&'static str> {
        self.outcome.map(|outcome| match outcome {
            Outcome::Committed => "committed",
            Outcome::RolledBack | Outcome::Dropped => "rolled_back",
            Outcome::Unknown => "unknown",
        })
    }

    /// Writes the members of `db`.
    pub(super) fn write_db(&self, db: &mut InfoWriter) {
        for (key, number) in self.numbers() {
            if let Some(number) = number {
                db.number(key, number);
            }
        }
        for (key, value) in self.marks() {
            db.bool(key, value);
        }
        if let Some(outcome) = self.outcome() {
            db.string("outcome", outcome);
        }
        if self.outcome == Some(Outcome::Dropped) {
            db.bool("dropped", true);
        }
    }

    pub(crate) fn render(self, info: &mut InfoWriter) {
        info.object("db", |db| self.write_db(db));
        if self.cancelled {
            info.bool("cancelled", true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(stop: DbStop) -> String {
        let mut info = InfoWriter::new();
        stop.render(&mut info);
        info.finish()
    }

    #[test]
    fn stop_says_what_is_known() {
        let mut stop = DbStop::default();
        assert_eq!(stopped(stop), r#"{"db":{}}"#);
        stop.add_rows(2);
        stop.add_rows(1);
        stop.add_affected(0);
        stop.first_row_us = Some(7);
        stop.cancelled = true;
        assert_eq!(stopped(stop), r#"{"db":{"rows":3,"rows_affected":0,"first_row_us":7},"cancelled":true}"#);
        let first = DbStop { rows: Some(1), incomplete: true, ..DbStop::default() };
        assert_eq!(stopped(first), r#"{"db":{"rows":1,"complete":false}}"#);
        let dropped = DbStop { outcome: Some(Outcome::Dropped), ..DbStop::default() };
        assert_eq!(stopped(dropped), r#"{"db":{"outcome":"rolled_back","dropped":true}}"#);
    }
}
