//! What diesel-async has for `AsyncPgConnection` alone: pipelines, `build_transaction`, notifications.

use diesel::QueryResult;
use diesel::associations::Identifiable;
use diesel::dsl::{Find, Update};
use diesel::pg::{Pg, PgNotification};
use diesel::query_builder::{AsChangeset, AsQuery, IntoUpdateTarget, QueryFragment, QueryId, UpdateStatement};
use diesel::query_dsl::methods::FindDsl;
use diesel_async::methods::LoadQuery;
use diesel_async::{
    AnsiTransactionManager, AsyncConnectionCore, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager, UpdateAndFetchResults,
};
use futures_core::Stream;
use futures_core::future::BoxFuture;

use super::connection::{TracedAsyncConnection, keep};
use super::future::{TracedExecute, TracedLoad, TracedStream};
use super::transaction::{SendAsyncFnOnce, TracedTransactionManager, depth};
use crate::before_commit::BeforeCommit;
use crate::call::EXECUTE;
use crate::row::{TracedRow, Watch};
use crate::session::Session;

impl TracedAsyncConnection<AsyncPgConnection> {
    /// As [`AsyncPgConnection::build_transaction`].
    pub fn build_transaction(&mut self) -> TracedTransactionBuilder<'_> {
        TracedTransactionBuilder { connection: self, isolation: "", read: "", deferrable: "" }
    }

    /// As [`AsyncPgConnection::notifications_stream`].
    pub fn notifications_stream(&mut self) -> impl Stream<Item = QueryResult<PgNotification>> + '_ {
        self.inner.notifications_stream()
    }
}

/// As diesel-async's `TransactionBuilder`, for a traced connection.
#[must_use = "a transaction builder does nothing unless it is run"]
pub struct TracedTransactionBuilder<'a> {
    connection: &'a mut TracedAsyncConnection<AsyncPgConnection>,
    isolation: &'static str,
    read: &'static str,
    deferrable: &'static str,
}

impl TracedTransactionBuilder<'_> {
    /// Makes the transaction `READ ONLY`.
    pub fn read_only(mut self) -> Self {
        self.read = " READ ONLY";
        self
    }

    /// Makes the transaction `READ WRITE`.
    pub fn read_write(mut self) -> Self {
        self.read = " READ WRITE";
        self
    }

    /// Makes the transaction `DEFERRABLE`.
    pub fn deferrable(mut self) -> Self {
        self.deferrable = " DEFERRABLE";
        self
    }

    /// Makes the transaction `NOT DEFERRABLE`.
    pub fn not_deferrable(mut self) -> Self {
        self.deferrable = " NOT DEFERRABLE";
        self
    }

    /// Makes the transaction `ISOLATION LEVEL READ COMMITTED`.
    pub fn read_committed(mut self) -> Self {
        self.isolation = " ISOLATION LEVEL READ COMMITTED";
        self
    }

    /// Makes the transaction `ISOLATION LEVEL REPEATABLE READ`.
    pub fn repeatable_read(mut self) -> Self {
        self.isolation = " ISOLATION LEVEL REPEATABLE READ";
        self
    }

    /// Makes the transaction `ISOLATION LEVEL SERIALIZABLE`.
    pub fn serializable(mut self) -> Self {
        self.isolation = " ISOLATION LEVEL SERIALIZABLE";
        self
    }

    /// Runs `f` in the transaction: commits where it returns `Ok`, and else rolls back.
    ///
    /// # Errors
    ///
    /// What `f` returns, and where the transaction cannot begin or end.
    pub async fn run<T, E, F>(&mut self, f: F) -> Result<T, E>
    where
        F: for<'r> SendAsyncFnOnce<&'r mut TracedAsyncConnection<AsyncPgConnection>, Result<T, E>> + Send,
        E: From<diesel::result::Error>,
    {
        type Manager = TracedTransactionManager<AnsiTransactionManager>;

        let sql = format!("BEGIN TRANSACTION{}{}{}", self.isolation, self.read, self.deferrable);
        let begin =
            async |inner: &mut AsyncPgConnection| AnsiTransactionManager::begin_transaction_sql(inner, &sql).await;
        match depth(self.connection) {
            Some(0) => self.connection.run_text::<Pg, _>(&sql, begin).await?,
            // Nothing is sent, and diesel knows the error.
            _ => begin(&mut self.connection.inner).await?,
        }
        match f(self.connection).await {
            Ok(value) => {
                Manager::commit_transaction(self.connection).await?;
                Ok(value)
            }
            Err(error) => {
                Manager::rollback_transaction(self.connection).await?;
                Err(error)
            }
        }
    }
}

impl SimpleAsyncConnection for &TracedAsyncConnection<AsyncPgConnection> {
    /// Without a look at transactions, which nobody begins in a pipeline.
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        let link = &self.tracing.open.0;
        let before_commit = if link.looked_away() { BeforeCommit::Unseen } else { BeforeCommit::AllSeen };
        let call = self.tracing.begin_text::<Pg>(query, before_commit);
        let result = SimpleAsyncConnection::batch_execute(&mut &self.inner, query).await;
        match (call, &result) {
            (Some(mut call), _) => call.end(&result),
            (None, Err(_)) => link.session(Session::fails),
            (None, Ok(())) => {}
        }
        result
    }
}

/// Queries in a pipeline: several at once by shared references.
impl<'a> AsyncConnectionCore for &'a TracedAsyncConnection<AsyncPgConnection> {
    type ExecuteFuture<'conn, 'query> =
        TracedExecute<<&'a AsyncPgConnection as AsyncConnectionCore>::ExecuteFuture<'conn, 'query>, Pg>;
    type LoadFuture<'conn, 'query> = TracedLoad<
        <&'a AsyncPgConnection as AsyncConnectionCore>::LoadFuture<'conn, 'query>,
        QueryResult<<&'a AsyncPgConnection as AsyncConnectionCore>::Row<'conn, 'query>>,
        Pg,
    >;
    type Stream<'conn, 'query> =
        TracedStream<<&'a AsyncPgConnection as AsyncConnectionCore>::Stream<'conn, 'query>, Pg>;
    type Row<'conn, 'query> = TracedRow<<&'a AsyncPgConnection as AsyncConnectionCore>::Row<'conn, 'query>>;

    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        let connection = *self;
        let mut inner = &connection.inner;
        let (future, call) =
            self.tracing.run(source.as_query(), "load", |query| AsyncConnectionCore::load(&mut inner, query));
        TracedLoad::new(future, call, Watch::new::<T::SqlType>, keep)
    }

    fn execute_returning_count<'conn, 'query, T>(&'conn mut self, source: T) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        let connection = *self;
        let mut inner = &connection.inner;
        let (future, call) = self.tracing.run(source, EXECUTE, |query| inner.execute_returning_count(query));
        TracedExecute::new(future, call)
    }
}

impl<'b, Changes, Output, Tab, V> UpdateAndFetchResults<Changes, Output> for TracedAsyncConnection<AsyncPgConnection>
where
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
