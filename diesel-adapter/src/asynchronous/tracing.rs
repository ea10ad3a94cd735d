//! [`Tracing`]: what a traced connection has around the connection within, and how calls begin on it.

use std::any::TypeId;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::QueryResult;
use diesel::query_builder::{QueryFragment, QueryId};
use osprofiler::db::{CheckoutTrace, DbLease, DbSource, Gate};

#[cfg(feature = "postgres-backend")]
use super::lookups::Lookups;
use crate::backend::{Kept, TracedBackend};
use crate::before_commit::BeforeCommit;
use crate::call::Call;
use crate::fragment::{self, Fragment, Slot, Statements};
use crate::link::Link;
use crate::recorder::Open;
use crate::session::Session;
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
    /// The trace in which it was taken from its pool.
    pub(super) checkout: CheckoutTrace,
    pub(super) open: Open,
}

impl Tracing {
    pub(super) fn new(source: Arc<DbSource>, target: Target, link: Arc<Link>) -> Self {
        let (statements, pings) = (Mutex::default(), Arc::default());
        Self { source, target, statements, pings, checkout: CheckoutTrace::none(), open: Open(link) }
    }

    /// A transaction or savepoint is over, as diesel has it, although the statement that was to end it failed.
    pub(super) fn is_over(&self, sql: &str) {
        if let Some(transition) = Transition::of(sql) {
            self.open.0.passed(transition, &self.open.0.lease());
        }
    }

    fn statements(&self) -> MutexGuard<'_, Statements> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection was taken from its pool, or opened.
    pub(super) fn take(&mut self) {
        self.checkout = self.open.0.take();
    }

    /// A call to trace, on this connection as it is now. `text` is asked for where it is in no trace.
    #[inline]
    fn call<K: Kept>(&self, method: &'static str, text: impl FnOnce() -> Arc<str>) -> Option<Call<K>> {
        match self.source.gate(Some(&self.checkout)) {
            Gate::Off => None,
            Gate::Traced => self.traced(method),
            Gate::Outside => {
                self.note_outside(text);
                None
            }
        }
    }

    #[inline(never)]
    fn traced<K: Kept>(&self, method: &'static str) -> Option<Call<K>> {
        let mut call = Call::traced(&self.source, Some(&self.checkout), method, self.open.0.lease())?;
        if self.pings.load(Relaxed) {
            call.is_internal();
        }
        Some(call)
    }

    #[cold]
    #[inline(never)]
    fn note_outside(&self, text: impl FnOnce() -> Arc<str>) {
        if !self.pings.load(Relaxed) {
            self.source.note_outside(&text());
        }
    }

    /// A call of a statement that is text; it has begun. `before_commit` is for a `COMMIT`.
    pub(super) fn begin_text<DB: TracedBackend>(&self, sql: &str, before_commit: BeforeCommit) -> Option<Call<DB>> {
        let mut call = self.call("batch_execute", || sql.into())?;
        let link = &self.open.0;
        let transition = Transition::of(sql);
        if let Some(transition) = transition {
            call.changes(transition, |point| link.lease_of(transition, point.id()));
        }
        if DB::ABORTS_TRANSACTIONS && transition == Some(Transition::Commit) {
            call.commits(before_commit);
        }
        if link.migrates(sql) {
            call.is_internal();
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
        let known = || self.statements().get(T::query_id());
        match self.call(method, || known().unwrap_or_else(|| fragment::text_of(&query))) {
            Some(call) => self.run_traced(query, T::query_id(), call, run),
            None => {
                // What becomes of it is not seen.
                self.open.0.looks_away();
                (run(Fragment::new(query, None)), None)
            }
        }
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
        let statement = slot.text();
        let mut call = slot.into_call();
        if let Some(call) = &mut call
            && statement.is_some_and(|statement| self.open.0.migrates(&statement))
        {
            call.is_internal();
        }
        #[cfg(feature = "postgres-backend")]
        if let Some(call) = &mut call {
            let lookups = Lookups::of(call, &self.open.0, || self.traced("load"));
            call.asks(lookups);
        }
        (future, call)
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
            (Ok(_), Some(transition)) => ending.link.passed(transition, lease),
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
