//! Transactions: what recorded points say of them (`recorded`), what texts say where nothing was recorded (`spoken`), and
//! what they come to.

mod recorded;
mod spoken;
mod verb;

use super::intervals::{self, Interval};
use super::texts::Statements;
use super::{Transaction, TransactionOutcome};
use crate::report::sql::Kind;
use crate::report::{Point, Trace};

use self::verb::Verb;

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
}

impl Drafts {
    fn add(&mut self, connection: usize, parent: Option<usize>, begin: Option<usize>) -> usize {
        self.list.push(Draft { connection, parent, begin, end: None, outcome: TransactionOutcome::Open });
        self.list.len() - 1
    }

    fn end(&mut self, draft: usize, end: usize, outcome: TransactionOutcome) {
        (self.list[draft].end, self.list[draft].outcome) = (Some(end), outcome);
    }
}

/// Finds the transactions, in the order of their beginning, and tells each statement its own.
pub(super) fn find(trace: &Trace, statements: &mut Statements<'_>) -> Vec<Transaction> {
    let points = trace.points();
    let mut drafts = Drafts { of: vec![None; statements.list.len()], ..Drafts::default() };
    recorded::find(points, statements, &mut drafts);
    spoken::find(points, statements, &mut drafts);
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
    for (transaction, running) in found.iter_mut().zip(running) {
        measure(points, transaction, intervals::union(running));
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
    let spoken = (0..statements.list.len()).filter(|index| {
        let statement = &statements.list[*index];
        statements.kind(statement) == Kind::Transaction
            && statements.runs(*index)
            && Verb::of(statements.texts[statement.text].sql) == Some(Verb::Begin)
    });
    spoken.count()
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
        busy_us: 0,
        longest_idle: None,
    }
}

/// Works out times from when its statements were running.
fn measure(points: &[Point], transaction: &mut Transaction, running: Vec<Interval>) {
    let began_us = transaction.begin.map(|begin| points[begin].appeared_us());
    let ended_us = transaction.end.map(|end| points[end].finished_us.unwrap_or(points[end].appeared_us()));
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

/// Counts, before each statement, the writes on its database and the transactions that ended there.
pub(super) fn count_epochs(statements: &mut Statements<'_>, transactions: &[Transaction]) {
    let mut epochs = vec![0; statements.connections.len()];
    let mut ends = vec![false; statements.statement_of.len()];
    for end in transactions.iter().filter_map(|transaction| transaction.end) {
        ends[end] = true;
    }
    for place in 0..statements.in_order.len() {
        let index = statements.in_order[place];
        let statement = &mut statements.list[index];
        let epoch = &mut epochs[statement.connection];
        statement.epoch = *epoch;
        let kind = statements.texts[statement.text].analyzed.kind;
        // What is neither, such as `CALL`, may write.
        let may_write = statement.group.is_some() && !matches!(kind, Kind::Read | Kind::Transaction);
        *epoch += usize::from(may_write || ends[statement.point]);
    }
}

#[cfg(test)]
mod tests;
