//! Calls for which a pool had no connection in time.

use super::evidence::Evidence;
use super::{Finding, Level, Rule, words};
use crate::report::Point;
use crate::report::duration::Shown;
use crate::report::label::{self, count, shortened};

/// All of a trace make one finding: they have one cause.
pub(super) fn find(evidence: &Evidence<'_>) -> Vec<Finding> {
    let points = evidence.analysis.trace.points();
    let mut places: Vec<usize> = (0..points.len()).filter(|place| points[*place].is_pool_timeout()).collect();
    places.sort_by_key(|place| (evidence.point(*place).appeared_us(), *place));
    places.first().copied().map(|first| finding(evidence, first, places)).into_iter().collect()
}

fn finding(evidence: &Evidence<'_>, first: usize, places: Vec<usize>) -> Finding {
    let (analysis, calls) = (evidence.analysis, places.len() as u64);
    let waited_us = |place: &usize| evidence.point(*place).waited_in_vain_us().unwrap_or(0);
    let longest_us = places.iter().map(waited_us).max().unwrap_or(0);
    let sent = unsent(evidence.point(first));
    let place = words::place(analysis, first);
    let pool = pool_of(evidence.point(first));
    let mut finding = evidence.finding(Rule::PoolTimeout, Level::High, None, places);
    finding.cost_us = finding.points.iter().map(waited_us).fold(0, u64::saturating_add);
    let waited = Shown(longest_us);
    if calls == 1 {
        let what = sent.map_or_else(String::new, |statement| format!("`{statement}` was never sent{place}: "));
        let whom = if what.is_empty() { format!("a call for one{place}") } else { "it".to_owned() };
        let the = if what.is_empty() { "The" } else { "the" };
        let text = format!("{what}{the} pool had no connection for {whom} in {waited}{pool}.");
        return finding.said(&format!("Pool timeout: waiting for a connection {waited}"), &text);
    }
    let text = format!(
        "The pool had no connection for {calls} calls, which waited up to {waited}, {} in all{pool}; the first was {}{place}.",
        Shown(finding.cost_us),
        sent.map_or_else(
            || "for a connection alone".to_owned(),
            |statement| format!("for `{statement}`, which was never sent")
        ),
    );
    finding.said(&format!("Pool timeout: {calls} × waiting for a connection, up to {waited}"), &text)
}

/// The statement that the call was for.
fn unsent(point: &Point) -> Option<String> {
    /// How many characters of it are told.
    const ROOM: usize = 160;
    let detail = label::detail(point).filter(|_| point.is_unsent())?;
    Some(shortened(&detail, Some(ROOM)))
}

/// What was recorded of the pool.
fn pool_of(point: &Point) -> String {
    match point.pool_connections() {
        Some((connections, most)) => {
            format!(", with {connections} of at most {} open", count(most, "connection", "connections"))
        }
        None => String::new(),
    }
}
