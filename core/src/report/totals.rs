//! What is counted over a trace: per name, per statement, and in all.

use std::collections::HashMap;

use super::analysis::{self, Group, Statements};
use super::{Point, Trace};

/// Count and duration of the points with one name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameStats {
    /// The name.
    pub name: String,
    /// How many points have it.
    pub count: u64,
    /// The sum of their durations in milliseconds, each as OSProfiler has it: both ends are cut to milliseconds, a
    /// missing end makes 0, and clocks that differ can make it negative.
    pub duration_ms: i64,
    /// The sum of their durations in microseconds; points without start or stop add nothing.
    pub duration_us: u64,
}

/// The executions of one statement: of alike texts on one database, as
/// [`Analysis::groups`](super::analysis::Analysis::groups) has them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatementGroup<'a> {
    /// The text of the first execution.
    pub statement: &'a str,
    /// The text with `?` in place of values: what all executions have in common.
    pub fingerprint: String,
    /// The database system, where it was recorded.
    pub system: Option<&'a str>,
    /// How often it ran.
    pub count: u64,
    /// The sum of the durations in microseconds.
    pub total_us: u64,
    /// The longest duration in microseconds.
    pub max_us: u64,
    /// How many rows came back in all; `None` where that was never recorded.
    pub rows: Option<u64>,
    /// How many rows were changed in all; `None` where that was never recorded.
    pub rows_affected: Option<u64>,
    /// How many executions failed.
    pub errors: u64,
    /// The places of the executions in the trace, in the order of their start.
    pub points: Vec<usize>,
}

/// What a whole trace comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// How many points there are.
    pub points: u64,
    /// How many statements ran, without those that begin or end a transaction.
    pub statements: u64,
    /// How many different statements ran: those that differ in nothing but values are one.
    pub distinct_statements: u64,
    /// How many of the statements did not start while the request ran, such as those of a task that goes on after the response.
    pub outside: u64,
    /// How many transactions began.
    pub transactions: u64,
    /// Microseconds of the request during which at least one database point was running. Waiting for a connection is not
    /// counted, nor the program's work between the rows of a stream.
    pub database_us: u64,
    /// Microseconds of the request during which the program waited for a connection, and no database point was running.
    pub pool_us: u64,
    /// How many points ended with an error.
    pub errors: u64,
    /// How many points were given up before their end.
    pub cancelled: u64,
    /// How many points have no stop.
    pub unfinished: u64,
    /// How many statements ran around the traced pool.
    pub bypassed: u64,
    /// How many messages were lost before they reached the store.
    pub lost_messages: u64,
    /// How many stored entries could not be read.
    pub skipped_lines: u64,
}

pub(super) fn stats(points: &[Point]) -> Vec<NameStats> {
    let mut stats: Vec<NameStats> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for point in points {
        let place = *places.entry(&point.name).or_insert_with(|| {
            stats.push(NameStats { name: point.name.clone(), count: 0, duration_ms: 0, duration_us: 0 });
            stats.len() - 1
        });
        let entry = &mut stats[place];
        entry.count += 1;
        entry.duration_us += point.duration_us().unwrap_or(0);
        if let (Some(started_us), Some(finished_us)) = (point.started_us, point.finished_us) {
            let ms = |us: u64| i64::try_from(us / 1000).unwrap_or(i64::MAX);
            entry.duration_ms += ms(finished_us) - ms(started_us);
        }
    }
    stats
}

pub(super) fn statements(trace: &Trace) -> Vec<StatementGroup<'_>> {
    let (statements, groups) = analysis::statements(trace);
    groups
        .into_iter()
        .map(|group| {
            let text = &statements.texts[group.text];
            StatementGroup {
                statement: text.sql,
                fingerprint: text.analyzed.fingerprint.clone(),
                system: statements.connections[group.connection].system,
                count: group.points.len() as u64,
                total_us: group.total_us,
                max_us: group.max_us,
                rows: group.rows,
                rows_affected: group.rows_affected,
                errors: group.errors,
                points: group.points,
            }
        })
        .collect()
}

pub(super) fn totals(trace: &Trace) -> Totals {
    let (statements, groups) = analysis::statements(trace);
    of(trace, &statements, &groups)
}

/// What a trace comes to whose statements are known.
pub(super) fn of(trace: &Trace, statements: &Statements<'_>, groups: &[Group]) -> Totals {
    let (database_us, pool_us) = analysis::database_and_pool_us(trace);
    let (from, to) = trace.request_interval();
    let is_outside = |place: &&usize| !(from..=to).contains(&trace.points[**place].appeared_us());
    let count = |test: fn(&Point) -> bool| trace.points.iter().filter(|point| test(point)).count() as u64;
    Totals {
        points: trace.points.len() as u64,
        statements: groups.iter().map(|group| group.points.len() as u64).sum(),
        distinct_statements: groups.len() as u64,
        outside: groups.iter().flat_map(|group| group.points.iter().filter(is_outside)).count() as u64,
        transactions: count(Point::begins_transaction) + analysis::transactions_by_text(statements),
        database_us,
        pool_us,
        errors: count(|point| point.error().is_some()),
        cancelled: count(Point::is_cancelled),
        unfinished: count(Point::is_unfinished),
        bypassed: count(|point| point.is_bypassed() && !point.is_internal()),
        lost_messages: trace.lost_messages,
        skipped_lines: trace.skipped_lines,
    }
}
