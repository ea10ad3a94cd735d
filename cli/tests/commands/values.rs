//! `osprofiler trace show --no-params`, `--max-points` and `--stamp`.

use crate::store::{FIRST, SECOND, Store};

const PYTHON_JSON: &str = include_str!("../../../core/src/report/fixtures/python-redis.json");

#[test]
fn values_are_in_no_form_of_a_report_without_them() {
    let store = Store::with_two_traces();
    let text = store.run(&["trace", "show", SECOND, "--no-params"]).expect_success();
    assert!(text.contains("'‹1›'") && text.contains("✕ Database [2067]"), "{text}");
    assert!(!text.contains("[7]") && !text.contains("UNIQUE"), "{text}");
    let json = store.run(&["trace", "show", SECOND, "--no-params", "--json"]).expect_success();
    assert!(json.contains("\"‹1›\"") && !json.contains("UNIQUE"), "{json}");
    let html = store.run(&["trace", "show", SECOND, "--no-params", "--html"]).expect_success();
    assert!(html.starts_with("<!DOCTYPE html>") && !html.contains("UNIQUE"), "{html}");
}

#[test]
fn values_are_not_told_by_the_gate_either() {
    let store = Store::with_two_traces();
    for form in ["--text", "--json", "--html"] {
        let run = store.run(&["trace", "show", SECOND, form, "--no-params", "--fail-on", "error"]);
        assert_eq!(run.code, Some(1));
        assert!(run.err.contains("[2067]") && !run.err.contains("UNIQUE"), "{}", run.err);
    }
}

/// PostgreSQL 17, "String Constants"; SQLite, "Quirks, Caveats, and Gotchas In SQLite", section 8; MySQL 8.4, "String Literals".
#[test]
fn what_may_be_a_value_is_in_no_form_either() {
    let statements = [
        ("'postgresql'", r"INSERT INTO diary (page) VALUES (E'don\\'t'\n  'Quigley\\'s page')"),
        ("'postgresql'", r"SELECT 1 WHERE 'a\\' = 'Quigley', ' '"),
        ("'sqlite'", r#"SELECT n FROM diary WHERE author IN (\"Quigley\", \"Ada\")"#),
        ("null", r#"UPDATE diary SET author = \"Quigley\""#),
        ("null", r"SELECT 'a\\'b', 'Quigley' # Quigley's"),
        ("'mysql'", r#"SELECT \"a\\\", 'Quigley', \""#),
    ];
    let store = Store::empty();
    for (at, (system, statement)) in statements.iter().enumerate() {
        let (system, id) = (system.replace('\'', "\""), format!("7a4b3b7e-0a7e-4f0e-9a53-00000000000{at}"));
        let info = format!(r#"{{"db":{{"statement":"{statement}","system":{system}}}}}"#);
        let failed = r#"{"etype":"E","message":"no credit for Quigley","db":{"original_exception":"Quigley"}}"#;
        let mut lines = String::new();
        for (name, second, info) in [("db-start", 5, info.as_str()), ("db-stop", 6, failed)] {
            lines.push_str(&format!(
                r#"{{"name":"{name}","base_id":"{id}","trace_id":"q","parent_id":"{id}","timestamp":"2026-01-02T03:04:0{second}","info":{info}}}"#
            ));
            lines.push('\n');
        }
        store.write(&format!("traces/trace-{id}.jsonl"), &lines);
        assert!(store.run(&["trace", "show", &id]).expect_success().contains("Quigley"), "{statement}");
        for form in ["--text", "--json", "--html"] {
            let shown = store.run(&["trace", "show", &id, form, "--no-params"]).expect_success();
            assert!(!shown.contains("Quigley"), "{form} {statement}: {shown}");
            let first = "7a4b3b7e-0a7e-4f0e-9a53-000000000000";
            let compared = store.run(&["trace", "diff", first, &id, form, "--no-params"]);
            assert!(
                !compared.out.is_empty() && !compared.out.contains("Quigley"),
                "{form} {statement}: {}",
                compared.out
            );
        }
    }
}

#[test]
fn report_without_values_opens_again() {
    let store = Store::empty();
    store.write("saved.json", PYTHON_JSON);
    store.run(&["trace", "show", "saved.json", "--no-params", "--json", "--out", "clean.json"]).expect_success();
    let out = store.run(&["trace", "show", "clean.json"]).expect_success();
    assert!(out.contains("rpc nova.compute.api.API.get") && out.contains("✕ ValueError"), "{out}");
    assert!(!out.contains("boom"), "{out}");
}

#[test]
fn number_of_points_is_bounded_on_request() {
    let store = Store::with_two_traces();
    let out = store.run(&["trace", "show", FIRST, "--max-points", "1"]).expect_success();
    assert!(out.contains("… and 1 more point"), "{out}");
    let out = store.run(&["trace", "show", FIRST, "--max-points", "0"]).expect_success();
    assert_eq!(out, store.run(&["trace", "show", FIRST]).expect_success());
    let all = store.run(&["trace", "show", FIRST, "--html"]).expect_success();
    let one = store.run(&["trace", "show", FIRST, "--html", "--max-points", "1"]).expect_success();
    assert_ne!(all, one);
}

#[test]
fn page_says_when_it_was_made_on_request_only() {
    let store = Store::with_two_traces();
    let page = || store.run(&["trace", "show", FIRST, "--html"]).expect_success();
    assert_eq!(page(), page());
    assert_ne!(page(), store.run(&["trace", "show", FIRST, "--html", "--stamp"]).expect_success());
}
