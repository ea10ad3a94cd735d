//! Transactions as the adapters record them: every point says which one it is in.

use std::collections::HashMap;

use super::verb::Verb;
use super::{Drafts, Statements, TransactionOutcome};
use crate::report::Point;
use crate::report::sql::Kind;

pub(super) fn find(points: &[Point], statements: &Statements<'_>, drafts: &mut Drafts) {
    let mut drafts_by_id: HashMap<&str, usize> = HashMap::new();
    for index in &statements.in_order {
        if !statements.in_transaction(*index) {
            continue;
        }
        let statement = &statements.list[*index];
        let point = &points[statement.point];
        let Some(id) = point.transaction() else { continue };
        let mut of = |drafts: &mut Drafts, id, parent| {
            *drafts_by_id.entry(id).or_insert_with(|| drafts.add(statement.connection, parent, None))
        };
        let parent = point.savepoint_of().filter(|around| *around != id).map(|around| of(drafts, around, None));
        let draft = of(drafts, id, parent);
        drafts.of[*index] = Some(draft);
        match point.method() {
            Some("begin") => {
                let own = drafts.list[draft].begin.is_none() && point.trace_id.to_string() == id;
                if own {
                    drafts.list[draft].begin = Some(statement.point);
                }
            }
            Some("commit" | "rollback" | "drop") => drafts.end(draft, statement.point, outcome(point)),
            // The program ended it by a text of its own.
            _ if statements.kind(statement) == Kind::Transaction && point.error().is_none() && !point.prepares() => {
                match Verb::of(statements.texts[statement.text].sql) {
                    Some(Verb::Commit) => drafts.end(draft, statement.point, TransactionOutcome::Committed),
                    Some(Verb::Rollback) => drafts.end(draft, statement.point, TransactionOutcome::RolledBack),
                    _ => {}
                }
            }
            _ => {}
        }
    }
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
