//! Facts about traces without values.

use serde_json::json;

use super::*;
use crate::report::analysis::{Analysis, AnalysisOptions};
use crate::report::samples::{BASE, message, request};
use crate::report::{json, text};

const SECRET: &str = "s3cret";

fn shown(trace: &Trace) -> String {
    let mut out = Vec::new();
    json::write(trace, &mut out).expect("memory takes all");
    text::write(trace, &text::Style::default(), &mut out).expect("memory takes all");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn no_value_is_left() {
    let nested = json!({"deep": [SECRET]});
    let start = json!({
        "db": {"statement": "SELECT 1 FROM t WHERE a = ?", "params": [SECRET, nested], "system": "sqlite",
            "unheard_of": SECRET, "password": SECRET},
        "request": {"path": "/a", "query": SECRET, "method": "GET", "headers": nested, "body": SECRET},
        "requests": {"path": "/a", "query": SECRET, "method": "GET", "hostname": "h", "status_code": {"x": SECRET}},
        "function": {"name": "f", "args": SECRET, "kwargs": {"a": SECRET}},
        "fields": {"user": SECRET}, "unheard_of": SECRET, "host": "h",
    });
    let stop = json!({
        "db": {"rows": 1, "result": [{"a": SECRET}], "original_exception": SECRET, "chained_exception": SECRET},
        "function": {"result": SECRET}, "etype": "E", "message": SECRET, "response": {"body": SECRET},
    });
    let odd = json!([SECRET]);
    let named = json!({"db": {"statement": "SELECT :a", "params": {"a": SECRET}}});
    let trace = Trace::build(vec![
        message("db-start", "a", BASE, 0, start),
        message("db-stop", "a", BASE, 10, stop),
        message("odd-start", "b", BASE, 20, odd),
        message("db-start", "c", BASE, 30, named),
    ]);
    assert!(shown(&trace).contains(SECRET));
    let without = shown(&trace.without_values());
    assert!(!without.contains(SECRET), "{without}");
    for kept in ["GET /a", "\"rows\": 1", "\"etype\": \"E\"", "['‹1›', '‹2›']", "[a: '‹1›']"] {
        assert!(without.contains(kept), "{kept}: {without}");
    }
}

#[test]
fn members_that_only_the_text_has_go() {
    let line = format!(
        r#"{{"name":"a-start","base_id":"b","trace_id":"t","parent_id":"b","timestamp":"2026-01-02T03:04:05","zone":"{SECRET}"}}"#
    );
    let trace = Trace::build(vec![Message::from_json(line.as_bytes()).expect("a message")]);
    assert!(!shown(&trace.without_values()).contains(SECRET));
}

#[test]
fn equal_values_stay_equal_and_others_different() {
    let mut messages = Vec::new();
    for (place, value) in
        [json!(1), json!("1"), json!(1), Value::Null, json!("[redacted]"), json!("x…(+9 B)")].into_iter().enumerate()
    {
        let db = json!({"db": {"statement": "SELECT ?", "params": [value]}});
        messages.push(message("db-start", &format!("q{place}"), BASE, place as i64, db));
    }
    let trace = Trace::build(messages).without_values();
    let values: Vec<String> = trace.points().iter().map(|point| point.parameters()[0].to_string()).collect();
    assert_eq!(values, ["'‹1›'", "'‹2›'", "'‹1›'", "'‹3›'", "'[redacted]'", "'‹4›…(+9 B)'"]);
}

#[test]
fn statements_stay_in_their_groups_and_texts_different() {
    let texts = [
        "SELECT * FROM t WHERE id IN (1, 2, 3) AND s = 's3cret'",
        "SELECT * FROM t WHERE id IN (4) AND s = 's3cret too'",
        "select * from t where id in (5, 6) and s = ''",
        "INSERT INTO t (a, b) VALUES (1, 's3cret'), (2, NULL)",
        "SELECT a #> '{s3cret}' -- s3cret\nFROM \"T\" LIMIT 5;",
        "UPDATE t SET a = TRUE, b = -1.5e3, c = X'00' WHERE d IS NOT NULL",
        "SAVEPOINT s3cret",
        "WITH x AS (SELECT 1) DELETE FROM t USING x",
        "no sql at all 's3cret",
        "SELECT a FROM t WHERE b = 's3cret…(+19 B)",
        "SELECT a, b FROM long…(+1234 B)",
        "SELECT a, b /* s3cret…(+1234 B)",
        "",
    ];
    for system in ["sqlite", "postgresql", "mysql", "other"] {
        let mut messages = Vec::new();
        for (place, text) in texts.iter().enumerate() {
            let db = json!({"db": {"statement": text, "system": system, "params": []}});
            messages.push(message("db-start", &format!("q{place}"), BASE, place as i64, db));
        }
        let trace = Trace::build(messages);
        let without = trace.clone().without_values();
        assert!(!shown(&without).contains(SECRET), "{system}");
        assert_eq!(without.clone().without_values(), without, "{system}: what is out stays out");
        let [before, after] = [&trace, &without].map(|trace| Analysis::of(trace, AnalysisOptions::default()));
        let groups = |analysis: &Analysis<'_>| {
            let groups = analysis.groups.iter();
            groups.map(|group| (group.id.clone(), group.points.clone())).collect::<Vec<_>>()
        };
        assert_eq!(groups(&before), groups(&after), "{system}");
        assert_eq!(before.texts.len(), after.texts.len(), "{system}");
        let kinds = |analysis: &Analysis<'_>| {
            let texts = analysis.texts.iter();
            texts.map(|text| (text.analyzed.kind, text.analyzed.label.clone())).collect::<Vec<_>>()
        };
        assert_eq!(kinds(&before), kinds(&after), "{system}");
    }
}

#[test]
fn tree_times_and_findings_stay() {
    let trace = Trace::build(request());
    let without = trace.clone().without_values();
    assert_eq!((without.totals(), without.roots()), (trace.totals(), trace.roots()));
    let rules = |trace: &Trace| {
        let analysis = Analysis::of(trace, AnalysisOptions::default());
        analysis.findings.iter().map(|finding| (finding.rule, finding.points.clone())).collect::<Vec<_>>()
    };
    assert_eq!(rules(&without), rules(&trace));
}
