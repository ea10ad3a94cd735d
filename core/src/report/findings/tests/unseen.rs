//! What the trace does not show: statements around the traced types.

use super::*;

/// A request that told, in its last message, what was handed out.
fn request(handed_out: Value, statements: Vec<Message>) -> Vec<Message> {
    let mut messages = vec![
        samples::message("wsgi-start", "r", BASE, 0, json!({})),
        samples::message("wsgi-stop", "r", BASE, 1_000_000, json!({"handed_out": handed_out})),
    ];
    messages.extend(statements);
    messages
}

fn said(messages: Vec<Message>) -> Vec<(Rule, Level, String)> {
    let trace = Trace::build(messages);
    let analysis = Analysis::of(&trace, AnalysisOptions::default());
    analysis.findings.iter().map(|found| (found.rule, found.level, found.text.clone())).collect()
}

fn connection(count: u64, line: u64) -> Value {
    json!({"what": "sqlx's own connection", "count": count, "file": "src/repo.rs", "line": line})
}

#[test]
fn what_was_handed_out_is_told_with_its_place() {
    let told = said(request(json!([connection(12, 30)]), vec![]));
    let [(Rule::Bypassed, Level::Warn, text)] = &told[..] else { panic!("{told:?}") };
    assert!(
        text.starts_with(
            "sqlx's own connection was handed out 12 times (src/repo.rs:30); statements that ran on it are not in this trace."
        ),
        "{text}"
    );
}

#[test]
fn several_places_and_kinds_are_one_finding() {
    let pool = json!({"what": "sqlx's own pool", "count": 1});
    let places = json!([connection(1, 1), connection(2, 2), connection(3, 3), connection(4, 4), pool]);
    let told = said(request(places, vec![]));
    let [(.., text)] = &told[..] else { panic!("{told:?}") };
    assert!(
        text.starts_with(
            "sqlx's own connection was handed out 10 times (src/repo.rs:4, src/repo.rs:3, src/repo.rs:2, …); sqlx's own \
             pool was handed out 1 time; statements"
        ),
        "{text}"
    );
}

#[test]
fn nothing_is_missing_where_something_listened() {
    let mut seen = connection(1, 1);
    seen["seen"] = json!(true);
    let db = json!({"statement": "UPDATE a SET b = 1", "bypassed": true, "params_unknown": "not seen"});
    let statement = execution("q", "r", 10, 20, db, json!({"rows_affected": 1})).to_vec();
    let told = said(request(json!([seen]), statement.clone()));
    let [(Rule::Bypassed, Level::Info, text)] = &told[..] else { panic!("{told:?}") };
    assert!(text.starts_with("1 statement ran on sqlx's own connections"), "{text}");
    // Another place, where nothing listened.
    let told = said(request(json!([seen, connection(5, 2)]), statement));
    assert!(
        told.iter().any(|(_, level, text)| *level == Level::Warn && text.contains("5 times (src/repo.rs:2)")),
        "{told:?}"
    );
}

#[test]
fn what_a_pool_runs_in_its_hooks_is_no_statement_around_it() {
    let db = json!({"statement": "SET x = 1", "bypassed": true, "internal": true, "params_unknown": "not seen"});
    let told = said(request(json!([]), execution("q", "r", 10, 20, db, json!({})).to_vec()));
    assert_eq!(told, []);
}

#[test]
fn a_function_left_at_diesels_type_is_named_with_the_fix() {
    let db = json!({"statement": "SELECT 1", "bypassed": true, "system": "sqlite"});
    let told = said(request(json!([]), execution("q", "r", 10, 20, db, json!({})).to_vec()));
    let [(.., text)] = &told[..] else { panic!("{told:?}") };
    assert!(text.contains("`&mut SqliteConnection`") && text.contains("`&mut TracedSqliteConnection`"), "{text}");
}

#[test]
fn a_transaction_that_commits_nothing_recorded_is_told() {
    let tx = |statement: &str, method: &str| json!({"statement": statement, "method": method, "transaction": "b"});
    let transaction = |within: Option<Value>| {
        let mut messages = execution("b", "r", 10, 20, tx("BEGIN", "begin"), json!({})).to_vec();
        messages.extend(execution("c", "r", 100, 120, tx("COMMIT", "commit"), json!({"db": {"outcome": "committed"}})));
        if let Some(db) = within {
            messages.extend(execution("q", "r", 30, 40, db, json!({})));
        }
        said(request(json!([]), messages))
    };
    let told = transaction(None);
    let [(Rule::Bypassed, Level::Warn, text)] = &told[..] else { panic!("{told:?}") };
    assert!(text.starts_with("1 transaction ended well, and no statement in it was recorded."), "{text}");
    assert!(transaction(Some(tx("INSERT INTO a VALUES (1)", "execute"))).is_empty());
    // What sqlx's events told of has no transaction, and is found by its time.
    let around = transaction(Some(json!({"statement": "INSERT INTO a VALUES (1)", "bypassed": true})));
    assert!(around.iter().all(|(_, level, _)| *level == Level::Info), "{around:?}");
}
