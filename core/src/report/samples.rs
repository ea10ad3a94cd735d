//! Traces for this module's tests.

use serde_json::{Value, json};

use super::Trace;
use crate::{Message, MessageFields, Timestamp};

/// Captured from OSProfiler 4.4.0: the messages in Redis, newest first, and what `trace show --json` prints of them.
pub(super) const PYTHON_MESSAGES: &str = include_str!("fixtures/python-redis.jsonl");
pub(super) const PYTHON_JSON: &str = include_str!("fixtures/python-redis.json");
/// The same trace printed from PostgreSQL, where the payloads hold nothing but info.
pub(super) const PYTHON_SQL_JSON: &str = include_str!("fixtures/python-postgresql.json");

/// The id of the trace that the samples belong to.
pub(super) const BASE: &str = "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab";

pub(super) fn message(name: &str, id: &str, parent: &str, at_us: i64, info: Value) -> Message {
    message_of("api", name, id, parent, at_us, &info)
}

fn message_of(service: &str, name: &str, id: &str, parent: &str, at_us: i64, info: &Value) -> Message {
    let second: Timestamp = "2026-01-02T03:04:05".parse().expect("a timestamp");
    let fields = MessageFields {
        name,
        base_id: &BASE.into(),
        trace_id: &id.into(),
        parent_id: &parent.into(),
        timestamp: Timestamp::from_micros(second.as_micros() + at_us),
        info: &info.to_string(),
        project: Some("shop"),
        service: Some(service),
    };
    Message::new(&fields).expect("JSON")
}

/// A request that asks another service, which runs a statement.
pub(super) fn two_services() -> Vec<Message> {
    let request =
        |path| json!({"request": {"path": path, "query": "", "method": "GET", "scheme": "http"}, "host": "h"});
    let call = json!({"requests": {"method": "GET", "query": "a=1", "path": "/posts", "hostname": "posts.example",
        "port": 8080, "scheme": "http"}, "host": "h"});
    let db = json!({"db": {"statement": "SELECT 1", "system": "sqlite"}, "host": "h"});
    let mut messages = Vec::new();
    for (name, id, parent, at_us, service, start, stop) in [
        ("wsgi", "g", BASE, 0, "gateway", request("/"), json!({"response": {"status_code": 200}})),
        ("http", "c", "g", 1_000, "gateway", call, json!({"requests": {"status_code": 200}})),
        ("wsgi", "p", "c", 2_000, "posts", request("/posts"), json!({"response": {"status_code": 200}})),
        ("db", "q", "p", 3_000, "posts", db, json!({"db": {"rows": 1}})),
    ] {
        for (phase, at_us, info) in [("start", at_us, start), ("stop", 9_000 - at_us, stop)] {
            let name = format!("{name}-{phase}");
            messages.push(message_of(service, &name, id, parent, at_us, &info));
        }
    }
    messages
}

/// Start and stop of a point.
pub(super) fn point(name: &str, id: &str, parent: &str, from_us: i64, to_us: i64) -> [Message; 2] {
    [
        message(&format!("{name}-start"), id, parent, from_us, json!({"host": "h"})),
        message(&format!("{name}-stop"), id, parent, to_us, json!({"host": "h"})),
    ]
}

/// A request with three statements: two equal ones and one that fails.
pub(super) fn request() -> Vec<Message> {
    let mut messages = vec![
        message(
            "wsgi-start",
            "r",
            BASE,
            0,
            json!({"request": {"path": "/authors", "query": "page=2", "method": "GET", "scheme": "http"}, "host": "h"}),
        ),
        message("wsgi-stop", "r", BASE, 34_210, json!({"response": {"status_code": 500}, "host": "h"})),
    ];
    for (id, from_us, to_us, author) in [("q1", 1_000, 1_087, json!(1)), ("q2", 2_000, 14_400, json!("it's"))] {
        let start = json!({"db": {"statement": "SELECT title\n  FROM posts WHERE author = ?", "params": [author, null],
            "param_types": ["INTEGER", "NULL"], "system": "sqlite"}, "host": "h"});
        messages.push(message("db-start", id, "r", from_us, start));
        messages.push(message("db-stop", id, "r", to_us, json!({"db": {"rows": 3}, "host": "h"})));
    }
    let start =
        json!({"db": {"statement": "INSERT INTO posts VALUES (?)", "params": [7], "system": "sqlite"}, "host": "h"});
    messages.push(message("db-start", "q3", "r", 20_000, start));
    let stop = json!({"etype": "Database", "message": "UNIQUE constraint failed: posts.id", "db": {"code": "1555"}, "host": "h"});
    messages.push(message("db-stop", "q3", "r", 20_500, stop));
    messages
}

