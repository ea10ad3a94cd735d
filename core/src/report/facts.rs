//! [`Facts`]: what a point's info says that is asked again and again, read once.
//!
//! A trace is larger than a processor's caches, and info is a map within a map: looking there for each question would
//! take most of a report's time.

use serde_json::{Map, Value};

use crate::db::{got_no_connection, runs_statement};

/// What a point's info says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// It has a member `db`.
    pub(super) database: bool,
    /// It has a statement.
    pub(super) statement: bool,
    /// It ran one of the program's.
    pub(super) runs_statement: bool,
    /// It began a transaction that is no savepoint.
    pub(super) begins_transaction: bool,
    /// It prepared or described a statement.
    pub(super) prepares: bool,
    /// It waited for a connection.
    pub(super) waits: bool,
    /// The program did not ask for it.
    pub(super) internal: bool,
    /// It ran around the traced pool.
    pub(super) bypassed: bool,
    /// It asked another service.
    pub(super) remote: bool,
    /// It stands for a request.
    pub(super) request: bool,
    /// It ended with an error.
    pub(super) error: bool,
    /// It was given up.
    pub(super) cancelled: bool,
    /// The program did not read it to its end.
    pub(super) incomplete: bool,
    /// The next row was waited for when it was given up.
    awaited: bool,
    /// It got no connection, and was never sent.
    pub(super) unsent: bool,
    /// The pool had none in time.
    pub(super) pool_timeout: bool,
    /// What the stop says of a transaction.
    pub(super) outcome: bool,
    /// The transaction that it ended was committed before, by a statement in it.
    pub(super) committed_before: bool,
    /// It says where in the program it came from.
    pub(super) caller: bool,
    /// It says which transaction it is in.
    pub(super) transaction: bool,
    /// It says which transaction is around that one.
    pub(super) savepoint: bool,
    /// It has values.
    pub(super) params: bool,
    /// The number of its connection.
    pub(super) connection: Option<u64>,
    /// How many microseconds it waited for its connection before.
    pub(super) acquire_us: Option<u64>,
    /// How many microseconds it took to the first row, and how many the program worked between rows.
    pub(super) first_row_us: Option<u64>,
    pub(super) consumer_us: Option<u64>,
    /// Rows that came back.
    pub(super) rows: Option<u64>,
    /// Rows that were changed.
    pub(super) rows_affected: Option<u64>,
}

impl Facts {
    pub(super) fn of(start: &Map<String, Value>, stop: &Map<String, Value>) -> Self {
        let mut facts = Self::default();
        for (key, value) in start {
            match (key.as_str(), value) {
                ("db", Value::Object(db)) => facts.read_start(db),
                ("requests" | "http" | "rpc", Value::Object(_)) => facts.remote = true,
                ("request", Value::Object(_)) => facts.request = true,
                _ => {}
            }
        }
        for (key, value) in stop {
            match (key.as_str(), value) {
                ("db", Value::Object(db)) => facts.read_stop(db),
                ("etype", Value::String(etype)) => {
                    facts.error = true;
                    facts.pool_timeout = etype == "sqlx::Error::PoolTimedOut";
                    facts.unsent |= got_no_connection(Some(etype));
                }
                ("cancelled", Value::Bool(true)) => facts.cancelled = true,
                _ => {}
            }
        }
        facts.conclude();
        facts
    }

    /// What follows from several members together.
    fn conclude(&mut self) {
        // A point that waits for a connection has no statement that could be sent.
        self.unsent &= self.statement && !self.waits;
        self.runs_statement &= !self.unsent;
        self.begins_transaction &= !self.unsent;
        // Of a stream, older adapters did not say whether the program waited for the next row or had what it wanted.
        if self.cancelled && !self.awaited && self.consumer_us.is_some() && self.rows > Some(0) {
            (self.cancelled, self.incomplete) = (false, true);
        }
    }

    fn read_start(&mut self, db: &Map<String, Value>) {
        let (mut statement, mut method) = (None, None);
        for (key, value) in db {
            match key.as_str() {
                "statement" => statement = value.as_str(),
                "method" => method = value.as_str(),
                "internal" => self.internal = value == &Value::Bool(true),
                "bypassed" => self.bypassed = value == &Value::Bool(true),
                "acquire_us" => self.acquire_us = value.as_u64(),
                "savepoint_of" => self.savepoint = true,
                "transaction" => self.transaction = true,
                "caller" => self.caller = true,
                "params" => self.params = true,
                "connection" => self.connection = value.as_u64(),
                _ => {}
            }
        }
        self.database = true;
        self.statement = statement.is_some();
        self.runs_statement = runs_statement(statement, method, self.internal);
        self.begins_transaction = method == Some("begin") && !self.savepoint;
        self.prepares = matches!(method, Some("prepare" | "prepare_with" | "describe"));
        self.waits = matches!(method, Some("acquire" | "connect"));
    }

    fn read_stop(&mut self, db: &Map<String, Value>) {
        for (key, value) in db {
            match key.as_str() {
                "rows" => self.rows = value.as_u64(),
                "rows_affected" => self.rows_affected = value.as_u64(),
                "outcome" => self.outcome = value.is_string(),
                "first_row_us" => self.first_row_us = value.as_u64(),
                "consumer_us" => self.consumer_us = value.as_u64(),
                "complete" => self.incomplete = value == &Value::Bool(false),
                "awaited" => self.awaited = value == &Value::Bool(true),
                "sent" => self.unsent |= value == &Value::Bool(false),
                _ => {}
            }
        }
    }
}

/// A member of info. Maps of info are small: walking along their members is faster than looking one up.
pub(super) fn member<'a>(info: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    /// Larger ones are none of ours.
    const SMALL: usize = 24;
    if info.len() > SMALL {
        return info.get(key);
    }
    info.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}
