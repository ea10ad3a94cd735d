//! [`TracedPool`].

#![expect(
    clippy::manual_async_fn,
    reason = "`impl Future + Send` says to generic callers what `async fn` only shows to concrete ones"
)]

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use osprofiler::db::{CheckoutTrace, DbSource, Gate};
use osprofiler::profiler;
use sqlx_core::acquire::Acquire;
use sqlx_core::connection::Connection;
use sqlx_core::error::Error;
use sqlx_core::pool::{CloseEvent, MaybePoolConnection, Pool, PoolConnection, PoolOptions};
use sqlx_core::sql_str::{SqlSafeStr, SqlStr};
use sqlx_core::transaction::{Transaction, begin_ansi_transaction_sql};

use crate::builder::TracedBuilder;
use crate::call::Call;
use crate::connection::TracedPoolConnection;
use crate::database::TracedDatabase;
use crate::executor::{self, Host, Via, impl_executor};
use crate::hand_out::hand_out;
use crate::mark::Marked;
use crate::transaction::{self, TracedTransaction};

/// A [`sqlx::Pool`](Pool) whose queries are traced.
///
/// It takes the place of the pool: `&pool` is an executor, `begin` and `acquire` give traced transactions and connections,
/// and everything else is the inner pool's, by deref. Functions that want `&sqlx::Pool<DB>` take it too; what they run is not
/// recorded, unless the [net](crate#the-net) sees it, and reports say so.
pub struct TracedPool<DB: TracedDatabase> {
    inner: Pool<DB>,
    source: Arc<DbSource>,
}

impl<DB: TracedDatabase> TracedPool<DB> {
    /// A pool with options: what its points are called, and what they say of values.
    #[must_use]
    pub fn builder() -> TracedBuilder<DB> {
        TracedBuilder::new()
    }

    pub(crate) fn new(inner: Pool<DB>, source: Arc<DbSource>) -> Self {
        Self { inner, source }
    }

    /// As [`Pool::connect`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect(url: &str) -> impl Future<Output = Result<Self, Error>> + Send + use<'_, DB> {
        TracedBuilder::new().connect(url)
    }

    /// As [`Pool::connect_with`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect_with(
        options: <DB::Connection as Connection>::Options,
    ) -> impl Future<Output = Result<Self, Error>> + Send {
        TracedBuilder::new().connect_with(options)
    }

    /// As [`Pool::connect_lazy`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn connect_lazy(url: &str) -> Result<Self, Error> {
        TracedBuilder::new().connect_lazy(url)
    }

    /// As [`Pool::connect_lazy_with`].
    pub fn connect_lazy_with(options: <DB::Connection as Connection>::Options) -> Self {
        TracedBuilder::new().connect_lazy_with(options)
    }

    /// Switches the tracing of this pool, its clones and its connections on or off, from the next call on. It is on at
    /// first, where [`osprofiler::profiler::set_trace_sql`] is.
    pub fn set_trace_sql(&self, on: bool) {
        self.source.set_trace_sql(on);
    }

    /// As [`Pool::acquire`], traced: the first statement on the connection says how long it was waited for, and where none
    /// could be had, that is a point too.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn acquire(&self) -> impl Future<Output = Result<TracedPoolConnection<DB>, Error>> + Send + use<DB> {
        let (source, call) = (Arc::clone(&self.source), self.call("acquire"));
        let pool = self.inner.clone();
        async move {
            let Some(mut call) = call else {
                return Ok(TracedPoolConnection::taken(executor::acquire_unseen(&pool).await?, source, None));
            };
            let connection = executor::acquire(&pool, &mut call).await?;
            call.forget();
            Ok(TracedPoolConnection::taken(connection, source, call.acquire()))
        }
    }

    /// As [`Pool::try_acquire`], traced.
    #[must_use]
    pub fn try_acquire(&self) -> Option<TracedPoolConnection<DB>> {
        Some(TracedPoolConnection::taken(self.inner.try_acquire()?, Arc::clone(&self.source), None))
    }

    /// As [`Pool::begin`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin(&self) -> impl Future<Output = Result<TracedTransaction<'static, DB>, Error>> + Send + use<'_, DB> {
        self.begin_maybe_with(None)
    }

    /// As [`Pool::try_begin`], traced.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn try_begin(
        &self,
    ) -> impl Future<Output = Result<Option<TracedTransaction<'static, DB>>, Error>> + Send + use<'_, DB> {
        self.try_begin_maybe_with(None)
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
        self.begin_maybe_with(Some(statement.into_sql_str()))
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
        self.try_begin_maybe_with(Some(statement.into_sql_str()))
    }

    fn begin_maybe_with(
        &self,
        statement: Option<SqlStr>,
    ) -> impl Future<Output = Result<TracedTransaction<'static, DB>, Error>> + Send + use<'_, DB> {
        async move {
            let mut call = self.call("begin");
            if let Some(call) = &mut call {
                call.is_about(statement.clone().unwrap_or_else(|| begin_ansi_transaction_sql(0)));
            }
            let connection = match &mut call {
                None => executor::acquire_unseen(&self.inner).await?,
                Some(call) => executor::acquire(&self.inner, call).await?,
            };
            self.begin_on(connection, statement, call).await
        }
    }

    fn try_begin_maybe_with(
        &self,
        statement: Option<SqlStr>,
    ) -> impl Future<Output = Result<Option<TracedTransaction<'static, DB>>, Error>> + Send + use<'_, DB> {
        async move {
            let Some(connection) = self.inner.try_acquire() else { return Ok(None) };
            self.begin_on(connection, statement, self.call("begin")).await.map(Some)
        }
    }

    async fn begin_on(
        &self,
        connection: PoolConnection<DB>,
        statement: Option<SqlStr>,
        call: Option<Box<Call<DB>>>,
    ) -> Result<TracedTransaction<'static, DB>, Error> {
        let connection = MaybePoolConnection::PoolConnection(connection);
        transaction::begin(connection, statement, Arc::clone(&self.source), None, CheckoutTrace::here(), call).await
    }

    /// A call on this pool to trace; `None` where tracing is off.
    pub(crate) fn call(&self, method: &'static str) -> Option<Box<Call<DB>>> {
        if self.source.gate(None) == Gate::Traced { Call::new(&self.source, method, None, None) } else { None }
    }

    fn via<'c>(&self) -> Via<'c, '_, DB> {
        Via {
            host: Host::Pool(&self.inner),
            source: &self.source,
            lease: None,
            acquire: None,
            checkout: None,
            unseen: None,
        }
    }

    /// sqlx's pool, for what is recorded here.
    #[cfg(feature = "postgres")]
    pub(crate) fn host(&self) -> &Pool<DB> {
        &self.inner
    }
}

