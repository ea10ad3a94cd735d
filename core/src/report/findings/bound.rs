//! The order of findings, and how many of a rule there are at most.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Confidence, Finding, Rule};
use crate::report::label::count;

/// So many of a rule are kept; one more says how many there were.
const MOST: usize = 200;

/// Sorts findings by level, then by cost, and keeps the first of each rule. What is left out is counted at the end.
pub(super) fn bound(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by(|a, b| {
        let key = |finding: &Finding| (Reverse(finding.level), Reverse(finding.cost_us), finding.rule);
        key(a).cmp(&key(b)).then_with(|| a.points.first().cmp(&b.points.first())).then_with(|| a.group.cmp(&b.group))
    });
    let mut kept: HashMap<Rule, usize> = HashMap::new();
    let mut more: Vec<Finding> = Vec::new();
    found.retain(|finding| {
        let kept = kept.entry(finding.rule).or_default();
        *kept += 1;
        if *kept > MOST {
            match more.iter_mut().find(|more| more.rule == finding.rule) {
                Some(more) => add(more, finding),
                None => more.push(rest(finding)),
            }
        }
        *kept <= MOST
    });
    for rest in more {
        let left_out = (kept[&rest.rule] - MOST) as u64;
        let name = rest.rule.name();
        let title = format!("{left_out} more of {name}");
        let findings = count(left_out, "finding", "findings");
        found.push(
            rest.said(&title, &format!("{findings} more of the rule {name}: the {MOST} that matter most are shown.")),
        );
    }
    found
}

/// What stands for findings that are left out; the first of them has the highest level.
fn rest(first: &Finding) -> Finding {
    Finding {
        confidence: Confidence::Certain,
        group: None,
        points: Vec::new(),
        redundant: Vec::new(),
        source: None,
        transaction: None,
        distinct_values: None,
        ..first.clone()
    }
}

fn add(rest: &mut Finding, finding: &Finding) {
    rest.cost_us = rest.cost_us.saturating_add(finding.cost_us);
    rest.wasted_us = rest.wasted_us.saturating_add(finding.wasted_us);
    rest.at_once = rest.at_once.max(finding.at_once);
}
