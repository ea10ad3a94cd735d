//! Transactions: what recorded points say of them (`recorded`), what texts say where nothing was recorded (`spoken`), and
//! what they come to.

mod recorded;
mod spoken;
mod verbs;

use super::intervals::{self, Interval};
use super::texts::Statements;
use super::{Transaction, TransactionOutcome};
use crate::report::{Point, Trace};

use self::verbs::Verbs;
use crate::report::sql::TransactionVerb;

/// A statement is listed in so many transactions around it: savepoints within savepoints take no more time than this.
const DEEPEST: usize = 32;

/// The transactions in the making.
#[derive(Default)]
struct Drafts {
    list: Vec<Draft>,
    /// For each statement, the innermost that it is of.
    of: Vec<Option<usize>>,
}

struct Draft {
    connection: usize,
    /// Always an earlier one, so that there are no rings.
    parent: Option<usize>,
    /// The places of the points that began and ended it.
    begin: Option<usize>,
    end: Option<usize>,
    outcome: TransactionOutcome,
    /// It began with the end of `begin`, which ended the one before: `COMMIT AND CHAIN`.
    is_chained: bool,
    /// It ended before `end` ran, which is no part of it.
    ended_before: bool,
    /// Whether it is known that all its statements are of one connection, and its end was seen.
    is_sure: bool,
}

impl Drafts {
    fn add(&mut self, connection: usize, parent: Option<usize>, begin: Option<usize>) -> usize {
        self.list.push(Draft {
            connection,
            parent,
            begin,
            end: None,
            outcome: TransactionOutcome::Open,
            is_chained: false,
            ended_before: false,
            is_sure: true,
        });
        self.list.len() - 1
    }

    fn end(&mut self, draft: usize, end: usize, outcome: TransactionOutcome) {
        (self.list[draft].end, self.list[draft].outcome) = (Some(end), outcome);
    }

    /// The database ended it by itself, before the statement at `end` ran.
    fn end_before(&mut self, draft: usize, end: usize, outcome: TransactionOutcome) {
        self.end(draft, end, outcome);
        self.list[draft].ended_before = true;
    }

    /// The statement at `begin` ended a transaction, and began the next.
    fn chain(&mut self, connection: usize, begin: usize) -> usize {
        let draft = self.add(connection, None, Some(begin));
        self.list[draft].is_chained = true;
        draft
    }

    /// The transaction around all savepoints that this is in.
    fn outermost(&self, mut draft: usize) -> usize {
        while let Some(parent) = self.list[draft].parent {
            draft = parent;
        }
        draft
    }
}

/// Finds the transactions, in the order of their beginning, and tells each statement its own.
pub(super) fn find(trace: &Trace, statements: &mut Statements<'_>) -> Vec<Transaction> {
    let points = trace.points();
    let mut drafts = Drafts { of: vec![None; statements.list.len()], ..Drafts::default() };
    let verbs = Verbs::of_trace(statements);
    recorded::find(points, statements, &verbs, &mut drafts);
    spoken::find(points, statements, &verbs, &mut drafts);
    inherit(&mut drafts);

    let mut found: Vec<Transaction> = drafts.list.iter().map(begun).collect();
    let mut running: Vec<Vec<Interval>> = vec![Vec::new(); found.len()];
    for index in &statements.in_order {
        let statement = &statements.list[*index];
        let point = &points[statement.point];
        let mut around = drafts.of[*index];
        for _ in 0..DEEPEST {
            let Some(draft) = around else { break };
            if statement.group.is_some() {
                found[draft].points.push(statement.point);
            }
            let started_us = point.appeared_us();
            // What did not stop may still be running.
            running[draft].push((started_us, point.finished_us.unwrap_or(trace.duration_us()).max(started_us)));
            around = drafts.list[draft].parent;
        }
    }
    let around = not_placed(trace);
    for ((transaction, mut running), draft) in found.iter_mut().zip(running).zip(&drafts.list) {
        running.extend(draft.edges(points));
        measure(points, transaction, intervals::union(running), draft);
        let sure = draft.is_sure;
        transaction.longest_idle = transaction.longest_idle.filter(|_| sure).and_then(|idle| free(&around, idle));
    }

    let mut order: Vec<usize> = (0..found.len()).filter(|number| is_there(points, &found[*number])).collect();
    order.sort_by_key(|number| found[*number].started_us);
    let mut place_of = vec![None; found.len()];
    for (place, number) in order.iter().enumerate() {
        place_of[*number] = Some(place);
    }
    for (statement, draft) in statements.list.iter_mut().zip(drafts.of) {
        statement.transaction = draft.and_then(|draft| place_of[draft]);
    }
    for transaction in &mut found {
        transaction.parent = transaction.parent.and_then(|parent| place_of[parent]);
    }
    let mut unsorted: Vec<Option<Transaction>> = found.into_iter().map(Some).collect();
    order.into_iter().filter_map(|number| unsorted[number].take()).collect()
}

