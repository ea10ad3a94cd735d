//! [`Work`]: whether runs of one statement do one thing each, or are the batches and pages that the advice asks for.
//!
//! What differs between the runs decides. A run that lists many values is a batch. Where nothing differs but the ends of a range
//! (`id > $1 ... LIMIT 500`, `LIMIT $1 OFFSET $2`, `BETWEEN $1 AND $2`), the runs are pages, and no list of values replaces them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

use super::evidence::Evidence;
use crate::db::{CUT, DbOptions};
use crate::report::Point;
use crate::report::sql::operand::{Operand, Role, operands};
use crate::report::sql::placeholder::{Which, placeholders};

/// Runs that list so many values or rows on the average are batches.
const BATCH: usize = 10;
/// So many runs are looked at, all over the loop.
const SAMPLE: usize = 100;

/// What the runs of a statement are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// One thing each, as far as is known.
    OneByOne,
    /// Many things each.
    Batches,
    /// The next stretch each.
    Pages,
}

/// A value, or a list of values, of one run.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Used {
    role: Role,
    /// How many elements it has; `None` where it is a list of which nothing was recorded.
    length: Option<usize>,
    /// Differs where the values do; `None` where they are not known.
    number: Option<u64>,
}

/// What of a text is the same in all its runs.
struct Layout<'a> {
    sql: &'a str,
    operands: Vec<Operand>,
    places: HashMap<usize, Which<'a>>,
}

/// What the runs at these places are.
pub(super) fn of(evidence: &Evidence<'_>, points: &[usize]) -> Work {
    let analysis = evidence.analysis;
    let mut layouts: HashMap<usize, Layout<'_>> = HashMap::new();
    let mut runs: Vec<Vec<Used>> = Vec::new();
    for place in points.iter().step_by(points.len().div_ceil(SAMPLE).max(1)) {
        let Some(statement) = evidence.statement(*place) else { continue };
        let text = &analysis.texts[statement.text];
        let layout = layouts.entry(statement.text).or_insert_with(|| Layout {
            sql: text.sql,
            operands: operands(text.sql, text.dialect),
            places: placeholders(text.sql, text.dialect).into_iter().map(|place| (place.start, place.which)).collect(),
        });
        runs.push(layout.used(evidence.point(*place)));
    }
    judge(&runs)
}

fn judge(runs: &[Vec<Used>]) -> Work {
    let Some(first) = runs.first() else { return Work::OneByOne };
    // One fingerprint, one structure; where it is not so, nothing is known.
    if first.is_empty() || runs.iter().any(|run| run.len() != first.len()) {
        return Work::OneByOne;
    }
    let may_vary = |at: &usize| {
        let number = first[*at].number;
        number.is_none() || runs.iter().any(|run| run[*at].number != number)
    };
    let varying: Vec<usize> = (0..first.len()).filter(may_vary).collect();
    let is_batch = |at: &usize| {
        let elements: Option<usize> = runs.iter().map(|run| run[*at].length).sum();
        elements.is_none_or(|elements| elements >= BATCH.saturating_mul(runs.len()))
    };
    if varying.iter().any(is_batch) {
        return Work::Batches;
    }
    let is_range = |at: &usize| first[*at].role == Role::Range;
    // `a > $1 OR a = $2 AND b > $3`, where the first two are the same.
    let follows_range = |at: &usize| {
        let same_as =
            |range: &usize| runs.iter().all(|run| run[*at].number.is_some() && run[*at].number == run[*range].number);
        varying.iter().filter(|other| is_range(other)).any(same_as)
    };
    let pages = !varying.is_empty() && varying.iter().all(|at| is_range(at) || follows_range(at));
    if pages { Work::Pages } else { Work::OneByOne }
}

impl Layout<'_> {
    fn used(&self, point: &Point) -> Vec<Used> {
        self.operands.iter().map(|operand| self.use_of(operand, point)).collect()
    }

    fn use_of(&self, operand: &Operand, point: &Point) -> Used {
        let mut hasher = DefaultHasher::new();
        let mut is_known = true;
        // A single place of a list stands for as many elements as its value has.
        let is_whole_list = operand.role == Role::List && operand.length == 1 && operand.values.len() == 1;
        let mut length = Some(operand.length);
        for (from, to) in &operand.values {
            let Some(which) = self.places.get(from) else {
                self.sql[*from..*to].hash(&mut hasher);
                if is_whole_list {
                    length = Some(elements_of_text(self.sql[*from..*to].trim_matches('\''), operand));
                }
                continue;
            };
            let value = bound(point, *which).filter(|value| value.as_str() != Some(DbOptions::REDACTED));
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
        Used { role: operand.role, length, number: is_known.then(|| hasher.finish()) }
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
    if text.ends_with(" B)") && text.contains(CUT) { elements.max(BATCH) } else { elements }
}

/// The value that is bound to a place.
fn bound<'a>(point: &'a Point, which: Which<'_>) -> Option<&'a Value> {
    match (point.params()?, which) {
        (Value::Array(values), Which::Position(at)) => values.get(at),
        (Value::Object(values), Which::Name(name)) => values.get(name),
        (Value::Object(values), Which::Position(at)) => values.get(&(at + 1).to_string()),
        _ => None,
    }
}
