//! [`TracedConnection`] and [`TracedPoolConnection`].

#![expect(
    clippy::manual_async_fn,
    reason = "`impl Future + Send` says to generic callers what `async fn` only shows to concrete ones"
)]

use std::fmt;
use std::future::{Ready, ready};
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;
use std::time::Instant;

use futures_core::future::BoxFuture;
use osprofiler::db::{CheckoutTrace, DbLease, DbSource};
use osprofiler::profiler;
use sqlx_core::connection::{ConnectOptions, Connection};
use sqlx_core::database::HasStatementCache;
use sqlx_core::error::Error;
use sqlx_core::pool::{MaybePoolConnection, PoolConnection};
use sqlx_core::sql_str::{SqlSafeStr, SqlStr};
use sqlx_core::transaction::Transaction;

use crate::builder::TracedBuilder;
use crate::call::Call;
use crate::database::TracedDatabase;
use crate::executor::{Host, Unseen, Via, impl_executor};
use crate::hand_out::hand_out;
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
    /// The trace in which it was taken from its pool, or in which its transaction began.
    checkout: CheckoutTrace,
    /// Whether statements ran on it that were not seen, since the last that was.
    unseen: Unseen,
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

    /// As [`Connection::close_hard`].
    ///
    /// # Errors
    ///
    /// As there.
    #[doc(hidden)]
    pub async fn close_hard(self) -> Result<(), Error> {
        match self.inner {
            Inner::Own(connection) => connection.close_hard().await,
            Inner::Pooled(connection) => connection.detach().close_hard().await,
            Inner::Transaction(transaction) => transaction.rollback().await,
        }
    }

    #[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
    pub(crate) fn own(connection: DB::Connection) -> Self {
        Self::new(Inner::Own(connection), TracedBuilder::<DB>::unknown_source(), None).with_unseen()
    }
}

impl<'c, DB: TracedDatabase> TracedConnection<'c, DB> {
    fn new(inner: Inner<'c, DB>, source: Arc<DbSource>, lease: Option<Arc<DbLease>>) -> Self {
        Self { inner, source, lease, acquire: None, checkout: CheckoutTrace::none(), unseen: Unseen::default() }
    }

    pub(crate) fn of_transaction(
        transaction: Transaction<'c, DB>,
        source: Arc<DbSource>,
        lease: Option<Arc<DbLease>>,
        checkout: CheckoutTrace,
    ) -> Self {
        Self { checkout, ..Self::new(Inner::Transaction(transaction), source, lease) }
    }

    /// What ran on it before is not known.
    pub(crate) fn with_unseen(self) -> Self {
        self.unseen.set(true);
        self
    }

    pub(crate) fn via(&mut self) -> Via<'_, '_, DB> {
        let Self { inner, source, lease, acquire, checkout, unseen } = self;
        let host = Host::Connection(inner.connection());
        Via { host, source, lease: Some(lease), acquire: Some(acquire), checkout: Some(checkout), unseen: Some(unseen) }
    }

    /// sqlx's connection, for what is recorded here.
    pub(crate) fn host_mut(&mut self) -> &mut DB::Connection {
        self.inner.connection()
    }

    /// sqlx's connection leaves for code that is not seen.
    pub(crate) fn hand_out(&self, what: &'static str, at: &'static Location<'static>) {
        hand_out::<DB>(what, &self.source, Some(&self.checkout), self.lease.is_some(), at);
        if let Some(lease) = &self.lease {
            lease.lose_sight();
        }
        self.unseen.set(true);
    }

