//! Values that JSON does not have, and unusual exceptions, from Python's OSProfiler 4.4.0: every statement that its own command
//! shows is shown here, with the same values, and so are those on which the command itself fails.

use std::path::Path;

use osprofiler::Id;
use osprofiler::driver::Driver;
use osprofiler::report::{Point, Trace};
use serde_json::{Map, Value, json};

use crate::peers::script;
use crate::suite::Store;

/// Python's command names no numbers otherwise than JSON does, except for these.
const NAMES: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// Has `tests/python/odd_values.py` write and show its traces in the store, and compares. `python_fails_on` are the values that
/// it writes and cannot show, with what is shown of them here; `not_written` are those that it cannot store.
pub(crate) fn are_shown_as_by_python(
    python: &Path,
    store: &Store,
    arguments: &[&str],
    python_fails_on: &[(&str, &str)],
    not_written: &[&str],
) {
    let found = script(python, "odd_values.py", arguments);
    let found: Map<String, Value> = serde_json::from_str(&found).expect("JSON");
    assert!(found.len() > 30, "all values were tried");
    let driver = store.driver();
    let mut failed_on = Vec::new();
    for (name, case) in &found {
        let base_id = Id::from(case["base_id"].as_str().expect("an id"));
        let trace = read(driver.as_ref(), &base_id, name);
        let statements: Vec<&Point> = trace.points().iter().filter(|point| point.statement().is_some()).collect();
        let Some(theirs) = case["points"].as_array() else {
            let (_, expected) = python_fails_on
                .iter()
                .find(|(failing, _)| failing == name)
                .unwrap_or_else(|| panic!("{name}: OSProfiler shows nothing: {case}"));
            assert_eq!(statements.len(), 2, "{name}");
            let shown: Vec<String> = statements[0].parameters().iter().map(ToString::to_string).collect();
            let error = statements[0].error().map(|(_, message)| message.to_owned());
            assert!(shown == [*expected] || error.as_deref() == Some(*expected), "{name}: {shown:?} {error:?}");
            failed_on.push(name.as_str());
            continue;
        };
        let is_written = theirs.iter().any(|point| point["params"] != json!({}));
        assert_eq!(is_written, !not_written.contains(&name.as_str()), "{name}: {case}");
        assert_eq!(statements.len(), theirs.len(), "{name}");
        // The command sorts by milliseconds, which are equal as often as not.
        for theirs in theirs {
            let ours = statements.iter().find(|point| point.statement() == theirs["statement"].as_str());
            same(ours.unwrap_or_else(|| panic!("{name}: {theirs}")), theirs, name);
        }
    }
    assert_eq!(failed_on, python_fails_on.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

fn read(driver: &dyn Driver, base_id: &Id, name: &str) -> Trace {
    let stored = driver.read(base_id).expect("read");
    assert_eq!(stored.skipped, 0, "{name}");
    let trace = Trace::build(stored);
    // Whatever is in it, the report is JSON by the standard, and is the same when it is read.
    let (mut json, mut again) = (Vec::new(), Vec::new());
    osprofiler::report::json::write(&trace, &mut json).expect("memory");
    let json = String::from_utf8(json).expect("text");
    let reopened = osprofiler::report::read_json(&json).expect("a report");
    osprofiler::report::json::write(&reopened, &mut again).expect("memory");
    assert_eq!(json, String::from_utf8(again).expect("text"), "{name}");
    trace
}

fn same(ours: &Point, theirs: &Value, name: &str) {
    // Nested deeper than a report's values may be, the rest is text.
    if name != "deep" {
        let params: Value = ours.params().cloned().unwrap_or_default();
        assert_eq!(plain(&params), without_names(&theirs["params"]), "{name}");
    }
    let [etype, message] = [&theirs["exception"][0], &theirs["exception"][1]];
    let expected = (!etype.is_null()).then(|| (text(etype), text(message)));
    assert_eq!(ours.error().map(|(etype, message)| (etype.to_owned(), message.to_owned())), expected, "{name}");
}

/// A value with numbers as the script shows them.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!({"number": number.to_string()}),
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(members) => match members.get("osprofiler.number") {
            Some(digits) => json!({"number": digits}),
            None => members.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        },
        other => other.clone(),
    }
}

/// What the script shows, with text in the place of numbers that JSON does not have.
fn without_names(theirs: &Value) -> Value {
    match theirs {
        Value::Array(values) => values.iter().map(without_names).collect(),
        Value::Object(members) => match members.get("number").and_then(Value::as_str) {
            Some(name) if NAMES.contains(&name) => name.into(),
            Some(_) => theirs.clone(),
            None => members.iter().map(|(key, value)| (key.clone(), without_names(value))).collect(),
        },
        other => other.clone(),
    }
}

/// What is shown of an error's type or message: a text as it is, nothing of `null`, else its JSON.
fn text(theirs: &Value) -> String {
    fn json(value: &Value, out: &mut String) {
        match value {
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    out.push(if index == 0 { '[' } else { ',' });
                    json(value, out);
                }
                out.push(']');
            }
            Value::Object(members) => match members.get("number").and_then(Value::as_str) {
                Some(number) => out.push_str(number),
                None => {
                    for (index, (key, value)) in members.iter().enumerate() {
                        out.push(if index == 0 { '{' } else { ',' });
                        out.push_str(&format!("{}:", Value::from(key.as_str())));
                        json(value, out);
                    }
                    out.push('}');
                }
            },
            other => out.push_str(&other.to_string()),
        }
    }
    match theirs {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => {
            let mut out = String::new();
            json(other, &mut out);
            out
        }
    }
}
