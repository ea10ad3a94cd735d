//! N+1 and write loops: one statement for each of many things.

use std::collections::HashSet;

use hashbrown::HashMap;

use super::batches::{self, Work};
use super::evidence::Evidence;
use super::values::Distinct;
use super::{Confidence, Finding, Level, Rule, words};
use crate::report::Caller;
use crate::report::duration::Shown;
use crate::report::sql::Kind;
use crate::report::sql::repeat::Repeat;

/// So many executions make a loop.
const LEAST: usize = 5;
/// So many make one where neither their values are known nor what they may have been made of.
const LEAST_UNSEEN: usize = 15;
/// From so many microseconds on, or such a part of the request, reads one by one are worth fixing.
const HIGH_US: u64 = 50_000;
const HIGH_PART: u64 = 10;

/// Executions of one statement, below the same names and from the same place, with different values.
pub(super) struct Loop {
    pub(super) group: usize,
    /// In the order of their start.
    pub(super) points: Vec<usize>,
    pub(super) distinct: Distinct,
    pub(super) source: Option<usize>,
}

/// All loops over statements of a kind.
pub(super) fn find(evidence: &Evidence<'_>, kind: Kind) -> Vec<Loop> {
    let mut loops = Vec::new();
    for (group, points) in evidence.groups() {
        if points.len() < LEAST || evidence.kind(group) != kind || !can_be_one(evidence, group) {
            continue;
        }
        let mut places: HashMap<(usize, Option<Caller<'_>>), usize> = HashMap::new();
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for point in points {
            let key = (evidence.tree.path(*point), evidence.point(*point).caller());
            let part = *places.entry(key).or_insert_with(|| {
                parts.push(Vec::new());
                parts.len() - 1
            });
            parts[part].push(*point);
        }
        loops.extend(parts.into_iter().filter_map(|points| judge(evidence, group, points)));
    }
    loops
}

/// Whether one statement could do what many executions of this one do: a join or a list for reads of tables, many rows for
/// writes. What a call does is not known.
fn can_be_one(evidence: &Evidence<'_>, group: usize) -> bool {
    let analyzed = evidence.analyzed(group);
    match analyzed.kind {
        Kind::Read => !matches!(analyzed.repeat, Repeat::Acts(_)) && !analyzed.tables.is_empty(),
        _ => matches!(analyzed.verb.as_str(), "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "MERGE" | "UPSERT"),
    }
}

fn judge(evidence: &Evidence<'_>, group: usize, points: Vec<usize>) -> Option<Loop> {
    if points.len() < LEAST {
        return None;
    }
    let distinct = evidence.distinct_values(&points);
    // What ran with the same values again and again is something else.
    if distinct == Distinct::Exactly(1) {
        return None;
    }
    let source = evidence.before(&points).filter(|place| {
        let rows = evidence.point(*place).rows().and_then(|rows| usize::try_from(rows).ok());
        rows.is_some_and(|rows| rows.abs_diff(points.len()) <= 1 || Some(rows) == distinct.exactly())
    });
    let differ = distinct.at_least().is_some_and(|distinct| distinct > 1);
    let stands_out = differ || source.is_some() || points.len() >= LEAST_UNSEEN;
    if !stands_out || batches::of(evidence, &points) != Work::OneByOne {
        return None;
    }
    Some(Loop { group, points, distinct, source })
}

/// The points of loops, which other rules leave out.
pub(super) fn members<'a>(loops: impl IntoIterator<Item = &'a Loop>) -> HashSet<usize> {
    loops.into_iter().flat_map(|found| found.points.iter().copied()).collect()
}

pub(super) fn finding(evidence: &Evidence<'_>, found: Loop) -> Finding {
    let analysis = evidence.analysis;
    let is_write = evidence.kind(found.group) == Kind::Write;
    let rule = if is_write { Rule::WriteLoop } else { Rule::NPlusOne };
    let Loop { group, points, distinct, source } = found;
    let (first, count) = (points[0], points.len());
    let mut finding = evidence.finding(rule, Level::Warn, Some(group), points);
    let request_us = analysis.window.1 - analysis.window.0;
    if !is_write && (finding.cost_us >= HIGH_US || finding.cost_us.saturating_mul(HIGH_PART) >= request_us) {
        finding.level = Level::High;
    }
    let rows = source.and_then(|source| evidence.point(source).rows()).unwrap_or(0);
    // As many different values as there were rows: each row had a run of its own.
    let is_proven = source.is_some() && rows == count as u64 && distinct == Distinct::Exactly(count);
    finding.confidence = if is_proven { Confidence::Certain } else { Confidence::Likely };
    (finding.source, finding.distinct_values) = (source, distinct.exactly());
    let why = match (source, distinct) {
        (Some(source), _) => {
            let (statement, number) = (words::compact(analysis, source), evidence.number(source));
            if is_proven {
                format!(", as often as {statement} (statement #{number}) returned rows")
            } else {
                format!(" after {statement} (statement #{number}) returned {rows} rows")
            }
        }
        (None, Distinct::Exactly(distinct)) => format!(" with {distinct} different sets of values"),
        (None, Distinct::AtLeast(distinct)) => {
            format!(" with at least {distinct} different sets of values, of which only the beginning was recorded")
        }
        (None, Distinct::Unknown) => " with values that were not recorded".to_owned(),
    };
    let at_once = if finding.at_once > 1 { format!("up to {} at once, ", finding.at_once) } else { String::new() };
    let (statement, place) = (words::statement(analysis, group), words::place(analysis, first));
    let cost = words::share_of(analysis, finding.cost_us, &finding.points);
    let (name, advice) = if is_write {
        ("Write loop", "one statement with many rows writes them at once")
    } else {
        ("N+1", "a join or a list of values reads them at once")
    };
    let title = format!("{name}: {count} × {}, {}", words::label(analysis, group), Shown(finding.cost_us));
    let text = format!("{statement} ran {count} times{why}{place}; {at_once}together {cost}; {advice}.");
    finding.said(&title, &text)
}
