//! Duplicates, and statements that ran again where that may be meant.
//!
//! Each group has at most one finding of a kind, whatever the number of values that were asked for again.

use std::collections::{HashMap, HashSet};

use super::evidence::Evidence;
use super::{Finding, Level, Rule, words};
use crate::report::duration::Shown;
use crate::report::label::count;
use crate::report::sql::Kind;

/// Executions of one group that had been before, with the same text and values.
#[derive(Default)]
struct Again {
    /// All of them, with those that were first.
    points: Vec<usize>,
    /// Those that were not first.
    redundant: Vec<usize>,
    /// How many different texts and values there were.
    values: usize,
}

/// What is in `loops` was reported already.
pub(super) fn find(evidence: &Evidence<'_>, loops: &HashSet<usize>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (group, points) in evidence.groups() {
        let kind = evidence.kind(group);
        if points.len() < 2 || !matches!(kind, Kind::Read | Kind::Write) {
            continue;
        }
        let sets = sets(evidence, points, loops);
        let (mut duplicates, mut repeats) = (Again::default(), Again::default());
        for set in &sets {
            if kind == Kind::Write {
                repeats.add(set);
                continue;
            }
            let epoch = |place: &usize| evidence.statement(*place).map(|statement| statement.epoch);
            let epochs: Vec<&[usize]> = set.chunk_by(|a, b| epoch(a) == epoch(b)).collect();
            epochs.iter().for_each(|epoch| duplicates.add(epoch));
            let firsts: Vec<usize> = epochs.iter().map(|epoch| epoch[0]).collect();
            repeats.add(&firsts);
        }
        findings.extend(finding(evidence, Rule::Duplicate, group, duplicates));
        findings.extend(finding(evidence, Rule::Repeat, group, repeats));
    }
    findings
}

/// Executions with the same text and values, as far as they are known, in the order of their start. What did not end well
/// may have been tried again.
fn sets(evidence: &Evidence<'_>, points: &[usize], loops: &HashSet<usize>) -> Vec<Vec<usize>> {
    let mut places: HashMap<u64, usize> = HashMap::new();
    let mut sets: Vec<Vec<usize>> = Vec::new();
    for place in points.iter().filter(|place| !loops.contains(place)) {
        let point = evidence.point(*place);
        let ended_well = point.error().is_none() && !point.is_cancelled() && !point.is_unfinished();
        let Some(values) = evidence.values(*place).filter(|_| ended_well) else { continue };
        let set = *places.entry(values).or_insert_with(|| {
            sets.push(Vec::new());
            sets.len() - 1
        });
        sets[set].push(*place);
    }
    sets
}

impl Again {
    fn add(&mut self, alike: &[usize]) {
        if alike.len() > 1 {
            self.points.extend(alike);
            self.redundant.extend(&alike[1..]);
            self.values += 1;
        }
    }
}

fn finding(evidence: &Evidence<'_>, rule: Rule, group: usize, mut again: Again) -> Option<Finding> {
    if again.points.is_empty() {
        return None;
    }
    let analysis = evidence.analysis;
    for places in [&mut again.points, &mut again.redundant] {
        places.sort_by_key(|place| (evidence.point(*place).appeared_us(), *place));
    }
    let Again { points, redundant, values } = again;
    let (runs, more, first) = (points.len(), redundant.len() as u64, points[0]);
    let level = if rule == Rule::Duplicate { Level::Warn } else { Level::Info };
    // What is not needed is what it costs.
    let mut finding = evidence.finding(rule, level, Some(group), redundant);
    let cost_us = finding.cost_us;
    finding.redundant = std::mem::replace(&mut finding.points, points);
    finding.distinct_values = Some(values);

    let (statement, label) = (words::statement(analysis, group), words::label(analysis, group));
    let place = words::place(analysis, first);
    let same = match values {
        1 => "the same values".to_owned(),
        values => format!("{values} sets of values, each more than once"),
    };
    if rule == Rule::Duplicate {
        finding.wasted_us = finding.redundant.iter().filter_map(|place| evidence.point(*place).statement_us()).sum();
        let wasted = Shown(finding.wasted_us);
        let title = format!("Duplicate: {runs} × {label}, {more} redundant, {wasted}");
        let not_needed = count(more, "run was not needed and", "runs were not needed and");
        let text = format!(
            "{statement} ran {runs} times with {same}, and nothing was written in between{place}; {not_needed} took {wasted}."
        );
        return Some(finding.said(&title, &text));
    }
    let when = if evidence.kind(group) == Kind::Write { "" } else { " after something else was written" };
    let title = format!("Repeat: {runs} × {label}, {}", Shown(cost_us));
    let text = format!("{statement} ran {runs} times with {same}{when}{place}, which may be intended.");
    Some(finding.said(&title, &text))
}
