//! [`TraceSummary`]: one line about a trace.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::time::SystemTime;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::db::{counts_as_query, got_no_connection};
use crate::{Id, Message, Phase, Timestamp, json, python_json};

/// One line about a stored trace.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TraceSummary {
    /// The trace.
    pub base_id: Id,
    /// The time of its first message.
    pub started: Timestamp,
    /// The time of its last message, which may come long after the request.
    pub finished: Timestamp,
    /// Microseconds that its request took, as [`report::Trace::request_us`](crate::report::Trace::request_us) has it, but for
    /// what only the whole trace tells; 0 where the clock was set back in between.
    pub duration_us: u64,
    /// The name of the point at the top that is the request, or of the first one, such as `wsgi`.
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
    sent: Option<Value>,
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
        let tops = Tops::of(messages);
        let root = tops.request.or_else(|| tops.starts.first().copied()).unwrap_or(first);
        let started = messages.iter().map(|message| message.timestamp()).min()?;
        let finished = messages.iter().map(|message| message.timestamp()).max()?;
        let Request { method, path } = peek(root).request.map(part).unwrap_or_default();
        let (mut queries, mut errors) = (0, 0);
        let unsent: HashSet<_> = messages.iter().filter(|stop| is_unsent(stop)).map(Message::trace_id).collect();
        // What was written again after an answer that got lost is there twice.
        let mut counted = HashSet::new();
        for message in messages {
            let mut is_new =
                || counted.insert((message.trace_id(), message.point().1 == Phase::Stop, message.timestamp()));
            // Parsing only what can matter keeps lists of many traces quick.
            match message.point().1 {
                Phase::Start if message.info_json().contains("\"statement\"") => {
                    let db: Db = peek(message).db.map(part).unwrap_or_default();
                    let is_query = db.counts_as_query() && !unsent.contains(message.trace_id());
                    queries += u64::from(is_query && is_new());
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
            finished,
            duration_us: tops.duration_us(messages, (started, finished)),
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
            finished: modified.into(),
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

/// The points at the top.
struct Tops<'a> {
    /// Their starts, the earliest first: of those whose parent is the trace, or else of those whose parent is not in it.
    starts: Vec<&'a Message>,
    /// That of the request, where the trace is about one point.
    request: Option<&'a Message>,
}

impl<'a> Tops<'a> {
    fn of(messages: &'a [Message]) -> Self {
        let starts = || messages.iter().filter(|message| message.point().1 == Phase::Start);
        let mut tops: Vec<&Message> = starts().filter(|start| start.parent_id() == start.base_id()).collect();
        let asked = |tops: &[&'a Message]| tops.iter().copied().filter(|top| has(top, "request")).min_by(earlier);
        let mut request = asked(&tops);
        if request.is_none() {
            let ids: HashSet<_> = messages.iter().map(Message::trace_id).collect();
            let orphans: Vec<&Message> = starts().filter(|start| !ids.contains(start.parent_id())).collect();
            request = asked(&orphans);
            if tops.is_empty() {
                tops = orphans;
            }
        }
        tops.sort_by(earlier);
        tops.dedup_by(|a, b| a.trace_id() == b.trace_id());
        let only = || match tops.as_slice() {
            [only] if only.point().0 != "db" && !has(only, "db") => Some(*only),
            _ => None,
        };
        Self { request: request.or_else(only), starts: tops }
    }

    /// From the start to the stop of the request or, where the trace is about none, from the first start to the last stop at
    /// the top. Where a stop is missing, the trace's last message stands for it.
    fn duration_us(&self, messages: &[Message], whole: (Timestamp, Timestamp)) -> u64 {
        let tops = self.request.as_ref().map_or(self.starts.as_slice(), std::slice::from_ref);
        let stops = |top: &&Message| {
            let is_its = |other: &&Message| {
                let (name, phase) = other.point();
                phase == Phase::Stop && other.trace_id() == top.trace_id() && name == top.point().0
            };
            messages.iter().filter(is_its).map(Message::timestamp).max().unwrap_or(whole.1)
        };
        let from = tops.first().map_or(whole.0, |top| top.timestamp());
        // Each stop is looked for; of the very many points that a program without a request may have, the last ones.
        let last = tops.iter().rev().take(MOST_STOPS).map(stops).max().unwrap_or(whole.1);
        u64::try_from(last.as_micros().saturating_sub(from.as_micros())).unwrap_or(0)
    }
}

/// The stops of so many points at the top are looked for.
const MOST_STOPS: usize = 64;

/// The order of starts. Of those at one time the id decides, so that the order of messages does not.
fn earlier(a: &&Message, b: &&Message) -> Ordering {
    a.timestamp().cmp(&b.timestamp()).then_with(|| a.trace_id().cmp(b.trace_id()))
}

/// Whether the info has an object of this name.
fn has(message: &Message, key: &str) -> bool {
    let peek = peek(message);
    let part = if key == "db" { peek.db } else { peek.request };
    part.is_some_and(|raw| raw.get().starts_with('{'))
}

/// Whether a stop says that its statement never went to the database: the call got no connection.
fn is_unsent(stop: &Message) -> bool {
    // Parsing only what can matter, as above.
    let may_be = ["\"sent\"", "PoolTimedOut", "PoolClosed"].iter().any(|part| stop.info_json().contains(part));
    if stop.point().1 != Phase::Stop || !may_be {
        return false;
    }
    let Peek { db, etype, .. } = peek(stop);
    let etype = etype.and_then(|etype| serde_json::from_str::<String>(etype.get()).ok());
    got_no_connection(etype.as_deref()) || db.map(part::<Db>).is_some_and(|db| db.sent == Some(Value::Bool(false)))
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
    let object = |raw: &&RawValue| raw.get().starts_with('{');
    let mut essence = serde_json::json!({
        "request": request.filter(object).map(|request| {
            let Request { method, path } = part(request);
            serde_json::json!({"method": method, "path": path})
        }),
        // That it is a query is all that counts, and that there is an error.
        "db": db.filter(object).map(|db| {
            serde_json::json!({"statement": part::<Db>(db).counts_as_query().then_some("SELECT")})
        }),
        "etype": etype.map(|_| ""),
    });
    if is_unsent(message) {
        essence["db"] = serde_json::json!({"sent": false});
    }
    essence.to_string()
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

    fn timed(name: &str, id: &str, parent: &str, at_ms: i64, info: &str) -> Message {
        let at = Timestamp::from_micros(1_767_323_045_000_000 + 1_000 * at_ms);
        let text = format!(
            r#"{{"name":"{name}","base_id":"b","trace_id":"{id}","parent_id":"{parent}","timestamp":"{at}","info":{info}}}"#
        );
        Message::from_json(text.as_bytes()).expect("a message")
    }

    #[test]
    fn a_trace_took_as_long_as_its_request() {
        let asked = r#"{"request": {"method": "GET", "path": "/x"}}"#;
        let request = [timed("wsgi-start", "r", "b", 100, asked), timed("wsgi-stop", "r", "b", 110, "{}")];
        let took = |more: &[Message]| {
            let mut messages = [request.to_vec(), more.to_vec()].concat();
            let summary = TraceSummary::of(&messages).expect("a summary");
            messages.reverse();
            assert_eq!(TraceSummary::of(&messages), Some(summary.clone()));
            (summary.duration_us, summary.path)
        };
        let right = (10_000, Some("/x".to_owned()));
        // Work after the response, another host's clock, one that was set back, and a point at the top of its own.
        for (id, parent, from, to) in [("t", "r", 109, 3_000), ("w", "r", -5_000, -4_000), ("u", "b", 0, 9_000)] {
            let more = [timed("task-start", id, parent, from, "{}"), timed("task-stop", id, parent, to, "{}")];
            assert_eq!(took(&more), right, "{id}");
        }
        let orphan = [timed("wsgi-start", "o", "gone", 0, asked), timed("wsgi-stop", "o", "gone", 9_000, "{}")];
        assert_eq!(took(&orphan), right);
        assert_eq!(TraceSummary::of(&orphan).map(|summary| summary.duration_us), Some(9_000_000));
        let back = [timed("wsgi-start", "r", "b", 100, asked), timed("wsgi-stop", "r", "b", 10, "{}")];
        assert_eq!(TraceSummary::of(&back).map(|summary| summary.duration_us), Some(0));
        let late = [timed("a-start", "a", "b", 0, "{}"), timed("a-stop", "a", "b", 5, "{}")];
        let late =
            [late.to_vec(), vec![timed("c-start", "c", "a", 4, "{}"), timed("c-stop", "c", "a", 99, "{}")]].concat();
        assert_eq!(TraceSummary::of(&late).map(|summary| summary.duration_us), Some(5_000));
    }

    #[test]
    fn what_got_no_connection_is_no_query() {
        let start = message("db-start", r#"{"db": {"statement": "SELECT 1"}}"#);
        for (stop, queries) in [
            (r#"{"etype": "sqlx::Error::PoolTimedOut"}"#, 0),
            (r#"{"db": {"sent": false}, "cancelled": true}"#, 0),
            (r#"{"etype": "sqlx::Error::Database"}"#, 1),
        ] {
            let summary = TraceSummary::of(&[start.clone(), message("db-stop", stop)]).expect("a summary");
            assert_eq!(summary.queries, queries, "{stop}");
        }
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
