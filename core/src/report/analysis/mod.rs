//! What a trace's statements come to: which are alike, in which transactions they ran, and where the time went.
//!
//! Here: [`Analysis`], which all forms of a report and the rules of `findings` read. Not here: the texts of statements
//! (`sql`), and the rules themselves (`findings`). Below: texts and databases (`texts`), `groups`, `transactions`, stretches of
//! time (`intervals`), where the time went (`breakdown`), and when something may have changed (`epochs`). No step recurses, and all of them take little more time than
//! there are points.

mod breakdown;
mod epochs;
mod groups;
pub(super) mod intervals;
mod texts;
mod transactions;

use self::breakdown::Running;
pub(super) use self::breakdown::database_and_pool_us;
pub(super) use self::texts::Statements;
use crate::report::findings::{self, Finding};
use crate::report::sql::{Analyzed, Dialect};
use crate::report::{Totals, Trace, totals};

/// From where on something stands out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnalysisOptions {
    /// Microseconds from which a statement is slow. Default: 100 ms, as Telescope has it.
    pub slow_us: u64,
    /// Microseconds from which it is very slow. Default: 500 ms, as Sentry and Django Debug Toolbar have it.
    pub very_slow_us: u64,
    /// So many rows are many. Default: 1,000.
    pub many_rows: u64,
}

impl Default for AnalysisOptions {
    fn default() -> Self {
        Self { slow_us: 100_000, very_slow_us: 500_000, many_rows: 1_000 }
    }
}

/// What the statements of a trace come to.
///
/// ```
/// use osprofiler::report::analysis::{Analysis, AnalysisOptions};
/// use osprofiler::report::Trace;
///
/// let trace = Trace::default();
/// let analysis = Analysis::of(&trace, AnalysisOptions::default());
/// assert!(analysis.groups.is_empty() && analysis.findings.is_empty());
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Analysis<'a> {
    /// The trace.
    pub trace: &'a Trace,
    /// From where on something stands out.
    pub options: AnalysisOptions,
    /// The different texts, in the order in which they first appear in the tree.
    pub texts: Vec<Text<'a>>,
    /// The different databases that statements went to, in the same order.
    pub connections: Vec<Connection<'a>>,
    /// Every point with a statement, in preorder: also those that are no executions of the program's.
    pub statements: Vec<Statement>,
    /// For each point of the trace, its place in `statements`.
    pub statement_of: Vec<Option<usize>>,
    /// The places in `statements`, in the order of their start.
    pub in_order: Vec<usize>,
    /// From when to when the request ran that the trace is about: [`Trace::request_interval`].
    pub window: (u64, u64),
    /// Executions of alike statements on one database. What took longest comes first.
    pub groups: Vec<Group>,
    /// What the whole trace comes to: [`Trace::totals`].
    pub totals: Totals,
    /// The transactions, in the order of their beginning.
    pub transactions: Vec<Transaction>,
    /// Stretches of the window in which no statement ran, in their order: those that last at least 5 ms and 1 % of it. None
    /// where no statement ran at all.
    pub gaps: Vec<Gap>,
    /// Where the time went.
    pub breakdown: Breakdown,
    /// What stands out, what matters most first.
    pub findings: Vec<Finding>,
}

/// One text.
#[derive(Debug)]
#[non_exhaustive]
pub struct Text<'a> {
    /// The text.
    pub sql: &'a str,
    /// How its database reads it.
    pub dialect: Dialect,
    /// What is known of it.
    pub analyzed: Analyzed,
}

/// A database as one service sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Connection<'a> {
    /// The service that asked.
    pub service: Option<&'a str>,
    /// The database system.
    pub system: Option<&'a str>,
    /// The database's name or file.
    pub database: Option<&'a str>,
    /// The database's address.
    pub server: Option<&'a str>,
}

/// One point with a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// The place of the point in the trace.
    pub point: usize,
    /// Its text.
    pub text: usize,
    /// Its database.
    pub connection: usize,
    /// The group that it is an execution in; `None` where it ran no statement of the program's, or one that begins or ends a transaction.
    pub group: Option<usize>,
    /// The innermost transaction that it ran in, or that it began or ended.
    pub transaction: Option<usize>,
    /// A number that is the same for two statements on one database where nothing began or ended between their starts that
    /// may have changed what a read finds there: writes, ends of transactions, settings, functions that are not known.
    pub epoch: usize,
    /// The same for its end.
    pub epoch_end: usize,
    /// A number for whose writes and settings it sees: 0 for what all see, and another for each transaction and each
    /// connection on which something was set.
    pub view: usize,
}

