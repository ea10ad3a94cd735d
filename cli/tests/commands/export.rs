//! `osprofiler trace export`.

use crate::store::{FIRST, SECOND, Store};

#[test]
fn everything_is_copied_once() {
    let store = Store::with_two_traces();
    let arguments = ["trace", "export", "file:traces", "file:elsewhere"];
    assert_eq!(store.run(&arguments).expect_success(), "exported 8 messages of 2 traces to file:elsewhere\n");
    assert_eq!(store.run(&arguments).expect_success(), "exported 0 messages of 2 traces to file:elsewhere\n");
    for id in [FIRST, SECOND] {
        let show =
            |from: &str| store.run(&["trace", "show", id, "--json", "--connection-string", from]).expect_success();
        assert_eq!(show("file:traces"), show("file:elsewhere"));
    }
}

#[test]
fn only_the_traces_that_are_named_are_copied() {
    let store = Store::with_two_traces();
    let arguments = ["trace", "export", "file:traces", "file:elsewhere", "--trace", "latest", "--trace", "7a4b9"];
    assert_eq!(store.run(&arguments).expect_success(), "exported 4 messages of 2 traces to file:elsewhere\n");
    let listed = store.run(&["trace", "list", "--connection-string", "file:elsewhere"]).expect_success();
    assert!(listed.contains(SECOND) && !listed.contains(FIRST), "{listed}");
    store.run(&["trace", "export", "file:traces", "file:elsewhere", "--trace", "ffff"]).expect_failure();
}

#[test]
fn what_cannot_be_read_is_told_of() {
    let store = Store::empty();
    store.write(&format!("traces/trace-{FIRST}.jsonl"), "{\"name\":\n");
    store.add(SECOND, "2026-01-02T11:00:00", "/import", None);
    let run = store.run(&["trace", "export", "file:traces", "file:elsewhere", "--trace", FIRST]);
    assert_eq!(run.code, Some(0));
    assert_eq!(run.err, format!("1 entries of {FIRST} cannot be read and are not exported\n"));
}

#[test]
fn store_that_takes_nothing_is_an_error() {
    let store = Store::with_two_traces();
    store.write("elsewhere", "this is a file");
    let err = store.run(&["trace", "export", "file:traces", "file:elsewhere"]).expect_failure();
    assert!(err.starts_with("cannot read elsewhere/trace-"), "{err}");
    let err = store.run(&["trace", "export", "file:traces", "jaeger://u:s3cret@h"]).expect_failure();
    assert!(err.contains("otlp://HOST:4318") && !err.contains("s3cret"), "{err}");
}

#[cfg(feature = "drivers")]
#[test]
fn stores_of_other_kinds_hold_the_same() {
    let store = Store::with_two_traces();
    store.run(&["trace", "export", "file:traces", "sqlite:traces.db"]).expect_success();
    let show =
        |from: &str| store.run(&["trace", "show", FIRST, "--json", "--connection-string", from]).expect_success();
    assert_eq!(show("file:traces"), show("sqlite:traces.db"));
    let listed =
        store.run(&["trace", "list", "--error-trace", "--connection-string", "sqlite:traces.db"]).expect_success();
    assert!(listed.contains(SECOND) && !listed.contains(FIRST), "{listed}");
}
