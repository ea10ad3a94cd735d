//! What stands out in a trace, as data: nothing here is shown to anybody.
//!
//! So far one rule, [`n_plus_one`]. Below: which statements read (`reads`), and where points lie (`paths`).

mod finding;
mod paths;
mod reads;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

pub use self::finding::{Confidence, Finding, Level, Rule};
use self::paths::Paths;
use super::analysis::Analysis;
use super::{Caller, Point, Trace};
use crate::db::DbOptions;

/// So many reads make a group.
const LEAST: usize = 5;
/// So many make one where neither their values are known nor what they may have been made of.
const LEAST_UNSEEN: usize = 15;

/// One statement that ran again and again, each time with other values: what a join, or a list of values, asks for at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NPlusOne<'a> {
    /// The statement.
    pub statement: &'a str,
    /// The database system, where it was recorded.
    pub system: Option<&'a str>,
    /// The places of the executions in the trace, in preorder.
    pub points: Vec<usize>,
    /// How many different sets of values it ran with; `None` where they were not recorded.
    pub distinct_values: Option<usize>,
    /// The place of the statement before, where it returned as many rows as there are executions, or one more or less.
    pub source: Option<usize>,
    /// The sum of the durations in microseconds.
    pub total_us: u64,
}

/// What stands out, what matters most first.
pub(super) fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    let _ = analysis;
    Vec::new()
}

/// What executions must have in common.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    service: Option<&'a Arc<str>>,
    system: Option<&'a str>,
    database: Option<&'a str>,
    statement: &'a str,
    path: usize,
    caller: Option<Caller<'a>>,
}

/// The reads that ran once for each of many things.
///
/// At least five executions of one statement, of one service and on one database, below points of the same names and
/// from the same place where that was recorded, with at least two different sets of values. Where values were not recorded, the statement before must have returned as many
/// rows as there are executions, or one more or less; or there must be fifteen of them. A statement that has no values is
/// none, however often it ran.
///
/// Texts are compared exactly so far: statements that differ in a literal, or in the length of a list, are different ones.
///
/// ```
/// use osprofiler::report::{Trace, findings};
///
/// assert!(findings::n_plus_one(&Trace::default()).is_empty());
/// ```
#[must_use]
pub fn n_plus_one(trace: &Trace) -> Vec<NPlusOne<'_>> {
    let paths = Paths::of(trace.points());
    let mut places: HashMap<Key<'_>, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, point) in trace.points().iter().enumerate() {
        let Some(statement) = point.statement().filter(|sql| point.runs_statement() && reads::is_read(sql)) else {
            continue;
        };
        let (service, system, path) = (point.service.as_ref(), point.system(), paths.of_point(place));
        let key = Key { service, system, database: point.database(), statement, path, caller: point.caller() };
        let group = *places.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(place);
    }
    groups.into_iter().filter_map(|points| judge(trace, points)).collect()
}

fn judge(trace: &Trace, places: Vec<usize>) -> Option<NPlusOne<'_>> {
    let first = &trace.points()[*places.first()?];
    let statement = first.statement()?;
    if places.len() < LEAST {
        return None;
    }
    let values: Option<HashSet<String>> =
        places.iter().map(|place| values(&trace.points()[*place]).map(Value::to_string)).collect();
    let distinct_values = match values {
        Some(values) => Some(values.len()),
        // It has none, or they are not known.
        None if reads::may_have_values(statement) => None,
        None => Some(1),
    };
    let source = source(trace, &places);
    let stands_out = match distinct_values {
        Some(distinct) => distinct >= 2,
        None => source.is_some() || places.len() >= LEAST_UNSEEN,
    };
    let total_us = places.iter().filter_map(|place| trace.points()[*place].duration_us()).sum();
    let system = first.system();
    stands_out.then_some(NPlusOne { statement, system, points: places, distinct_values, source, total_us })
}

/// The values, where they were recorded as they are.
fn values(point: &Point) -> Option<&Value> {
    let redacted = |value: &Value| value.as_str() == Some(DbOptions::REDACTED);
    point.params().filter(|params| match params {
        Value::Array(values) => !values.iter().any(redacted),
        Value::Object(values) => !values.values().any(redacted),
        _ => true,
    })
}

/// The last statement before the first of these, within the same point as they, if they may have been made of its rows.
fn source(trace: &Trace, places: &[usize]) -> Option<usize> {
    let points = trace.points();
    let within = places.iter().copied().map(Some).reduce(|a, b| paths::common(points, a, b)).flatten();
    let first_us = places.iter().map(|place| points[*place].appeared_us()).min()?;
    let (place, before) = points
        .iter()
        .enumerate()
        .filter(|(place, point)| point.runs_statement() && point.appeared_us() <= first_us && !places.contains(place))
        .filter(|(place, _)| paths::lies_within(points, *place, within))
        .max_by_key(|(_, point)| point.appeared_us())?;
    let rows = usize::try_from(before.rows()?).ok()?;
    rows.abs_diff(places.len()).le(&1).then_some(place)
}

#[cfg(test)]
mod tests;
