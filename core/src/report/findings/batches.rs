//! [`Work`]: whether runs of one statement do one thing each, or are the batches and pages that the advice asks for.
//!
//! What differs between the runs decides. A run that lists many values is a batch. Where nothing differs but the ends of a range
//! (`id > $1 ... LIMIT 500`, `LIMIT $1 OFFSET $2`, `BETWEEN $1 AND $2`), the runs are pages, and no list of values replaces them.

use std::borrow::Cow;
use std::collections::HashMap;

use super::evidence::Evidence;
use crate::report::sql::operand::Role;
use crate::report::uses::{Layout, Use};

/// Runs that list so many values or rows on the average are batches.
const BATCH: usize = 10;
/// So many runs are looked at, all over the loop.
const SAMPLE: usize = 100;

/// What the runs of a statement are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// One thing each, as far as is known.
    OneByOne,
    /// Many things each.
    Batches,
    /// The next stretch each.
    Pages,
}

/// What the runs at these places are.
pub(super) fn of(evidence: &Evidence<'_>, points: &[usize]) -> Work {
    let analysis = evidence.analysis;
    let mut layouts: HashMap<usize, Layout<'_>> = HashMap::new();
    let mut runs: Vec<Cow<'_, [Use]>> = Vec::new();
    for place in points.iter().step_by(points.len().div_ceil(SAMPLE).max(1)) {
        // Known from before the values were taken out.
        if let Some(ran) = analysis.trace.ran_with(*place) {
            runs.push(Cow::Borrowed(&ran.uses));
            continue;
        }
        let Some(statement) = evidence.statement(*place) else { continue };
        let text = &analysis.texts[statement.text];
        let layout = layouts.entry(statement.text).or_insert_with(|| Layout::of(text.sql, text.dialect));
        runs.push(Cow::Owned(layout.uses(evidence.point(*place))));
    }
    judge(&runs)
}

fn judge(runs: &[Cow<'_, [Use]>]) -> Work {
    let Some(first) = runs.first() else { return Work::OneByOne };
    // One fingerprint, one structure; where it is not so, nothing is known.
    if first.is_empty() || runs.iter().any(|run| run.len() != first.len()) {
        return Work::OneByOne;
    }
    let may_vary = |at: &usize| {
        let number = first[*at].number;
        number.is_none() || runs.iter().any(|run| run[*at].number != number)
    };
    let varying: Vec<usize> = (0..first.len()).filter(may_vary).collect();
    let is_batch = |at: &usize| {
        let elements: Option<usize> = runs.iter().map(|run| run[*at].length).sum();
        elements.is_none_or(|elements| elements >= BATCH.saturating_mul(runs.len()))
    };
    if varying.iter().any(is_batch) {
        return Work::Batches;
    }
    let is_range = |at: &usize| first[*at].role == Role::Range;
    // `a > $1 OR a = $2 AND b > $3`, where the first two are the same.
    let follows_range = |at: &usize| {
        let same_as =
            |range: &usize| runs.iter().all(|run| run[*at].number.is_some() && run[*at].number == run[*range].number);
        varying.iter().filter(|other| is_range(other)).any(same_as)
    };
    let pages = !varying.is_empty() && varying.iter().all(|at| is_range(at) || follows_range(at));
    if pages { Work::Pages } else { Work::OneByOne }
}
