//! [`Parts`]: the user's query, taken apart.

use sqlx_core::error::BoxDynError;
use sqlx_core::executor::Execute;
use sqlx_core::sql_str::SqlStr;

use crate::database::TracedDatabase;

/// What a query consists of. The driver gets these parts in the query's place, and sees what it would have seen.
pub(crate) struct Parts<DB: TracedDatabase> {
    statement: Option<DB::Statement>,
    pub(crate) arguments: Result<Option<DB::Arguments>, BoxDynError>,
    persistent: bool,
    /// Whether this is a query, and not only a statement that is asked about.
    runs: bool,
    pub(crate) sql: SqlStr,
}

impl<DB: TracedDatabase> Parts<DB> {
    /// Takes a query apart, in the order in which sqlx's drivers do: `persistent` may change once the arguments are taken.
    pub(crate) fn of<'q>(mut query: impl Execute<'q, DB>) -> Self {
        let statement = query.statement().cloned();
        let arguments = query.take_arguments();
        let persistent = query.persistent();
        Self { statement, arguments, persistent, runs: true, sql: query.sql() }
    }

    /// A statement that is not run.
    pub(crate) fn about(sql: SqlStr) -> Self {
        Self { statement: None, arguments: Ok(None), persistent: false, runs: false, sql }
    }

    /// Whether the connection has the statement prepared, as far as the query alone tells. One that the program prepared may
    /// have been prepared on another connection.
    pub(crate) fn prepared(&self) -> Option<bool> {
        match &self.arguments {
            _ if !self.runs => None,
            // SQL that comes without arguments is passed as text.
            Ok(None) => Some(false),
            _ if !self.persistent => Some(false),
            _ => None,
        }
    }

    /// Whether the connection keeps the statement prepared once it has run.
    pub(crate) fn is_kept(&self) -> bool {
        self.persistent && matches!(self.arguments, Ok(Some(_)))
    }
}

impl<'q, DB: TracedDatabase> Execute<'q, DB> for Parts<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.statement.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        std::mem::replace(&mut self.arguments, Ok(None))
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}
