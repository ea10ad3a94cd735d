//! `osprofiler trace prune`.

use crate::store::{FIRST, SECOND, Store};

#[test]
fn traces_that_are_old_enough_are_deleted() {
    let store = Store::empty();
    store.add(FIRST, "2026-01-02T10:00:00", "/authors", None);
    store.add(SECOND, "2999-01-02T10:00:00", "/import", None);
    assert_eq!(store.run(&["trace", "prune", "--older-than", "1s"]).expect_success(), "deleted 1 trace\n");
    assert_eq!(store.run(&["trace", "prune", "--older-than", "1s"]).expect_success(), "deleted 0 traces\n");
    let listed = store.run(&["trace", "list"]).expect_success();
    assert!(listed.contains(SECOND) && !listed.contains(FIRST), "{listed}");
}

#[test]
fn age_is_needed_and_has_a_unit() {
    let store = Store::with_two_traces();
    for wrong in
        [&["trace", "prune"][..], &["trace", "prune", "--older-than", "7"], &["trace", "prune", "--older-than", "-1d"]]
    {
        let run = store.run(wrong);
        assert_eq!(run.code, Some(2), "{}", run.err);
    }
    assert_eq!(store.run(&["trace", "list"]).expect_success().lines().count(), 3);
}
