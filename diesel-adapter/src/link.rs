//! [`Link`]: what a traced connection and the instrumentation on the connection within share.
//!
//! Here: who runs what, and the locks. What is known of the connection and its transaction: [`Session`].

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU8};
use std::sync::{Arc, Mutex, PoisonError};

use osprofiler::Id;
use osprofiler::db::{CheckoutTrace, DbLease, DbSource};
use osprofiler::profiler;

use crate::migration::Migrations;
#[cfg(all(feature = "async", feature = "postgres-backend"))]
use crate::postgres::names::TypeName;
use crate::session::Session;
use crate::transition::Transition;
use osprofiler::quiet::discard;

/// Who runs the statements that the instrumentation hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Runner {
    /// The program, on the connection within.
    Program = 0,
    /// The traced connection, which records them itself.
    Wrapper = 1,
    /// Diesel, which asks for the OIDs of types.
    Lookup = 2,
    /// The traced connection, for `COPY`, whose statement only the instrumentation learns.
    Copy = 3,
}

/// What a traced connection and the instrumentation within share. They are always on the same thread.
#[derive(Debug)]
pub(crate) struct Link {
    runner: AtomicU8,
    session: Mutex<Session>,
    migrations: Migrations,
    /// Whether the program may have run something in this transaction that was not heard of.
    unseen: AtomicBool,
    /// Whether the program may ever have run something that was not heard of.
    ever_unseen: AtomicBool,
    /// The types that diesel-async has asked the database for.
    #[cfg(all(feature = "async", feature = "postgres-backend"))]
    asked: Mutex<Vec<TypeName>>,
    /// Whether the session knows a trace in which the connection was taken.
    is_taken: AtomicBool,
    /// The names of types that the program declares by them, by the OIDs that this database gave them.
    #[cfg(feature = "postgres-backend")]
    type_names: Mutex<Vec<(u32, Arc<str>)>>,
}

impl Link {
    pub(crate) fn new(source: Arc<DbSource>) -> Arc<Self> {
        Arc::new(Self {
            runner: AtomicU8::new(Runner::Program as u8),
            session: Mutex::new(Session::new(source)),
            migrations: Migrations::default(),
            unseen: AtomicBool::new(false),
            ever_unseen: AtomicBool::new(false),
            #[cfg(all(feature = "async", feature = "postgres-backend"))]
            asked: Mutex::default(),
            is_taken: AtomicBool::new(false),
            #[cfg(feature = "postgres-backend")]
            type_names: Mutex::default(),
        })
    }

    pub(crate) fn runner(&self) -> Runner {
        match self.runner.load(Relaxed) {
            1 => Runner::Wrapper,
            2 => Runner::Lookup,
            3 => Runner::Copy,
            _ => Runner::Program,
        }
    }

