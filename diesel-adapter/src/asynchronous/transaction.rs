//! [`TracedTransactionManager`]: `BEGIN`, savepoints, `COMMIT` and `ROLLBACK` as points.

use std::future::Future;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::connection::TransactionManagerStatus;
use diesel_async::TransactionManager;

use super::connection::{AsyncTraceable, TracedAsyncConnection};

/// Lets the manager of the connection within do its work, and records what that sends.
#[derive(Debug)]
pub struct TracedTransactionManager<T>(PhantomData<fn() -> T>);

/// How deep the connection is in transactions and savepoints; `None` where its manager gave up.
pub(super) fn depth<C: AsyncTraceable>(connection: &mut TracedAsyncConnection<C>) -> Option<u32> {
    let status = C::TransactionManager::transaction_manager_status_mut(&mut connection.inner);
    Some(status.transaction_depth().ok()?.map_or(0, std::num::NonZero::get))
}

/// Ends a transaction or savepoint. Diesel takes some as over where the statement failed.
async fn end<C: AsyncTraceable>(
    connection: &mut TracedAsyncConnection<C>,
    before: u32,
    sql: &str,
    run: impl AsyncFnOnce(&mut C) -> QueryResult<()>,
) -> QueryResult<()> {
    let result = connection.run_text::<C::Backend, _>(sql, run).await;
    if result.is_err() && depth(connection).is_some_and(|after| after < before) {
        connection.tracing.is_over(sql);
    }
    result
}

impl<C: AsyncTraceable<TransactionManager = T>, T: TransactionManager<C>> TransactionManager<TracedAsyncConnection<C>>
    for TracedTransactionManager<T>
{
    type TransactionStateData = T::TransactionStateData;

    async fn begin_transaction(connection: &mut TracedAsyncConnection<C>) -> QueryResult<()> {
        let sql = match depth(connection) {
            // Nothing is sent, and diesel knows the error.
            None => return T::begin_transaction(&mut connection.inner).await,
            Some(0) => "BEGIN".to_owned(),
            Some(depth) => format!("SAVEPOINT diesel_savepoint_{depth}"),
        };
        connection.run_text::<C::Backend, _>(&sql, async |inner| T::begin_transaction(inner).await).await
    }

    async fn rollback_transaction(connection: &mut TracedAsyncConnection<C>) -> QueryResult<()> {
        let (depth, sql) = match depth(connection) {
            None | Some(0) => return T::rollback_transaction(&mut connection.inner).await,
            Some(1) => (1, "ROLLBACK".to_owned()),
            Some(depth) => (depth, format!("ROLLBACK TO SAVEPOINT diesel_savepoint_{}", depth - 1)),
        };
        end(connection, depth, &sql, async |inner| T::rollback_transaction(inner).await).await
    }

    async fn commit_transaction(connection: &mut TracedAsyncConnection<C>) -> QueryResult<()> {
        let (depth, sql) = match depth(connection) {
            None | Some(0) => return T::commit_transaction(&mut connection.inner).await,
            Some(1) => (1, "COMMIT".to_owned()),
            Some(depth) => (depth, format!("RELEASE SAVEPOINT diesel_savepoint_{}", depth - 1)),
        };
        end(connection, depth, &sql, async |inner| T::commit_transaction(inner).await).await
    }

    fn transaction_manager_status_mut(connection: &mut TracedAsyncConnection<C>) -> &mut TransactionManagerStatus {
        T::transaction_manager_status_mut(&mut connection.inner)
    }

    fn is_broken_transaction_manager(connection: &mut TracedAsyncConnection<C>) -> bool {
        T::is_broken_transaction_manager(&mut connection.inner)
    }
}

/// An async closure whose future is `Send`: what `AsyncConnection::transaction` asks for by a trait that has no public name.
pub trait SendAsyncFnOnce<T, R>: AsyncFnOnce(T) -> R + FnOnce(T) -> Self::Future {
    /// The closure's future.
    type Future: Future<Output = R> + Send;
}

impl<F, T, Fut, R> SendAsyncFnOnce<T, R> for F
where
    F: AsyncFnOnce(T) -> R + FnOnce(T) -> Fut,
    Fut: Future<Output = R> + Send,
{
    type Future = Fut;
}
