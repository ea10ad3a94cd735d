//! [`Point`]: one trace point of a report, and what its info says.
//!
//! The shapes of info are those of the crate's own adapters and of OSProfiler 4.4.0. Info of any other shape is kept and
//! simply answers `None`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::facts::{Facts, Missing, StopFacts, Word, member};
use super::parameter::{self, Parameter};
use super::recorded::{RecordedInfo, RecordedMessage};
use crate::Id;

/// One trace point of a [`Trace`](super::Trace).
///
/// What its methods say of its info was read when the trace was built. [`start_info`](Self::start_info) and
/// [`stop_info`](Self::stop_info) become maps when they are first asked for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Point {
    /// The point's name, such as `db`.
    pub name: String,
    /// The point's id.
    pub trace_id: Id,
    /// The id of the point around it, as it was recorded.
    pub parent_id: Id,
    /// The place of the point around it; `None` at the top.
    pub parent: Option<usize>,
    /// The places of the points inside it, in the order of their start.
    pub children: Vec<usize>,
    /// How many points are around it.
    pub depth: usize,
    /// The project that the service belongs to.
    pub project: Option<Arc<str>>,
    /// The service that recorded it.
    pub service: Option<Arc<str>>,
    /// The host that recorded it.
    pub host: Option<String>,
    /// Microseconds from the trace's first message to this point's start; `None` where the start is missing. Where clocks
    /// differ, it was moved into the point around it.
    pub started_us: Option<u64>,
    /// Microseconds from the trace's first message to this point's stop; `None` where the stop is missing.
    pub finished_us: Option<u64>,
    /// The message of its start.
    pub start: Option<RecordedMessage>,
    /// The message of its stop.
    pub stop: Option<RecordedMessage>,
    /// The info of its start; empty where the start is missing.
    pub start_info: RecordedInfo,
    /// The info of its stop; empty where the stop is missing.
    pub stop_info: RecordedInfo,
    /// Its parent is not in the trace, so it stands at the top.
    pub orphan: bool,
    /// Its parent is inside of it (or is itself), so it was cut off and stands at the top.
    pub cycle: bool,
    /// It stops before it starts, or starts before its parent, or began to answer after the answer was there: the clocks that
    /// took the times differ, or one was set back.
    pub clock_skew: bool,
    pub(super) facts: Facts,
}

/// Where in the program a statement came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Caller<'a> {
    /// The function that made the call.
    pub function: &'a str,
    /// The file and the line of the call, where the program's build knew them.
    pub place: Option<(&'a str, u64)>,
}

/// What a point says of the request it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The method, such as `GET`.
    pub method: &'a str,
    /// The path, without the query.
    pub path: &'a str,
    /// The query, without the question mark; empty where there is none.
    pub query: &'a str,
    /// The status of the response, where it was recorded.
    pub status_code: Option<u64>,
}

