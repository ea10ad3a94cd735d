//! [`TracedTransaction`]: `BEGIN`, savepoints, `COMMIT` and `ROLLBACK` as points, and what became of it.

#![expect(
    clippy::manual_async_fn,
    reason = "`impl Future + Send` says to generic callers what `async fn` only shows to concrete ones"
)]

use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;

use osprofiler::db::{CheckoutTrace, DbLease, DbSource, Gate, Outcome};
use sqlx_core::error::Error;
use sqlx_core::pool::MaybePoolConnection;
use sqlx_core::sql_str::SqlStr;
use sqlx_core::transaction::{
    Transaction, TransactionManager, begin_ansi_transaction_sql, commit_ansi_transaction_sql,
    rollback_ansi_transaction_sql,
};

use crate::builder::TracedBuilder;
use crate::call::Call;
use crate::connection::{TracedConnection, impl_acquire, impl_as_connection, impl_nearer};
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
    checkout: CheckoutTrace,
    call: Option<Box<Call<DB>>>,
) -> Result<TracedTransaction<'c, DB>, Error> {
    let depth = DB::TransactionManager::get_transaction_depth(&connection);
    let Some(mut call) = call else {
        let transaction = Marked::new(Transaction::begin(connection, statement), DB::EVENTS_ELSEWHERE).await?;
        return Ok(TracedTransaction::new(transaction, source, lease, depth + 1, checkout));
    };
    let outer = if depth > 0 { lease.clone() } else { None };
    let lease = lease.unwrap_or_else(|| source.lease()).begin(call.id());
    call.is_about(statement.clone().unwrap_or_else(|| begin_ansi_transaction_sql(depth)));
    call.runs_on(Arc::clone(&lease));
    call.start();
    let begun = Marked::new(Transaction::begin(connection, statement), DB::EVENTS_ELSEWHERE).await;
    if let (Some(outer), Ok(_)) = (&outer, &begun) {
        // A savepoint is made only where nothing has failed.
        outer.recover();
    }
    Ok(TracedTransaction::new(call.end(begun)?, source, Some(lease), depth + 1, checkout))
}

impl<'c, DB: TracedDatabase> TracedTransaction<'c, DB> {
    fn new(
        transaction: Transaction<'c, DB>,
        source: Arc<DbSource>,
        lease: Option<Arc<DbLease>>,
        depth: usize,
        checkout: CheckoutTrace,
    ) -> Self {
        let open = Open {
            source: Arc::clone(&source),
            lease: lease.clone(),
            depth,
            checkout: checkout.clone(),
            database: std::marker::PhantomData,
        };
        Self { connection: TracedConnection::of_transaction(transaction, source, lease, checkout), open }
    }

    fn via(&mut self) -> Via<'_, '_, DB> {
        self.connection.via()
    }

    /// sqlx's own transaction, for functions that want it. Where a trace is active this is counted: what runs on it is not
    /// recorded.
    ///
    /// # Errors
    ///
    /// Where the program has put another connection in the place of this transaction's.
    #[track_caller]
    pub fn inner_mut(&mut self) -> Result<&mut Transaction<'c, DB>, Error> {
        self.connection.hand_out("sqlx's own transaction", Location::caller());
        self.connection.host_transaction().ok_or_else(replaced)
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
                // A savepoint is released only where nothing has failed since, whatever was not seen.
                call.ends(outcome, depth > 1);
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
impl_nearer!(TracedTransaction<'c, DB>, 'c, 'c);

impl<'c, DB: TracedDatabase> From<Transaction<'c, DB>> for TracedTransaction<'c, DB> {
    /// Around the transaction there is. Of the database its points know the kind only.
    fn from(transaction: Transaction<'c, DB>) -> Self {
        let depth = DB::TransactionManager::get_transaction_depth(&transaction);
        let source = TracedBuilder::<DB>::unknown_source();
        let mut traced = Self::new(transaction, source, None, depth, CheckoutTrace::here());
        traced.connection = traced.connection.with_unseen();
        traced
    }
}

impl_acquire!(&'c mut TracedTransaction<'_, DB>);
impl_as_connection!(TracedTransaction<'_, DB>);

/// A transaction of which nobody has said yet how it ends.
struct Open<DB: TracedDatabase> {
    source: Arc<DbSource>,
    lease: Option<Arc<DbLease>>,
    /// 1 for a transaction, more for savepoints; 0 once it has ended.
    depth: usize,
    /// The trace in which it began.
    checkout: CheckoutTrace,
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
        if let Some(mut call) = Call::<DB>::new(&self.source, "drop", self.lease.as_ref(), Some(&self.checkout)) {
            call.is_about(rollback_ansi_transaction_sql(depth));
            call.ends(Outcome::Dropped, depth > 1);
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
        // What outlives the scope in which it began ends in that trace.
        if self.source.gate(Some(&self.checkout)) == Gate::Traced {
            self.record_drop(depth);
        }
    }
}

/// Somebody put another connection in the place of the transaction's.
fn replaced() -> Error {
    Error::Protocol("the traced transaction's connection was replaced by one without a transaction".to_owned())
}
