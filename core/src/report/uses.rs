//! [`Use`]: with what a statement ran, as far as it matters for what many runs of it are: which values there were, and how
//! many elements their lists had.
//!
//! Here: values that are bound or stand in the text. Not here: what they are there for (`sql::operand`), and what follows from
//! many runs (`findings::batches`).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

use super::Point;
use super::sql::Dialect;
use super::sql::fingerprint::without_mark;
use super::sql::operand::{Operand, Role, UNKNOWN_LENGTH, operands};
use super::sql::placeholder::{Which, placeholders};
use crate::db::DbOptions;
use crate::python_json;

/// A list of which only the beginning is there is at least so long.
const LONG: usize = 10;

/// A value, or a list of values, of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) role: Role,
    /// How many elements it has; `None` where it is a list of which nothing was recorded.
    pub(super) length: Option<usize>,
    /// Differs where the values do; `None` where they are not known.
    pub(super) number: Option<u64>,
}

/// What of a text is the same in all its runs.
pub(super) struct Layout<'a> {
    sql: &'a str,
    operands: Vec<Operand>,
    places: HashMap<usize, Which<'a>>,
}

impl<'a> Layout<'a> {
    pub(super) fn of(sql: &'a str, dialect: Dialect) -> Self {
        let places = placeholders(sql, dialect).into_iter().map(|place| (place.start, place.which));
        Self { sql, operands: operands(sql, dialect), places: places.collect() }
    }

    /// With what a run of the text ran.
    pub(super) fn uses(&self, point: &Point) -> Vec<Use> {
        // The values alone are read, and not all that the point says.
        let params = point.params_json().0.and_then(|params| python_json::value(params).ok());
        self.operands.iter().map(|operand| self.use_of(operand, point, params.as_ref())).collect()
    }

    fn use_of(&self, operand: &Operand, point: &Point, params: Option<&Value>) -> Use {
        let mut hasher = DefaultHasher::new();
        let mut is_known = true;
        // A single place of a list stands for as many elements as its value has.
        let is_whole_list = operand.role == Role::List && operand.length == 1 && operand.values.len() == 1;
        let mut length = Some(operand.length).filter(|length| *length != UNKNOWN_LENGTH);
        for (from, to) in &operand.values {
            let Some(which) = self.places.get(from) else {
                // A statement that was recorded without its values has question marks for them.
                is_known &= !self.sql[*from..*to].starts_with('?');
                self.sql[*from..*to].hash(&mut hasher);
                if is_whole_list {
                    length = Some(elements_of_text(self.sql[*from..*to].trim_matches('\''), operand));
                }
                continue;
            };
            let value = params
                .and_then(|params| bound(params, *which))
                .filter(|value| value.as_str() != Some(DbOptions::REDACTED));
            match value {
                Some(Value::Array(values)) => length = length.map(|length| length.max(values.len())),
                Some(Value::String(text)) if is_whole_list => length = Some(elements_of_text(text, operand)),
                Some(_) => {}
                None if is_whole_list && self.is_array(operand, point, *which) => length = None,
                None => {}
            }
            match value {
                Some(value) => value.to_string().hash(&mut hasher),
                None => is_known = false,
            }
        }
        Use { role: operand.role, length, number: is_known.then(|| hasher.finish()) }
    }

    /// Whether a value that was not recorded is a list. Only in `VALUES ($1)` and `IN ($1)` it is not.
    fn is_array(&self, operand: &Operand, point: &Point, which: Which<'_>) -> bool {
        let type_name = match which {
            Which::Position(at) => point.param_types().and_then(|types| types.get(at)),
            Which::Name(name) => point.param_types().and_then(|types| types.get(name)),
        };
        if let Some(type_name) = type_name.and_then(Value::as_str) {
            return type_name.ends_with("[]") || type_name.to_ascii_lowercase().contains("json");
        }
        let (from, _) = operand.values[0];
        let before = self.sql[..from].trim_end_matches(|character: char| character == '(' || character.is_whitespace());
        let word = before.rsplit(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or_default();
        !word.eq_ignore_ascii_case("IN") && !word.eq_ignore_ascii_case("VALUES")
    }
}

/// How many elements a text has that stands for a list: `[1, 2]`, `{1,2}`. What was cut is longer than any.
fn elements_of_text(text: &str, operand: &Operand) -> usize {
    let is_list = operand.parted_by_commas || text.starts_with(['[', '{']);
    if !is_list || text.len() <= 2 {
        return 1;
    }
    let elements = text.bytes().filter(|byte| *byte == b',').count() + 1;
    if without_mark(text).is_some() { elements.max(LONG) } else { elements }
}

/// The value that is bound to a place.
fn bound<'a>(params: &'a Value, which: Which<'_>) -> Option<&'a Value> {
    match (params, which) {
        (Value::Array(values), Which::Position(at)) => values.get(at),
        (Value::Object(values), Which::Name(name)) => values.get(name),
        (Value::Object(values), Which::Position(at)) => values.get(&(at + 1).to_string()),
        _ => None,
    }
}
