//! What stands out in a trace, with its evidence.
//!
//! Here: which rules there are, in which order findings come, and how many. Below: a file for each rule or two, which all ask
//! `evidence`; `tree` says where points lie, `values` with what statements ran, and `words` keeps texts short and harmless.
//!
//! The rules are pure functions of an [`Analysis`]. A point is reported once for what it is: what is in an N+1 is no
//! duplicate, and what is slow is not said to be dominant as well.

mod batches;
mod bound;
mod duplicates;
mod errors;
mod evidence;
mod finding;
mod idle;
mod loops;
mod pool;
mod rows;
mod slow;
mod tree;
mod unseen;
pub(super) mod values;
mod words;

use self::evidence::Evidence;
pub use self::finding::{Confidence, Finding, Level, Rule};
use super::Trace;
use super::analysis::{Analysis, AnalysisOptions};
use super::sql::Kind;

/// One statement that ran again and again, each time with other values: what a join, or a list of values, asks for at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NPlusOne<'a> {
    /// The text of the first execution.
    pub statement: &'a str,
    /// The text with `?` in place of values: what all executions have in common.
    pub fingerprint: String,
    /// The database system, where it was recorded.
    pub system: Option<&'a str>,
    /// The places of the executions in the trace, in the order of their start.
    pub points: Vec<usize>,
    /// How many different sets of values it ran with; `None` where not all of them were recorded whole.
    pub distinct_values: Option<usize>,
    /// The place of the statement before, where it returned as many rows as there are executions, one more or less, or
    /// as there are different values.
    pub source: Option<usize>,
    /// The sum of the durations in microseconds.
    pub total_us: u64,
}

/// The reads that ran once for each of many things.
///
/// At least five executions of one statement, of one service and on one database, below points of the same names and
/// from the same place where that was recorded, with at least two different sets of values. Statements are one where they
/// have the same fingerprint: what differs in a literal or in the length of a list is one, and the literals are values. Where
/// values were not recorded, the statement before must have returned as many rows as there are executions, or one more or
/// less; or there must be fifteen of them. A statement that has no values is none, however often it ran. Nor are batches and
/// pages: runs that list ten values or more each (`IN`, arrays, JSON), and runs that differ in nothing but the ends of a range
/// (`id > $1 ... LIMIT 500`). Nor is what reads no table, moves a cursor, or calls a function that is known to have effects.
///
/// [`Analysis::findings`](crate::report::analysis::Analysis::findings) has the same with words, and more.
///
/// ```
/// use osprofiler::report::{Trace, findings};
///
/// assert!(findings::n_plus_one(&Trace::default()).is_empty());
/// ```
#[must_use]
pub fn n_plus_one(trace: &Trace) -> Vec<NPlusOne<'_>> {
    let analysis = Analysis::without_findings(trace, AnalysisOptions::default());
    let found = loops::find(&Evidence::of(&analysis), Kind::Read);
    found
        .into_iter()
        .map(|found| {
            let group = &analysis.groups[found.group];
            NPlusOne {
                statement: trace.points()[found.points[0]].statement().unwrap_or_default(),
                fingerprint: analysis.texts[group.text].analyzed.fingerprint.clone(),
                system: analysis.connections[group.connection].system,
                total_us: found.points.iter().filter_map(|place| trace.points()[*place].statement_us()).sum(),
                points: found.points,
                distinct_values: found.distinct.exactly(),
                source: found.source,
            }
        })
        .collect()
}

/// What stands out: what matters most first, and of that what costs most.
pub(super) fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    let evidence = Evidence::of(analysis);
    let mut loops = loops::find(&evidence, Kind::Read);
    loops.extend(loops::find(&evidence, Kind::Write));
    let members = loops::members(&loops);
    let mut found: Vec<Finding> = loops.into_iter().map(|found| loops::finding(&evidence, found)).collect();
    found.extend(duplicates::find(&evidence, &members));
    for rule in [slow::find, errors::find, pool::find, idle::find, rows::find, unseen::find] {
        found.extend(rule(&evidence));
    }
    bound::bound(found)
}

#[cfg(test)]
mod tests;
