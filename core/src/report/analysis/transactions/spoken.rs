//! Transactions that only the texts of statements tell of: `BEGIN`, `COMMIT` and the like, for each connection.
//!
//! Where a connection has a number, its statements are known. Where it has none, what began a transaction holds for the
//! statements within the same point, as far down as most programs go.

use std::collections::HashMap;

use super::{Drafts, Statements, TransactionOutcome, Verbs};
use crate::report::Point;
use crate::report::sql::TransactionVerb;

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

pub(super) fn find(points: &[Point], statements: &Statements<'_>, verbs: &Verbs<'_>, drafts: &mut Drafts) {
    // Mostly nobody speaks of transactions.
    if verbs.are_none() {
        return;
    }
    let around = around(points);
    let mut sessions: HashMap<Session<'_>, Vec<Open<'_>>> = HashMap::new();
    // For each connection, how many sessions without a number have a transaction: mostly none.
    let mut open = vec![0_usize; statements.connections.len()];
    for index in &statements.in_order {
        let statement = &statements.list[*index];
        let point = &points[statement.point];
        let connection = statement.connection;
        let own = match point.connection() {
            Some(number) => Session::Numbered { connection, host: point.host.as_deref(), number },
            None => Session::Within { connection, point: around[statement.point] },
        };
        if point.is_internal() || point.prepares() || point.is_unsent() {
            continue;
        }
        if drafts.of[*index].is_some() {
            // An adapter takes a transaction for ended that goes on.
            let ends = matches!(point.method(), Some("commit" | "rollback")) && point.error().is_none();
            if ends && chains(verbs.of(statement.text)) {
                let draft = drafts.chain(connection, statement.point);
                let was_open = !sessions.get(&own).is_none_or(Vec::is_empty);
                sessions.insert(own, vec![Open { draft, name: None, has_failed: false }]);
                open[connection] += usize::from(!was_open);
            }
            continue;
        }
        let session = match own {
            Session::Within { point, .. } if open[connection] > 0 => {
                nearest(&sessions, connection, point, &around).unwrap_or(own)
            }
            _ => own,
        };
        let Some(stack) = stack_of(&mut sessions, session, verbs.of(statement.text)) else { continue };
        let was_open = !stack.is_empty();
        drafts.of[*index] = stack.last().map(|open| open.draft);
        let mut said = Said { point, place: statement.point, index: *index, connection, statements, verbs, drafts };
        for verb in verbs.of(statement.text) {
            said.apply(*verb, stack);
        }
        if point.error().is_some()
            && let Some(innermost) = stack.last_mut()
        {
            innermost.has_failed = true;
        }
        let is_open = !stack.is_empty();
        open[connection] = open[connection] + usize::from(is_open && !was_open) - usize::from(was_open && !is_open);
    }
    // What went around the traced types says not on which connection: where no end was seen, others may have run last.
    for left in sessions.into_values().flatten() {
        let draft = &mut drafts.list[left.draft];
        draft.is_sure = !draft.begin.is_some_and(|begin| is_placeless(&points[begin]));
    }
}

/// Whether a statement's connection is not known.
fn is_placeless(point: &Point) -> bool {
    point.is_bypassed() && point.connection().is_none()
}

