//! Transactions that were open while no statement ran.

use super::evidence::Evidence;
use super::{Finding, Level, Rule, words};
use crate::report::duration::Shown;

/// From so many microseconds on, the longest stretch without a statement stands out.
const LEAST_US: u64 = 100_000;

pub(super) fn find(evidence: &Evidence<'_>) -> Vec<Finding> {
    let analysis = evidence.analysis;
    let mut findings = Vec::new();
    for (number, transaction) in analysis.transactions.iter().enumerate() {
        let idle_us = transaction.longest_idle.map_or(0, |(from, to)| to - from);
        // A savepoint is idle when its transaction is.
        if transaction.parent.is_some() || idle_us < LEAST_US {
            continue;
        }
        let mut points: Vec<usize> = transaction.begin.into_iter().chain(transaction.end).collect();
        if points.is_empty() {
            points.clone_from(&transaction.points);
        }
        let place = points.first().map(|first| words::place(analysis, *first)).unwrap_or_default();
        let place = place.strip_prefix(", ").map(|place| format!(", {place},")).unwrap_or_default();
        let mut finding = evidence.finding(Rule::IdleInTransaction, Level::Warn, None, points);
        (finding.transaction, finding.cost_us) = (Some(number), idle_us);
        let open_us = transaction.finished_us - transaction.started_us;
        let statements = crate::report::label::count(transaction.points.len() as u64, "statement", "statements");
        let title = format!("Idle in transaction: {} without a statement", Shown(idle_us));
        let text = format!(
            "A transaction of {statements}{place} was open for {}, and for {} of it no statement ran; its locks and its \
             connection are held all that time.",
            Shown(open_us),
            Shown(idle_us)
        );
        findings.push(finding.said(&title, &text));
    }
    findings
}