    pub(crate) fn host_transaction(&mut self) -> Option<&mut Transaction<'c, DB>> {
        match &mut self.inner {
            Inner::Transaction(transaction) => Some(transaction),
            Inner::Own(_) | Inner::Pooled(_) => None,
        }
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
            // A connection of its own belongs to no trace, but a transaction belongs to the one in which it began.
            let here = CheckoutTrace::here();
            let checkout = if here.is_none() { self.checkout.clone() } else { here };
            let connection = MaybePoolConnection::Connection(self.inner.connection());
            transaction::begin(connection, statement, source, lease, checkout, call).await
        }
    }

    /// As [`sqlx::Acquire::acquire`](sqlx_core::acquire::Acquire::acquire), traced: this connection.
    ///
    /// # Errors
    ///
    /// None.
    pub fn acquire(&mut self) -> Ready<Result<&mut Self, Error>> {
        ready(Ok(self))
    }

    /// This connection, and not sqlx's own as by [`AsMut`].
    #[expect(
        clippy::should_implement_trait,
        reason = "`AsMut` gives sqlx's own connection, to which this is preferred"
    )]
    pub fn as_mut(&mut self) -> &mut Self {
        self
    }

    /// As [`Connection::transaction`], traced: the closure gets a traced transaction.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn transaction<'a, F, R, E>(&'a mut self, callback: F) -> impl Future<Output = Result<R, E>> + Send + 'a
    where
        for<'t> F: FnOnce(&'t mut TracedTransaction<'_, DB>) -> BoxFuture<'t, Result<R, E>> + 'a + Send + Sync,
        R: Send,
        E: From<Error> + Send,
    {
        async move {
            let mut transaction = self.begin().await?;
            match callback(&mut transaction).await {
                Ok(done) => {
                    transaction.commit().await?;
                    Ok(done)
                }
                Err(error) => {
                    transaction.rollback().await?;
                    Err(error)
                }
            }
        }
    }

    /// As [`Connection::ping`]. It runs no statement, and is not recorded.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn ping(&mut self) -> impl Future<Output = Result<(), Error>> + Send + '_ {
        Marked::new(self.inner.connection().ping(), DB::EVENTS_ELSEWHERE && profiler::sql_active())
    }

    /// As [`Connection::clear_cached_statements`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn clear_cached_statements(&mut self) -> impl Future<Output = Result<(), Error>> + Send + '_
    where
        DB: HasStatementCache,
    {
        self.inner.connection().clear_cached_statements()
    }

    /// As [`Connection::shrink_buffers`].
    pub fn shrink_buffers(&mut self) {
        self.inner.connection().shrink_buffers();
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
    /// sqlx's own connection. Where a trace is active this is counted: what runs on it is not recorded.
    #[track_caller]
    fn deref_mut(&mut self) -> &mut DB::Connection {
        self.hand_out("sqlx's own connection", Location::caller());
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
    /// A connection that was taken from a traced pool just now.
    pub(crate) fn taken(
        connection: PoolConnection<DB>,
        source: Arc<DbSource>,
        acquire: Option<(Instant, Instant)>,
    ) -> Self {
        let checkout = CheckoutTrace::here();
        Self(TracedConnection { acquire, checkout, ..TracedConnection::new(Inner::Pooled(connection), source, None) })
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

    /// As [`Connection::close_hard`].
    ///
    /// # Errors
    ///
    /// As there.
    #[doc(hidden)]
    pub async fn close_hard(self) -> Result<(), Error> {
        self.0.close_hard().await
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
        self.without_pool(PoolConnection::detach)
    }

    /// As [`PoolConnection::leak`]; the connection stays traced.
    #[must_use]
    pub fn leak(self) -> TracedConnection<'static, DB> {
        self.without_pool(PoolConnection::leak)
    }

    fn without_pool(self, take: impl FnOnce(PoolConnection<DB>) -> DB::Connection) -> TracedConnection<'static, DB> {
        let TracedConnection { inner, source, lease, acquire, .. } = self.0;
        let inner = match inner {
            Inner::Pooled(connection) => Inner::Own(take(connection)),
            other => other,
        };
        // It may live longer than what it was taken for.
        TracedConnection { inner, source, lease, acquire, checkout: CheckoutTrace::none(), unseen: Unseen::default() }
    }
}

impl<DB: TracedDatabase> From<PoolConnection<DB>> for TracedPoolConnection<DB> {
    /// Around the connection there is. Of the database its points know the kind only.
    fn from(connection: PoolConnection<DB>) -> Self {
        let mut taken = Self::taken(connection, TracedBuilder::<DB>::unknown_source(), None);
        taken.0 = taken.0.with_unseen();
        taken
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

/// Implements `Acquire` for code that is generic over it. What it runs is not recorded, and that is counted where a trace is
/// active: `Acquire` can only give out sqlx's own connections.
macro_rules! impl_acquire {
    ($self_type:ty) => {
        impl<'c, DB: $crate::TracedDatabase> sqlx_core::acquire::Acquire<'c> for $self_type {
            type Database = DB;
            type Connection = &'c mut DB::Connection;

            #[track_caller]
            fn acquire(self) -> futures_core::future::BoxFuture<'c, Result<Self::Connection, sqlx_core::error::Error>> {
                let connection: &'c mut DB::Connection = self;
                Box::pin(std::future::ready(Ok(connection)))
            }

            #[track_caller]
            fn begin(
                self,
            ) -> futures_core::future::BoxFuture<
                'c,
                Result<sqlx_core::transaction::Transaction<'c, DB>, sqlx_core::error::Error>,
            > {
                self.hand_out("sqlx's own transaction", std::panic::Location::caller());
                let connection: &'c mut DB::Connection = self.host_mut();
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
            #[track_caller]
            fn as_mut(&mut self) -> &mut DB::Connection {
                self
            }
        }
    };
}

/// Gives a type that derefs to [`TracedConnection`] that one's `begin`, `begin_with`, `acquire` and `as_mut`: by deref alone
/// the methods of `sqlx::Acquire` and `AsMut` would be nearer, and what they give is not traced.
macro_rules! impl_nearer {
    ($self_type:ty, $lifetime:lifetime $(, $generic:lifetime)?) => {
        impl<$($generic,)? DB: $crate::TracedDatabase> $self_type {
            /// As [`sqlx::Acquire::acquire`](sqlx_core::acquire::Acquire::acquire), traced.
            ///
            /// # Errors
            ///
            /// None.
            pub fn acquire(
                &mut self,
            ) -> std::future::Ready<Result<&mut $crate::TracedConnection<$lifetime, DB>, sqlx_core::error::Error>> {
                $crate::TracedConnection::acquire(self)
            }

            /// The traced connection, and not sqlx's own as by [`AsMut`].
            #[expect(
                clippy::should_implement_trait,
                reason = "`AsMut` gives sqlx's own connection, to which this is preferred"
            )]
            pub fn as_mut(&mut self) -> &mut $crate::TracedConnection<$lifetime, DB> {
                self
            }

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

pub(crate) use {impl_acquire, impl_as_connection, impl_nearer};

impl_nearer!(TracedPoolConnection<DB>, 'static);
impl_acquire!(&'c mut TracedConnection<'_, DB>);
impl_acquire!(&'c mut TracedPoolConnection<DB>);
impl_as_connection!(TracedConnection<'_, DB>);
impl_as_connection!(TracedPoolConnection<DB>);