fn chains(verbs: &[TransactionVerb<'_>]) -> bool {
    let last = verbs.last();
    matches!(last, Some(TransactionVerb::Commit { chain: true } | TransactionVerb::Rollback { chain: true }))
}

/// The open transactions of a session: none where nothing is open, and nothing is said.
fn stack_of<'s, 'a>(
    sessions: &'s mut HashMap<Session<'a>, Vec<Open<'a>>>,
    session: Session<'a>,
    verbs: &[TransactionVerb<'_>],
) -> Option<&'s mut Vec<Open<'a>>> {
    if verbs.is_empty() { sessions.get_mut(&session) } else { Some(sessions.entry(session).or_default()) }
}

/// A statement whose text speaks of transactions.
struct Said<'s, 'a> {
    point: &'s Point,
    place: usize,
    index: usize,
    connection: usize,
    statements: &'s Statements<'a>,
    verbs: &'s Verbs<'a>,
    drafts: &'s mut Drafts,
}

impl<'a> Said<'_, 'a> {
    /// Does to the open transactions of its session what a verb says.
    fn apply(&mut self, verb: TransactionVerb<'a>, stack: &mut Vec<Open<'a>>) {
        let failed = self.point.error().is_some() || self.point.is_cancelled();
        // A failed COMMIT may have been one.
        let known = |outcome| if failed { TransactionOutcome::Open } else { outcome };
        match verb {
            TransactionVerb::Begin if !failed => self.begin(stack),
            TransactionVerb::Savepoint(name) if !failed => {
                let draft = self.drafts.add(self.connection, stack.last().map(|open| open.draft), Some(self.place));
                self.drafts.of[self.index] = Some(draft);
                stack.push(Open { draft, name: Some(name), has_failed: false });
            }
            TransactionVerb::Begin | TransactionVerb::Savepoint(_) => {}
            TransactionVerb::Commit { chain } => {
                let outcome = self.committed(stack);
                self.end(stack, 0, known(outcome));
                self.chain(stack, chain && !failed);
            }
            TransactionVerb::Rollback { chain } => {
                self.end(stack, 0, known(TransactionOutcome::RolledBack));
                self.chain(stack, chain && !failed);
            }
            TransactionVerb::Prepare => self.end(stack, 0, known(TransactionOutcome::Unknown)),
            TransactionVerb::Release(name) => {
                if let Some(from) = named(stack, name) {
                    self.end(stack, from, known(TransactionOutcome::Committed));
                }
            }
            TransactionVerb::RollbackTo(name) => {
                if let Some(from) = named(stack, name) {
                    self.end(stack, from, known(TransactionOutcome::RolledBack));
                }
            }
            TransactionVerb::CommitsBefore { .. } => {
                if let Some(outcome) = self.verbs.implicit(self.point, verb) {
                    self.end_before(stack, outcome);
                }
            }
        }
    }

    fn begin(&mut self, stack: &mut Vec<Open<'a>>) {
        if !stack.is_empty() {
            match self.statements.connections[self.connection].system {
                // It warns, and the transaction goes on.
                Some("postgresql" | "postgres") => return,
                _ if self.verbs.begin_commits(self.statements, self.connection) => {
                    self.end_before(stack, TransactionOutcome::Committed);
                }
                _ => self.end_before(stack, TransactionOutcome::Unknown),
            }
        }
        let draft = self.drafts.add(self.connection, None, Some(self.place));
        self.drafts.of[self.index] = Some(draft);
        stack.push(Open { draft, name: None, has_failed: false });
    }

    /// What a `COMMIT` that succeeds does.
    fn committed(&self, stack: &[Open<'a>]) -> TransactionOutcome {
        // PostgreSQL takes COMMIT for ROLLBACK where a statement has failed. Whether what went around the traced types failed
        // is not known.
        match self.statements.connections[self.connection].system {
            Some("postgresql" | "postgres") | None if is_placeless(self.point) => TransactionOutcome::Unknown,
            Some("postgresql" | "postgres") if stack.iter().any(|open| open.has_failed) => {
                TransactionOutcome::RolledBack
            }
            _ => TransactionOutcome::Committed,
        }
    }

    /// Ends what was begun from this place of the stack on. Those within end with it; `inherit` says how.
    fn end(&mut self, stack: &mut Vec<Open<'a>>, from: usize, outcome: TransactionOutcome) {
        if let Some(ended) = stack.drain(from..).next() {
            self.drafts.of[self.index] = Some(ended.draft);
            self.drafts.end(ended.draft, self.place, outcome);
        }
    }

    fn end_before(&mut self, stack: &mut Vec<Open<'a>>, outcome: TransactionOutcome) {
        if let Some(ended) = stack.drain(..).next() {
            self.drafts.of[self.index] = None;
            self.drafts.end_before(ended.draft, self.place, outcome);
        }
    }

    fn chain(&mut self, stack: &mut Vec<Open<'a>>, chain: bool) {
        if chain && self.drafts.of[self.index].is_some() {
            let draft = self.drafts.chain(self.connection, self.place);
            stack.push(Open { draft, name: None, has_failed: false });
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