/// A chain of points, each inside the one before.
pub(super) fn chain(length: usize) -> Trace {
    let mut messages = Vec::new();
    for depth in 0..length {
        let parent = if depth == 0 { BASE.to_owned() } else { (depth - 1).to_string() };
        let (from_us, to_us) = (depth as i64, (2 * length - depth) as i64);
        messages.extend(point("step", &depth.to_string(), &parent, from_us, to_us));
    }
    Trace::build(messages)
}

/// A trace in which every stored text is `text`.
pub(super) fn hostile(text: &str) -> Trace {
    let start = json!({"request": {"path": text, "query": text, "method": text, "scheme": text}, "host": text});
    let mut messages = vec![message(&format!("{text}-start"), text, BASE, 0, start)];
    let start = json!({"db": {"statement": text, "params": {text: text, "list": [text]}, "param_types": {text: text}, "system": text}});
    messages.push(message("db-start", "q", text, 10, start));
    let stop =
        json!({"etype": text, "message": text, "db": {"sqlstate": text, "original_exception": text}, "host": text});
    messages.push(message("db-stop", "q", text, 20, stop));
    messages.push(message("rpc-start", "f", text, 30, json!({"function": {"name": text, "args": text}})));
    let messages = messages.iter().map(|message| {
        let fields = MessageFields {
            name: &message.name(),
            base_id: &text.into(),
            trace_id: message.trace_id(),
            parent_id: message.parent_id(),
            timestamp: message.timestamp(),
            info: message.info_json(),
            project: Some(text),
            service: Some(text),
        };
        Message::new(&fields).expect("JSON")
    });
    Trace::build(messages.collect::<Vec<_>>())
}

/// Text that tries to be markup, to drive a terminal, or to hide.
pub(super) const HOSTILE: &[&str] = &[
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></style></pre><svg/onload=alert(1)>",
    "&lt;b&gt;",
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "\u{9b}31m",
    "abc\u{202e}txt.exe",
    "a\0b",
    "]]>",
    "x\r\n-- x",
];

/// A request with a transaction that is dropped, a statement that is only prepared, and one that ran around the pool.
pub(super) fn around() -> Vec<Message> {
    let db = |id: &str, from_us: i64, start: Value, stop: Value| {
        [
            message("db-start", id, BASE, from_us, json!({"db": start, "host": "h"})),
            message("db-stop", id, BASE, from_us + 100, json!({"db": stop, "host": "h"})),
        ]
    };
    let tx = |statement: &str, method: &str| json!({"statement": statement, "method": method, "transaction": "q1"});
    let mut savepoint = tx("SAVEPOINT _sqlx_savepoint_1", "begin");
    (savepoint["transaction"], savepoint["savepoint_of"]) = (json!("q2"), json!("q1"));
    let bypassed = json!({"statement": "SELECT 2", "bypassed": true, "params_unknown": "not seen"});
    let points = [
        db("q1", 0, tx("BEGIN", "begin"), json!({})),
        db("q2", 200, savepoint, json!({})),
        db("q3", 400, tx("SELECT 1", "fetch_all"), json!({"rows": 1})),
        db("q4", 600, tx("SELECT 3", "prepare"), json!({})),
        db("q5", 800, bypassed, json!({"rows": 1})),
        db("q6", 1000, tx("ROLLBACK", "drop"), json!({"outcome": "rolled_back", "dropped": true})),
    ];
    points.into_iter().flatten().collect()
}

/// Statements that say where they came from: a line, a function alone, and a path that means harm.
pub(super) fn called() -> Vec<Message> {
    let callers = [
        json!({"file": "src/posts.rs", "line": 42, "function": "blog::posts::list"}),
        json!({"function": "blog::authors::find"}),
        json!({"file": "<b>\u{1b}[31m", "line": 1, "function": "x"}),
    ];
    let mut messages = Vec::new();
    for (number, caller) in callers.into_iter().enumerate() {
        let (id, from_us) = (format!("q{number}"), 200 * number as i64);
        let db = json!({"statement": "SELECT 1", "params": [number], "caller": caller});
        messages.push(message("db-start", &id, BASE, from_us, json!({"db": db, "host": "h"})));
        messages.push(message("db-stop", &id, BASE, from_us + 100, json!({"db": {"rows": 1}, "host": "h"})));
    }
    messages
}
