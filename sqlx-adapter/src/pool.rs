//! [`TracedPool`].

#![expect(
    clippy::manual_async_fn,
    reason = "`impl Future + Send` says to generic callers what `async fn` only shows to concrete ones"
)]

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use osprofiler::db::DbSource;
use sqlx_core::acquire::Acquire;
use sqlx_core::connection::Connection;
use sqlx_core::error::Error;
use sqlx_core::executor::Executor;
use sqlx_core::pool::{MaybePoolConnection, Pool, PoolConnection};
use sqlx_core::sql_str::SqlSafeStr;
use sqlx_core::transaction::Transaction;

use crate::connection::{TracedConnection, TracedPoolConnection};
use crate::database::{self, TracedDatabase};
use crate::executor::{Via, impl_executor};
use crate::transaction::TracedTransaction;

/// A [`sqlx::Pool`](Pool) whose queries are traced.
///
/// It takes the place of the pool: `&pool` is an executor, `begin` and `acquire` give traced transactions and connections,
/// and everything else is the inner pool's, by deref. Functions that want `&sqlx::Pool<DB>` take it too; what they run is
/// not traced.
pub struct TracedPool<DB: TracedDatabase> {
    inner: Pool<DB>,
    source: Arc<DbSource>,
}

impl<DB: TracedDatabase> TracedPool<DB> {
    /// As [`Pool::connect`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect(url: &str) -> impl Future<Output = Result<Self, Error>> + Send + use<'_, DB> {
        async move { Pool::connect(url).await.map(Self::from) }
    }

    /// As [`Pool::connect_with`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect_with(
        options: <DB::Connection as Connection>::Options,
    ) -> impl Future<Output = Result<Self, Error>> + Send {
        async move { Pool::connect_with(options).await.map(Self::from) }
    }

    /// As [`Pool::connect_lazy`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect_lazy(url: &str) -> Result<Self, Error> {
        Pool::connect_lazy(url).map(Self::from)
    }

    /// As [`Pool::connect_lazy_with`].
    pub fn connect_lazy_with(options: <DB::Connection as Connection>::Options) -> Self {
        Pool::connect_lazy_with(options).into()
    }

    /// As [`Pool::acquire`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn acquire(&self) -> impl Future<Output = Result<TracedPoolConnection<DB>, Error>> + Send + use<DB> {
        let source = Arc::clone(&self.source);
        let acquired = self.inner.acquire();
        async move { Ok(TracedPoolConnection::new(acquired.await?, source)) }
    }

    /// As [`Pool::try_acquire`], traced.
    #[must_use]
    pub fn try_acquire(&self) -> Option<TracedPoolConnection<DB>> {
        Some(TracedPoolConnection::new(self.inner.try_acquire()?, Arc::clone(&self.source)))
    }

    /// As [`Pool::begin`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin(&self) -> impl Future<Output = Result<TracedTransaction<'static, DB>, Error>> + Send {
        async move { Ok(self.traced(self.inner.begin().await?)) }
    }

    /// As [`Pool::try_begin`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn try_begin(&self) -> impl Future<Output = Result<Option<TracedTransaction<'static, DB>>, Error>> + Send {
        async move { Ok(self.inner.try_begin().await?.map(|transaction| self.traced(transaction))) }
    }

    /// As [`Pool::begin_with`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin_with(
        &self,
        statement: impl SqlSafeStr,
    ) -> impl Future<Output = Result<TracedTransaction<'static, DB>, Error>> + Send {
        let statement = statement.into_sql_str();
        async move { Ok(self.traced(self.inner.begin_with(statement).await?)) }
    }

    /// As [`Pool::try_begin_with`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn try_begin_with(
        &self,
        statement: impl SqlSafeStr,
    ) -> impl Future<Output = Result<Option<TracedTransaction<'static, DB>>, Error>> + Send {
        let statement = statement.into_sql_str();
        async move { Ok(self.inner.try_begin_with(statement).await?.map(|transaction| self.traced(transaction))) }
    }

    fn via<'c>(&self) -> Via<'_, impl Executor<'c, Database = DB>> {
        Via { inner: DB::pool_executor(&self.inner), source: &self.source, pooled: true }
    }

    fn traced(&self, transaction: Transaction<'static, DB>) -> TracedTransaction<'static, DB> {
        TracedTransaction::new(TracedConnection::transaction(transaction, Arc::clone(&self.source)))
    }
}

impl<DB: TracedDatabase> From<Pool<DB>> for TracedPool<DB> {
    fn from(inner: Pool<DB>) -> Self {
        let source = database::source::<DB>(&inner.connect_options());
        Self { inner, source }
    }
}

impl<DB: TracedDatabase> Deref for TracedPool<DB> {
    type Target = Pool<DB>;

    fn deref(&self) -> &Pool<DB> {
        &self.inner
    }
}

impl<DB: TracedDatabase> Clone for TracedPool<DB> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), source: Arc::clone(&self.source) }
    }
}

impl<DB: TracedDatabase> fmt::Debug for TracedPool<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.inner, f)
    }
}

impl_executor!(&'_ TracedPool<DB>);

/// For code that is generic over [`Acquire`], such as `migrate!`. What it runs is not traced: `Acquire` can only give out
/// sqlx's own connections.
impl<'c, DB: TracedDatabase> Acquire<'c> for &'_ TracedPool<DB> {
    type Database = DB;
    type Connection = PoolConnection<DB>;

    fn acquire(self) -> BoxFuture<'c, Result<PoolConnection<DB>, Error>> {
        Box::pin(self.inner.acquire())
    }

    fn begin(self) -> BoxFuture<'c, Result<Transaction<'c, DB>, Error>> {
        let acquired = self.inner.acquire();
        Box::pin(async move { Transaction::begin(MaybePoolConnection::PoolConnection(acquired.await?), None).await })
    }
}
