//! Transactions that only the texts of statements tell of: `BEGIN`, `COMMIT` and the like, for each connection.
//!
//! Where a connection has a number, its statements are known. Where it has none, what began a transaction holds for the
//! statements within the same point, as far down as most programs go.

use std::collections::HashMap;

use super::verb::Verb;
use super::{Drafts, Statements, TransactionOutcome};
use crate::report::Point;
use crate::report::sql::Kind;

/// How many points around a statement are looked at for a transaction that began there.
const FAR: usize = 32;

/// Where a transaction holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Session<'a> {
    Numbered {
        connection: usize,
        host: Option<&'a str>,
        number: u64,
    },
    /// Within a point that is no database point, or at the top.
    Within {
        connection: usize,
        point: Option<usize>,
    },
}

/// A transaction or savepoint that is open, with the savepoint's name.
struct Open<'a> {
    draft: usize,
    name: Option<&'a str>,
    /// Whether a statement failed in it, and it was not rolled back to a savepoint since.
    has_failed: bool,
}

pub(super) fn find(points: &[Point], statements: &Statements<'_>, drafts: &mut Drafts) {
    // Mostly nobody speaks of transactions.
    if statements.texts.iter().all(|text| text.analyzed.kind != Kind::Transaction) {
        return;
    }
    let around = around(points);
    let mut sessions: HashMap<Session<'_>, Vec<Open<'_>>> = HashMap::new();
    // For each connection, how many sessions without a number have a transaction: mostly none.
    let mut open = vec![0_usize; statements.connections.len()];
    for index in &statements.in_order {
        let statement = &statements.list[*index];
        let point = &points[statement.point];
        if drafts.of[*index].is_some() || point.is_internal() || point.prepares() {
            continue;
        }
        let connection = statement.connection;
        let verb = if statements.kind(statement) == Kind::Transaction {
            Verb::of(statements.texts[statement.text].sql)
        } else {
            None
        };
        let own = match point.connection() {
            Some(number) => Session::Numbered { connection, host: point.host.as_deref(), number },
            None => Session::Within { connection, point: around[statement.point] },
        };
        let session = match own {
            Session::Within { point, .. } if open[connection] > 0 => nearest(&sessions, connection, point, &around),
            Session::Within { .. } => None,
            numbered @ Session::Numbered { .. } => Some(numbered),
        };
        let failed = point.error().is_some() || point.is_cancelled();
        let stack = session.and_then(|session| sessions.get_mut(&session));
        let innermost = stack.as_ref().and_then(|stack| stack.last()).map(|open| open.draft);
        let was_open = innermost.is_some();
        drafts.of[*index] = innermost;
        match verb {
            Some(Verb::Begin) if !failed => {
                let draft = drafts.add(connection, None, Some(statement.point));
                drafts.of[*index] = Some(draft);
                let begun = sessions.entry(session.unwrap_or(own)).or_default();
                // Databases have one transaction on a connection: what was open is over.
                begun.clear();
                begun.push(Open { draft, name: None, has_failed: false });
                open[connection] += usize::from(!was_open);
            }
            Some(Verb::Savepoint(name)) if !failed => {
                let draft = drafts.add(connection, innermost, Some(statement.point));
                drafts.of[*index] = Some(draft);
                sessions.entry(session.unwrap_or(own)).or_default().push(Open {
                    draft,
                    name: Some(name),
                    has_failed: false,
                });
                open[connection] += usize::from(!was_open);
            }
            Some(verb @ (Verb::Commit | Verb::Rollback | Verb::Release(_) | Verb::RollbackTo(_))) => {
                let Some(stack) = stack else { continue };
                // PostgreSQL takes COMMIT for ROLLBACK where a statement has failed.
                let aborts = statements.connections[connection].system == Some("postgresql")
                    && stack.iter().any(|open| open.has_failed);
                let (from, outcome) = match verb {
                    Verb::Commit if aborts => (Some(0), TransactionOutcome::RolledBack),
                    Verb::Commit => (Some(0), TransactionOutcome::Committed),
                    Verb::Rollback => (Some(0), TransactionOutcome::RolledBack),
                    Verb::Release(name) => (named(stack, name), TransactionOutcome::Committed),
                    Verb::RollbackTo(name) => (named(stack, name), TransactionOutcome::RolledBack),
                    Verb::Begin | Verb::Savepoint(_) => (None, TransactionOutcome::Open),
                };
                // Those within end with it; `inherit` says how.
                let Some(ended) = from.and_then(|from| stack.drain(from..).next()) else { continue };
                drafts.of[*index] = Some(ended.draft);
                drafts.end(ended.draft, statement.point, if failed { TransactionOutcome::Open } else { outcome });
                open[connection] -= usize::from(stack.is_empty());
            }
            _ => {
                if let Some(innermost) = stack.and_then(|stack| stack.last_mut()) {
                    innermost.has_failed |= point.error().is_some();
                }
            }
        }
    }
}

/// The savepoint of this name that was begun last.
fn named(stack: &[Open<'_>], name: &str) -> Option<usize> {
    stack.iter().rposition(|open| open.name.is_some_and(|own| own.eq_ignore_ascii_case(name)))
}

/// The session with an open transaction that began within the same point, or within one around it.
fn nearest<'a>(
    sessions: &HashMap<Session<'a>, Vec<Open<'a>>>,
    connection: usize,
    point: Option<usize>,
    around: &[Option<usize>],
) -> Option<Session<'a>> {
    let mut point = point;
    for _ in 0..FAR {
        let session = Session::Within { connection, point };
        if sessions.get(&session).is_some_and(|stack| !stack.is_empty()) {
            return Some(session);
        }
        point = around[point?];
    }
    None
}

/// For each point, the innermost point around it that is no database point.
fn around(points: &[Point]) -> Vec<Option<usize>> {
    let mut around: Vec<Option<usize>> = Vec::with_capacity(points.len());
    for point in points {
        let own =
            point.parent.and_then(|parent| if points[parent].is_database() { around[parent] } else { Some(parent) });
        around.push(own);
    }
    around
}
