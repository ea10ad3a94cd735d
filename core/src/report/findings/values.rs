//! With which values statements ran, as far as that is known.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;

use serde_json::Value;

use crate::db::{CUT, DbOptions};
use crate::python_json;
use crate::report::Point;
use crate::report::sql::Dialect;
use crate::report::sql::fingerprint::without_mark;
use crate::report::sql::lexer::{TokenKind, tokens};

/// What of a text matters for the values that it runs with.
pub(in crate::report) struct Words {
    /// A number that differs where texts do, but for white space and comments.
    number: u64,
    /// It has places for values.
    has_places: bool,
    /// Only its beginning was recorded.
    is_cut: bool,
}

impl Words {
    pub(in crate::report) fn of(sql: &str, dialect: Dialect) -> Self {
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
        let is_cut = without_mark(sql).is_some();
        Self { number: hasher.finish(), has_places, is_cut }
    }
}

/// With which values an execution ran: a number for its text and its values with their types, which differs where what was
/// recorded of them does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Values {
    /// All of them were recorded as they are.
    Whole(u64),
    /// Of some only the beginning was recorded. Those that differ are different, but those that are alike may not be.
    Cut(u64),
    /// Some were not recorded.
    Unknown,
}

impl Values {
    pub(in crate::report) fn of(point: &Point, words: &Words, scratch: &mut Vec<u8>) -> Self {
        Self::number(point, words, scratch).unwrap_or(Self::Unknown)
    }

    fn number(point: &Point, words: &Words, scratch: &mut Vec<u8>) -> Option<Self> {
        let missing = point.params_missing();
        if missing.unknown {
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
        let is_cut = words.is_cut || missing.omitted || contains_cut(scratch);
        if let Some(types) = types {
            write(types, scratch)?;
        }
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(words.number);
        hasher.write(scratch);
        let number = hasher.finish();
        Some(if is_cut { Self::Cut(number) } else { Self::Whole(number) })
    }

    /// The number, where all values were recorded as they are.
    pub(super) fn whole(self) -> Option<u64> {
        match self {
            Self::Whole(number) => Some(number),
            Self::Cut(_) | Self::Unknown => None,
        }
    }
}

/// How many different sets of values executions ran with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Distinct {
    Exactly(usize),
    /// Of some values only the beginning was recorded: there were so many or more.
    AtLeast(usize),
    Unknown,
}

impl Distinct {
    pub(super) fn of(values: impl Iterator<Item = Values>) -> Self {
        let (mut numbers, mut cut) = (HashSet::new(), false);
        for values in values {
            match values {
                Values::Whole(number) => numbers.insert(number),
                Values::Cut(number) => {
                    cut = true;
                    numbers.insert(number)
                }
                Values::Unknown => return Self::Unknown,
            };
        }
        if cut { Self::AtLeast(numbers.len()) } else { Self::Exactly(numbers.len()) }
    }

    /// How many there were, where that is known.
    pub(super) fn exactly(self) -> Option<usize> {
        match self {
            Self::Exactly(number) => Some(number),
            Self::AtLeast(_) | Self::Unknown => None,
        }
    }

    /// How many there were at least; `None` where nothing is known.
    pub(super) fn at_least(self) -> Option<usize> {
        match self {
            Self::Exactly(number) | Self::AtLeast(number) => Some(number),
            Self::Unknown => None,
        }
    }
}

fn contains_cut(text: &[u8]) -> bool {
    text.windows(CUT.len()).any(|part| part == CUT.as_bytes())
}

/// Appends JSON in a form that is the same for the same values. What has no escapes, spaces or decimal points is in that form
/// as it was recorded.
fn write(json: &str, out: &mut Vec<u8>) -> Option<()> {
    if json.bytes().any(|byte| matches!(byte, b'\\' | b' ' | b'.')) {
        return serde_json::to_writer(out as &mut dyn io::Write, &python_json::value(json).ok()?).ok();
    }
    out.extend_from_slice(json.as_bytes());
    Some(())
}

fn is_redacted(params: &str) -> bool {
    if !params.contains(DbOptions::REDACTED) {
        return false;
    }
    let redacted = |value: &Value| value.as_str() == Some(DbOptions::REDACTED);
    match python_json::value(params) {
        Ok(Value::Array(values)) => values.iter().any(redacted),
        Ok(Value::Object(values)) => values.values().any(redacted),
        _ => false,
    }
}
