//! [`TraceSummary`]: one line about a trace.

use std::collections::HashSet;
use std::time::SystemTime;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::db::counts_as_query;
use crate::{Id, Message, Phase, Timestamp, json, python_json};

/// One line about a stored trace.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TraceSummary {
    /// The trace.
    pub base_id: Id,
    /// The time of its first message.
    pub started: Timestamp,
    /// Microseconds from its first to its last message.
    pub duration_us: u64,
    /// The name of its first point at the top, such as `wsgi`.
    pub name: String,
    /// The HTTP method, where the first point is a request.
    pub method: Option<String>,
    /// The path, where the first point is a request.
    pub path: Option<String>,
    /// The service of the first point.
    pub service: Option<String>,
    /// How many statements ran, as reports and `Server-Timing` count them: without those that begin or end a transaction,
    /// pings of comments alone, and what the program did not ask for.
    pub queries: u64,
    /// How many points ended with an error.
    pub errors: u64,
    /// Whether no message of it can be read; the name says why then, and there is nothing to show. Default: `false`.
    pub is_unreadable: bool,
}

/// The few things of a message's info that a summary needs. Each is looked at by itself: whatever is in one of them says
/// nothing about the others.
#[derive(Default, Deserialize)]
struct Peek<'a> {
    #[serde(borrow)]
    request: Option<&'a RawValue>,
    #[serde(borrow)]
    db: Option<&'a RawValue>,
    /// `null` is none.
    #[serde(borrow)]
    etype: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Request {
    method: Option<String>,
    path: Option<String>,
}

#[derive(Default, Deserialize)]
struct Db {
    statement: Option<Value>,
    method: Option<Value>,
    internal: Option<Value>,
}

impl Db {
    fn counts_as_query(&self) -> bool {
        let [statement, method] = [&self.statement, &self.method].map(|value| value.as_ref().and_then(Value::as_str));
        counts_as_query(statement, method, self.internal == Some(Value::Bool(true)))
    }
}

impl TraceSummary {
    /// Sums up the messages of one trace; `None` where there are none.
    #[must_use]
    pub fn of(messages: &[Message]) -> Option<Self> {
        let first = messages.iter().min_by_key(|message| (message.point().1 == Phase::Stop, message.timestamp()))?;
        let root = messages
            .iter()
            .filter(|message| message.point().1 == Phase::Start && message.parent_id() == message.base_id())
            .min_by_key(|message| message.timestamp())
            .unwrap_or(first);
        let started = messages.iter().map(|message| message.timestamp()).min()?;
        let finished = messages.iter().map(|message| message.timestamp()).max()?;
        let Request { method, path } = peek(root).request.map(part).unwrap_or_default();
        let (mut queries, mut errors) = (0, 0);
        // What was written again after an answer that got lost is there twice.
        let mut counted = HashSet::new();
        for message in messages {
            let mut is_new =
                || counted.insert((message.trace_id(), message.point().1 == Phase::Stop, message.timestamp()));
            // Parsing only what can matter keeps lists of many traces quick.
            match message.point().1 {
                Phase::Start if message.info_json().contains("\"statement\"") => {
                    let db: Db = peek(message).db.map(part).unwrap_or_default();
                    queries += u64::from(db.counts_as_query() && is_new());
                }
                Phase::Stop if message.info_json().contains("\"etype\"") => {
                    errors += u64::from(peek(message).etype.is_some() && is_new());
                }
                Phase::Start | Phase::Stop => {}
            }
        }
        Some(Self {
            base_id: root.base_id().clone(),
            started,
            duration_us: u64::try_from(finished.as_micros().saturating_sub(started.as_micros())).unwrap_or(0),
            name: root.point().0.to_owned(),
            method,
            path,
            service: root.service().map(str::to_owned),
            queries,
            errors,
            is_unreadable: false,
        })
    }
}

