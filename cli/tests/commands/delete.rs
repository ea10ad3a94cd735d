//! `osprofiler trace delete`.

use crate::store::{FIRST, SECOND, Store};

#[test]
fn deleted_traces_are_gone() {
    let store = Store::with_two_traces();
    assert_eq!(store.run(&["trace", "delete", "7a4b3"]).expect_success(), format!("deleted {FIRST}\n"));
    assert!(!store.run(&["trace", "list"]).expect_success().contains(FIRST));
    let out = store.run(&["trace", "delete", SECOND, "7a4b9"]).expect_success();
    assert_eq!(out, format!("deleted {SECOND}\n"));
}

#[test]
fn nothing_is_deleted_when_a_prefix_is_ambiguous_or_unknown() {
    let store = Store::with_two_traces();
    for wrong in ["7a4b", "ffff"] {
        store.run(&["trace", "delete", FIRST, wrong]).expect_failure();
    }
    assert_eq!(store.run(&["trace", "list"]).expect_success().lines().count(), 3);
}

#[test]
fn nothing_outside_of_the_store_is_deleted() {
    let store = Store::with_two_traces();
    store.write("trace-x.jsonl", "mine");
    for id in ["../trace-x", "../trace-x.jsonl", "x", "latest"] {
        store.run(&["trace", "delete", id]).expect_failure();
    }
    assert!(store.path("trace-x.jsonl").exists());
}

#[test]
fn trace_that_cannot_be_read_can_be_deleted() {
    let store = Store::empty();
    store.write(&format!("traces/trace-{FIRST}.jsonl"), "{\"name\":");
    assert_eq!(store.run(&["trace", "delete", FIRST]).expect_success(), format!("deleted {FIRST}\n"));
}

#[test]
fn nothing_is_deleted_through_a_path() {
    let store = Store::with_two_traces();
    let path = format!("traces/trace-{FIRST}.jsonl");
    store.run(&["trace", "delete", &path]).expect_failure();
    assert!(store.path(&path).exists());
}
