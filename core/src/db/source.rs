//! [`DbSource`]: the database that points are about, and how they are to be recorded; [`DbLease`]: the connection.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};

use super::{Caller, DbOptions, Outcome, ParamsPolicy};
use crate::{Id, InfoWriter};

/// What all points of one pool or connection have in common.
#[derive(Debug)]
pub struct DbSource {
    /// The members of `info.db`, written once.
    pub(super) members: String,
    pub(super) options: DbOptions,
    trace_sql: AtomicBool,
}

impl DbSource {
    /// `system` is `postgresql`, `mysql`, `mariadb` or `sqlite`; `database` is the database's name or file, empty where
    /// nobody knows; `server` its address, such as `localhost:5432` or the path of a socket, without credentials.
    #[must_use]
    pub fn new(system: &str, database: &str, server: Option<&str>, options: DbOptions) -> Arc<Self> {
        let mut info = InfoWriter::new();
        info.string("system", system);
        if !database.is_empty() {
            info.string("database", database);
        }
        if let Some(server) = server {
            info.string("server", server);
        }
        Arc::new(Self::with_members(info.finish(), options))
    }

    /// Statements that ran around an adapter and were noticed otherwise; their values are not known, for `reason`.
    #[must_use]
    pub fn bypassed(reason: &str, options: DbOptions) -> Arc<Self> {
        let mut info = InfoWriter::new();
        info.bool("bypassed", true);
        info.string("params_unknown", reason);
        Arc::new(Self::with_members(info.finish(), options))
    }

    /// The same for statements that ran around the adapter.
    #[must_use]
    pub fn around(&self) -> Arc<Self> {
        let mut info = InfoWriter::new();
        info.members(&self.members);
        info.bool("bypassed", true);
        Arc::new(Self::with_members(info.finish(), self.options.clone()))
    }

    fn with_members(members: String, options: DbOptions) -> Self {
        let trace_sql = AtomicBool::new(options.trace_sql);
        Self { members, options, trace_sql }
    }

    /// How the points are called.
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        self.options.name.clone()
    }

    /// Whether these statements are traced, where the process traces SQL at all.
    #[inline]
    #[must_use]
    pub fn trace_sql(&self) -> bool {
        self.trace_sql.load(Relaxed)
    }

    /// Switches the tracing of these statements on or off, from the next one on.
    pub fn set_trace_sql(&self, on: bool) {
        self.trace_sql.store(on, Relaxed);
    }

    /// How many rows of a result are to be recorded; none where results are hidden.
    #[inline]
    #[must_use]
    pub fn result_rows(&self) -> usize {
        let shown = !self.options.hide_result && self.options.params == ParamsPolicy::Full;
        if shown { self.options.result_rows } else { 0 }
    }

    /// Whether [`DbFailed`](super::DbFailed) needs the statement that failed: the policy for its error depends on it.
    #[inline]
    #[must_use]
    pub fn reads_failed_statements(&self) -> bool {
        self.options.reads_statements()
    }

    /// Where in the program this is called from, where that is to be recorded.
    #[inline]
    #[must_use]
    pub fn caller(&self) -> Option<Caller> {
        #[cfg(feature = "caller")]
        return self.options.caller.then(Caller::here);
        #[cfg(not(feature = "caller"))]
        None
    }

    /// How many bytes of a value are kept.
    #[must_use]
    pub fn value_cap(&self) -> usize {
        self.options.value_cap
    }

    /// How many bytes of a statement are kept, and of its values together.
    #[must_use]
    pub fn statement_cap(&self) -> usize {
        self.options.statement_cap
    }

    /// A connection was taken: from a pool, or opened.
    #[must_use]
    pub fn lease(&self) -> Arc<DbLease> {
        /// Of the whole process: two pools, or two connections without one, are told apart in a trace.
        static CONNECTIONS: AtomicU64 = AtomicU64::new(0);
        Arc::new(DbLease::new(CONNECTIONS.fetch_add(1, Relaxed) + 1))
    }
}

/// A connection as long as it is in one hand, and the transaction on it.
#[derive(Debug)]
pub struct DbLease {
    /// Counts the times that a connection was taken in this process, from 1.
    pub connection: u64,
    /// The innermost transaction or savepoint.
    pub transaction: Option<Id>,
    /// The transaction or savepoint around it.
    pub savepoint_of: Option<Id>,
    /// Whether a statement failed in it, as far as that is known.
    failure: AtomicU8,
}

/// No statement failed since the last that succeeded.
const FINE: u8 = 0;
/// A statement failed.
const FAILED: u8 = 1;
/// Statements ran that were not seen.
const UNSEEN: u8 = 2;

impl DbLease {
    /// A connection without a transaction, with the number that its points have.
    #[must_use]
    pub fn new(connection: u64) -> Self {
        Self { connection, transaction: None, savepoint_of: None, failure: AtomicU8::new(FINE) }
    }

    /// The same connection in a new transaction, or savepoint where there is a transaction already.
    #[must_use]
    pub fn begin(&self, transaction: Id) -> Arc<Self> {
        Arc::new(Self {
            connection: self.connection,
            transaction: Some(transaction),
            savepoint_of: self.transaction.clone(),
            failure: AtomicU8::new(FINE),
        })
    }

    /// A statement failed in this transaction.
    pub fn fail(&self) {
        self.failure.store(FAILED, Relaxed);
    }

    /// The host's own connection was given away in this transaction: what runs on it, and whether it fails, is not seen.
    pub fn lose_sight(&self) {
        self.failure.store(UNSEEN, Relaxed);
    }

    /// The transaction is as it was before a statement failed in it.
    pub fn recover(&self) {
        self.failure.store(FINE, Relaxed);
    }

    /// Whether a statement failed in this transaction, so that some databases only roll it back.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failure.load(Relaxed) == FAILED
    }

    /// Whether a statement may have failed in this transaction that was not seen.
    #[must_use]
    pub fn is_unseen(&self) -> bool {
        self.failure.load(Relaxed) == UNSEEN
    }

    /// What a `COMMIT` that succeeds does, where a failure aborts the transaction, as in PostgreSQL.
    #[must_use]
    pub fn committed(&self) -> Outcome {
        match self.failure.load(Relaxed) {
            FAILED => Outcome::RolledBack,
            UNSEEN => Outcome::Unknown,
            _ => Outcome::Committed,
        }
    }

    pub(super) fn render(&self, db: &mut InfoWriter) {
        db.number("connection", self.connection);
        for (key, id) in [("transaction", &self.transaction), ("savepoint_of", &self.savepoint_of)] {
            if let Some(id) = id {
                id.with_str(|id| db.string(key, id));
            }
        }
    }
}