impl TraceSummary {
    /// The line of a trace that cannot be read: its name says why.
    pub(crate) fn unreadable(base_id: Id, modified: SystemTime, reason: &str) -> Self {
        Self {
            base_id,
            started: modified.into(),
            duration_us: 0,
            name: format!("unreadable: {reason}"),
            method: None,
            path: None,
            service: None,
            queries: 0,
            errors: 0,
            is_unreadable: true,
        }
    }
}

fn peek(message: &Message) -> Peek<'_> {
    json::object(message.info_json()).unwrap_or_default()
}

fn part<T: Default + DeserializeOwned>(raw: &RawValue) -> T {
    python_json::read(raw.get(), |text| json::object(text)).unwrap_or_default()
}

/// What of an info counts for a summary, as an info.
#[cfg(feature = "driver-messaging")]
pub(crate) fn essence(message: &Message) -> String {
    let Peek { request, db, etype } = peek(message);
    let Request { method, path } = request.map(part).unwrap_or_default();
    let db: Db = db.map(part).unwrap_or_default();
    // That it is a query is all that counts, and that there is an error.
    let statement = db.counts_as_query().then_some("SELECT");
    serde_json::json!({
        "request": {"method": method, "path": path},
        "db": {"statement": statement},
        "etype": etype.map(|_| ""),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str, info: &str) -> Message {
        let text = format!(
            r#"{{"name":"{name}","base_id":"b","trace_id":"t","parent_id":"b","timestamp":"2026-01-02T03:04:05","info":{info}}}"#
        );
        Message::from_json(text.as_bytes()).expect("a message")
    }

    #[test]
    fn what_is_there_twice_counts_once() {
        let start = message("db-start", r#"{"db": {"statement": "SELECT 1"}}"#);
        let stop = message("db-stop", r#"{"etype": "ValueError"}"#);
        let all = [start.clone(), stop.clone(), start, stop];
        let summary = TraceSummary::of(&all).expect("a summary");
        assert_eq!((summary.queries, summary.errors), (1, 1));
    }

    #[test]
    fn queries_are_counted_as_in_reports() {
        let db = |db: &str| message("db-start", &format!(r#"{{"db": {db}}}"#));
        for (info, queries) in [
            (r#"{"statement": "SELECT 1", "method": "fetch_one"}"#, 1),
            (r#"{"statement": "BEGIN", "method": "begin"}"#, 0),
            (r#"{"statement": "COMMIT"}"#, 0),
            (r#"{"statement": "-- ping"}"#, 0),
            (r#"{"statement": "SET NAMES utf8", "internal": true}"#, 0),
            (r#"{"statement": "SELECT 1", "method": "prepare"}"#, 0),
            (r#"{"statement": "CONNECT", "method": "connect"}"#, 0),
        ] {
            assert_eq!(TraceSummary::of(&[db(info)]).expect("a summary").queries, queries, "{info}");
        }
    }

    #[test]
    fn odd_parts_of_an_info_say_nothing_about_the_others() {
        for (name, info, queries, errors, path) in [
            ("wsgi-start", r#"{"request": {"path": "/x"}, "db": ["statement"]}"#, 0, 0, Some("/x")),
            ("db-start", r#"{"request": "GET", "db": {"statement": "SELECT 1"}}"#, 1, 0, None),
            ("db-start", r#"{"db": {"statement": {"statement": 1}}}"#, 0, 0, None),
            ("db-stop", r#"{"request": [1], "db": 7, "etype": "ValueError"}"#, 0, 1, None),
            ("db-stop", r#"{"request": {"path": 1}, "etype": null}"#, 0, 0, None),
            ("db-stop", r#"[1, {"statement": "x"}, "etype"]"#, 0, 0, None),
        ] {
            let summary = TraceSummary::of(&[message(name, info)]).expect("a summary");
            assert_eq!((summary.queries, summary.errors, summary.path.as_deref()), (queries, errors, path), "{info}");
        }
    }
}
