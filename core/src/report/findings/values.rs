//! With which values statements ran, as far as that is known.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;

use serde_json::Value;

use crate::db::DbOptions;
use crate::report::Point;

/// In the place of what was cut from a value: `…(+14464 B)`.
const CUT: &[u8] = "…(+".as_bytes();

/// A number for the text of an execution and its values with their types: it differs where any of them does. `None` where
/// not all of them were recorded as they are.
///
/// `text` is a number for the text.
pub(super) fn of(point: &Point, text: usize, sql: &str, scratch: &mut Vec<u8>) -> Option<u64> {
    let db = point.start_info.get("db")?.as_object()?;
    if db.contains_key("params_unknown") || db.contains_key("params_omitted") || ends_cut(sql) {
        return None;
    }
    scratch.clear();
    match point.params() {
        Some(params) if is_redacted(params) => return None,
        Some(params) => write(params, scratch)?,
        None if may_have_values(sql) => return None,
        None => {}
    }
    if scratch.windows(CUT.len()).any(|part| part == CUT) {
        return None;
    }
    if let Some(types) = point.param_types() {
        write(types, scratch)?;
    }
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.write(scratch);
    Some(hasher.finish())
}

fn write(value: &Value, out: &mut Vec<u8>) -> Option<()> {
    serde_json::to_writer(out as &mut dyn io::Write, value).ok()
}

fn is_redacted(params: &Value) -> bool {
    let redacted = |value: &Value| value.as_str() == Some(DbOptions::REDACTED);
    match params {
        Value::Array(values) => values.iter().any(redacted),
        Value::Object(values) => values.values().any(redacted),
        _ => false,
    }
}

fn ends_cut(sql: &str) -> bool {
    sql.ends_with(" B)") && sql.as_bytes().windows(CUT.len()).any(|part| part == CUT)
}

/// Whether a text may ask for values: it has a character that places for values begin with.
fn may_have_values(sql: &str) -> bool {
    sql.contains(['?', '$', ':', '@', '%'])
}
