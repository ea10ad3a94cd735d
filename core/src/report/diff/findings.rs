//! What stands out in one trace and not in the other.

use std::collections::HashMap;

use super::statements::Key;
use crate::report::analysis::Analysis;
use crate::report::findings::{Finding, Rule};

/// What makes two findings the same: the rule, and the statement or else what failed.
#[derive(PartialEq, Eq, Hash)]
struct Identity<'a> {
    rule: Rule,
    statement: Option<Key<'a>>,
    title: Option<&'a str>,
}

/// The findings of the second trace alone, and those of the first alone.
pub(super) fn compare<'a>(
    before: &'a Analysis<'a>,
    after: &'a Analysis<'a>,
    by_text: bool,
) -> (Vec<&'a Finding>, Vec<&'a Finding>) {
    (missing(after, before, by_text), missing(before, after, by_text))
}

/// The findings of `here` that `there` does not have, or has less often.
fn missing<'a>(here: &'a Analysis<'a>, there: &'a Analysis<'a>, by_text: bool) -> Vec<&'a Finding> {
    let mut left: HashMap<Identity<'a>, usize> = HashMap::new();
    for finding in &there.findings {
        *left.entry(identity(there, finding, by_text)).or_default() += 1;
    }
    let is_new = |finding: &&'a Finding| match left.get_mut(&identity(here, finding, by_text)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    here.findings.iter().filter(is_new).collect()
}

fn identity<'a>(analysis: &'a Analysis<'a>, finding: &'a Finding, by_text: bool) -> Identity<'a> {
    let statement = finding.group.map(|group| Key::of(analysis, &analysis.groups[group], by_text));
    // Other titles count something, and the number may differ.
    let names_what_failed = statement.is_none() && matches!(finding.rule, Rule::Error | Rule::Cancelled);
    let title = names_what_failed.then_some(finding.title.as_str());
    Identity { rule: finding.rule, statement, title }
}
