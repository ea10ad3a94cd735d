//! Ids that are no UUIDs: with a slash, which paths have too, and long ones.

use crate::store::Store;

/// A slash is escaped in the names of files.
fn with_slashes() -> Store {
    let store = Store::empty();
    for id in ["nightly/1", "a.json"] {
        store.add(id, "2026-01-02T10:00:00", "/authors", None);
        let name = id.replace('/', "%2f").replace('.', "%2e");
        let text = store.read(&format!("traces/trace-{id}.jsonl"));
        store.write(&format!("traces/trace-{name}.jsonl"), &text);
    }
    store
}

#[test]
fn ids_with_a_slash_are_shown_compared_exported_and_deleted() {
    let store = with_slashes();
    for wanted in ["nightly/1", "nightly/", "a.json"] {
        assert!(store.run(&["trace", "show", wanted]).expect_success().contains("/authors"), "{wanted}");
    }
    assert!(!store.run(&["trace", "diff", "nightly/1", "a.json"]).expect_success().is_empty());
    let exported = store.run(&["trace", "export", "file:traces", "file:others", "--trace", "nightly/1"]);
    assert_eq!(exported.expect_success(), "exported 4 messages of 1 trace to file:others\n");
    assert_eq!(store.run(&["trace", "delete", "nightly/1"]).expect_success(), "deleted nightly/1\n");
    store.run(&["trace", "show", "nightly/1"]).expect_failure();
}

#[test]
fn a_file_that_is_there_is_meant_rather_than_an_id() {
    let store = with_slashes();
    store.write("nightly/1", "not a trace");
    let err = store.run(&["trace", "show", "nightly/1"]).expect_failure();
    assert!(err.starts_with("cannot open nightly/1: not a saved trace"), "{err}");
    // A directory is no file.
    store.write("nightly/2/x", "");
    let err = store.run(&["trace", "show", "nightly/2"]).expect_failure();
    assert!(err.starts_with("cannot read nightly/2: "), "{err}");
}

#[test]
fn long_ids_are_shortened_in_messages() {
    let store = Store::empty();
    let id = format!("{}{}", "x".repeat(100), "y".repeat(100));
    let short = format!("{}…{}", "x".repeat(47), "y".repeat(16));
    let unknown = "z".repeat(10_000);
    store.add(&id, "2026-01-02T10:00:00", "/authors", None);
    store.add(&format!("{id}2"), "2026-01-02T10:00:00", "/authors", None);
    for wanted in [["show", unknown.as_str()], ["delete", unknown.as_str()], ["diff", unknown.as_str()]] {
        let mut arguments = vec!["trace", wanted[0], wanted[1]];
        arguments.extend((wanted[0] == "diff").then_some("latest"));
        let err = store.run(&arguments).expect_failure();
        assert!(err.starts_with("Trace with UUID zzzz") && err.contains('…') && err.len() < 500, "{err}");
    }
    let err = store.run(&["trace", "show", &"x".repeat(90)]).expect_failure();
    assert!(err.contains(&short) && !err.contains(&id), "{err}");
    let out = store.run(&["trace", "delete", &id]).expect_success();
    assert_eq!(out, format!("deleted {short}\n"));
    // The store cannot hold it, and says so in a line.
    store.write("long.json", "");
    let text = store.read(&format!("traces/trace-{id}2.jsonl")).replace(&id, &"w".repeat(5_000));
    store.write("traces/trace-w.jsonl", &text);
    let err = store.run(&["trace", "export", "file:traces", "file:others", "--trace", "w"]);
    assert!(err.code == Some(1) && err.err.len() < 1_000, "{}", err.err);
}
