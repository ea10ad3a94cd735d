//! [`Session`]: what is known of a connection beside its statements: database, number, transaction.
//!
//! A traced connection and the instrumentation on the connection within share one, by their [`Link`](crate::link::Link).

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use osprofiler::Id;
use osprofiler::db::{CheckoutTrace, DbLease, DbSource};

use crate::transition::Transition;

/// How many connections there were so far.
static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

/// A connection's database, number and transactions.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) source: Arc<DbSource>,
    /// As what runs around the traced connection is recorded; made when there is something.
    pub(crate) around: Option<Arc<DbSource>>,
    /// The trace in which it was taken from its pool.
    pub(crate) checkout: Option<CheckoutTrace>,
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

    /// The statement of a transition went well; `lease` is what [`lease_of`](Self::lease_of) said.
    pub(crate) fn passed(&mut self, transition: Transition<'_>, lease: &Arc<DbLease>) {
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

    /// The statement of a transition went well, and was not traced. What began while it was traced may end so.
    pub(crate) fn passed_untraced(&mut self, transition: Transition<'_>) {
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
}
