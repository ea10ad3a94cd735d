//! [`TracedConnection`]: a connection of diesel whose queries are points.

mod traits;

use std::any::TypeId;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::result::Error;
use diesel::{ConnectionResult, QueryResult};
use osprofiler::db::{CheckoutTrace, DbSource, Gate, handed_out};
use osprofiler::profiler;

use crate::backend::{Kept, TracedBackend};
use crate::before_commit::BeforeCommit;
use crate::builder::TracedBuilder;
use crate::call::Call;
use crate::fragment::{self, Slot, Statements};
use crate::link::Link;
#[cfg(feature = "r2d2")]
use crate::link::Runner;
use crate::recorder::Open;
use crate::recorder::{self, Recorder};
use crate::session::Session;
use crate::target::Target;
use crate::transition::Transition;
#[cfg(feature = "r2d2")]
use osprofiler::quiet::discard;

/// Connections that a [`TracedConnection`] can be around: diesel's own three.
///
/// Pools and `MultiConnection` go around traced connections.
pub trait Traceable: Connection<TransactionManager = AnsiTransactionManager, Backend: TracedBackend> {}

impl<C: Connection<TransactionManager = AnsiTransactionManager, Backend: TracedBackend>> Traceable for C {}

/// A connection whose queries are traced; it takes the place of `PgConnection`, `MysqlConnection` or `SqliteConnection`.
///
/// It is diesel's [`Connection`] in every respect. The connection within is reached by deref: methods that only that has
/// are there, and what is run with `&mut **connection` is recorded too, as having bypassed this one.
///
/// ```
/// use diesel::prelude::*;
/// use osprofiler_diesel::TracedConnection;
///
/// let mut connection = TracedConnection::<SqliteConnection>::establish(":memory:")?;
/// let two = diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1 + 1")).get_result::<i32>(&mut connection)?;
/// # assert_eq!(two, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TracedConnection<C> {
    // First: what becomes of an open transaction is known when the connection is closed.
    pub(crate) inner: C,
    source: Arc<DbSource>,
    #[cfg_attr(not(feature = "r2d2"), expect(dead_code, reason = "options of a pool come later than the URL"))]
    target: Target,
    /// The trace in which it was taken from its pool.
    checkout: CheckoutTrace,
    /// Whether a pool looks at it.
    is_checked: bool,
    statements: Statements,
    open: Open,
}

impl<C: Traceable> TracedConnection<C> {
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

    pub(crate) fn wrap(mut inner: C, link: Arc<Link>, target: Target) -> Self {
        let aborts = C::Backend::ABORTS_TRANSACTIONS;
        let set = |inner: &mut C, recorder| inner.set_instrumentation(recorder);
        recorder::attach(&link, aborts, &mut inner, C::instrumentation, set);
        let source = link.source();
        let (checkout, statements) = (CheckoutTrace::none(), Statements::default());
        Self { inner, source, target, checkout, is_checked: false, statements, open: Open(link) }
    }

    /// The connection within. Its instrumentation stays on it, and goes on recording what is run.
    #[track_caller]
    pub fn into_inner(mut self) -> C {
        self.open.0.session(Session::end_all);
        if profiler::sql_active() && !self.is_heard() {
            handed_out("diesel's own connection", Location::caller(), false);
        }
        self.inner
    }

    /// Opens a connection that is to be recorded as `link` says.
    pub(crate) fn open(url: &str, link: Arc<Link>, target: Target) -> ConnectionResult<Self> {
        let mut call = recorder::connects::<C::Backend>(&link);
        let opened = C::establish(url);
        if let Some(call) = &mut call {
            call.end_connecting(opened.as_ref().err(), url);
        }
        Ok(Self::wrap(opened?, link, target))
    }

    /// Records what follows as a builder says.
    #[cfg(feature = "r2d2")]
    pub(crate) fn set_options(&mut self, builder: &TracedBuilder<Self>) {
        let source = builder.source(C::Backend::SYSTEM, &self.target);
        self.open.0.set_source(Arc::clone(&source));
        discard(std::mem::replace(&mut self.source, source));
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.open.0
    }

    /// Remembers the trace that is active here: statements on this connection belong to it where no other trace is active,
    /// until this is called again.
    ///
    /// It is for pools that run a connection's work on threads which are in no trace, as deadpool-diesel does for `interact`.
    /// Their hooks run in the task that takes a connection:
    ///
    /// ```text
    /// use deadpool_diesel::sqlite::{Connection, Hook, Pool};
    /// use osprofiler_diesel::TracedSqliteConnection as Traced;
    ///
    /// fn hook(tell: fn(&mut Traced)) -> Hook<Traced> {
    ///     Hook::sync_fn(move |connection: &mut Connection<Traced>, _| {
    ///         if let Ok(mut connection) = connection.try_lock() {
    ///             tell(&mut connection);
    ///         }
    ///         Ok(())
    ///     })
    /// }
    ///
    /// let pool = Pool::builder(manager)
    ///     .post_create(hook(Traced::remember_trace))
    ///     .pre_recycle(hook(Traced::begin_check))
    ///     .post_recycle(hook(Traced::remember_trace))
    ///     .build()?;
    /// ```
    ///
    /// `diesel::r2d2` needs none of this: it asks each connection that it gives out whether it lives, and this is done there.
    /// With `test_on_check_out(false)` it does not ask, and nothing is remembered.
    pub fn remember_trace(&mut self) {
        self.checkout = self.open.0.take();
        self.is_checked = false;
    }