/// Executions of alike statements on one database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// The first hex digits of the fingerprint's hash: eight, or more where two groups would have the same.
    pub id: String,
    /// The database.
    pub connection: usize,
    /// The text of the first execution.
    pub text: usize,
    /// The places of the executions in the trace, in the order of their start.
    pub points: Vec<usize>,
    /// The sum of their times in microseconds: of [`Point::statement_us`](crate::report::Point::statement_us).
    pub total_us: u64,
    /// Microseconds of the window in which at least one of them was running.
    pub union_us: u64,
    /// Half of them took at most so many microseconds.
    pub p50_us: u64,
    /// 95 of 100 took at most so many.
    pub p95_us: u64,
    /// The longest.
    pub max_us: u64,
    /// How many rows came back in all; `None` where that was never recorded.
    pub rows: Option<u64>,
    /// How many rows were changed in all; `None` where that was never recorded.
    pub rows_affected: Option<u64>,
    /// How many executions failed.
    pub errors: u64,
    /// How many ran at once at most.
    pub at_once: usize,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionOutcome {
    /// It was committed, or its savepoint released.
    Committed,
    /// It was rolled back.
    RolledBack,
    /// It ended, and the trace does not say how: not everything that ran in it was seen.
    Unknown,
    /// The trace does not say whether it ended.
    Open,
}

/// One transaction or savepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transaction {
    /// Its database.
    pub connection: usize,
    /// The transaction around this savepoint.
    pub parent: Option<usize>,
    /// The place of the point that began it.
    pub begin: Option<usize>,
    /// The place of the point that ended it.
    pub end: Option<usize>,
    /// When it began, in microseconds from the trace's first message.
    pub started_us: u64,
    /// When it ended, or when its last statement did.
    pub finished_us: u64,
    /// What became of it.
    pub outcome: TransactionOutcome,
    /// The places of the executions in it, in the order of their start; those in savepoints too, down to 32 within each other.
    pub points: Vec<usize>,
    /// The database ended it by itself, before the statement at `end`: MySQL and MariaDB commit before they change the schema.
    pub is_implicit: bool,
    /// It began with the end of the one before: `COMMIT AND CHAIN`.
    pub is_chained: bool,
    /// Microseconds in which a statement of it was running.
    pub busy_us: u64,
    /// The longest stretch without, in microseconds from the trace's first message.
    pub longest_idle: Option<(u64, u64)>,
}

/// A stretch of time in which no statement ran.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// When it begins, in microseconds from the trace's first message.
    pub started_us: u64,
    /// When it ends.
    pub finished_us: u64,
    /// The place of the innermost point that was running for most of it and is no database point.
    pub within: Option<usize>,
}

/// What the window's time was spent with. The parts are disjoint, and together as long as the window; where several run at
/// once, the first of them counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Breakdown {
    /// Statements were running.
    pub database_us: u64,
    /// The program waited for a connection, and no statement was running.
    pub pool_us: u64,
    /// The program waited for another service.
    pub remote_us: u64,
    /// The rest.
    pub program_us: u64,
    /// The sum of all statements' times, which is more than `database_us` where they ran at once.
    pub summed_us: u64,
    /// How many statements ran at once at most.
    pub at_once: usize,
}

/// The statements and their groups alone.
pub(super) fn statements(trace: &Trace) -> (Statements<'_>, Vec<Group>) {
    let mut statements = Statements::of(trace);
    let groups = groups::group(trace.points(), trace.request_interval(), &mut statements);
    (statements, groups)
}

/// How many transactions began by the texts of statements that the program ran like any other.
pub(super) fn transactions_by_text(statements: &Statements<'_>) -> u64 {
    transactions::count_spoken(statements) as u64
}

impl<'a> Analysis<'a> {
    /// Analyses a trace.
    #[must_use]
    pub fn of(trace: &'a Trace, options: AnalysisOptions) -> Self {
        let mut analysis = Self::without_findings(trace, options);
        analysis.findings = findings::find(&analysis);
        analysis
    }

    /// All but the findings.
    pub(super) fn without_findings(trace: &'a Trace, options: AnalysisOptions) -> Self {
        let (mut statements, groups) = self::statements(trace);
        let totals = totals::of(trace, &statements, &groups);
        let transactions = transactions::find(trace, &mut statements);
        epochs::count(trace.points(), &mut statements, &transactions);
        let window = trace.request_interval();
        let running = Running::of(trace);
        let Statements { texts, connections, list, statement_of, in_order, .. } = statements;
        Self {
            trace,
            options,
            texts,
            connections,
            statements: list,
            statement_of,
            in_order,
            window,
            groups,
            totals,
            transactions,
            gaps: breakdown::gaps(trace, &running, window),
            breakdown: breakdown::breakdown(running, window),
            findings: Vec::new(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
