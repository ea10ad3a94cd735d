//! [`TracedTransaction`]: `BEGIN`, savepoints, `COMMIT` and `ROLLBACK` as points, and what became of it.

#![expect(
    clippy::manual_async_fn,
    reason = "`impl Future + Send` says to generic callers what `async fn` only shows to concrete ones"
)]

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use osprofiler::Profiler;
use osprofiler::db::{DbLease, DbSource, Outcome};
use sqlx_core::error::Error;
use sqlx_core::pool::MaybePoolConnection;
use sqlx_core::sql_str::SqlStr;
use sqlx_core::transaction::{
    Transaction, TransactionManager, begin_ansi_transaction_sql, commit_ansi_transaction_sql,
    rollback_ansi_transaction_sql,
};

use crate::call::{self, Call};
use crate::connection::{TracedConnection, impl_acquire, impl_as_connection, impl_begin};
use crate::database::TracedDatabase;
use crate::executor::{Via, impl_executor};
use crate::mark::Marked;

/// A transaction whose queries are traced. Dropped without [`commit`](Self::commit), it is rolled back.
///
/// `&mut transaction` and `&mut *transaction` are executors. `BEGIN` and what ends the transaction are points of their own;
/// all its points have the same `transaction` in their start info.
#[derive(Debug)]
pub struct TracedTransaction<'c, DB: TracedDatabase> {
    // First: sqlx's rollback is under way when the point says so.
    connection: TracedConnection<'c, DB>,
    open: Open<DB>,
}

/// Begins a transaction on a connection, or a savepoint where there is a transaction.
pub(crate) async fn begin<'c, DB: TracedDatabase>(
    connection: MaybePoolConnection<'c, DB>,
    statement: Option<SqlStr>,
    source: Arc<DbSource>,
    lease: Option<Arc<DbLease>>,
    call: Option<Box<Call<DB>>>,
) -> Result<TracedTransaction<'c, DB>, Error> {
    let depth = DB::TransactionManager::get_transaction_depth(&connection);
    let Some(mut call) = call else {
        let transaction = Marked::new(Transaction::begin(connection, statement), DB::EVENTS_ELSEWHERE).await?;
        return Ok(TracedTransaction::new(transaction, source, lease, depth + 1, None));
    };
    let lease = lease.unwrap_or_else(|| source.lease()).begin(call.id());
    call.is_about(statement.clone().unwrap_or_else(|| begin_ansi_transaction_sql(depth)));
    call.runs_on(Arc::clone(&lease));
    call.start();
    let profiler = call.profiler();
    let begun = Marked::new(Transaction::begin(connection, statement), DB::EVENTS_ELSEWHERE).await;
    Ok(TracedTransaction::new(call.end(begun)?, source, Some(lease), depth + 1, profiler))
}

impl<'c, DB: TracedDatabase> TracedTransaction<'c, DB> {
    fn new(
        transaction: Transaction<'c, DB>,
        source: Arc<DbSource>,
        lease: Option<Arc<DbLease>>,
        depth: usize,
        profiler: Option<Profiler>,
    ) -> Self {
        let open = Open {
            source: Arc::clone(&source),
            lease: lease.clone(),
            depth,
            profiler,
            database: std::marker::PhantomData,
        };
        Self { connection: TracedConnection::transaction(transaction, source, lease), open }
    }

    fn via(&mut self) -> Via<'_, '_, DB> {
        self.connection.via()
    }

    /// As [`sqlx::Transaction::commit`](sqlx_core::transaction::Transaction::commit).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn commit(self) -> impl Future<Output = Result<(), Error>> + Send + use<'c, DB> {
        self.end("commit", Outcome::Committed)
    }

    /// As [`sqlx::Transaction::rollback`](sqlx_core::transaction::Transaction::rollback).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn rollback(self) -> impl Future<Output = Result<(), Error>> + Send + use<'c, DB> {
        self.end("rollback", Outcome::RolledBack)
    }

    fn end(
        self,
        method: &'static str,
        outcome: Outcome,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<'c, DB> {
        async move {
            let Self { mut connection, mut open } = self;
            let mut call = connection.call(method);
            let depth = open.close();
            let Some(transaction) = connection.into_transaction() else { return Err(replaced()) };
            if let Some(call) = &mut call {
                call.is_about(match outcome {
                    Outcome::Committed => commit_ansi_transaction_sql(depth),
                    _ => rollback_ansi_transaction_sql(depth),
                });
                call.ends(outcome);
                call.start();
            }
            let ended = match outcome {
                Outcome::Committed => Marked::new(transaction.commit(), DB::EVENTS_ELSEWHERE).await,
                _ => Marked::new(transaction.rollback(), DB::EVENTS_ELSEWHERE).await,
            };
            match &mut call {
                Some(call) => call.end(ended),
                None => ended,
            }
        }
    }
}

impl<'c, DB: TracedDatabase> Deref for TracedTransaction<'c, DB> {
    type Target = TracedConnection<'c, DB>;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl<DB: TracedDatabase> DerefMut for TracedTransaction<'_, DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}

impl_executor!(&'c mut TracedTransaction<'_, DB>);
impl_begin!(TracedTransaction<'_, DB>);
impl_acquire!(&'c mut TracedTransaction<'_, DB>);
impl_as_connection!(TracedTransaction<'_, DB>);

/// A transaction of which nobody has said yet how it ends.
struct Open<DB: TracedDatabase> {
    source: Arc<DbSource>,
    lease: Option<Arc<DbLease>>,
    /// 1 for a transaction, more for savepoints; 0 once it has ended.
    depth: usize,
    /// The trace in which it began.
    profiler: Option<Profiler>,
    database: std::marker::PhantomData<fn() -> DB>,
}

impl<DB: TracedDatabase> std::fmt::Debug for Open<DB> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl<DB: TracedDatabase> Open<DB> {
    fn close(&mut self) -> usize {
        std::mem::take(&mut self.depth)
    }

    /// Records a rollback by drop. It takes no time here: it goes to the database with whatever uses the connection next.
    fn record_drop(&mut self, depth: usize) {
        if let Some(mut call) = Call::<DB>::new(&self.source, "drop", self.lease.as_ref()) {
            call.is_about(rollback_ansi_transaction_sql(depth));
            call.ends(Outcome::Dropped);
            call.start();
            call.finish();
        }
    }
}

impl<DB: TracedDatabase> Drop for Open<DB> {
    fn drop(&mut self) {
        let depth = self.close();
        if depth == 0 {
            return;
        }
        if call::is_traced(&self.source) {
            self.record_drop(depth);
        } else if let Some(profiler) = self.profiler.take() {
            // It outlived the scope in which it began: what began there ends there.
            profiler.in_scope(|| {
                if call::is_traced(&self.source) {
                    self.record_drop(depth);
                }
            });
        }
    }
}

/// Somebody put another connection in the place of the transaction's.
fn replaced() -> Error {
    Error::Protocol("the traced transaction's connection was replaced by one without a transaction".to_owned())
}
