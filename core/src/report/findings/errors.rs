//! Statements that failed, and those that were given up.
//!
//! What begins or ends a transaction counts too, and so does waiting for a connection, unless the pool had none in time
//! (`pool`).

use std::collections::HashMap;

use super::evidence::Evidence;
use super::{Finding, Level, Rule, words};
use crate::report::Point;
use crate::report::label::{self, count, shortened};
use crate::report::visible::one_line;

/// What failures must have in common to be told together.
#[derive(PartialEq, Eq, Hash)]
struct Alike<'a> {
    group: Option<usize>,
    statement: Option<&'a str>,
    /// The error's type and code; `None` where it was given up.
    error: Option<(&'a str, Option<&'a str>)>,
}

pub(super) fn find(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut places: HashMap<Alike<'_>, usize> = HashMap::new();
    let mut found: Vec<(Alike<'_>, Vec<usize>)> = Vec::new();
    let points = evidence.analysis.trace.points();
    for (place, point) in points.iter().enumerate().filter(|(_, point)| point.is_database()) {
        let error = point.error().map(|(etype, _)| (etype, point.db_code()));
        if (error.is_none() && !point.is_cancelled()) || point.is_pool_timeout() {
            continue;
        }
        let group = evidence.statement(place).and_then(|statement| statement.group);
        let alike = || Alike { group, statement: point.statement().filter(|_| group.is_none()), error };
        let number = *places.entry(alike()).or_insert_with(|| {
            found.push((alike(), Vec::new()));
            found.len() - 1
        });
        found[number].1.push(place);
    }
    found.into_iter().map(|(alike, points)| finding(evidence, &alike, points)).collect()
}

fn finding(evidence: &Evidence<'_>, alike: &Alike<'_>, mut points: Vec<usize>) -> Finding {
    points.sort_by_key(|place| (evidence.point(*place).appeared_us(), *place));
    let analysis = evidence.analysis;
    let (first, runs) = (points[0], points.len());
    let (label, statement, of) = match alike.group {
        Some(group) => {
            let of = analysis.groups[group].points.len();
            (words::label(analysis, group), words::statement(analysis, group), of)
        }
        None => {
            let what = what(evidence.point(first));
            (what.clone(), what, runs)
        }
    };
    let times = match (runs, of) {
        (1, 1) => String::new(),
        (runs, of) if runs == of => format!(" {}", count(runs as u64, "time", "times")),
        (runs, of) => format!(" in {runs} of {of} runs"),
    };
    let place = words::place(analysis, first);
    let several = if runs > 1 { format!("{runs} × ") } else { String::new() };
    let Some((etype, code)) = alike.error else {
        let text = if points.iter().all(|place| evidence.point(*place).is_unsent()) {
            format!("{statement} was given up{times}{place} while it waited for a connection, and never sent.")
        } else {
            format!("{statement} was given up before its end{times}{place}: the program stopped waiting for it.")
        };
        let title = format!("Cancelled: {several}{label}");
        return evidence.finding(Rule::Cancelled, Level::Warn, alike.group, points).said(&title, &text);
    };
    let title = format!("Error {}: {several}{label}", shortened(&one_line(code.unwrap_or(etype)), Some(40)));
    let text = format!("{statement} failed{times}{place}: {}.", words::error(analysis, first).trim_end_matches('.'));
    evidence.finding(Rule::Error, Level::High, alike.group, points).said(&title, &text)
}

/// What a database point does that is no execution of the program's.
fn what(point: &Point) -> String {
    if point.waits_for_connection() {
        return "Waiting for a connection".to_owned();
    }
    shortened(&label::detail(point).unwrap_or_else(|| one_line(&point.name)), Some(60))
}
