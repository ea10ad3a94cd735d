//! The columns `more` and `moreStop`: what a point's info says that no other column holds, as JSON.

use serde_json::{Map, Value};

use super::strings::{Place, Strings};
use crate::json::write_str;
use crate::python_json;
use crate::report::Point;
use crate::report::html::cut::{STATEMENT_BYTES, VALUE_BYTES, marked};

/// What other columns hold of a database point's start and stop.
const IN_COLUMNS: [&str; 3] = ["statement", "params", "param_types"];
const IN_STOP_COLUMNS: [&str; 2] = ["rows", "rows_affected"];

/// What the start says.
pub(super) fn of_start(point: &Point, text: &mut String, strings: &mut Strings<'_>) -> Place {
    rest(&point.start_info, &IN_COLUMNS, text, strings)
}

/// What the stop says.
pub(super) fn of_stop(point: &Point, text: &mut String, strings: &mut Strings<'_>) -> Place {
    rest(&point.stop_info, &IN_STOP_COLUMNS, text, strings)
}

fn rest(info: &Map<String, Value>, in_columns: &[&str], text: &mut String, strings: &mut Strings<'_>) -> Place {
    text.clear();
    text.push('{');
    for (key, value) in info {
        match (key.as_str(), value) {
            ("host" | "cancelled", _) => {}
            ("db", Value::Object(db)) => {
                let start = text.len();
                member_key(text, "db");
                text.push('{');
                let empty = text.len();
                for (key, value) in db {
                    let key = key.as_str();
                    if !in_columns.contains(&key) {
                        member_key(text, key);
                        write_value(text, value);
                    }
                }
                if text.len() == empty {
                    text.truncate(start);
                } else {
                    text.push('}');
                }
            }
            (key, value) => {
                member_key(text, key);
                write_value(text, value);
            }
        }
    }
    if text.len() == 1 {
        return 0;
    }
    text.push('}');
    if text.len() > STATEMENT_BYTES {
        // It is still JSON: a text.
        let cut = marked(text, STATEMENT_BYTES).into_owned();
        text.clear();
        write_str(text, &cut);
    }
    strings.of_copy(text)
}

fn member_key(text: &mut String, key: &str) {
    if !text.ends_with('{') {
        text.push(',');
    }
    write_str(text, key);
    text.push(':');
}

/// Appends a value whose texts are cut where they are long. Info is nested no deeper than 128 levels.
fn write_value(text: &mut String, value: &Value) {
    if let Some(number) = python_json::number(value) {
        text.push_str(number);
        return;
    }
    match value {
        Value::String(string) => write_str(text, &marked(string, VALUE_BYTES)),
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_value(text, value);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (key, value) in members {
                member_key(text, &marked(key, VALUE_BYTES));
                write_value(text, value);
            }
            text.push('}');
        }
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
    }
}
