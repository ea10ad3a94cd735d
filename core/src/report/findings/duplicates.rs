//! Duplicates, and statements that ran again where that may be meant.
//!
//! A duplicate is a read whose text says that it gives the same again, with the same values and as many rows, where the trace
//! shows nothing between the runs that may have changed them (`analysis::epochs`).
//!
//! Each group has at most one finding of a kind, whatever the number of values that were asked for again.

use std::collections::{HashMap, HashSet};

use super::evidence::Evidence;
use super::{Confidence, Finding, Level, Rule, words};
use crate::report::duration::Shown;
use crate::report::label::count;
use crate::report::sql::Kind;
use crate::report::sql::repeat::Repeat;

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

/// Why a statement may have run again on purpose.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Reason<'a> {
    /// It is a write.
    #[default]
    Write,
    /// Other rows came back.
    Rows,
    /// Something in between may have changed what it reads.
    Change,
    /// It calls a function whose result may differ.
    MayDiffer(&'a str),
    /// It calls something that is not known.
    Unknown(&'a str),
    /// It locks rows.
    Locks(&'a str),
}

/// What is in `loops` was reported already.
pub(super) fn find(evidence: &Evidence<'_>, loops: &HashSet<usize>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (group, points) in evidence.groups() {
        let kind = evidence.kind(group);
        if points.len() < 2 || !matches!(kind, Kind::Read | Kind::Write) {
            continue;
        }
        let reason = match &evidence.analyzed(group).repeat {
            Repeat::Same => None,
            // Each run was needed.
            Repeat::Acts(_) => continue,
            Repeat::NoRead => Some(Reason::Write),
            Repeat::Locks(lock) => Some(Reason::Locks(lock)),
            Repeat::MayDiffer(what) => Some(Reason::MayDiffer(what)),
            Repeat::Unknown(what) => Some(Reason::Unknown(what)),
        };
        let sets = sets(evidence, points, loops);
        let (mut duplicates, mut repeats) = (Again::default(), Again::default());
        let mut reasons = reason;
        for set in &sets {
            if reason.is_some() {
                repeats.add(set);
                continue;
            }
            let (alike, reason) = alike(evidence, set);
            alike.iter().for_each(|alike| duplicates.add(alike));
            let firsts: Vec<usize> = alike.iter().map(|alike| alike[0]).collect();
            repeats.add(&firsts);
            reasons = reasons.max(reason);
        }
        findings.extend(duplicate(evidence, group, duplicates));
        findings.extend(repeat(evidence, group, repeats, reasons.unwrap_or_default()));
    }
    findings
}

/// The runs of a set in stretches: within each, nothing may have changed and equally many rows came back. And why there are
/// several.
fn alike<'a>(evidence: &Evidence<'_>, set: &'a [usize]) -> (Vec<&'a [usize]>, Option<Reason<'static>>) {
    let (mut stretches, mut reason, mut from) = (Vec::new(), None, 0);
    for at in 1..set.len() {
        let why = if !nothing_between(evidence, set[from], set[at]) {
            Reason::Change
        } else if evidence.point(set[from]).rows() != evidence.point(set[at]).rows() {
            Reason::Rows
        } else {
            continue;
        };
        stretches.push(&set[from..at]);
        (from, reason) = (at, reason.max(Some(why)));
    }
    stretches.push(&set[from..]);
    (stretches, reason)
}

/// Whether the trace shows nothing from the start of the one to the end of the other that may have changed what they read, and
/// both see the same writes and settings.
fn nothing_between(evidence: &Evidence<'_>, first: usize, second: usize) -> bool {
    let epochs = evidence.statement(first).zip(evidence.statement(second));
    epochs.is_some_and(|(first, second)| first.epoch == second.epoch_end && first.view == second.view)
}

/// Executions with the same text and values, as far as they are known, in the order of their start. What did not end well
/// may have been tried again.
fn sets(evidence: &Evidence<'_>, points: &[usize], loops: &HashSet<usize>) -> Vec<Vec<usize>> {
    let mut places: HashMap<u64, usize> = HashMap::new();
    let mut sets: Vec<Vec<usize>> = Vec::new();
    for place in points.iter().filter(|place| !loops.contains(place)) {
        let point = evidence.point(*place);
        let ended_well = point.error().is_none() && !point.is_cancelled() && !point.is_unfinished();
        let Some(values) = evidence.values(*place).whole().filter(|_| ended_well) else { continue };
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

    /// The finding without its words; `None` where there was nothing again. What was not needed is what it costs.
    fn into_finding(mut self, evidence: &Evidence<'_>, rule: Rule, level: Level, group: usize) -> Option<Finding> {
        if self.points.is_empty() {
            return None;
        }
        for places in [&mut self.points, &mut self.redundant] {
            places.sort_by_key(|place| (evidence.point(*place).appeared_us(), *place));
        }
        let mut finding = evidence.finding(rule, level, Some(group), self.redundant);
        finding.redundant = std::mem::replace(&mut finding.points, self.points);
        finding.distinct_values = Some(self.values);
        finding.confidence = Confidence::Likely;
        Some(finding)
    }
}

fn duplicate(evidence: &Evidence<'_>, group: usize, again: Again) -> Option<Finding> {
    let values = again.values;
    let mut finding = again.into_finding(evidence, Rule::Duplicate, Level::Warn, group)?;
    let (runs, more) = (finding.points.len(), finding.redundant.len() as u64);
    finding.wasted_us = finding.redundant.iter().filter_map(|place| evidence.point(*place).statement_us()).sum();
    let (wasted, label) = (Shown(finding.wasted_us), words::label(evidence.analysis, group));
    let title = format!("Duplicate: {runs} × {label}, {more} redundant, {wasted}");
    let (statement, place) = said(evidence, group, &finding);
    let text = format!(
        "{statement} ran {runs} times with {}{place}, and the trace shows no change in between; {} took {wasted}.",
        same(values),
        count(more, "run that was most likely not needed", "runs that were most likely not needed"),
    );
    Some(finding.said(&title, &text))
}

fn repeat(evidence: &Evidence<'_>, group: usize, again: Again, reason: Reason<'_>) -> Option<Finding> {
    let values = again.values;
    let finding = again.into_finding(evidence, Rule::Repeat, Level::Info, group)?;
    let runs = finding.points.len();
    let (label, cost) = (words::label(evidence.analysis, group), Shown(finding.cost_us));
    let (statement, place) = said(evidence, group, &finding);
    let why = match reason {
        Reason::Write => String::new(),
        Reason::Rows => ", and another number of rows came back".to_owned(),
        Reason::Change => ", after something that may have changed what it reads".to_owned(),
        Reason::MayDiffer(what) => format!(", and {} may give something else each time", words::name(what)),
        Reason::Unknown(what) => format!(", and what {} does is not known", words::name(what)),
        Reason::Locks(lock) => format!(", and locks rows ({})", words::name(lock)),
    };
    let title = format!("Repeat: {runs} × {label}, {cost}");
    let text = format!("{statement} ran {runs} times with {}{place}{why}; this may be intended.", same(values));
    Some(finding.said(&title, &text))
}

fn same(values: usize) -> String {
    match values {
        1 => "the same values".to_owned(),
        values => format!("{values} sets of values, each more than once"),
    }
}

/// The statement, and where its first run came from.
fn said(evidence: &Evidence<'_>, group: usize, finding: &Finding) -> (String, String) {
    let first = finding.points.first().map(|first| words::place(evidence.analysis, *first));
    (words::statement(evidence.analysis, group), first.unwrap_or_default())
}
