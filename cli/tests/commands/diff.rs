//! `osprofiler trace diff`.

use std::fs;

use crate::store::{FIRST, SECOND, Store};

const PYTHON_JSON: &str = include_str!("../../../core/src/report/fixtures/python-redis.json");
const PYTHON_SQL_JSON: &str = include_str!("../../../core/src/report/fixtures/python-postgresql.json");

#[test]
fn two_traces_of_the_store_are_compared() {
    let store = Store::with_two_traces();
    let out = store.run(&["trace", "diff", "7a4b3", "latest"]).expect_success();
    for part in [
        &format!("before  trace {FIRST}"),
        &format!("after   trace {SECOND}"),
        "! the requests differ: GET /authors, then GET /import",
        "errors                       0          1  +1",
        "errors         1 → 1         0.087 ms → 0.087 ms    SELECT title FROM posts WHERE author = ?  ✕ errors 0 → 1",
        "✕ new: ",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn saved_files_are_compared_with_each_other_and_with_the_store() {
    let store = Store::with_two_traces();
    store.run(&["trace", "show", FIRST, "--json", "--out", "saved.json"]).expect_success();
    let lines = format!("traces/trace-{FIRST}.jsonl");
    for (before, after) in [("saved.json", FIRST), (FIRST, "saved.json"), ("saved.json", &lines)] {
        let out = store.run(&["trace", "diff", before, after]).expect_success();
        assert!(out.contains("No statement changed: 1 statement"), "{out}");
        assert!(out.contains("! both are the same trace"), "{out}");
    }
}

#[test]
fn traces_saved_by_python_are_compared() {
    let store = Store::empty();
    store.write("redis.json", PYTHON_JSON);
    store.write("postgresql.json", PYTHON_SQL_JSON);
    let out = store.run(&["trace", "diff", "redis.json", "postgresql.json"]).expect_success();
    assert!(out.contains("No statement changed: 1 statement"), "{out}");
}

#[test]
fn json_and_html_have_the_same_changes() -> Result<(), serde_json::Error> {
    let store = Store::with_two_traces();
    let out = store.run(&["trace", "diff", FIRST, SECOND, "--json"]).expect_success();
    let diff: serde_json::Value = serde_json::from_str(&out)?;
    assert_eq!((diff["changes"][0]["change"].as_str(), diff["unchanged"].as_u64()), (Some("errors"), Some(0)));
    assert_eq!(store.run(&["trace", "diff", FIRST, SECOND, "--html", "--out", "diff.html"]).expect_success(), "");
    let page = fs::read_to_string(store.path("diff.html")).expect("the page");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("errors 0 → 1"), "{page}");
    Ok(())
}

#[test]
fn values_can_be_left_out() {
    let store = Store::with_two_traces();
    for form in ["--text", "--json", "--html"] {
        let out = store.run(&["trace", "diff", FIRST, SECOND, form]).expect_success();
        assert_eq!(out.contains("UNIQUE"), form != "--text", "{out}");
        let out = store.run(&["trace", "diff", FIRST, SECOND, form, "--no-params"]).expect_success();
        assert!(out.contains("SELECT title FROM posts") && !out.contains("UNIQUE"), "{out}");
    }
}

#[test]
fn noise_can_be_set() {
    let store = Store::with_two_traces();
    let path = format!("traces/trace-{FIRST}.jsonl");
    let slower = fs::read_to_string(store.path(&path)).expect("the trace").replace(".001087", ".001187");
    store.write("slower.jsonl", &slower);
    let out = store.run(&["trace", "diff", FIRST, "slower.jsonl"]).expect_success();
    assert!(out.contains("No statement changed"), "{out}");
    let out = store.run(&["trace", "diff", FIRST, "slower.jsonl", "--noise-ms", "0"]).expect_success();
    assert!(out.contains("0.087 ms → 0.187 ms"), "{out}");
    let out = store.run(&["trace", "diff", FIRST, "slower.jsonl", "--noise-ms", "0", "--noise-percent", "200"]);
    assert!(out.expect_success().contains("No statement changed"));
}

#[test]
fn trace_that_is_missing_is_named() {
    let store = Store::with_two_traces();
    for (before, after, wrong) in [(FIRST, "ffff", "ffff"), ("ffff", FIRST, "ffff"), (FIRST, "7a4b", "7a4b")] {
        let err = store.run(&["trace", "diff", before, after]).expect_failure();
        assert!(err.lines().next().is_some_and(|line| line.contains(wrong)), "{err}");
    }
    store.write("torn.json", &PYTHON_JSON[..700]);
    let err = store.run(&["trace", "diff", FIRST, "torn.json"]).expect_failure();
    assert!(err.starts_with("cannot open torn.json: "), "{err}");
}
