//! What goes to and fro between this project and Python's OSProfiler 4.4.0, with the real one.
//!
//! `OSPROFILER_TEST_PYTHON` names a Python that has it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use osprofiler::{Id, Profiler, web};
use serde_json::Value;

use crate::quickstart;
use crate::reached::skip;
use crate::report;

pub(crate) const KEY: &str = "SECRET_KEY";

/// The Python to use; `None`, and the test is skipped, where there is none.
pub(crate) fn python() -> Option<OsString> {
    let python = std::env::var_os("OSPROFILER_TEST_PYTHON");
    if python.is_none() {
        skip("OSPROFILER_TEST_PYTHON does not name a Python with osprofiler 4.4.0: `cargo xtask test` installs one");
    }
    python
}

pub(crate) fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a script of `tests/python` and returns what it prints.
fn run(python: &OsStr, script: &str, arguments: &[&OsStr]) -> String {
    let mut command = Command::new(python);
    let output = command.arg(file("python").join(script)).args(arguments).output().expect("Python starts");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

pub(crate) fn run_json(python: &OsStr, script: &str, arguments: &[&OsStr]) -> Value {
    serde_json::from_str(&run(python, script, arguments)).expect("JSON")
}

#[test]
fn our_headers_begin_the_same_trace_in_python() {
    let Some(python) = python() else { return };
    let (base_id, parent_id) = (Id::random(), Id::random());
    for parent_id in [Some(parent_id), None] {
        let profiler = Profiler::new(KEY, Some(base_id.clone()), parent_id.clone());
        let headers = profiler.in_scope(web::headers);
        let [(_, info), (_, hmac)] = headers.as_slice() else { panic!("{headers:?}") };
        let seen = run_json(&python, "headers.py", &["check".as_ref(), info.as_ref(), hmac.as_ref()]);
        assert_eq!(seen["base_id"], base_id.to_string());
        assert_eq!(seen["parent_id"], parent_id.unwrap_or_else(|| base_id.clone()).to_string());
    }
}

#[test]
fn python_traces_nothing_for_headers_that_another_key_signed() {
    let Some(python) = python() else { return };
    let headers = Profiler::new("another", None, None).in_scope(web::headers);
    let arguments = ["check".as_ref(), headers[0].1.as_ref(), headers[1].1.as_ref()];
    assert_eq!(run_json(&python, "headers.py", &arguments), Value::Null);
}

#[test]
fn headers_of_python_begin_the_same_trace_here() {
    let Some(python) = python() else { return };
    let made = run_json(&python, "headers.py", &["make".as_ref()]);
    let info =
        web::trace_info(made["info"].as_str(), made["hmac"].as_str(), &["older", KEY]).expect("a valid signature");
    assert_eq!(info.base_id().to_string(), made["base_id"]);
    assert_eq!(info.parent_id().map(ToString::to_string).as_deref(), made["parent_id"].as_str());
    assert!(web::trace_info(made["info"].as_str(), made["hmac"].as_str(), &["another"]).is_none());
}

#[test]
fn header_vectors_are_what_python_makes_of_them_today() {
    let Some(python) = python() else { return };
    let kept = std::fs::read_to_string(file("../core/src/web/fixtures/vectors.json")).expect("the vectors");
    assert_eq!(run(&python, "web_vectors.py", &[]), kept);
}

#[test]
fn reports_have_all_that_python_makes_of_the_same_messages() {
    let Some(python) = python() else { return };
    let ran = quickstart::ran();
    for (answer, trace) in ran.traced() {
        let theirs = run_json(&python, "report.py", &[ran.messages(answer).as_ref()]);
        assert_contains(&report::json(trace), &theirs, "report");
    }
}

/// Checks that everything in `theirs` is in `ours`, which may have keys of its own.
fn assert_contains(ours: &Value, theirs: &Value, place: &str) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (key, theirs) in theirs {
                let place = format!("{place}.{key}");
                let ours = ours.get(key).unwrap_or_else(|| panic!("{place} is missing"));
                assert_contains(ours, theirs, &place);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len(), "length of {place}");
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                assert_contains(ours, theirs, &format!("{place}[{index}]"));
            }
        }
        _ => assert_eq!(ours, theirs, "{place}"),
    }
}
