//! [`Verbs`]: what the texts of a trace do to transactions, and what that means on their database.

use super::{Statements, TransactionOutcome};
use crate::report::Point;
use crate::report::sql::{Dialect, TransactionVerb, transaction_verbs};

/// For each text of the trace, what its statements do to the transaction of their connection.
pub(super) struct Verbs<'a> {
    of: Vec<Vec<TransactionVerb<'a>>>,
}

impl<'a> Verbs<'a> {
    pub(super) fn of_trace(statements: &Statements<'a>) -> Self {
        Self { of: statements.texts.iter().map(|text| transaction_verbs(text.sql, text.dialect)).collect() }
    }

    pub(super) fn of(&self, text: usize) -> &[TransactionVerb<'a>] {
        &self.of[text]
    }

    /// Whether no text does anything.
    pub(super) fn are_none(&self) -> bool {
        self.of.iter().all(Vec::is_empty)
    }

    /// What became of the transaction that was open before a statement of which the database knows that it commits: `None`
    /// where the statement was not even understood.
    pub(super) fn implicit(&self, point: &Point, verb: TransactionVerb<'_>) -> Option<TransactionOutcome> {
        // MariaDB 10.11 commits though the statement fails, unless it is no SQL.
        const SYNTAX_ERROR: &str = "1064";
        let code = || point.stop_info.get("db")?.get("code")?.as_str();
        match verb {
            _ if point.error().is_some() && code() == Some(SYNTAX_ERROR) => None,
            // How far a failed statement came is not known: it may be checked before it runs.
            TransactionVerb::CommitsBefore { certain: true } if point.error().is_none() && !point.is_cancelled() => {
                Some(TransactionOutcome::Committed)
            }
            _ => Some(TransactionOutcome::Unknown),
        }
    }

    /// Whether `BEGIN` commits what is open, as in MySQL and MariaDB. PostgreSQL only warns.
    pub(super) fn begin_commits(&self, statements: &Statements<'_>, connection: usize) -> bool {
        Dialect::of_system(statements.connections[connection].system) == Dialect::Mysql
    }
}
