//! Statements that took long, and those that took much of the request.

use super::evidence::Evidence;
use super::{Finding, Level, Rule, words};
use crate::report::duration::Shown;

/// One statement that takes such a part of the request dominates it.
const DOMINANT_PART: u64 = 4;
/// In a request that takes less, in microseconds, nothing does.
const LEAST_REQUEST_US: u64 = 1_000;

pub(super) fn find(evidence: &Evidence<'_>) -> Vec<Finding> {
    let analysis = evidence.analysis;
    let duration_us = |place: &usize| evidence.point(*place).statement_us().unwrap_or(0);
    let in_request = |place: &usize| words::is_in_request(analysis, std::slice::from_ref(place));
    let request_us = analysis.window.1 - analysis.window.0;
    // A trace of one statement is that statement.
    let dominates = |us: u64| us < request_us && us.saturating_mul(DOMINANT_PART) >= request_us;
    let mut findings = Vec::new();
    for (group, points) in evidence.groups() {
        let is_slow = |place: &&usize| duration_us(place) >= analysis.options.slow_us;
        let slow: Vec<usize> = points.iter().filter(is_slow).copied().collect();
        if !slow.is_empty() {
            findings.push(finding(evidence, group, slow));
            continue;
        }
        let is_dominant = |place: &&usize| dominates(duration_us(place)) && in_request(place);
        let dominant: Vec<usize> = points.iter().filter(is_dominant).copied().collect();
        let Some(longest) = dominant.iter().copied().max_by_key(duration_us) else { continue };
        if request_us < LEAST_REQUEST_US {
            continue;
        }
        let part = duration_us(&longest).saturating_mul(100) / request_us;
        let (statement, place) = (words::statement(analysis, group), words::place(analysis, longest));
        let title = format!("Dominant: {}, {part} % of the request", words::label(analysis, group));
        let took = words::share(analysis, duration_us(&longest));
        let text = format!("{statement} took {took}, which is {part} % of the request{place}.");
        findings.push(evidence.finding(Rule::Dominant, Level::Info, Some(group), dominant).said(&title, &text));
    }
    findings
}

fn finding(evidence: &Evidence<'_>, group: usize, slow: Vec<usize>) -> Finding {
    let analysis = evidence.analysis;
    let duration_us = |place: &usize| evidence.point(*place).statement_us().unwrap_or(0);
    let (runs, of) = (slow.len(), analysis.groups[group].points.len());
    let longest = slow.iter().copied().max_by_key(duration_us).unwrap_or(slow[0]);
    let longest_us = duration_us(&longest);
    let is_very_slow = longest_us >= analysis.options.very_slow_us;
    let (level, name) = if is_very_slow { (Level::High, "Very slow") } else { (Level::Warn, "Slow") };
    let finding = evidence.finding(Rule::Slow, level, Some(group), slow);
    let (statement, label) = (words::statement(analysis, group), words::label(analysis, group));
    let (place, limit) = (words::place(analysis, longest), Shown(analysis.options.slow_us));
    let took = Shown(longest_us);
    if of == 1 {
        let share = words::share_of(analysis, longest_us, &[longest]);
        let own = if is_very_slow { Shown(analysis.options.very_slow_us) } else { limit };
        let text = format!("{statement} took {share}{place}; {own} and more is {}.", name.to_lowercase());
        return finding.said(&format!("{name}: {label}, {took}"), &text);
    }
    let cost = words::share_of(analysis, finding.cost_us, &finding.points);
    let very = if is_very_slow {
        let very = slow_runs(evidence, &finding.points, analysis.options.very_slow_us);
        format!(", and {} or longer in {very}", Shown(analysis.options.very_slow_us))
    } else {
        String::new()
    };
    let text = format!(
        "{statement} took {limit} or longer in {runs} of {of} runs{very}, at most {took}{place}; together {cost}."
    );
    finding.said(&format!("{name}: {runs} × {label}, up to {took}"), &text)
}

fn slow_runs(evidence: &Evidence<'_>, points: &[usize], least_us: u64) -> usize {
    points.iter().filter(|place| evidence.point(**place).statement_us().is_some_and(|us| us >= least_us)).count()
}