impl Point {
    /// Whether its stop is missing: the process ended, the point still runs, or the message was lost.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.stop.is_none()
    }

    /// Microseconds from start to stop; `None` where either is missing, 0 where the clocks differ.
    #[must_use]
    pub fn duration_us(&self) -> Option<u64> {
        Some(self.finished_us?.saturating_sub(self.started_us?))
    }

    /// Microseconds from the trace's first message to this point's start, or to its stop where the start is missing.
    #[must_use]
    pub fn appeared_us(&self) -> u64 {
        self.started_us.or(self.finished_us).unwrap_or(0)
    }

    /// Whether it is work of a database.
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.facts.db.database || self.name == "db"
    }

    /// The SQL statement.
    #[must_use]
    pub fn statement(&self) -> Option<&str> {
        let db = &self.facts.db;
        db.unescaped.as_deref().or_else(|| self.db_word(db.statement, "statement"))
    }

    /// The database system, such as `sqlite`.
    #[must_use]
    pub fn system(&self) -> Option<&str> {
        self.db_word(self.facts.db.system, "system")
    }

    /// The database's name or file.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.db_word(self.facts.db.name, "database")
    }

    /// The database's address.
    pub(super) fn server(&self) -> Option<&str> {
        self.db_word(self.facts.db.server, "server")
    }

    /// Whether it ran a statement of the program's: it did more than prepare one, and more than begin or end a transaction
    /// in the program's name.
    #[must_use]
    pub fn runs_statement(&self) -> bool {
        self.facts.db.runs_statement
    }

    /// Whether it began a transaction; a savepoint is none.
    #[must_use]
    pub fn begins_transaction(&self) -> bool {
        self.facts.db.begins_transaction
    }

    /// What became of the transaction that it ended: `committed`, `rolled_back` or `unknown`, and whether that was by drop.
    /// What MySQL and MariaDB had committed before a change of the schema was not rolled back, whatever the program said.
    #[must_use]
    pub fn outcome(&self) -> Option<(&str, bool)> {
        if self.facts.committed_before {
            return Some(("committed", false));
        }
        let of_map = || member(self.stop_db()?, "outcome")?.as_str();
        let StopFacts { outcome, dropped, .. } = self.facts.stop_db;
        Some((outcome.of(&self.stop_info, of_map)?, dropped))
    }

    /// Whether the program did not ask for the statement: a pool looked whether its connection lives, or the database's
    /// library asked for types.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.facts.db.internal
    }

    /// Whether a statement was prepared or described, and not run.
    pub(super) fn prepares(&self) -> bool {
        self.facts.db.prepares
    }

    /// The method of the library that was called, such as `fetch_all` or `begin`.
    pub(super) fn method(&self) -> Option<&str> {
        self.db_word(self.facts.db.method, "method")
    }

    /// The number of the connection, which tells apart the connections of one service on one host to one database.
    pub(super) fn connection(&self) -> Option<u64> {
        self.facts.db.connection
    }

    /// The id of the point that began the innermost transaction or savepoint that this is in.
    pub(super) fn transaction(&self) -> Option<&str> {
        self.db_word(self.facts.db.transaction_id, "transaction")
    }

    /// The id of the point that began the transaction or savepoint around that one.
    pub(super) fn savepoint_of(&self) -> Option<&str> {
        self.db_word(self.facts.db.savepoint_of, "savepoint_of")
    }

    /// How many microseconds the call waited for its connection before it started.
    pub(super) fn acquire_us(&self) -> Option<u64> {
        self.facts.db.acquire_us
    }

    /// Whether it stands for waiting for a connection, and for nothing that a database did for the program.
    pub(super) fn waits_for_connection(&self) -> bool {
        self.facts.db.waits
    }

    /// Whether it stands for waiting for another service.
    pub(super) fn is_remote(&self) -> bool {
        self.facts.remote
    }

    /// When it ran, in microseconds from the trace's first message; `None` where either end is missing.
    pub(super) fn interval(&self) -> Option<(u64, u64)> {
        let (started_us, finished_us) = (self.started_us?, self.finished_us?);
        Some((started_us, finished_us.max(started_us)))
    }

    /// Whether the statement ran around the traced pool and was noticed otherwise.
    #[must_use]
    pub fn is_bypassed(&self) -> bool {
        self.facts.db.bypassed
    }

    /// Where in the program the statement came from, where that was recorded.
    #[must_use]
    pub fn caller(&self) -> Option<Caller<'_>> {
        let origin = self.facts.db.caller.as_deref()?;
        let place = origin.place.as_ref().map(|(file, line)| (file.as_str(), *line));
        Some(Caller { function: &origin.function, place })
    }

    /// The statement's parameters as they were recorded: an array, or an object with names.
    #[must_use]
    pub fn params(&self) -> Option<&Value> {
        if !self.facts.db.params.is_there() {
            return None;
        }
        member(self.db()?, "params")
    }

    /// The types of the statement's parameters as they were recorded, in the same form.
    #[must_use]
    pub fn param_types(&self) -> Option<&Value> {
        if !self.facts.db.param_types.is_there() {
            return None;
        }
        member(self.db()?, "param_types")
    }

    /// The JSON of the parameters and that of their types, as they were recorded.
    pub(super) fn params_json(&self) -> (Option<&str>, Option<&str>) {
        let db = &self.facts.db;
        (db.params.of(&self.start_info, || None), db.param_types.of(&self.start_info, || None))
    }

    /// Which parameters its start says are missing.
    pub(super) fn params_missing(&self) -> Missing {
        self.facts.db.params_missing
    }

    /// The statement's parameters one by one, with names and types.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter<'_>> {
        parameter::list(self.params(), self.param_types())
    }

    /// How many rows the statement returned.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.facts.stop_db.rows
    }

    /// How many rows the statement changed.
    #[must_use]
    pub fn rows_affected(&self) -> Option<u64> {
        self.facts.stop_db.rows_affected
    }

    /// The type and the message of the error it ended with.
    #[must_use]
    pub fn error(&self) -> Option<(&str, &str)> {
        if !self.facts.error {
            return None;
        }
        let text = |word: Word, key| word.of(&self.stop_info, || member(&self.stop_info, key)?.as_str());
        Some((text(self.facts.etype, "etype")?, text(self.facts.message, "message").unwrap_or_default()))
    }

    /// The database's code of the error: its SQLSTATE, or else its own code.
    #[must_use]
    pub fn db_code(&self) -> Option<&str> {
        let db = self.stop_db()?;
        member(db, "sqlstate").and_then(Value::as_str).or_else(|| member(db, "code")?.as_str())
    }

    /// Whether it was given up before its end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.facts.cancelled
    }

    /// The request, where the point stands for one.
    #[must_use]
    pub fn request(&self) -> Option<Request<'_>> {
        if !self.facts.request {
            return None;
        }
        let request = member(&self.start_info, "request")?.as_object()?;
        let text = |key| request.get(key).and_then(Value::as_str).unwrap_or_default();
        Some(Request {
            method: text("method"),
            path: text("path"),
            query: text("query"),
            status_code: member(&self.stop_info, "response").and_then(|response| response.get("status_code")?.as_u64()),
        })
    }

    /// The name of the function, where the point stands for a call.
    #[must_use]
    pub fn function(&self) -> Option<&str> {
        member(&self.start_info, "function")?.get("name")?.as_str()
    }

    pub(super) fn db(&self) -> Option<&Map<String, Value>> {
        if !self.facts.db.database {
            return None;
        }
        member(&self.start_info, "db")?.as_object()
    }

    /// A text of the start's `db`.
    fn db_word(&self, word: Word, key: &str) -> Option<&str> {
        word.of(&self.start_info, || member(self.db()?, key)?.as_str())
    }

    pub(super) fn stop_db(&self) -> Option<&Map<String, Value>> {
        member(&self.stop_info, "db")?.as_object()
    }
}
