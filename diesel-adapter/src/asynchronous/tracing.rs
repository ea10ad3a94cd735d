//! [`Tracing`]: what a traced connection has around the connection within, and how calls begin on it.

use std::any::TypeId;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::QueryResult;
use diesel::query_builder::{QueryFragment, QueryId};
use osprofiler::db::{DbLease, DbSource};

use crate::backend::{Kept, TracedBackend};
use crate::call::Call;
use crate::fragment::{Fragment, Slot, Statements};
use crate::recorder::Open;
use crate::session::{Link, Session};
use crate::target::Target;
use crate::transition::Transition;

/// What is around the connection within.
pub(super) struct Tracing {
    pub(super) source: Arc<DbSource>,
    pub(super) target: Target,
    /// Queries in a pipeline share the connection.
    statements: Mutex<Statements>,
    /// Whether a pool asks whether the connection lives.
    pub(super) pings: Arc<AtomicBool>,
    pub(super) open: Open,
}

impl Tracing {
    pub(super) fn new(source: Arc<DbSource>, target: Target, link: Arc<Link>) -> Self {
        let (statements, pings) = (Mutex::default(), Arc::default());
        Self { source, target, statements, pings, open: Open(link) }
    }

    /// A transaction or savepoint is over, as diesel has it, although the statement that was to end it failed.
    pub(super) fn is_over(&self, sql: &str) {
        if let Some(transition) = Transition::of(sql) {
            self.open.0.session(|session| session.passed(transition, &session.lease()));
        }
    }

    fn statements(&self) -> MutexGuard<'_, Statements> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call to trace, on this connection as it is now.
    #[inline]
    fn call<K: Kept>(&self, method: &'static str) -> Option<Call<K>> {
        let mut call = Call::new(&self.source, method, || self.open.0.lease())?;
        if self.pings.load(Relaxed) {
            call.is_internal();
        }
        Some(call)
    }

    /// A call of a statement that is text; it has begun.
    pub(super) fn begin_text<DB: TracedBackend>(&self, sql: &str) -> Option<Call<DB>> {
        let mut call = self.call("batch_execute")?;
        if let Some(transition) = Transition::of(sql) {
            call.changes(transition, |point| self.open.0.lease_of(transition, point.id()));
        }
        call.begin_text(sql);
        Some(call)
    }

    /// Hands a query to `run`, and gives with what that returns the call to trace.
    pub(super) fn run<DB: TracedBackend, T: QueryFragment<DB> + QueryId, F>(
        &self,
        query: T,
        method: &'static str,
        run: impl FnOnce(Fragment<DB, T, Rc<Slot<DB>>>) -> F,
    ) -> (F, Option<Call<DB>>) {
        let Some(call) = self.call(method) else { return (run(Fragment::new(query, None)), None) };
        self.run_traced(query, T::query_id(), call, run)
    }

    #[inline(never)]
    fn run_traced<DB: TracedBackend, T: QueryFragment<DB>, F>(
        &self,
        query: T,
        id: Option<TypeId>,
        call: Call<DB>,
        run: impl FnOnce(Fragment<DB, T, Rc<Slot<DB>>>) -> F,
    ) -> (F, Option<Call<DB>>) {
        let known = self.statements().get(id);
        let is_known = known.is_some();
        let slot = Rc::new(Slot::later(call, known));
        // The query ends here: no future keeps it, since it need not be `Send`.
        let future = run(Fragment::new(query, Some(Rc::clone(&slot))));
        self.statements().learn(id, is_known, slot.statement());
        (future, slot.into_call())
    }
}

/// A statement that changes the transaction runs. Where its future is dropped nobody knows what became of a transaction that
/// it was to end, and nothing is said of it later.
pub(super) struct Ending<'a> {
    link: &'a Link,
    transition: Option<Transition<'a>>,
}

impl<'a> Ending<'a> {
    pub(super) fn begin(link: &'a Link, transition: Option<Transition<'a>>) -> Option<Self> {
        transition.is_some().then_some(Self { link, transition })
    }

    /// The statement ended.
    pub(super) fn came<T>(ending: Option<Self>, result: &QueryResult<T>, lease: &Arc<DbLease>, aborts: bool) {
        let Some(mut ending) = ending else { return };
        match (result, ending.transition.take()) {
            (Ok(_), Some(transition)) => ending.link.session(|session| session.passed(transition, lease)),
            (Err(_), Some(Transition::Commit)) if aborts => ending.link.session(Session::end_all),
            _ => {}
        }
    }

    /// What it does is nobody's business.
    pub(super) fn forget(ending: Option<Self>) {
        if let Some(mut ending) = ending {
            ending.transition = None;
        }
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if let Some(Transition::Commit | Transition::Rollback) = self.transition {
            self.link.session(Session::end_all);
        }
    }
}
