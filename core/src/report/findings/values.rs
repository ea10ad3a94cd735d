//! With which values statements ran, as far as that is known.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;

use serde_json::Value;

use crate::db::{CUT, DbOptions};
use crate::message::read_value;
use crate::report::Point;
use crate::report::sql::Dialect;
use crate::report::sql::lexer::{TokenKind, tokens};

/// What of a text matters for the values that it runs with.
pub(super) struct Words {
    /// A number that differs where texts do, but for white space and comments.
    number: u64,
    /// It has places for values.
    has_places: bool,
    /// Only its beginning was recorded.
    is_cut: bool,
}

impl Words {
    pub(super) fn of(sql: &str, dialect: Dialect) -> Self {
        let mut hasher = DefaultHasher::new();
        let mut has_places = false;
        for token in tokens(sql, dialect) {
            match token.kind {
                TokenKind::Space | TokenKind::Comment => continue,
                TokenKind::Placeholder => has_places = true,
                _ => {}
            }
            token.of(sql).hash(&mut hasher);
        }
        let is_cut = sql.ends_with(" B)") && contains_cut(sql.as_bytes());
        Self { number: hasher.finish(), has_places, is_cut }
    }
}

/// A number for the text of an execution and its values with their types: it differs where any of them does. `None` where
/// not all of them were recorded as they are.
pub(super) fn of(point: &Point, words: &Words, scratch: &mut Vec<u8>) -> Option<u64> {
    if words.is_cut || point.misses_params() {
        return None;
    }
    let (params, types) = point.params_json();
    scratch.clear();
    match params {
        Some(params) if is_redacted(params) => return None,
        Some(params) => write(params, scratch)?,
        None if words.has_places => return None,
        None => {}
    }
    if contains_cut(scratch) {
        return None;
    }
    if let Some(types) = types {
        write(types, scratch)?;
    }
    let mut hasher = DefaultHasher::new();
    hasher.write_u64(words.number);
    hasher.write(scratch);
    Some(hasher.finish())
}

fn contains_cut(text: &[u8]) -> bool {
    text.windows(CUT.len()).any(|part| part == CUT.as_bytes())
}

/// Appends JSON in a form that is the same for the same values. What has no escapes, spaces or decimal points is in that form
/// as it was recorded.
fn write(json: &str, out: &mut Vec<u8>) -> Option<()> {
    if json.bytes().any(|byte| matches!(byte, b'\\' | b' ' | b'.')) {
        return serde_json::to_writer(out as &mut dyn io::Write, &read_value(json).ok()?).ok();
    }
    out.extend_from_slice(json.as_bytes());
    Some(())
}

fn is_redacted(params: &str) -> bool {
    if !params.contains(DbOptions::REDACTED) {
        return false;
    }
    let redacted = |value: &Value| value.as_str() == Some(DbOptions::REDACTED);
    match read_value(params) {
        Ok(Value::Array(values)) => values.iter().any(redacted),
        Ok(Value::Object(values)) => values.values().any(redacted),
        _ => false,
    }
}
