//! [`TracedAsyncConnection`]: a connection of diesel-async whose queries are points.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use diesel::connection::{CacheSize, Instrumentation};
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::row::Row;
use diesel::{ConnectionResult, QueryResult};
use diesel_async::{AsyncConnection, AsyncConnectionCore, SimpleAsyncConnection, TransactionManager};
use osprofiler::db::handed_out;

use super::future::{TracedExecute, TracedLoad, TracedStream};
use super::tracing::{Ending, Tracing};
use super::transaction::TracedTransactionManager;
use crate::backend::TracedBackend;
use crate::before_commit::BeforeCommit;
use crate::builder::TracedBuilder;
use crate::call::{Call, EXECUTE};
use crate::link::Link;
use crate::recorder::{self, Recorder};
use crate::row::{TracedRow, Watch};
use crate::session::Session;
use crate::target::Target;
use crate::transition::Transition;
use osprofiler::quiet::discard;

/// Connections that a [`TracedAsyncConnection`] can be around: `AsyncPgConnection`, `AsyncMysqlConnection`, and
/// `SyncConnectionWrapper<SqliteConnection>`.
pub trait AsyncTraceable: AsyncConnection<Backend: TracedBackend> {}

impl<C: AsyncConnection<Backend: TracedBackend>> AsyncTraceable for C {}

/// A connection of diesel-async whose queries are traced; it takes the place of `AsyncPgConnection`,
/// `AsyncMysqlConnection` or `SyncConnectionWrapper<SqliteConnection>`.
///
/// It is diesel-async's [`AsyncConnection`] in every respect, in its pools too. It has no deref, which diesel-async takes
/// for that of a pool: what only the connection within can do is reached by [`inner_mut`](Self::inner_mut), and is not
/// recorded. What became of a transaction of PostgreSQL in which that was done is `unknown`.
///
/// It remembers the trace in which it was opened or taken from its pool: in a spawned task that is in no trace of its own, its
/// statements belong to that.
///
/// # Cancel safety
///
/// As the connection within. A future that is dropped before its end is recorded as cancelled, if it was polled. A
/// `SyncConnectionWrapper` begins when the future is made, and runs to its end even where that is dropped: what was never
/// polled is not recorded all the same.
pub struct TracedAsyncConnection<C> {
    // First: what becomes of an open transaction is known when the connection is closed.
    pub(super) inner: C,
    pub(super) tracing: Tracing,
}

impl<C: AsyncTraceable> TracedAsyncConnection<C> {
    /// Around a connection, with [default options](crate::set_default_options). What it is connected to is not known from
    /// it: see [`builder`](Self::builder).
    pub fn new(inner: C) -> Self {
        Self::builder().build(inner)
    }

    /// With options.
    #[must_use]
    pub fn builder() -> TracedBuilder<Self> {
        TracedBuilder::new()
    }

    fn wrap(mut inner: C, link: Arc<Link>, target: Target) -> Self {
        recorder::mute(inner.instrumentation());
        let source = link.source();
        Self { inner, tracing: Tracing::new(source, target, link) }
    }

    /// Records what follows as a builder says.
    pub fn set_options(&mut self, builder: &TracedBuilder<Self>) {
        let Tracing { source, target, open, .. } = &mut self.tracing;
        let new = builder.source(C::Backend::SYSTEM, target);
        open.0.set_source(Arc::clone(&new));
        discard(std::mem::replace(source, new));
    }

    /// The connection within. Where diesel's default instrumentation records it, it does so again.
    #[track_caller]
    pub fn into_inner(mut self) -> C {
        self.tracing.open.0.session(Session::end_all);
        if !recorder::unmute(self.inner.instrumentation()) {
            handed_out(INNER, Location::caller(), false);
        }
        self.inner
    }

    /// What is known before the transaction is committed.
    fn before_commit(&mut self) -> BeforeCommit {
        let status = C::TransactionManager::transaction_manager_status_mut(&mut self.inner);
        // diesel-async 0.9 learns of some failures only.
        BeforeCommit::of(status, false, &self.tracing.open.0, false)
    }
}

impl<C> TracedAsyncConnection<C> {
    /// Switches the tracing of this connection's statements on or off, from the next one on, where the process traces SQL
    /// at all.
    pub fn set_trace_sql(&self, on: bool) {
        self.tracing.source.set_trace_sql(on);
    }

    /// The connection within. What is run with it is not recorded; in a trace it is counted that it was given away, and where.
    #[track_caller]
    pub fn inner(&self) -> &C {
        self.gives_away(Location::caller());
        &self.inner
    }

    /// The connection within. What is run with it is not recorded; in a trace it is counted that it was given away, and where.
    #[track_caller]
    pub fn inner_mut(&mut self) -> &mut C {
        self.gives_away(Location::caller());
        &mut self.inner
    }

    fn gives_away(&self, at: &'static Location<'static>) {
        self.tracing.open.0.looks_away();
        handed_out(INNER, at, false);
    }
}

/// What is given away.
const INNER: &str = "diesel-async's own connection";

