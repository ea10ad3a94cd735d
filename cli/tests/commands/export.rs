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
    let nobodys = "ffffffff-ffff-4fff-8fff-ffffffffffff";
    let arguments = ["trace", "export", "file:traces", "file:elsewhere", "--trace", nobodys, "--trace", FIRST];
    let run = store.run(&arguments);
    assert_eq!((run.code, run.out.as_str()), (Some(1), "exported 4 messages of 1 trace to file:elsewhere\n"));
    assert!(run.err.starts_with(&format!("Trace with UUID {nobodys} not found.")), "{}", run.err);
    assert!(run.err.ends_with("not exported whole to file:elsewhere: 1 trace\n"), "{}", run.err);
}

#[test]
fn several_stores_each_get_what_they_have_not() {
    let store = Store::with_two_traces();
    store.run(&["trace", "export", "file:traces", "file:one", "--trace", FIRST]).expect_success();
    assert_eq!(
        store.run(&["trace", "export", "file:traces", "file:one file:two"]).expect_success(),
        "exported 4 messages of 2 traces to file:one\nexported 8 messages of 2 traces to file:two\n"
    );
}

#[test]
fn what_cannot_be_read_is_told_of() {
    let store = Store::empty();
    store.write(&format!("traces/trace-{FIRST}.jsonl"), "{\"name\":\n");
    store.add(SECOND, "2026-01-02T11:00:00", "/import", None);
    let arguments = ["trace", "export", "file:traces", "file:elsewhere", "--trace", FIRST, "--trace", SECOND];
    let run = store.run(&arguments);
    assert_eq!((run.code, run.out.as_str()), (Some(1), "exported 4 messages of 1 trace to file:elsewhere\n"));
    assert!(run.err.contains("file:traces holds 1 entries of it that cannot be read."), "{}", run.err);
    let readable = store.read(&format!("traces/trace-{SECOND}.jsonl"));
    store.write(&format!("traces/trace-{SECOND}.jsonl"), &format!("{readable}{{\"name\":\n"));
    let run = store.run(&["trace", "export", "file:traces", "file:elsewhere", "--trace", SECOND]);
    assert_eq!(run.code, Some(0));
    assert_eq!(run.err, format!("1 entries of {SECOND} cannot be read and are not exported\n"));
}

#[test]
fn store_that_takes_nothing_is_an_error() {
    let store = Store::with_two_traces();
    store.write("elsewhere", "this is a file");
    let run = store.run(&["trace", "export", "file:traces", "file:elsewhere"]);
    assert_eq!((run.code, run.out.as_str()), (Some(1), "exported 0 messages of 0 traces to file:elsewhere\n"));
    assert!(run.err.starts_with("cannot read elsewhere/trace-"), "{}", run.err);
    let err = store.run(&["trace", "export", "file:traces", "jaeger://u:s3cret@h"]).expect_failure();
    assert!(err.contains("otlp://HOST:4318") && !err.contains("s3cret"), "{err}");
}

#[cfg(feature = "drivers")]
#[test]
fn points_that_never_ended_are_missed_where_nobody_takes_them() {
    let store = Store::empty();
    store.add(FIRST, "2026-01-02T11:00:00", "/import", None);
    let file = format!("traces/trace-{FIRST}.jsonl");
    let starts: String =
        store.read(&file).lines().filter(|line| line.contains("-start")).map(|line| format!("{line}\n")).collect();
    store.write(&file, &starts);
    // Nobody listens there.
    let run = store.run(&["trace", "export", "file:traces", "otlp://127.0.0.1:1"]);
    assert_eq!((run.code, run.out.as_str()), (Some(1), "exported 0 messages of 0 traces to otlp://127.0.0.1:1\n"));
    assert!(run.err.contains("Connection refused"), "{}", run.err);
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
