//! With which values statements ran, as far as that is known.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;

use serde_json::Value;

use crate::db::{CUT, DbOptions};
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
    let db = point.db()?;
    if words.is_cut || db.contains_key("params_unknown") || db.contains_key("params_omitted") {
        return None;
    }
    scratch.clear();
    match db.get("params") {
        Some(params) if is_redacted(params) => return None,
        Some(params) => write(params, scratch)?,
        None if words.has_places => return None,
        None => {}
    }
    if contains_cut(scratch) {
        return None;
    }
    if let Some(types) = db.get("param_types") {
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