/// How many transactions began by the texts of statements that the program ran like any other.
pub(super) fn count_spoken(statements: &Statements<'_>) -> usize {
    let verbs = Verbs::of_trace(statements);
    let begins = |verb: &&TransactionVerb<'_>| {
        matches!(
            verb,
            TransactionVerb::Begin
                | TransactionVerb::Commit { chain: true }
                | TransactionVerb::Rollback { chain: true }
        )
    };
    let of = |index: &usize| verbs.of(statements.list[*index].text).iter().filter(begins).count();
    (0..statements.list.len()).filter(|index| statements.runs(*index)).map(|index| of(&index)).sum()
}

/// When statements ran whose connection is not known: those that went around the traced types.
fn not_placed(trace: &Trace) -> Vec<Interval> {
    let is_one = |point: &&Point| point.is_bypassed() && point.connection().is_none();
    intervals::union(trace.points().iter().filter(is_one).filter_map(Point::interval).collect())
}

/// The longest part of an idle stretch in which none of those ran either: they may have been in the transaction.
fn free(around: &[Interval], idle: Interval) -> Option<Interval> {
    let first = around.partition_point(|ran| ran.1 <= idle.0);
    let until = around.partition_point(|ran| ran.0 < idle.1);
    let parts = intervals::between(&around[first..until.max(first)], idle);
    parts.into_iter().rev().max_by_key(|(from, to)| to - from)
}

/// What is left of savepoints ends with the transaction around them.
fn inherit(drafts: &mut Drafts) {
    for number in 0..drafts.list.len() {
        let draft = &drafts.list[number];
        if let Some(parent) = draft.parent.filter(|_| draft.end.is_none()) {
            drafts.list[number].outcome = drafts.list[parent].outcome;
        }
    }
}

fn begun(draft: &Draft) -> Transaction {
    Transaction {
        connection: draft.connection,
        parent: draft.parent,
        begin: draft.begin,
        end: draft.end,
        started_us: 0,
        finished_us: 0,
        outcome: draft.outcome,
        points: Vec::new(),
        is_implicit: draft.ended_before,
        is_chained: draft.is_chained,
        busy_us: 0,
        longest_idle: None,
    }
}

impl Draft {
    /// When it began, where a statement says so.
    fn began_us(&self, points: &[Point]) -> Option<u64> {
        let begin = &points[self.begin?];
        Some(if self.is_chained { ended_us(begin) } else { begin.appeared_us() })
    }

    /// When it ended, where a statement says so.
    fn ended_us(&self, points: &[Point]) -> Option<u64> {
        let end = &points[self.end?];
        Some(if self.ended_before { end.appeared_us() } else { ended_us(end) })
    }

    /// Beginning and end where they are no statements of its own: what lies between them and its statements is idle, too.
    fn edges(&self, points: &[Point]) -> impl Iterator<Item = Interval> {
        let begin = self.began_us(points).filter(|_| self.is_chained);
        let end = self.ended_us(points).filter(|_| self.ended_before);
        begin.into_iter().chain(end).map(|at| (at, at))
    }
}

fn ended_us(point: &Point) -> u64 {
    point.finished_us.unwrap_or(point.appeared_us())
}

/// Works out times from when its statements were running.
fn measure(points: &[Point], transaction: &mut Transaction, running: Vec<Interval>, draft: &Draft) {
    let (began_us, ended_us) = (draft.began_us(points), draft.ended_us(points));
    let (first, last) = (running.first().map(|first| first.0), running.last().map(|last| last.1));
    transaction.started_us = began_us.or(first).unwrap_or(0);
    transaction.finished_us = ended_us.or(last).unwrap_or(0).max(transaction.started_us);
    transaction.busy_us = intervals::length(&running);
    let idle = running.windows(2).map(|pair| (pair[0].1, pair[1].0));
    // Of equally long ones the first.
    transaction.longest_idle = idle.rev().max_by_key(|(from, to)| to - from);
}

/// Whether it came to be: where it could not begin, and nothing ran in it, there is none.
fn is_there(points: &[Point], transaction: &Transaction) -> bool {
    let failed = transaction.begin.is_some_and(|begin| points[begin].error().is_some() || points[begin].is_unsent());
    !failed || !transaction.points.is_empty()
}

#[cfg(test)]
mod tests;
