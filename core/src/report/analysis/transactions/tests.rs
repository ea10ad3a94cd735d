//! How transactions are told.

use serde_json::{Value, json};

use super::*;
use crate::Message;
use crate::report::analysis::tests::db;
use crate::report::analysis::{Analysis, AnalysisOptions};
use crate::report::samples::{self, BASE};

use TransactionOutcome::{Committed, Open, RolledBack};

/// Statements one after the other, each of 100 µs in 1 ms.
fn texts(parent: &str, from_ms: i64, texts: &[&str], more: &Value) -> Vec<Message> {
    let mut messages = Vec::new();
    for (number, sql) in texts.iter().enumerate() {
        let from_us = 1_000 * (from_ms + number as i64);
        let mut start = json!({"statement": sql, "system": "sqlite"});
        start.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        messages.extend(db(&format!("{parent}{from_us}"), parent, from_us, from_us + 100, start, json!({})));
    }
    messages
}

fn found<T>(messages: Vec<Message>, look: impl FnOnce(&Analysis<'_>) -> T) -> T {
    let trace = Trace::build(messages);
    look(&Analysis::without_findings(&trace, AnalysisOptions::default()))
}

fn outcomes(messages: Vec<Message>) -> Vec<(TransactionOutcome, Option<usize>, usize)> {
    found(messages, |analysis| {
        analysis.transactions.iter().map(|one| (one.outcome, one.parent, one.points.len())).collect()
    })
}

#[test]
fn recorded_transactions_have_their_savepoints_and_outcomes() {
    found(samples::around(), |analysis| {
        let [transaction, savepoint] = analysis.transactions.as_slice() else { panic!("two") };
        assert_eq!((transaction.begin, transaction.end, transaction.outcome), (Some(0), Some(5), RolledBack));
        assert_eq!((savepoint.parent, savepoint.begin, savepoint.end), (Some(0), Some(1), None));
        assert_eq!(savepoint.outcome, RolledBack);
        assert_eq!(transaction.points, [2]);
        assert_eq!((transaction.started_us, transaction.finished_us, transaction.busy_us), (0, 1_100, 500));
        assert_eq!(transaction.longest_idle, Some((700, 1_000)));
        let of: Vec<_> = analysis.statements.iter().map(|statement| statement.transaction).collect();
        assert_eq!(of, [Some(0), Some(1), Some(0), Some(0), None, Some(0)]);
    });
}

#[test]
fn texts_tell_of_transactions_where_nothing_was_recorded() {
    let spoken = ["SELECT 1", "BEGIN", "SELECT 2", "SAVEPOINT a", "SELECT 3", "ROLLBACK TO a", "SELECT 4", "COMMIT"];
    found(texts(BASE, 0, &spoken, &json!({"connection": 3})), |analysis| {
        let [transaction, savepoint] = analysis.transactions.as_slice() else { panic!("two") };
        assert_eq!((transaction.outcome, transaction.points.as_slice()), (Committed, &[2, 4, 6][..]));
        assert_eq!((transaction.begin, transaction.end), (Some(1), Some(7)));
        assert_eq!((savepoint.outcome, savepoint.points.as_slice(), savepoint.parent), (RolledBack, &[4][..], Some(0)));
    });
    assert_eq!(outcomes(texts(BASE, 0, &["BEGIN", "SELECT 1"], &json!({}))), [(Open, None, 1)]);
    assert_eq!(outcomes(texts(BASE, 0, &["COMMIT", "SELECT 1"], &json!({}))), []);
}

#[test]
fn connections_have_transactions_of_their_own() {
    let mut messages = texts(BASE, 0, &["BEGIN", "SELECT 1", "ROLLBACK"], &json!({"connection": 1}));
    messages.extend(texts("x", 0, &["SELECT 1", "BEGIN", "SELECT 1", "COMMIT"], &json!({"connection": 2})));
    assert_eq!(outcomes(messages), [(RolledBack, None, 1), (Committed, None, 1)]);
}

#[test]
fn without_a_number_a_transaction_holds_within_the_point_that_began_it() {
    let mut messages = samples::point("a", "a", BASE, 0, 90_000).to_vec();
    messages.extend(samples::point("b", "b", BASE, 0, 90_000));
    messages.extend(samples::point("c", "c", "a", 0, 90_000));
    messages.extend(texts("a", 0, &["BEGIN"], &json!({})));
    messages.extend(texts("b", 1, &["SELECT 1"], &json!({})));
    messages.extend(texts("c", 2, &["SELECT 1", "SELECT 1"], &json!({})));
    messages.extend(texts("a", 5, &["COMMIT", "SELECT 1"], &json!({})));
    assert_eq!(outcomes(messages), [(Committed, None, 2)]);
}

#[test]
fn rings_of_savepoints_are_cut() {
    let mut messages = Vec::new();
    for (number, (own, around)) in [("a", "b"), ("b", "a"), ("c", "c")].into_iter().enumerate() {
        let start = json!({"statement": "SELECT 1", "transaction": own, "savepoint_of": around});
        messages.extend(db(own, BASE, number as i64, number as i64 + 1, start, json!({})));
    }
    found(messages, |analysis| {
        for (place, transaction) in analysis.transactions.iter().enumerate() {
            assert!(transaction.parent.is_none_or(|parent| parent != place));
        }
        assert_eq!(analysis.transactions.len(), 3);
    });
}

/// `COMMIT` in PostgreSQL 15: the answer to it is `ROLLBACK` where a statement has failed.
#[test]
fn a_commit_behind_a_failure_rolls_back_on_postgresql() {
    let outcome = |system: &str, spoken: &[&str]| {
        let mut messages = Vec::new();
        for (number, sql) in spoken.iter().enumerate() {
            let from_us = 1_000 * number as i64;
            let start = json!({"statement": sql, "system": system, "connection": 3});
            let stop = if *sql == "FAILS" { json!({"etype": "x", "message": "no"}) } else { json!({}) };
            let id = format!("s{number}");
            messages.push(samples::message("db-start", &id, BASE, from_us, json!({"db": start})));
            messages.push(samples::message("db-stop", &id, BASE, from_us + 100, stop));
        }
        outcomes(messages)[0].0
    };
    assert_eq!(outcome("postgresql", &["BEGIN", "FAILS", "COMMIT"]), RolledBack);
    assert_eq!(outcome("mysql", &["BEGIN", "FAILS", "COMMIT"]), Committed);
    assert_eq!(outcome("postgresql", &["BEGIN", "SAVEPOINT a", "FAILS", "ROLLBACK TO a", "COMMIT"]), Committed);
    assert_eq!(outcome("postgresql", &["FAILS", "BEGIN", "SELECT 1", "COMMIT"]), Committed);
}