    /// A pool looks whether the connection lives: what runs until [`remember_trace`](Self::remember_trace) is recorded as
    /// internal, in the trace that is active here.
    pub fn begin_check(&mut self) {
        self.checkout = self.open.0.take();
        self.is_checked = true;
    }

    #[inline]
    fn gate(&self) -> Gate {
        self.source.gate(Some(&self.checkout))
    }

    /// A call to trace, on this connection as it is now.
    #[inline]
    pub(crate) fn call(&self, method: &'static str) -> Option<Call<C::Backend>> {
        Call::new(&self.source, Some(&self.checkout), method, || self.open.0.lease())
    }

    /// Where to note what is asked of a query.
    #[inline]
    fn slot<T: QueryFragment<C::Backend> + QueryId>(
        &self,
        query: &T,
        method: &'static str,
    ) -> Option<Rc<Slot<C::Backend>>> {
        match self.gate() {
            Gate::Off => None,
            Gate::Traced => self.active_slot(T::query_id(), method),
            Gate::Outside => {
                self.note_outside(query);
                None
            }
        }
    }

    #[inline(never)]
    fn active_slot(&self, id: Option<TypeId>, method: &'static str) -> Option<Rc<Slot<C::Backend>>> {
        let mut call = Call::traced(&self.source, Some(&self.checkout), method, self.open.0.lease())?;
        if self.is_checked {
            call.is_internal();
        }
        Some(Rc::new(Slot::at_once(call, self.statements.get(id), Arc::clone(&self.open.0))))
    }

    #[cold]
    #[inline(never)]
    fn note_outside<T: QueryFragment<C::Backend> + QueryId>(&self, query: &T) {
        if self.is_checked {
            return;
        }
        let known = self.statements.get(T::query_id());
        self.source.note_outside(&known.unwrap_or_else(|| fragment::text_of(query)));
    }

    /// What is known before the transaction is committed.
    fn before_commit(&mut self) -> BeforeCommit {
        let is_heard = self.is_heard();
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut self.inner);
        // libpq says after every statement whether the transaction has failed, and diesel 2.3 keeps that.
        BeforeCommit::of(status, true, &self.open.0, is_heard)
    }

    /// Whether it is recorded what runs on the connection within.
    pub(crate) fn is_heard(&mut self) -> bool {
        self.inner.instrumentation().is::<Recorder>()
    }

    /// A statement is over that may have changed the transaction.
    fn ended<T>(
        &mut self,
        call: &mut Call<C::Backend>,
        result: &QueryResult<T>,
        transition: Option<Transition<'_>>,
        was_open: bool,
    ) {
        call.end(result);
        let link = &self.open.0;
        match (result, transition) {
            (Ok(_), Some(transition)) => link.passed(transition, call.lease()),
            (Ok(_), None) => {}
            (Err(_), Some(Transition::Commit)) if C::Backend::ABORTS_TRANSACTIONS => link.session(Session::end_all),
            // Some failures end the transaction. Diesel notices, unless it knows of none: one may have begun as text.
            (Err(_), _) if was_open && !is_open(&mut self.inner) => link.session(Session::end_all),
            (Err(_), _) => {}
        }
    }

    /// A statement failed that is not traced; its transaction may be.
    #[cold]
    fn failed_untraced(&self, error: &Error, transition: Option<Transition<'_>>) {
        if transition == Some(Transition::Commit) && C::Backend::ABORTS_TRANSACTIONS {
            self.open.0.session(Session::end_all);
        } else if matches!(error, Error::DatabaseError(..)) {
            self.open.0.session(Session::fails);
        }
    }
}

/// Whether diesel knows of a transaction.
fn is_open<C: Traceable>(connection: &mut C) -> bool {
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    !matches!(status.transaction_depth(), Ok(None))
}

impl<C> TracedConnection<C> {
    /// Switches the tracing of this connection's statements on or off, from the next one on, where the process traces SQL
    /// at all.
    pub fn set_trace_sql(&self, on: bool) {
        self.source.set_trace_sql(on);
    }
}

impl<C> Deref for TracedConnection<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.inner
    }
}

impl<C: Traceable> DerefMut for TracedConnection<C> {
    #[track_caller]
    #[inline]
    fn deref_mut(&mut self) -> &mut C {
        // What is kept of the transaction must be right when a trace begins later.
        self.open.0.looks_away();
        if profiler::sql_active() && !self.is_heard() {
            handed_out("diesel's own connection", Location::caller(), false);
        }
        &mut self.inner
    }
}

impl<C> fmt::Debug for TracedConnection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedConnection").field("source", &self.source).finish_non_exhaustive()
    }
}

#[cfg(feature = "r2d2")]
impl<C: Traceable + diesel::r2d2::R2D2Connection> diesel::r2d2::R2D2Connection for TracedConnection<C> {
    fn ping(&mut self) -> QueryResult<()> {
        // A pool asks in the thread that takes the connection.
        self.remember_trace();
        let Some(mut call) = self.call("ping") else { return self.inner.ping() };
        call.is_internal();
        call.begin_text("SELECT 1");
        let runs = self.open.0.runs(Runner::Wrapper);
        let result = self.inner.ping();
        drop(runs);
        call.end(&result);
        result
    }

    fn is_broken(&mut self) -> bool {
        self.inner.is_broken()
    }
}

impl<C: Traceable> From<C> for TracedConnection<C> {
    fn from(inner: C) -> Self {
        Self::new(inner)
    }
}
