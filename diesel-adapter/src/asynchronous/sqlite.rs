//! What diesel-async has for `SyncConnectionWrapper` and SQLite alone.

use diesel::associations::Identifiable;
use diesel::connection::AnsiTransactionManager;
use diesel::dsl::{Find, Update};
use diesel::query_builder::{AsChangeset, AsQuery, IntoUpdateTarget, UpdateStatement};
use diesel::query_dsl::methods::FindDsl;
use diesel::result::Error;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, SqliteConnection};
use diesel_async::methods::LoadQuery;
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use diesel_async::{AsyncConnection, AsyncConnectionCore, RunQueryDsl, TransactionManager, UpdateAndFetchResults};
use futures_core::future::BoxFuture;

use super::connection::TracedAsyncConnection;
use super::transaction::{SendAsyncFnOnce, depth};

type Wrapper<S> = SyncConnectionWrapper<SqliteConnection, S>;

impl<S: SpawnBlocking + Send> TracedAsyncConnection<Wrapper<S>>
where
    Wrapper<S>: AsyncConnection<Backend = Sqlite>,
    Self: AsyncConnection,
{
    /// As `SyncConnectionWrapper::immediate_transaction`.
    ///
    /// # Errors
    ///
    /// What `f` returns, and where the transaction cannot begin or end.
    pub async fn immediate_transaction<R, E, F>(&mut self, f: F) -> Result<R, E>
    where
        F: for<'r> SendAsyncFnOnce<&'r mut Self, Result<R, E>> + Send,
        E: From<Error> + Send,
        R: Send,
    {
        self.transaction_sql(f, "BEGIN IMMEDIATE").await
    }

    /// As `SyncConnectionWrapper::exclusive_transaction`.
    ///
    /// # Errors
    ///
    /// What `f` returns, and where the transaction cannot begin or end.
    pub async fn exclusive_transaction<R, E, F>(&mut self, f: F) -> Result<R, E>
    where
        F: for<'r> SendAsyncFnOnce<&'r mut Self, Result<R, E>> + Send,
        E: From<Error> + Send,
        R: Send,
    {
        self.transaction_sql(f, "BEGIN EXCLUSIVE").await
    }

    async fn transaction_sql<R, E, F>(&mut self, f: F, sql: &'static str) -> Result<R, E>
    where
        F: for<'r> SendAsyncFnOnce<&'r mut Self, Result<R, E>> + Send,
        E: From<Error> + Send,
        R: Send,
    {
        let begin = async |inner: &mut Wrapper<S>| {
            inner.spawn_blocking(move |inner| AnsiTransactionManager::begin_transaction_sql(inner, sql)).await
        };
        match depth(self) {
            Some(0) => self.run_text::<Sqlite, _>(sql, begin).await?,
            // Nothing is sent, and diesel knows the error.
            _ => begin(&mut self.inner).await?,
        }
        match f(self).await {
            Ok(value) => {
                <Self as AsyncConnection>::TransactionManager::commit_transaction(self).await?;
                Ok(value)
            }
            Err(error) => {
                <Self as AsyncConnection>::TransactionManager::rollback_transaction(self).await?;
                Err(error)
            }
        }
    }
}

impl<'b, Changes, Output, Tab, V, C, S> UpdateAndFetchResults<Changes, Output>
    for TracedAsyncConnection<SyncConnectionWrapper<C, S>>
where
    Self: AsyncConnectionCore,
    C: 'static,
    S: 'static,
    Output: Send + 'static,
    Changes: Copy + AsChangeset<Target = Tab> + Send + Identifiable<Table = Tab>,
    Tab: diesel::Table + FindDsl<Changes::Id> + 'b,
    Find<Tab, Changes::Id>: IntoUpdateTarget<Table = Tab, WhereClause = V>,
    UpdateStatement<Tab, V, Changes::Changeset>: AsQuery,
    Update<Changes, Changes>: LoadQuery<'b, Self, Output>,
    V: Send + 'b,
    Changes::Changeset: Send + 'b,
    Tab::FromClause: Send,
{
    fn update_and_fetch<'conn, 'changes>(
        &'conn mut self,
        changeset: Changes,
    ) -> BoxFuture<'changes, QueryResult<Output>>
    where
        Changes: 'changes,
        'conn: 'changes,
        Self: 'changes,
    {
        Box::pin(async move { diesel::update(changeset).set(changeset).get_result(self).await })
    }
}
