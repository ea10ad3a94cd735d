//! Facts about the rules, each for itself: loops and what only looks like one (`batches`), duplicates and what is none
//! (`repeats`), what is not seen, and the others in `rules`.

mod batches;
mod loops;
mod repeats;
mod rules;
mod times;
mod unseen;

use serde_json::{Value, json};

use super::*;
use crate::Message;
use crate::report::samples::{self, BASE};

const READ: &str = "SELECT title FROM posts WHERE author_id = ?";

/// A statement that starts at `at_us`, below `parent`.
fn statement(messages: &mut Vec<Message>, parent: &str, at_us: i64, db: Value, rows: u64) {
    let id = format!("q{at_us}");
    messages.push(samples::message("db-start", &id, parent, at_us, json!({"db": db, "host": "h"})));
    messages.push(samples::message("db-stop", &id, parent, at_us + 5, json!({"db": {"rows": rows}, "host": "h"})));
}

fn read(params: Value) -> Value {
    json!({"statement": READ, "params": params, "system": "sqlite", "database": "blog.db"})
}

/// `count` statements, one after the other, below one point.
fn trace(count: i64, db: impl Fn(i64) -> Value) -> Trace {
    let mut messages = samples::point("handler", "h", BASE, 0, 10_000).to_vec();
    for number in 1..=count {
        statement(&mut messages, "h", 100 * number, db(number), 1);
    }
    Trace::build(messages)
}

/// A database point from when to when.
fn execution(id: &str, parent: &str, from_us: i64, to_us: i64, db: Value, stop: Value) -> [Message; 2] {
    [
        samples::message("db-start", id, parent, from_us, json!({"db": db})),
        samples::message("db-stop", id, parent, to_us, stop),
    ]
}

fn with_findings(messages: Vec<Message>, look: impl FnOnce(&[Finding])) {
    with_findings_of(&Trace::build(messages), look);
}

fn with_findings_of(trace: &Trace, look: impl FnOnce(&[Finding])) {
    look(&Analysis::of(trace, AnalysisOptions::default()).findings);
}
