//! [`TracedConnection`] and [`TracedPoolConnection`].

#![expect(
    clippy::manual_async_fn,
    reason = "`impl Future + Send` says to generic callers what `async fn` only shows to concrete ones"
)]

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use osprofiler::db::DbSource;
use sqlx_core::connection::{ConnectOptions, Connection};
use sqlx_core::error::Error;
use sqlx_core::executor::Executor;
use sqlx_core::pool::PoolConnection;
use sqlx_core::sql_str::SqlSafeStr;
use sqlx_core::transaction::Transaction;

use crate::database::{self, TracedDatabase};
use crate::executor::{Via, impl_executor};
use crate::transaction::TracedTransaction;

/// A connection whose queries are traced: one of its own, or the one in a pool connection or transaction.
///
/// `&mut connection` is an executor; everything else is the inner connection's, by deref.
pub struct TracedConnection<'c, DB: TracedDatabase> {
    inner: Inner<'c, DB>,
    source: Arc<DbSource>,
}

enum Inner<'c, DB: TracedDatabase> {
    Own(DB::Connection),
    Pooled(PoolConnection<DB>),
    Transaction(Transaction<'c, DB>),
}

impl<DB: TracedDatabase> TracedConnection<'static, DB> {
    /// As [`Connection::connect`].
    ///
    /// # Errors
    ///
    /// As there, and where the URL is malformed.
    pub fn connect(url: &str) -> impl Future<Output = Result<Self, Error>> + Send + use<DB> {
        let options = url.parse::<<DB::Connection as Connection>::Options>();
        async move { Self::connect_with(&options?).await }
    }

    /// As [`Connection::connect_with`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect_with(
        options: &<DB::Connection as Connection>::Options,
    ) -> impl Future<Output = Result<Self, Error>> + Send {
        async move { Ok(Self { inner: Inner::Own(options.connect().await?), source: database::source::<DB>(options) }) }
    }

    /// As [`Connection::close`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn close(self) -> Result<(), Error> {
        match self.inner {
            Inner::Own(connection) => connection.close().await,
            Inner::Pooled(connection) => connection.close().await,
            Inner::Transaction(transaction) => transaction.rollback().await,
        }
    }
}

impl<'c, DB: TracedDatabase> TracedConnection<'c, DB> {
    pub(crate) fn transaction(transaction: Transaction<'c, DB>, source: Arc<DbSource>) -> Self {
        Self { inner: Inner::Transaction(transaction), source }
    }

    pub(crate) fn via(&mut self) -> Via<'_, impl Executor<'_, Database = DB>> {
        let connection = match &mut self.inner {
            Inner::Own(connection) => connection,
            Inner::Pooled(connection) => &mut **connection,
            Inner::Transaction(transaction) => &mut **transaction,
        };
        Via { inner: DB::connection_executor(connection), source: &self.source, pooled: false }
    }

    pub(crate) fn into_transaction(self) -> Option<Transaction<'c, DB>> {
        match self.inner {
            Inner::Transaction(transaction) => Some(transaction),
            Inner::Own(_) | Inner::Pooled(_) => None,
        }
    }

    /// As [`Connection::begin`], traced; inside a transaction this is a savepoint.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin(&mut self) -> impl Future<Output = Result<TracedTransaction<'_, DB>, Error>> + Send {
        let source = Arc::clone(&self.source);
        async move {
            let transaction = Connection::begin(&mut **self).await?;
            Ok(TracedTransaction::new(TracedConnection::transaction(transaction, source)))
        }
    }

    /// As [`Connection::begin_with`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin_with(
        &mut self,
        statement: impl SqlSafeStr,
    ) -> impl Future<Output = Result<TracedTransaction<'_, DB>, Error>> + Send {
        let source = Arc::clone(&self.source);
        let statement = statement.into_sql_str();
        async move {
            let transaction = Connection::begin_with(&mut **self, statement).await?;
            Ok(TracedTransaction::new(TracedConnection::transaction(transaction, source)))
        }
    }
}

impl<DB: TracedDatabase> Deref for TracedConnection<'_, DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match &self.inner {
            Inner::Own(connection) => connection,
            Inner::Pooled(connection) => connection,
            Inner::Transaction(transaction) => transaction,
        }
    }
}

impl<DB: TracedDatabase> DerefMut for TracedConnection<'_, DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match &mut self.inner {
            Inner::Own(connection) => connection,
            Inner::Pooled(connection) => connection,
            Inner::Transaction(transaction) => transaction,
        }
    }
}

impl<DB: TracedDatabase> fmt::Debug for TracedConnection<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedConnection").finish_non_exhaustive()
    }
}

/// A connection of a [`TracedPool`](crate::TracedPool); it goes back there when it is dropped.
///
/// `&mut connection` and `&mut *connection` are executors.
#[derive(Debug)]
pub struct TracedPoolConnection<DB: TracedDatabase>(TracedConnection<'static, DB>);

impl<DB: TracedDatabase> TracedPoolConnection<DB> {
    pub(crate) fn new(connection: PoolConnection<DB>, source: Arc<DbSource>) -> Self {
        Self(TracedConnection { inner: Inner::Pooled(connection), source })
    }

    fn via(&mut self) -> Via<'_, impl Executor<'_, Database = DB>> {
        self.0.via()
    }

    /// As [`PoolConnection::close`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn close(self) -> Result<(), Error> {
        self.0.close().await
    }

    /// As [`PoolConnection::close_on_drop`].
    pub fn close_on_drop(&mut self) {
        if let Inner::Pooled(connection) = &mut self.0.inner {
            connection.close_on_drop();
        }
    }

    /// As [`PoolConnection::detach`]; the connection stays traced.
    #[must_use]
    pub fn detach(self) -> TracedConnection<'static, DB> {
        let TracedConnection { inner, source } = self.0;
        let inner = match inner {
            Inner::Pooled(connection) => Inner::Own(connection.detach()),
            other => other,
        };
        TracedConnection { inner, source }
    }
}

impl<DB: TracedDatabase> Deref for TracedPoolConnection<DB> {
    type Target = TracedConnection<'static, DB>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<DB: TracedDatabase> DerefMut for TracedPoolConnection<DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl_executor!(&'c mut TracedConnection<'_, DB>);
impl_executor!(&'c mut TracedPoolConnection<DB>);

/// Implements `Acquire` for code that is generic over it. What it runs is not traced: `Acquire` can only give out sqlx's own
/// connections.
macro_rules! impl_acquire {
    ($self_type:ty) => {
        impl<'c, DB: $crate::TracedDatabase> sqlx_core::acquire::Acquire<'c> for $self_type {
            type Database = DB;
            type Connection = &'c mut DB::Connection;

            fn acquire(self) -> futures_core::future::BoxFuture<'c, Result<Self::Connection, sqlx_core::error::Error>> {
                let connection: &'c mut DB::Connection = self;
                Box::pin(std::future::ready(Ok(connection)))
            }

            fn begin(
                self,
            ) -> futures_core::future::BoxFuture<
                'c,
                Result<sqlx_core::transaction::Transaction<'c, DB>, sqlx_core::error::Error>,
            > {
                let connection: &'c mut DB::Connection = self;
                let connection = sqlx_core::pool::MaybePoolConnection::Connection(connection);
                sqlx_core::transaction::Transaction::begin(connection, None)
            }
        }
    };
}

pub(crate) use impl_acquire;

impl_acquire!(&'c mut TracedConnection<'_, DB>);
impl_acquire!(&'c mut TracedPoolConnection<DB>);
