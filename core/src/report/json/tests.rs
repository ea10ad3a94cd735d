//! Facts about the JSON form.

use serde_json::Value;

use super::*;
use crate::report::read_json;
use crate::report::samples::{BASE, HOSTILE, PYTHON_JSON, PYTHON_MESSAGES, chain, hostile, message, point};

fn written(trace: &Trace) -> String {
    let mut out = Vec::new();
    write(trace, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("UTF-8")
}

/// Checks that `ours` holds everything that `python` holds; objects may have more keys.
fn assert_holds(ours: &Value, python: &Value, place: &str) {
    match (ours, python) {
        (Value::Object(ours), Value::Object(python)) => {
            for (key, value) in python {
                let found = ours.get(key).unwrap_or_else(|| panic!("{place}.{key} is missing"));
                assert_holds(found, value, &format!("{place}.{key}"));
            }
        }
        (Value::Array(ours), Value::Array(python)) => {
            assert_eq!(ours.len(), python.len(), "{place}");
            for (index, (ours, python)) in ours.iter().zip(python).enumerate() {
                assert_holds(ours, python, &format!("{place}[{index}]"));
            }
        }
        (ours, python) => assert_eq!(ours, python, "{place}"),
    }
}

#[test]
fn everything_that_python_prints_is_there() -> Result<(), Box<dyn std::error::Error>> {
    let ours = serde_json::from_str(&written(&read_json(PYTHON_MESSAGES)?))?;
    assert_holds(&ours, &serde_json::from_str(PYTHON_JSON)?, "");
    Ok(())
}

#[test]
fn form_is_stable() {
    let start = serde_json::json!({"db": {"statement": "SELECT 1"}, "host": "h"});
    let mut messages = vec![message("db-start", "q", "r", 1_500, start)];
    messages.extend(point("wsgi", "r", BASE, 0, 2_700));
    insta::assert_snapshot!(written(&Trace::build(messages)), @r##"
    {
      "info": {
        "name": "total",
        "started": 0,
        "finished": 2,
        "last_trace_started": 1,
        "started_us": 0,
        "finished_us": 2700,
        "duration_us": 2700
      },
      "children": [
        {
          "info": {
            "name": "wsgi",
            "project": "shop",
            "service": "api",
            "host": "h",
            "meta.raw_payload.wsgi-start": {
              "name": "wsgi-start",
              "base_id": "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab",
              "trace_id": "r",
              "parent_id": "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab",
              "timestamp": "2026-01-02T03:04:05.000000",
              "info": {
                "host": "h"
              },
              "project": "shop",
              "service": "api"
            },
            "started": 0,
            "meta.raw_payload.wsgi-stop": {
              "name": "wsgi-stop",
              "base_id": "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab",
              "trace_id": "r",
              "parent_id": "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab",
              "timestamp": "2026-01-02T03:04:05.002700",
              "info": {
                "host": "h"
              },
              "project": "shop",
              "service": "api"
            },
            "finished": 2,
            "exception": "None",
            "started_us": 0,
            "finished_us": 2700
          },
          "trace_id": "r",
          "parent_id": "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab",
          "children": [
            {
              "info": {
                "name": "db",
                "project": "shop",
                "service": "api",
                "host": "h",
                "meta.raw_payload.db-start": {
                  "name": "db-start",
                  "base_id": "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab",
                  "trace_id": "q",
                  "parent_id": "r",
                  "timestamp": "2026-01-02T03:04:05.001500",
                  "info": {
                    "db": {
                      "statement": "SELECT 1"
                    },
                    "host": "h"
                  },
                  "project": "shop",
                  "service": "api"
                },
                "started": 1,
                "finished": 1,
                "started_us": 1500,
                "finished_us": 1500,
                "unfinished": true
              },
              "trace_id": "q",
              "parent_id": "r",
              "children": []
            }
          ]
        }
      ],
      "stats": {
        "wsgi": {
          "count": 1,
          "duration": 2,
          "duration_us": 2700
        },
        "db": {
          "count": 1,
          "duration": 0,
          "duration_us": 0
        }
      },
      "findings": []
    }
    "##);
}

#[test]
fn findings_name_their_points_and_groups() -> Result<(), Box<dyn std::error::Error>> {
    let mut messages = point("handler", "h", BASE, 0, 900_000).to_vec();
    for number in 0..150_i64 {
        let db = serde_json::json!({"db": {"statement": "SELECT a FROM t WHERE id = ?", "params": [number]}});
        messages.push(message("db-start", &format!("q{number}"), "h", 100 * number, db));
        messages.push(message("db-stop", &format!("q{number}"), "h", 100 * number + 10, serde_json::json!({})));
    }
    let text = written(&Trace::build(messages));
    let json: Value = serde_json::from_str(&text)?;
    let [found] = json["findings"].as_array().expect("a list").as_slice() else { panic!("one: {text}") };
    let keys: Vec<&str> = ["rule", "level", "confidence"].iter().filter_map(|key| found[key].as_str()).collect();
    assert_eq!(keys, ["n+1", "warn", "likely"]);
    assert_eq!((&found["count"], &found["more"], &found["source"]), (&150.into(), &50.into(), &Value::Null));
    assert_eq!((found["points"].as_array().map(Vec::len), &found["points"][0]), (Some(100), &"q0".into()));
    assert_eq!((&found["cost_us"], &found["wasted_us"]), (&1_500.into(), &0.into()));
    assert_eq!(found["fingerprint"].as_str().map(str::len), Some(8));
    assert!(found["statement"].is_string() && found["title"].is_string() && found["text"].is_string(), "{found}");
    // Whoever reads a saved report makes them anew.
    assert_eq!(written(&read_json(&text)?), text);
    Ok(())
}

#[test]
fn missing_ends_are_shown_at_the_other_end() -> serde_json::Result<()> {
    let [_, stop] = point("p", "a", BASE, 0, 9_000);
    let [start, _] = point("q", "b", BASE, 3_000, 0);
    let json: Value = serde_json::from_str(&written(&Trace::build(vec![start, stop])))?;
    let infos: Vec<_> = json["children"].as_array().into_iter().flatten().map(|node| &node["info"]).collect();
    assert_eq!((&infos[0]["started"], &infos[0]["finished"]), (&0.into(), &0.into()));
    assert_eq!(infos[0].get("exception"), None);
    assert_eq!((&infos[1]["started"], &infos[1]["finished"]), (&6.into(), &6.into()));
    assert_eq!(infos[1]["exception"], "None");
    Ok(())
}

#[test]
fn duration_is_the_difference_of_cut_milliseconds() -> serde_json::Result<()> {
    let messages = [point("a", "x", BASE, 0, 1), point("p", "a", BASE, 1_999, 2_001)].concat();
    let json: Value = serde_json::from_str(&written(&Trace::build(messages)))?;
    assert_eq!(json["stats"]["p"], serde_json::json!({"count": 1, "duration": 1, "duration_us": 2}));
    Ok(())
}

#[test]
fn deep_and_hostile_traces_are_valid() -> serde_json::Result<()> {
    let text = written(&chain(20_000));
    serde_json::from_str::<serde::de::IgnoredAny>(&text)?;
    for text in HOSTILE {
        let text = written(&hostile(text));
        assert!(!text.chars().any(|c| c != '\n' && crate::report::visible::is_hidden(c)), "{text:?}");
        serde_json::from_str::<Value>(&text)?;
    }
    Ok(())
}
