//! How transactions are told.

use serde_json::{Value, json};

use super::*;
use crate::Message;
use crate::report::analysis::tests::db;
use crate::report::analysis::{Analysis, AnalysisOptions};
use crate::report::samples::{self, BASE};

use TransactionOutcome::{Committed, Open, RolledBack, Unknown};

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
        // What went around the traced types from 800 on may have been in it.
        assert_eq!(transaction.longest_idle, Some((700, 800)));
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

fn on(system: &str, spoken: &[&str]) -> Vec<(TransactionOutcome, usize)> {
    let told = outcomes(texts(BASE, 0, spoken, &json!({"connection": 3, "system": system})));
    told.into_iter().map(|(outcome, _, points)| (outcome, points)).collect()
}

/// `COMMIT AND CHAIN` of PostgreSQL 15, MySQL 8.4 and MariaDB 10.11.
#[test]
fn a_chain_begins_the_next_transaction_at_once() {
    let chained = ["BEGIN", "SELECT 1", "COMMIT AND CHAIN", "SELECT 2", "SELECT 3", "ROLLBACK AND CHAIN", "SELECT 4"];
    assert_eq!(on("postgresql", &chained), [(Committed, 1), (RolledBack, 2), (Open, 1)]);
    assert_eq!(on("mysql", &["BEGIN", "SELECT 1", "COMMIT AND NO CHAIN RELEASE", "SELECT 2"]), [(Committed, 1)]);
    assert_eq!(on("postgresql", &["COMMIT AND CHAIN", "SELECT 2"]), []);
    found(texts(BASE, 0, &chained, &json!({"connection": 3})), |analysis| {
        let [_, second, third] = analysis.transactions.as_slice() else { panic!("three") };
        assert_eq!((second.begin, second.end, second.started_us, second.finished_us), (Some(2), Some(5), 2_100, 5_100));
        assert_eq!((second.longest_idle, third.begin), (Some((2_100, 3_000)), Some(5)));
        assert_eq!(analysis.totals.transactions, 3);
    });
    assert_eq!(on("postgresql", &["BEGIN", "SELECT 1", "PREPARE TRANSACTION 'a'", "SELECT 2"]), [(Unknown, 1)]);
    assert_eq!(on("postgresql", &["BEGIN", "SELECT 1", "ABORT", "SELECT 2"]), [(RolledBack, 1)]);
    assert_eq!(on("postgresql", &["BEGIN", "SELECT 1", "END", "SELECT 2"]), [(Committed, 1)]);
}

/// A transaction of an adapter that goes on by texts of the program's own.
#[test]
fn a_recorded_transaction_may_be_chained_and_committed_by_the_database() {
    let recorded = |system: &str, spoken: &[&str]| {
        let mut messages = Vec::new();
        for (number, sql) in spoken.iter().enumerate() {
            let method = match number {
                0 => "begin",
                _ if number + 1 == spoken.len() => "rollback",
                _ => "execute",
            };
            let (id, at) = (format!("s{number}"), 1_000 * number as i64);
            let start =
                json!({"statement": sql, "system": system, "method": method, "connection": 1, "transaction": "s0"});
            let stop = if method == "rollback" { json!({"outcome": "rolled_back"}) } else { json!({}) };
            messages.extend(db(&id, BASE, at, at + 100, start, stop));
        }
        outcomes(messages).into_iter().map(|(outcome, _, points)| (outcome, points)).collect::<Vec<_>>()
    };
    let chained = ["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT AND CHAIN", "INSERT INTO t VALUES (2)", "ROLLBACK"];
    assert_eq!(recorded("mysql", &chained), [(Committed, 1), (RolledBack, 1)]);
    let altered =
        ["BEGIN", "INSERT INTO t VALUES (1)", "ALTER TABLE t ADD a INT", "INSERT INTO t VALUES (2)", "ROLLBACK"];
    assert_eq!(recorded("mysql", &altered), [(Committed, 1)]);
    assert_eq!(recorded("postgresql", &altered), [(RolledBack, 3)]);
}

