//! `osprofiler trace list`.

use crate::store::{FIRST, SECOND, Store};

#[test]
fn newest_comes_first_in_aligned_columns() {
    let out = Store::with_two_traces().run(&["trace", "list"]).expect_success();
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[1], [SECOND, "2026-01-02", "11:00:00", "wsgi", "GET", "/import", "12.4", "ms", "1", "1"]);
    assert_eq!(lines[2], [FIRST, "2026-01-02", "10:00:00", "wsgi", "GET", "/authors", "12.4", "ms", "1", "0"]);
    let widths: Vec<usize> = out.lines().map(|line| line.chars().count()).collect();
    assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{out}");
}

#[test]
fn limit_is_told_on_standard_error() {
    let store = Store::with_two_traces();
    let run = store.run(&["trace", "list", "--limit", "1"]);
    assert_eq!(run.code, Some(0));
    assert_eq!(run.err, "only the newest 1 traces are listed; --limit 0 lists all\n");
    assert!(run.out.contains(SECOND) && !run.out.contains(FIRST), "{}", run.out);
    assert!(store.run(&["trace", "list", "--limit", "0"]).expect_success().contains(FIRST));
    assert!(store.run(&["trace", "list", "--limit", "2"]).expect_success().contains(FIRST));
}

#[test]
fn json_has_osprofilers_keys_and_ours() -> Result<(), serde_json::Error> {
    let out = Store::with_two_traces().run(&["trace", "list", "--json"]).expect_success();
    let traces: serde_json::Value = serde_json::from_str(&out)?;
    assert_eq!(
        traces[0],
        serde_json::json!({"base_id": SECOND, "timestamp": "2026-01-02T11:00:00.000000", "name": "wsgi", "method": "GET",
            "path": "/import", "service": "s", "duration_us": 12_400, "queries": 1, "errors": 1})
    );
    Ok(())
}

#[test]
fn empty_store_lists_nothing() {
    let store = Store::empty();
    let run = store.run(&["trace", "list"]);
    assert_eq!((run.code, run.out.lines().count(), run.err.as_str()), (Some(0), 1, "no traces in file:traces\n"));
    assert_eq!(store.run(&["trace", "list", "--json"]).expect_success(), "[]\n");
}

#[test]
fn trace_without_any_message_is_listed_and_is_not_the_latest() {
    let store = Store::with_two_traces();
    store.write("traces/trace-torn.jsonl", "{\"name\":");
    store.write("traces/trace-empty.jsonl", "");
    let out = store.run(&["trace", "list"]).expect_success();
    assert_eq!(out.lines().count(), 5, "{out}");
    let torn = out.lines().find(|line| line.starts_with("torn")).unwrap_or_default();
    assert!(torn.contains("unreadable: its only line is not a message"), "{out}");
    assert!(store.run(&["trace", "show", "latest"]).expect_success().contains("/import"));
}

#[test]
fn stored_text_cannot_drive_the_terminal() {
    let store = Store::empty();
    store.add(FIRST, "2026-01-02T10:00:00", "/\\u001b[2J\\u202e", None);
    let out = store.run(&["trace", "list"]).expect_success();
    assert!(out.contains("/␛[2J⟦RLO⟧"), "{out}");
}

#[test]
fn directory_that_cannot_be_read_is_an_error() {
    let store = Store::empty();
    store.write("traces", "this is a file");
    let err = store.run(&["trace", "list"]).expect_failure();
    assert!(err.starts_with("cannot list traces: "), "{err}");
}
