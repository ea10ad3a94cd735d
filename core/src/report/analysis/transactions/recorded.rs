//! Transactions as the adapters record them: every point says which one it is in.
//!
//! The texts of statements tell what an adapter does not: that the program ended the transaction by a text of its own, or that
//! MySQL committed it before a change of the schema. What follows then on the same connection is in the next transaction
//! or in none, whatever its point says.

use std::collections::HashMap;

use super::{Drafts, Statements, TransactionOutcome, Verbs};
use crate::report::Point;
use crate::report::sql::TransactionVerb;

/// What an id stands for at this moment: a draft, or nothing, once its transaction is over.
type Current = Option<usize>;

pub(super) fn find(points: &[Point], statements: &Statements<'_>, verbs: &Verbs<'_>, drafts: &mut Drafts) {
    let mut drafts_by_id: HashMap<&str, Current> = HashMap::new();
    for index in &statements.in_order {
        if !statements.in_transaction(*index) {
            continue;
        }
        let statement = &statements.list[*index];
        let point = &points[statement.point];
        let Some(id) = point.transaction() else { continue };
        let mut of = |drafts: &mut Drafts, id, parent: Current| {
            *drafts_by_id.entry(id).or_insert_with(|| Some(drafts.add(statement.connection, parent, None)))
        };
        let parent = point.savepoint_of().filter(|around| *around != id).map(|around| of(drafts, around, None));
        // A savepoint ends with the transaction around it.
        let draft = if parent == Some(None) { None } else { of(drafts, id, parent.flatten()) };
        drafts.of[*index] = draft;
        let Some(draft) = draft else { continue };
        match point.method() {
            Some("begin") => {
                let own = drafts.list[draft].begin.is_none() && point.trace_id.to_string() == id;
                if own {
                    drafts.list[draft].begin = Some(statement.point);
                }
            }
            Some("commit" | "rollback" | "drop") => drafts.end(draft, statement.point, outcome(point)),
            _ if point.prepares() || point.is_unsent() || verbs.of(statement.text).is_empty() => {}
            _ => {
                let outermost = drafts.outermost(draft);
                let spoken = apply(points, statements, verbs, drafts, (*index, outermost));
                if spoken != Some(outermost) {
                    // Ids of what is over, and of the savepoints in it, stand for what follows.
                    let ids: Vec<&str> = drafts_by_id
                        .iter()
                        .filter(|(_, current)| current.is_some_and(|own| drafts.outermost(own) == outermost))
                        .map(|(id, _)| *id)
                        .collect();
                    drafts_by_id.extend(ids.into_iter().map(|id| (id, spoken)));
                }
            }
        }
    }
}

/// What the text of a statement does to the transaction that it is in. Returns the one that is open afterwards.
fn apply(
    points: &[Point],
    statements: &Statements<'_>,
    verbs: &Verbs<'_>,
    drafts: &mut Drafts,
    (index, outermost): (usize, usize),
) -> Current {
    let statement = &statements.list[index];
    let point = &points[statement.point];
    let failed = point.error().is_some() || point.is_cancelled();
    let mut current = Some(outermost);
    for verb in verbs.of(statement.text) {
        let (Some(open), place) = (current, statement.point) else { break };
        match verb {
            TransactionVerb::CommitsBefore { .. } => {
                let Some(outcome) = verbs.implicit(point, *verb) else { continue };
                drafts.end_before(open, place, outcome);
                (current, drafts.of[index]) = (None, None);
            }
            _ if failed => {}
            TransactionVerb::Commit { chain } | TransactionVerb::Rollback { chain } => {
                let outcome = match verb {
                    TransactionVerb::Commit { .. } => TransactionOutcome::Committed,
                    _ => TransactionOutcome::RolledBack,
                };
                drafts.end(open, place, outcome);
                current = chain.then(|| drafts.chain(statement.connection, place));
            }
            TransactionVerb::Prepare => {
                drafts.end(open, place, TransactionOutcome::Unknown);
                current = None;
            }
            TransactionVerb::Begin if verbs.begin_commits(statements, statement.connection) => {
                drafts.end_before(open, place, TransactionOutcome::Committed);
                let begun = drafts.add(statement.connection, None, Some(place));
                (current, drafts.of[index]) = (Some(begun), Some(begun));
            }
            _ => {}
        }
    }
    current
}

/// What became of a transaction that this point ended.
fn outcome(point: &Point) -> TransactionOutcome {
    match point.outcome() {
        Some(("committed", _)) => TransactionOutcome::Committed,
        Some(("rolled_back", _)) => TransactionOutcome::RolledBack,
        Some(("unknown", _)) => TransactionOutcome::Unknown,
        _ => TransactionOutcome::Open,
    }
}