/// MySQL 8.4 "Statements That Cause an Implicit Commit".
#[test]
fn mysql_commits_before_it_changes_the_schema() {
    let altered = ["BEGIN", "UPDATE t SET a = 1", "ALTER TABLE t ADD b INT", "SELECT 1", "ROLLBACK"];
    assert_eq!(on("mysql", &altered), [(Committed, 1)]);
    assert_eq!(on("mariadb", &altered), [(Committed, 1)]);
    assert_eq!(on("postgresql", &altered), [(RolledBack, 3)]);
    assert_eq!(
        on("mysql", &["BEGIN", "UPDATE t SET a = 1", "BEGIN", "SELECT 1", "ROLLBACK"]),
        [(Committed, 1), (RolledBack, 1)]
    );
    // PostgreSQL 15 warns: there is already a transaction in progress.
    assert_eq!(on("postgresql", &["BEGIN", "UPDATE t SET a = 1", "BEGIN", "SELECT 1", "ROLLBACK"]), [(RolledBack, 2)]);
    assert_eq!(on("mysql", &["BEGIN", "UPDATE t SET a = 1", "SET autocommit = 1", "ROLLBACK"]), [(Unknown, 1)]);
    assert_eq!(on("mysql", &["BEGIN", "CREATE TEMPORARY TABLE u (a INT)", "ROLLBACK"]), [(RolledBack, 1)]);
    // Several statements in one text.
    assert_eq!(on("mysql", &["BEGIN; UPDATE t SET a = 1; COMMIT", "SELECT 1"]), [(Committed, 1)]);
}

#[test]
fn a_change_of_the_schema_that_failed_may_have_committed() {
    let failing = |code: &str| {
        let mut messages =
            texts(BASE, 0, &["BEGIN", "UPDATE t SET a = 1"], &json!({"connection": 3, "system": "mysql"}));
        let start = json!({"statement": "ALTER TABLE t ADD a INT", "connection": 3, "system": "mysql"});
        messages.push(samples::message("db-start", "f", BASE, 5_000, json!({"db": start, "host": "h"})));
        let stop = json!({"etype": "x", "message": "no", "db": {"code": code}, "host": "h"});
        messages.push(samples::message("db-stop", "f", BASE, 5_100, stop));
        messages.extend(texts("r", 9, &["ROLLBACK"], &json!({"connection": 3, "system": "mysql"})));
        outcomes(messages).into_iter().map(|(outcome, _, points)| (outcome, points)).collect::<Vec<_>>()
    };
    assert_eq!(failing("1060"), [(Unknown, 1)]);
    // MariaDB 10.11 does not commit for what it cannot parse.
    assert_eq!(failing("1064"), [(RolledBack, 2)]);
}

/// What `SqlxEventLayer` tells of has no connection and no database, and may have failed.
#[test]
fn of_statements_that_went_around_no_more_is_said_than_is_known() {
    let around = json!({"bypassed": true, "system": null});
    let told = |spoken: &[&str]| outcomes(texts(BASE, 0, spoken, &around));
    assert_eq!(told(&["BEGIN", "UPDATE t SET a = 1", "COMMIT"]), [(Unknown, None, 1)]);
    assert_eq!(told(&["BEGIN", "UPDATE t SET a = 1", "ROLLBACK"]), [(RolledBack, None, 1)]);
    assert_eq!(told(&["BEGIN", "UPDATE t SET a = 1", "ALTER TABLE t ADD b INT", "ROLLBACK"]), [(Unknown, None, 1)]);
    // Two connections at once: the second COMMIT may be of either.
    assert_eq!(told(&["BEGIN", "SELECT 1", "BEGIN", "SELECT 2", "COMMIT", "COMMIT"])[0].0, Unknown);
    // PostgreSQL's BEGIN is no event.
    assert_eq!(told(&["UPDATE t SET a = 1", "COMMIT"]), []);
}

#[test]
fn a_transaction_is_not_idle_while_statements_of_unknown_connections_run() {
    let mut messages = texts(BASE, 0, &["BEGIN", "SELECT 1"], &json!({"connection": 3}));
    messages.extend(texts("c", 200, &["COMMIT"], &json!({"connection": 3})));
    let idle = |messages: Vec<Message>| found(messages, |analysis| analysis.transactions[0].longest_idle);
    assert_eq!(idle(messages.clone()), Some((1_100, 200_000)));
    messages.extend(db("x", BASE, 2_000, 150_000, json!({"statement": "SELECT 2", "bypassed": true}), json!({})));
    assert_eq!(idle(messages), Some((150_000, 200_000)));
    // Where no end was seen, the last statement may be in it or not.
    let open = texts(BASE, 0, &["BEGIN", "SELECT 1"], &json!({"bypassed": true}));
    let late = texts("l", 500, &["SELECT 2"], &json!({"bypassed": true}));
    assert_eq!(idle([open, late].concat()), None);
}