    /// Makes it known who runs what follows, until the guard is dropped.
    #[inline]
    pub(crate) fn runs(&self, runner: Runner) -> Runs<'_> {
        // This need not be atomic as a whole.
        let before = self.runner.load(Relaxed);
        self.runner.store(runner as u8, Relaxed);
        Runs { link: self, before }
    }

    /// The wrapper records everything; what the instrumentation hears of is not for it.
    #[cfg(feature = "async")]
    pub(crate) fn mute(&self) {
        self.runner.store(Runner::Wrapper as u8, Relaxed);
    }

    /// There is no wrapper any more.
    #[cfg(feature = "async")]
    pub(crate) fn unmute(&self) {
        self.runner.store(Runner::Program as u8, Relaxed);
    }

    /// The name of a type that was met on this connection.
    #[cfg(feature = "postgres-backend")]
    pub(crate) fn type_name(&self, oid: u32) -> Option<Arc<str>> {
        let names = self.type_names.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().find(|(known, _)| *known == oid).map(|(_, name)| Arc::clone(name))
    }

    /// A type is met.
    #[cfg(feature = "postgres-backend")]
    pub(crate) fn meet_type(&self, oid: u32, name: Arc<str>) {
        self.type_names.lock().unwrap_or_else(PoisonError::into_inner).push((oid, name));
    }

    /// Looks at what is known of the connection, or changes it. No call begins or ends in `look`, and nothing of the program's
    /// is printed or dropped in it: that code could come back here, and would wait for itself.
    pub(crate) fn session<T>(&self, look: impl FnOnce(&mut Session) -> T) -> T {
        look(&mut self.session.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The connection is taken from its pool. Gives the trace that is active here: what runs on the connection belongs to it
    /// where no other is active.
    pub(crate) fn take(&self) -> CheckoutTrace {
        let checkout = CheckoutTrace::here();
        self.is_taken.store(profiler::sql_active(), Relaxed);
        discard(self.session(|session| session.checkout.replace(checkout.clone())));
        checkout
    }

    /// Whether the connection was taken in a trace.
    #[inline]
    pub(crate) fn is_taken(&self) -> bool {
        self.is_taken.load(Relaxed)
    }

    /// The trace in which the connection was taken; `None` where it was not.
    pub(crate) fn checkout(&self) -> Option<CheckoutTrace> {
        if self.is_taken() { self.session(|session| session.checkout.clone()) } else { None }
    }

    /// Whether a statement that begins now is one of diesel_migrations'.
    #[inline]
    pub(crate) fn migrates(&self, statement: &str) -> bool {
        self.migrations.is_one(statement, || self.session(|session| session.is_in_transaction()))
    }

    /// The program may run something that is not heard of.
    pub(crate) fn looks_away(&self) {
        self.unseen.store(true, Relaxed);
        self.ever_unseen.store(true, Relaxed);
    }

    /// Whether everything that ran on the connection was seen.
    #[cfg(all(feature = "async", feature = "postgres-backend"))]
    pub(crate) fn saw_all(&self) -> bool {
        !self.ever_unseen.load(Relaxed)
    }

    /// Whether this is the first query with the type, so that diesel-async asks for it now.
    #[cfg(all(feature = "async", feature = "postgres-backend"))]
    pub(crate) fn asks_first(&self, name: &TypeName) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !asked.contains(name);
        if is_first {
            asked.push(name.clone());
        }
        is_first
    }

    /// Whether it may have, since the transaction began.
    pub(crate) fn looked_away(&self) -> bool {
        self.unseen.load(Relaxed)
    }

    /// A transaction begins.
    fn looks(&self) {
        self.unseen.store(false, Relaxed);
    }

    /// See [`Session::passed`].
    pub(crate) fn passed(&self, transition: Transition<'_>, lease: &Arc<DbLease>) {
        if transition == Transition::Begin {
            self.looks();
        }
        self.session(|session| session.passed(transition, lease));
    }

    /// See [`Session::passed_untraced`].
    pub(crate) fn passed_untraced(&self, transition: Transition<'_>) {
        if transition == Transition::Begin {
            self.looks();
        }
        self.session(|session| session.passed_untraced(transition));
    }

    pub(crate) fn source(&self) -> Arc<DbSource> {
        self.session(|session| Arc::clone(&session.source))
    }

    /// Records what follows otherwise.
    pub(crate) fn set_source(&self, source: Arc<DbSource>) {
        let before = self.session(|session| (std::mem::replace(&mut session.source, source), session.around.take()));
        // A redactor of the program's may go with it.
        discard(before);
    }

    /// How statements around the traced connection are recorded.
    pub(crate) fn around(&self) -> Arc<DbSource> {
        let (source, around) = self.session(|session| (Arc::clone(&session.source), session.around.clone()));
        around.unwrap_or_else(|| {
            let around = source.around();
            self.session(|session| session.around = Some(Arc::clone(&around)));
            around
        })
    }

    /// The connection as it is now.
    #[inline]
    pub(crate) fn lease(&self) -> Arc<DbLease> {
        self.session(|session| session.lease())
    }

    /// The connection as it is for a statement that changes its transaction.
    pub(crate) fn lease_of(&self, transition: Transition<'_>, id: &Id) -> Arc<DbLease> {
        self.session(|session| session.lease_of(transition, id))
    }
}

/// See [`Link::runs`].
#[derive(Debug)]
pub(crate) struct Runs<'l> {
    link: &'l Link,
    before: u8,
}

impl Drop for Runs<'_> {
    #[inline]
    fn drop(&mut self) {
        self.link.runner.store(self.before, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use osprofiler::db::DbOptions;

    use super::*;

    #[test]
    fn who_runs_is_as_it_was_when_the_guard_is_gone() {
        let link = Link::new(DbSource::new("sqlite", "", None, DbOptions::default()));
        let outer = link.runs(Runner::Wrapper);
        drop(link.runs(Runner::Lookup));
        assert_eq!(link.runner(), Runner::Wrapper);
        drop(outer);
        assert_eq!(link.runner(), Runner::Program);
    }
}