/// What runs no statement: it is here so that it does not count as a use of sqlx's own pool, which deref does.
impl<DB: TracedDatabase> TracedPool<DB> {
    /// As [`Pool::close`].
    pub fn close(&self) -> impl Future<Output = ()> + '_ {
        self.inner.close()
    }

    /// As [`Pool::is_closed`].
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// As [`Pool::close_event`].
    #[must_use]
    pub fn close_event(&self) -> CloseEvent {
        self.inner.close_event()
    }

    /// As [`Pool::size`].
    #[must_use]
    pub fn size(&self) -> u32 {
        self.inner.size()
    }

    /// As [`Pool::num_idle`].
    #[must_use]
    pub fn num_idle(&self) -> usize {
        self.inner.num_idle()
    }

    /// As [`Pool::connect_options`].
    #[must_use]
    pub fn connect_options(&self) -> Arc<<DB::Connection as Connection>::Options> {
        self.inner.connect_options()
    }

    /// As [`Pool::set_connect_options`].
    pub fn set_connect_options(&self, connect_options: <DB::Connection as Connection>::Options) {
        self.inner.set_connect_options(connect_options);
    }

    /// As [`Pool::options`].
    #[must_use]
    pub fn options(&self) -> &PoolOptions<DB> {
        self.inner.options()
    }
}

impl<DB: TracedDatabase> From<Pool<DB>> for TracedPool<DB> {
    fn from(inner: Pool<DB>) -> Self {
        TracedBuilder::new().build(inner)
    }
}

impl<DB: TracedDatabase> Deref for TracedPool<DB> {
    type Target = Pool<DB>;

    /// sqlx's own pool. Where a trace is active this is counted: what runs on it is not recorded.
    #[track_caller]
    fn deref(&self) -> &Pool<DB> {
        hand_out::<DB>("sqlx's own pool", &self.source, None, false, Location::caller());
        &self.inner
    }
}

impl<DB: TracedDatabase> From<TracedPool<DB>> for Pool<DB> {
    /// sqlx's own pool. Where a trace is active this is counted: what runs on it is not recorded.
    #[track_caller]
    fn from(pool: TracedPool<DB>) -> Self {
        hand_out::<DB>("sqlx's own pool", &pool.source, None, false, Location::caller());
        pool.inner
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

/// For code that is generic over [`Acquire`], such as `migrate!`. What it runs is not recorded, and that is counted where a
/// trace is active: `Acquire` can only give out sqlx's own connections.
impl<'c, DB: TracedDatabase> Acquire<'c> for &'_ TracedPool<DB> {
    type Database = DB;
    type Connection = PoolConnection<DB>;

    #[track_caller]
    fn acquire(self) -> BoxFuture<'c, Result<PoolConnection<DB>, Error>> {
        hand_out::<DB>("sqlx's own connection", &self.source, None, false, Location::caller());
        Box::pin(Marked::internal(self.inner.acquire(), DB::EVENTS_ELSEWHERE && profiler::sql_active()))
    }

    #[track_caller]
    fn begin(self) -> BoxFuture<'c, Result<Transaction<'c, DB>, Error>> {
        hand_out::<DB>("sqlx's own transaction", &self.source, None, false, Location::caller());
        let acquired = Marked::internal(self.inner.acquire(), DB::EVENTS_ELSEWHERE && profiler::sql_active());
        Box::pin(async move { Transaction::begin(MaybePoolConnection::PoolConnection(acquired.await?), None).await })
    }
}
