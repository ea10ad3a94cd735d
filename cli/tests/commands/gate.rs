//! `osprofiler trace show --fail-on`.

use crate::store::{FIRST, SECOND, Store};

#[test]
fn what_is_named_fails_after_the_report() {
    let store = Store::with_two_traces();
    let run = store.run(&["trace", "show", SECOND, "--fail-on", "n+1,error"]);
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("GET /import") && run.out.contains("✕ Error 2067: "), "{}", run.out);
    assert!(run.err.starts_with("1 finding not allowed by --fail-on:\n  error (high): "), "{}", run.err);
    assert!(run.err.contains("UNIQUE constraint failed"), "{}", run.err);
}

#[test]
fn what_is_not_named_does_not_fail() {
    let store = Store::with_two_traces();
    for (trace, limits) in [(SECOND, "n+1,duplicate,slow"), (FIRST, "any"), (FIRST, "warn")] {
        let out = store.run(&["trace", "show", trace, "--fail-on", limits]).expect_success();
        assert_eq!(out, store.run(&["trace", "show", trace]).expect_success());
    }
}

#[test]
fn levels_include_those_above() {
    let store = Store::with_two_traces();
    for limit in ["any", "info", "warn", "high"] {
        assert_eq!(store.run(&["trace", "show", SECOND, "--fail-on", limit]).code, Some(1), "{limit}");
    }
}

#[test]
fn limits_can_be_set_and_hold_for_every_form() {
    let store = Store::with_two_traces();
    let slow = ["trace", "show", FIRST, "--fail-on", "slow", "--slow-ms", "0.08,0.2"];
    let run = store.run(&slow);
    assert!(run.code == Some(1) && run.err.contains("slow (warn): "), "{}", run.err);
    let run = store.run(&[slow.as_slice(), &["--json"]].concat());
    assert!(run.code == Some(1) && run.out.contains("\"rule\": \"slow\""), "{}", run.out);
    let run = store.run(&["trace", "show", FIRST, "--fail-on", "many-rows", "--rows-warn", "2", "--html"]);
    assert!(run.code == Some(1) && run.err.contains("many-rows (info): "), "{}", run.err);
}

#[test]
fn unknown_rules_are_wrong_usage_and_named() {
    let store = Store::with_two_traces();
    for arguments in [["--fail-on", "n1"], ["--slow-ms", "500,100"], ["--rows-warn", "many"]] {
        let run = store.run(&[&["trace", "show", FIRST] as &[&str], &arguments].concat());
        assert_eq!(run.code, Some(2), "{arguments:?}");
    }
    let run = store.run(&["trace", "show", FIRST, "--fail-on", "n1"]);
    assert!(run.err.contains("write-loop"), "{}", run.err);
}
