//! [`TracedConnection`] and [`TracedPoolConnection`].

#![expect(
    clippy::manual_async_fn,
    reason = "`impl Future + Send` says to generic callers what `async fn` only shows to concrete ones"
)]

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Instant;

use osprofiler::db::{DbLease, DbSource};
use sqlx_core::connection::{ConnectOptions, Connection};
use sqlx_core::error::Error;
use sqlx_core::pool::{MaybePoolConnection, PoolConnection};
use sqlx_core::sql_str::{SqlSafeStr, SqlStr};
use sqlx_core::transaction::Transaction;

use crate::builder::TracedBuilder;
use crate::call::Call;
use crate::database::TracedDatabase;
use crate::executor::{Host, Via, impl_executor};
use crate::mark::Marked;
use crate::transaction::{self, TracedTransaction};

/// A connection whose queries are traced: one of its own, or the one in a pool connection or transaction.
///
/// `&mut connection` is an executor; everything else is the inner connection's, by deref.
pub struct TracedConnection<'c, DB: TracedDatabase> {
    inner: Inner<'c, DB>,
    source: Arc<DbSource>,
    /// `None` until a call on it is traced.
    lease: Option<Arc<DbLease>>,
    /// From when to when it was waited for, until a call says so.
    acquire: Option<(Instant, Instant)>,
}

enum Inner<'c, DB: TracedDatabase> {
    Own(DB::Connection),
    Pooled(PoolConnection<DB>),
    Transaction(Transaction<'c, DB>),
}

impl<DB: TracedDatabase> TracedConnection<'static, DB> {
    /// As [`Connection::connect`]. [`TracedPool::builder`](crate::TracedPool::builder) has options for single connections
    /// too.
    ///
    /// # Errors
    ///
    /// As there, and where the URL is malformed.
    pub fn connect(url: &str) -> impl Future<Output = Result<Self, Error>> + Send + use<DB> {
        TracedBuilder::new().connect_single(url)
    }

    /// As [`Connection::connect_with`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect_with(
        options: &<DB::Connection as Connection>::Options,
    ) -> impl Future<Output = Result<Self, Error>> + Send {
        TracedBuilder::new().connect_single_with(options)
    }

    pub(crate) fn open(
        options: &<DB::Connection as Connection>::Options,
        source: Arc<DbSource>,
    ) -> impl Future<Output = Result<Self, Error>> + Send {
        async move {
            // What is sent to set up the connection is nobody's statement.
            let connection = Marked::new(options.connect(), DB::EVENTS_ELSEWHERE).await?;
            Ok(Self::new(Inner::Own(connection), source, None))
        }
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
    fn new(inner: Inner<'c, DB>, source: Arc<DbSource>, lease: Option<Arc<DbLease>>) -> Self {
        Self { inner, source, lease, acquire: None }
    }

    pub(crate) fn transaction(
        transaction: Transaction<'c, DB>,
        source: Arc<DbSource>,
        lease: Option<Arc<DbLease>>,
    ) -> Self {
        Self::new(Inner::Transaction(transaction), source, lease)
    }

    pub(crate) fn via(&mut self) -> Via<'_, '_, DB> {
        let host = Host::Connection(self.inner.connection());
        Via { host, source: &self.source, lease: Some(&mut self.lease), acquire: Some(&mut self.acquire) }
    }

    /// A call on this connection to trace; `None` where tracing is off.
    pub(crate) fn call(&mut self, method: &'static str) -> Option<Box<Call<DB>>> {
        self.via().call(method)
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
        self.begin_maybe_with(None)
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
        self.begin_maybe_with(Some(statement.into_sql_str()))
    }

    fn begin_maybe_with(
        &mut self,
        statement: Option<SqlStr>,
    ) -> impl Future<Output = Result<TracedTransaction<'_, DB>, Error>> + Send + use<'_, 'c, DB> {
        async move {
            let call = self.call("begin");
            let (source, lease) = (Arc::clone(&self.source), self.lease.clone());
            let connection = MaybePoolConnection::Connection(self.inner.connection());
            transaction::begin(connection, statement, source, lease, call).await
        }
    }
}

impl<DB: TracedDatabase> Inner<'_, DB> {
    fn connection(&mut self) -> &mut DB::Connection {
        match self {
            Self::Own(connection) => connection,
            Self::Pooled(connection) => connection,
            Self::Transaction(transaction) => transaction,
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
        self.inner.connection()
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
    pub(crate) fn new(
        connection: PoolConnection<DB>,
        source: Arc<DbSource>,
        acquire: Option<(Instant, Instant)>,
    ) -> Self {
        Self(TracedConnection { acquire, ..TracedConnection::new(Inner::Pooled(connection), source, None) })
    }

    fn via(&mut self) -> Via<'_, '_, DB> {
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
        self.taken(PoolConnection::detach)
    }

    /// As [`PoolConnection::leak`]; the connection stays traced.
    #[must_use]
    pub fn leak(self) -> TracedConnection<'static, DB> {
        self.taken(PoolConnection::leak)
    }

    fn taken(self, take: impl FnOnce(PoolConnection<DB>) -> DB::Connection) -> TracedConnection<'static, DB> {
        let TracedConnection { inner, source, lease, acquire } = self.0;
        let inner = match inner {
            Inner::Pooled(connection) => Inner::Own(take(connection)),
            other => other,
        };
        TracedConnection { inner, source, lease, acquire }
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

/// Implements `AsRef` and `AsMut` as sqlx does, for advisory locks and the like.
macro_rules! impl_as_connection {
    ($self_type:ty) => {
        impl<DB: $crate::TracedDatabase> AsRef<DB::Connection> for $self_type {
            fn as_ref(&self) -> &DB::Connection {
                self
            }
        }

        impl<DB: $crate::TracedDatabase> AsMut<DB::Connection> for $self_type {
            fn as_mut(&mut self) -> &mut DB::Connection {
                self
            }
        }
    };
}

/// Gives a type that derefs to [`TracedConnection`] that one's `begin` and `begin_with`: by deref alone the `begin` of
/// `sqlx::Acquire` would be nearer, where that trait is in scope, and not traced.
macro_rules! impl_begin {
    ($self_type:ty) => {
        impl<DB: $crate::TracedDatabase> $self_type {
            /// As [`Connection::begin`](sqlx_core::connection::Connection::begin), traced; inside a transaction this is a
            /// savepoint.
            ///
            /// # Errors
            ///
            /// As there.
            pub fn begin(
                &mut self,
            ) -> impl Future<Output = Result<$crate::TracedTransaction<'_, DB>, sqlx_core::error::Error>> + Send {
                $crate::TracedConnection::begin(self)
            }

            /// As [`Connection::begin_with`](sqlx_core::connection::Connection::begin_with), traced.
            ///
            /// # Errors
            ///
            /// As there.
            pub fn begin_with(
                &mut self,
                statement: impl sqlx_core::sql_str::SqlSafeStr,
            ) -> impl Future<Output = Result<$crate::TracedTransaction<'_, DB>, sqlx_core::error::Error>> + Send {
                $crate::TracedConnection::begin_with(self, statement)
            }
        }
    };
}

pub(crate) use {impl_acquire, impl_as_connection, impl_begin};

impl_begin!(TracedPoolConnection<DB>);
impl_acquire!(&'c mut TracedConnection<'_, DB>);
impl_acquire!(&'c mut TracedPoolConnection<DB>);
impl_as_connection!(TracedConnection<'_, DB>);
impl_as_connection!(TracedPoolConnection<DB>);
