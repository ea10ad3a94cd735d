//! [`Session`]: what is known of a connection beside its statements: database, number, transaction.
//!
//! A traced connection and the instrumentation on the connection within share one, by their [`Link`].

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};

use osprofiler::Id;
use osprofiler::db::{CheckoutTrace, DbLease, DbSource};
use osprofiler::profiler;

use crate::migration::Migrations;
#[cfg(all(feature = "async", feature = "postgres-backend"))]
use crate::postgres::names::TypeName;
use crate::quiet::discard;
use crate::transition::Transition;

/// How many connections there were so far.
static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

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

    /// The statement of a transition went well; `lease` is what [`lease_of`](Self::lease_of) said.
    pub(crate) fn passed(&self, transition: Transition<'_>, lease: &Arc<DbLease>) {
        if transition == Transition::Begin {
            self.looks();
        }
        self.session(|session| session.passed(transition, lease));
    }

    /// The statement of a transition went well, and was not traced. What began while it was traced may end so.
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

/// A connection's database, number and transactions.
#[derive(Debug)]
pub(crate) struct Session {
    source: Arc<DbSource>,
    /// As what runs around the traced connection is recorded; made when there is something.
    around: Option<Arc<DbSource>>,
    checkout: Option<CheckoutTrace>,
    number: u64,
    lease: Arc<DbLease>,
    /// The open transaction and its savepoints, each with the name that it has and the lease around it.
    open: Vec<(Option<String>, Arc<DbLease>)>,
}

impl Session {
    pub(crate) fn new(source: Arc<DbSource>) -> Self {
        let number = CONNECTIONS.fetch_add(1, Relaxed) + 1;
        let lease = Arc::new(DbLease::new(number));
        Self { source, around: None, checkout: None, number, lease, open: Vec::new() }
    }

    /// The connection as it is now.
    pub(crate) fn lease(&self) -> Arc<DbLease> {
        Arc::clone(&self.lease)
    }

    /// The connection as it is for a statement that changes its transaction: what begins one is part of it.
    pub(crate) fn lease_of(&mut self, transition: Transition<'_>, id: &Id) -> Arc<DbLease> {
        match transition {
            // One that is open, as far as is known, goes on if this fails.
            Transition::Begin => DbLease::new(self.number).begin(id.clone()),
            Transition::Savepoint(_) => self.lease.begin(id.clone()),
            _ => self.lease(),
        }
    }

    /// See [`Link::passed`].
    fn passed(&mut self, transition: Transition<'_>, lease: &Arc<DbLease>) {
        match transition {
            Transition::Begin => {
                self.end_all();
                self.begin(None, lease);
            }
            Transition::Savepoint(name) => self.begin(Some(name.to_owned()), lease),
            Transition::Commit | Transition::Rollback => self.end_all(),
            Transition::Release(name) => self.end(name),
            Transition::RollbackTo(name) => {
                self.lease.recover();
                self.end(name);
            }
        }
    }

    /// See [`Link::passed_untraced`].
    fn passed_untraced(&mut self, transition: Transition<'_>) {
        match transition {
            Transition::Begin => self.end_all(),
            _ if self.is_in_transaction() => self.passed(transition, &self.lease()),
            _ => {}
        }
    }

    /// The transaction is over, with all its savepoints.
    pub(crate) fn end_all(&mut self) {
        if !self.open.is_empty() {
            self.open.clear();
            self.lease = Arc::new(DbLease::new(self.number));
        }
    }

    /// A statement failed that is not traced; its transaction may be.
    pub(crate) fn fails(&mut self) {
        if self.is_in_transaction() {
            self.lease.fail();
        }
    }

    pub(crate) fn is_in_transaction(&self) -> bool {
        !self.open.is_empty()
    }

    fn begin(&mut self, name: Option<String>, lease: &Arc<DbLease>) {
        let outer = std::mem::replace(&mut self.lease, Arc::clone(lease));
        self.open.push((name, outer));
    }

    /// A savepoint is over. Diesel takes one as ended that was rolled back to.
    fn end(&mut self, name: &str) {
        let is_it = |open: &(Option<String>, _)| open.0.as_deref() == Some(name);
        if let Some(index) = self.open.iter().rposition(is_it) {
            let (_, outer) = self.open.swap_remove(index);
            self.open.truncate(index);
            self.lease = outer;
        }
    }
}

#[cfg(test)]
mod tests {
    use osprofiler::db::DbOptions;

    use super::*;

    fn run(session: &mut Session, sql: &str, id: &str) -> Option<String> {
        let transition = Transition::of(sql).expect("it is one");
        let lease = session.lease_of(transition, &Id::from(id));
        session.passed(transition, &lease);
        session.lease().transaction.as_ref().map(ToString::to_string)
    }

    #[test]
    fn savepoints_lie_within_their_transaction() {
        let mut session = Session::new(DbSource::new("sqlite", "", None, DbOptions::default()));
        let number = session.lease().connection;
        assert_eq!(run(&mut session, "BEGIN", "t").as_deref(), Some("t"));
        assert_eq!(run(&mut session, "SAVEPOINT a", "s").as_deref(), Some("s"));
        assert_eq!(session.lease().savepoint_of, Some(Id::from("t")));
        assert_eq!(run(&mut session, "SAVEPOINT b", "u").as_deref(), Some("u"));
        assert_eq!(run(&mut session, "ROLLBACK TO SAVEPOINT a", "x").as_deref(), Some("t"));
        assert_eq!(run(&mut session, "RELEASE SAVEPOINT b", "x").as_deref(), Some("t"));
        assert_eq!(run(&mut session, "COMMIT", "x"), None);
        assert_eq!(session.lease().connection, number);
    }

    #[test]
    fn a_new_transaction_ends_one_that_was_forgotten() {
        let mut session = Session::new(DbSource::new("sqlite", "", None, DbOptions::default()));
        run(&mut session, "BEGIN", "t");
        assert_eq!(run(&mut session, "BEGIN", "u").as_deref(), Some("u"));
        assert_eq!(session.lease().savepoint_of, None);
    }

    #[test]
    fn a_transaction_that_could_not_begin_leaves_the_one_there_is() {
        let mut session = Session::new(DbSource::new("sqlite", "", None, DbOptions::default()));
        run(&mut session, "BEGIN", "t");
        let refused = session.lease_of(Transition::Begin, &Id::from("u"));
        assert_eq!(refused.transaction, Some(Id::from("u")));
        assert_eq!(session.lease().transaction, Some(Id::from("t")));
        assert!(session.is_in_transaction());
    }

    #[test]
    fn the_way_back_to_a_savepoint_leaves_its_failure_behind() {
        let mut session = Session::new(DbSource::new("postgresql", "", None, DbOptions::default()));
        run(&mut session, "BEGIN", "t");
        let lease = session.lease();
        // It began untraced, and has no id of its own.
        session.passed(Transition::Savepoint("a"), &lease);
        session.lease().fail();
        run(&mut session, "ROLLBACK TO SAVEPOINT a", "x");
        assert!(!session.lease().has_failed());
    }

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
