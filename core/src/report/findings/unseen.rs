//! What the trace does not show, or not whole: statements around the traced pool, and lost messages.

use super::evidence::Evidence;
use super::{Finding, Level, Rule};
use crate::report::label::{self, count};

pub(super) fn find(evidence: &Evidence<'_>) -> Vec<Finding> {
    let trace = evidence.analysis.trace;
    let mut findings = Vec::new();
    let is_bypassed = |place: &usize| trace.points()[*place].is_bypassed();
    let mut bypassed: Vec<usize> = (0..trace.points().len()).filter(is_bypassed).collect();
    if !bypassed.is_empty() {
        bypassed.sort_by_key(|place| (evidence.point(*place).appeared_us(), *place));
        let statements = count(bypassed.len() as u64, "statement", "statements");
        let text = format!("{statements} ran around the traced pool, so less is known: their values may be missing.");
        let finding = evidence.finding(Rule::Bypassed, Level::Info, None, bypassed);
        findings.push(finding.said(&format!("Bypassed: {statements} around the traced pool"), &text));
    }
    let losses = label::losses(trace);
    if !losses.is_empty() {
        let title = match (trace.lost_messages(), trace.skipped_lines()) {
            (0, entries) => format!("Incomplete: {} unreadable", count(entries, "entry", "entries")),
            (messages, _) => format!("Incomplete: {} lost", count(messages, "message", "messages")),
        };
        findings.push(
            evidence
                .finding(Rule::Lost, Level::Warn, None, Vec::new())
                .said(&title, &format!("{}.", losses.join("; "))),
        );
    }
    findings
}
