//! `osprofiler trace show --html --open`.

#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::store::{FIRST, Run, Store};

/// Runs with a launcher that notes what it was asked for, and the directory of temporary files in the store's.
fn run(store: &Store, launcher: &str, arguments: &[&str]) -> Run {
    store.add_program("xdg-open", launcher);
    store.write("temporary/other", "");
    let mut command = store.command(arguments);
    command.env("PATH", store.path("bin")).env("TMPDIR", store.path("temporary"));
    Run::of(command.output().expect("the command runs"))
}

const NOTES: &str = r#"echo "$1" > opened"#;

fn opened(store: &Store) -> String {
    fs::read_to_string(store.path("opened")).expect("what was opened").trim_end().to_owned()
}

#[test]
fn report_is_opened_from_a_private_file_that_stays() {
    let store = Store::with_two_traces();
    let out = run(&store, NOTES, &["trace", "show", FIRST, "--html", "--open"]).expect_success();
    let path = opened(&store);
    assert_eq!(out, format!("saved {path}\n"));
    assert!(fs::read_to_string(&path).expect("the report").starts_with("<!DOCTYPE html>"));
    assert_eq!(fs::metadata(&path).expect("the report").permissions().mode() & 0o777, 0o600);
    assert_eq!(Path::new(&path).extension().and_then(|extension| extension.to_str()), Some("html"));
}

#[test]
fn report_with_a_name_is_opened_where_it_is() {
    let store = Store::with_two_traces();
    let out = run(&store, NOTES, &["trace", "show", FIRST, "--html", "--open", "--out", "report.html"]);
    assert_eq!(out.expect_success(), "");
    let path = fs::canonicalize(store.path("report.html")).expect("the report");
    assert_eq!(fs::canonicalize(opened(&store)).expect("what was opened"), path);
}

#[test]
fn failure_names_the_file_which_stays() {
    let store = Store::with_two_traces();
    let Run { code, out, err } = run(&store, "exit 3", &["trace", "show", FIRST, "--html", "--open"]);
    let path = out.strip_prefix("saved ").expect("the file").trim_end();
    assert_eq!(code, Some(1));
    assert!(err.starts_with(&format!("the report is in {path}, and no browser could be opened: ")), "{err}");
    assert!(Path::new(path).exists());
}

#[test]
fn report_that_cannot_be_written_is_not_opened() {
    let store = Store::with_two_traces();
    let run = run(&store, NOTES, &["trace", "show", FIRST, "--html", "--open", "--out", "no/such/report.html"]);
    assert!(run.expect_failure().starts_with("cannot write no/such/report.html: "));
    assert!(!store.path("opened").exists());
}
