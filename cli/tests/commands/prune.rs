//! `osprofiler trace prune`.

use crate::store::{FIRST, SECOND, Store};

#[test]
fn traces_that_are_old_enough_are_deleted() {
    let store = Store::empty();
    store.add(FIRST, "2026-01-02T10:00:00", "/authors", None);
    store.add(SECOND, "2026-01-02T10:00:00", "/import", None);
    // What counts is the file's time, not what is in it.
    store.age(&format!("traces/trace-{FIRST}.jsonl"), 7200);
    assert_eq!(store.run(&["trace", "prune", "--older-than", "1h"]).expect_success(), "deleted 1 trace\n");
    assert_eq!(store.run(&["trace", "prune", "--older-than", "1h"]).expect_success(), "deleted 0 traces\n");
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

#[test]
fn traces_without_any_message_are_deleted_by_their_age() {
    let store = Store::empty();
    for name in ["traces/trace-empty.jsonl", "traces/trace-torn.jsonl"] {
        store.write(name, if name.contains("torn") { "{\"name\":" } else { "" });
        store.age(name, 7200);
    }
    assert_eq!(store.run(&["trace", "prune", "--older-than", "1h"]).expect_success(), "deleted 2 traces\n");
}

/// Nothing can be deleted from a directory that may not be written, but by root.
#[cfg(unix)]
#[test]
fn what_cannot_be_deleted_is_told_of_and_the_exit_status_says_so() -> std::io::Result<()> {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    let store = Store::with_two_traces();
    for id in [FIRST, SECOND] {
        store.age(&format!("traces/trace-{id}.jsonl"), 7200);
    }
    set_permissions(store.path("traces"), Permissions::from_mode(0o500))?;
    let is_root = std::fs::write(store.path("traces/probe"), "").is_ok();
    let run = store.run(&["trace", "prune", "--older-than", "1h"]);
    set_permissions(store.path("traces"), Permissions::from_mode(0o700))?;
    if is_root {
        assert_eq!(run.expect_success(), "deleted 2 traces\n");
    } else {
        let err = run.expect_failure();
        assert!(err.starts_with("0 traces were deleted and 2 could not be: cannot delete "), "{err}");
    }
    Ok(())
}
