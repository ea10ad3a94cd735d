//! `osprofiler trace show`.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use crate::store::{FIRST, Run, SECOND, Store};

/// What OSProfiler 4.4.0 saves with `trace show --json`.
const PYTHON_JSON: &str = include_str!("../../../core/src/report/fixtures/python-redis.json");

#[test]
fn id_prefix_and_latest_name_a_trace() {
    let store = Store::with_two_traces();
    for (wanted, id) in [(FIRST, FIRST), ("7a4b3", FIRST), (SECOND, SECOND), ("latest", SECOND)] {
        let out = store.run(&["trace", "show", wanted]).expect_success();
        assert!(out.contains(&format!("trace {id}")), "{wanted}: {out}");
    }
}

#[test]
fn text_is_the_default() {
    let store = Store::with_two_traces();
    let out = store.run(&["trace", "show", SECOND]).expect_success();
    assert_eq!(out, store.run(&["trace", "show", SECOND, "--text"]).expect_success());
    for part in
        ["GET /import", "SELECT title FROM posts WHERE author = ?  [7]", "✕ Database: UNIQUE constraint failed [2067]"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn ambiguous_prefix_lists_the_candidates() {
    let err = Store::with_two_traces().run(&["trace", "show", "7a4b"]).expect_failure();
    assert!(err.starts_with("7a4b is the beginning of several traces:"), "{err}");
    assert!(err.contains(FIRST) && err.contains(SECOND), "{err}");
}

#[test]
fn missing_trace_is_told_as_osprofiler_does() {
    let store = Store::with_two_traces();
    for wanted in ["00000000-0000-4000-8000-000000000000", "ffff", "../../etc", "7a4b3b7e-0a7e-4f0e-9a53-000000000001x"]
    {
        let err = store.run(&["trace", "delete", wanted]).expect_failure();
        let first = format!("Trace with UUID {wanted} not found. Please check the HMAC key used in the command.\n");
        assert!(err.starts_with(&first), "{err}");
        assert!(err.contains("Searched in file:traces"), "{err}");
    }
    let err = store.run(&["trace", "show", "ffff"]).expect_failure();
    assert!(err.starts_with("Trace with UUID ffff not found."), "{err}");
}

#[test]
fn latest_of_an_empty_store_says_so() {
    assert_eq!(Store::empty().run(&["trace", "show", "latest"]).expect_failure(), "no trace in file:traces\n");
}

#[test]
fn unknown_scheme_does_not_show_the_password() {
    let arguments = ["trace", "show", "latest", "--connection-string", "gopher://me:secret@host/0?key=secret"];
    let err = Store::empty().run(&arguments).expect_failure();
    assert!(err.starts_with("Driver not found for connection string: gopher://***;"), "{err}");
    assert!(!err.contains("secret"), "{err}");
}

#[test]
fn help_does_not_show_the_password() {
    let store = Store::empty();
    let mut command = store.command(&["trace", "show", "--help"]);
    let run = Run::of(command.env("OSPROFILER_CONNECTION_STRING", "redis://me:secret@host").output().expect("runs"));
    let out = run.expect_success();
    assert!(out.contains("OSPROFILER_CONNECTION_STRING") && !out.contains("secret"), "{out}");
}

#[test]
fn torn_last_line_is_counted_and_told() {
    let store = Store::with_two_traces();
    let path = store.path(&format!("traces/trace-{FIRST}.jsonl"));
    let text = fs::read_to_string(&path).expect("the trace");
    fs::write(&path, &text[..text.len() - 30]).expect("the torn trace");
    let out = store.run(&["trace", "show", FIRST]).expect_success();
    assert!(out.contains("! 1 stored entry could not be read"), "{out}");
    assert!(out.contains("(unfinished)"), "{out}");
    let out = store.run(&["trace", "show", FIRST, "--json"]).expect_success();
    assert!(out.contains("\"skipped_lines\": 1"), "{out}");
}

#[test]
fn trace_of_nothing_but_torn_lines_is_told() {
    let store = Store::empty();
    store.write(&format!("traces/trace-{FIRST}.jsonl"), "{\"name\":");
    let err = store.run(&["trace", "show", FIRST]).expect_failure();
    assert!(err.contains("holds 1 entries of it that cannot be read"), "{err}");
}

#[test]
fn saved_trace_shows_the_same() {
    let store = Store::with_two_traces();
    let text = store.run(&["trace", "show", SECOND]).expect_success();
    assert_eq!(store.run(&["trace", "show", SECOND, "--json", "--out", "saved.json"]).expect_success(), "");
    assert_eq!(store.run(&["trace", "show", "saved.json"]).expect_success(), text);
    let lines = format!("traces/trace-{SECOND}.jsonl");
    assert_eq!(store.run(&["trace", "show", &lines]).expect_success(), text);
}

#[test]
fn trace_saved_by_python_opens() {
    let store = Store::empty();
    store.write("python.json", PYTHON_JSON);
    let out = store.run(&["trace", "show", "python.json"]).expect_success();
    assert!(out.contains("rpc nova.compute.api.API.get") && out.contains("✕ ValueError: boom"), "{out}");
}

#[test]
fn files_that_are_no_traces_are_refused() {
    let store = Store::empty();
    store.write("other.json", "{\"a\": 1}");
    let err = store.run(&["trace", "show", "other.json"]).expect_failure();
    assert!(err.starts_with("cannot open other.json: not a saved trace: at byte"), "{err}");
    let err = store.run(&["trace", "show", "missing.json"]).expect_failure();
    assert!(err.starts_with("cannot read missing.json: "), "{err}");
    let err = store.run(&["trace", "show", "../../../etc/passwd"]).expect_failure();
    assert!(!err.contains("root"), "{err}");
}

#[test]
fn html_goes_to_standard_output_or_a_private_file() {
    let store = Store::with_two_traces();
    let out = store.run(&["trace", "show", FIRST, "--html"]).expect_success();
    assert!(out.contains("<title>GET /authors – 1 SQL – 12.4 ms</title>"), "{out}");
    assert_eq!(store.run(&["trace", "show", FIRST, "--html", "--out", "report.html"]).expect_success(), "");
    assert_eq!(fs::read_to_string(store.path("report.html")).expect("the report"), out);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(store.path("report.html")).expect("the report").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn file_in_a_missing_directory_is_an_error() {
    let store = Store::with_two_traces();
    let err = store.run(&["trace", "show", FIRST, "--out", "no/such/report.txt"]).expect_failure();
    assert!(err.starts_with("cannot write no/such/report.txt: "), "{err}");
}

#[cfg(unix)]
#[test]
fn device_is_written_and_not_replaced() {
    Store::with_two_traces().run(&["trace", "show", FIRST, "--out", "/dev/null"]).expect_success();
    assert!(!fs::metadata("/dev/null").expect("the device").is_file());
}

#[test]
fn closed_pipe_is_no_failure() {
    let store = Store::empty();
    // More than a pipe holds, so that the command still writes when its reader is gone.
    store.add(FIRST, "2026-01-02T10:00:00", &"/long".repeat(100_000), None);
    let mut command = store.command(&["trace", "show", FIRST, "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command runs");
    let mut reader = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    drop(reader);
    let mut err = String::new();
    child.stderr.take().expect("its errors").read_to_string(&mut err).expect("UTF-8");
    assert_eq!((child.wait().expect("it ends").code(), err.as_str()), (Some(0), ""));
}