impl<C: AsyncTraceable> TracedAsyncConnection<C> {
    /// Runs what changes the transaction, or is no query of diesel's, as a point with `sql` for its statement.
    pub(super) async fn run_text<DB: TracedBackend, T>(
        &mut self,
        sql: &str,
        run: impl AsyncFnOnce(&mut C) -> QueryResult<T>,
    ) -> QueryResult<T> {
        let transition = Transition::of(sql);
        let is_commit = DB::ABORTS_TRANSACTIONS && transition == Some(Transition::Commit);
        let before_commit = if is_commit { self.before_commit() } else { BeforeCommit::AllSeen };
        let Self { inner, tracing } = self;
        let link = &tracing.open.0;
        let ending = Ending::begin(link, transition);
        let Some(mut call) = tracing.begin_text::<DB>(sql, before_commit) else {
            let result = run(inner).await;
            Ending::forget(ending);
            match (&result, transition) {
                (Ok(_), Some(transition)) => link.passed_untraced(transition),
                (Err(_), Some(Transition::Commit)) if DB::ABORTS_TRANSACTIONS => link.session(Session::end_all),
                (Err(_), None) => link.session(Session::fails),
                _ => {}
            }
            return result;
        };
        let result = run(inner).await;
        call.end(&result);
        Ending::came(ending, &result, call.lease(), DB::ABORTS_TRANSACTIONS);
        result
    }
}

impl<C: AsyncTraceable> TracedBuilder<TracedAsyncConnection<C>> {
    /// The URL of a connection that is there already, of which database and server are recorded.
    #[must_use]
    pub fn url(self, url: &str) -> Self {
        self.with_target(C::Backend::target(url))
    }

    /// Opens a connection, as [`AsyncConnection::establish`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn establish(&self, url: &str) -> ConnectionResult<TracedAsyncConnection<C>> {
        let target = C::Backend::target(url);
        let link = Link::new(self.source(C::Backend::SYSTEM, &target));
        let mut call = recorder::connects::<C::Backend>(&link);
        let opened = C::establish(url).await;
        if let Some(call) = &mut call {
            call.end_connecting(opened.as_ref().err(), url);
        }
        let mut connection = TracedAsyncConnection::wrap(opened?, link, target);
        // A pool may give it out without another word.
        connection.tracing.take();
        Ok(connection)
    }

    /// A traced connection around the one there is.
    pub fn build(&self, inner: C) -> TracedAsyncConnection<C> {
        let target = Target::default();
        let link = Link::new(self.source(C::Backend::SYSTEM, &target));
        // What ran on it before is not known.
        link.looks_away();
        TracedAsyncConnection::wrap(inner, link, target)
    }
}

impl<C> fmt::Debug for TracedAsyncConnection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedAsyncConnection").field("source", &self.tracing.source).finish_non_exhaustive()
    }
}

impl<C: AsyncTraceable> SimpleAsyncConnection for TracedAsyncConnection<C> {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.run_text::<C::Backend, _>(query, async |inner| inner.batch_execute(query).await).await
    }
}

impl<C: AsyncTraceable> AsyncConnectionCore for TracedAsyncConnection<C> {
    type ExecuteFuture<'conn, 'query> = TracedExecute<C::ExecuteFuture<'conn, 'query>, C::Backend>;
    type LoadFuture<'conn, 'query> =
        TracedLoad<C::LoadFuture<'conn, 'query>, QueryResult<C::Row<'conn, 'query>>, C::Backend>;
    type Stream<'conn, 'query> = TracedStream<C::Stream<'conn, 'query>, C::Backend>;
    type Row<'conn, 'query> = TracedRow<C::Row<'conn, 'query>>;

    type Backend = C::Backend;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        let Self { inner, tracing } = self;
        let (future, call) = tracing.run(source.as_query(), "load", |query| inner.load(query));
        TracedLoad::new(future, call, Watch::new::<T::SqlType>, keep)
    }

    fn execute_returning_count<'conn, 'query, T>(&'conn mut self, source: T) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        let Self { inner, tracing } = self;
        let (future, call) = tracing.run(source, EXECUTE, |query| inner.execute_returning_count(query));
        TracedExecute::new(future, call)
    }
}

/// Keeps a row for the record.
pub(super) fn keep<'r, DB: TracedBackend, R: Row<'r, DB>>(call: &mut Call<DB>, row: &QueryResult<R>) {
    if let Ok(row) = row {
        call.keep_row(row);
    }
}

impl<C: AsyncTraceable> AsyncConnection for TracedAsyncConnection<C> {
    type TransactionManager = TracedTransactionManager<C::TransactionManager>;

    async fn establish(database_url: &str) -> ConnectionResult<Self> {
        Self::builder().establish(database_url).await
    }

    fn transaction_state(&mut self) -> &mut <C::TransactionManager as TransactionManager<C>>::TransactionStateData {
        self.inner.transaction_state()
    }

    /// The program's own instrumentation.
    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        recorder::of_program(self.inner.instrumentation())
    }

    /// Sets the program's own instrumentation; queries are traced as before.
    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        match self.inner.instrumentation().downcast_mut::<Recorder>() {
            Some(recorder) => recorder.set_program(instrumentation),
            None => self.inner.set_instrumentation(instrumentation),
        }
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.inner.set_prepared_statement_cache_size(size);
    }
}
