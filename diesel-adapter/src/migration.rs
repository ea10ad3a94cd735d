//! Which statements are those of `diesel_migrations`: the program did not ask for each of them, and they are internal.
//!
//! diesel_migrations 2.3 keeps its versions in a table of its own. What a migration runs beside that is told by who runs it:
//! a statement that comes directly after one with that table may be a migration's or the program's, so the stack says whose
//! it is. Nothing else looks at a stack.

use std::backtrace::Backtrace;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

use crate::transition::Transition;

const TABLE: &str = "__diesel_schema_migrations";

/// What the last statement of a connection has to do with migrations.
#[derive(Debug, Default)]
pub(crate) struct Migrations(AtomicU8);

/// Nothing.
const NONE: u8 = 0;
/// A migration may come next.
const MAY_COME: u8 = 1;
/// It was in a migration's transaction, which goes on.
const IN_TRANSACTION: u8 = 2;

impl Migrations {
    /// Whether a statement that begins now is one of them. `is_open` says whether the connection is in a transaction.
    #[inline]
    pub(crate) fn is_one(&self, statement: &str, is_open: impl FnOnce() -> bool) -> bool {
        let last = self.0.load(Relaxed);
        if last == NONE && !statement.contains(TABLE) {
            return false;
        }
        let (is_one, next) = follow(last, statement, is_open, is_on_stack);
        self.0.store(next, Relaxed);
        is_one
    }
}

/// Whether a statement is one of them, and what that means for the next.
fn follow(last: u8, statement: &str, is_open: impl FnOnce() -> bool, is_on_stack: impl FnOnce() -> bool) -> (bool, u8) {
    let goes_on = last == IN_TRANSACTION && is_open();
    if statement.contains(TABLE) {
        return (true, if goes_on { IN_TRANSACTION } else { MAY_COME });
    }
    let transition = Transition::of(statement);
    if goes_on {
        let ends = matches!(transition, Some(Transition::Commit | Transition::Rollback));
        return (true, if ends { MAY_COME } else { IN_TRANSACTION });
    }
    match (is_on_stack(), transition) {
        (false, _) => (false, NONE),
        (true, Some(Transition::Begin)) => (true, IN_TRANSACTION),
        (true, _) => (true, MAY_COME),
    }
}

/// Whether diesel_migrations runs or reverts a migration further up the stack.
#[cold]
fn is_on_stack() -> bool {
    is_in(&Backtrace::force_capture().to_string())
}

/// Whether it is in a stack as `Backtrace` shows it: by the function's name or, where that is short, by its file.
fn is_in(stack: &str) -> bool {
    stack.lines().any(|line| {
        let line = line.trim_start();
        if let Some(place) = line.strip_prefix("at ") {
            return place.contains("diesel_migrations") && place.contains("migration_harness.rs");
        }
        line.contains("migration_harness::MigrationHarness<")
            && [">::run_migration", ">::revert_migration"].iter().any(|end| line.contains(end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(last: u8, sql: &str, is_open: bool, is_on_stack: bool) -> (bool, u8) {
        follow(last, sql, || is_open, || is_on_stack)
    }

    #[test]
    fn a_migration_is_followed_to_its_end() {
        let (select, insert) = (format!("SELECT version FROM {TABLE}"), format!("INSERT INTO {TABLE} VALUES ($1)"));
        assert_eq!(next(NONE, &select, false, true), (true, MAY_COME));
        assert_eq!(next(MAY_COME, "BEGIN", false, true), (true, IN_TRANSACTION));
        assert_eq!(next(IN_TRANSACTION, "CREATE TABLE t (a)", true, false), (true, IN_TRANSACTION));
        assert_eq!(next(IN_TRANSACTION, &insert, true, false), (true, IN_TRANSACTION));
        assert_eq!(next(IN_TRANSACTION, "COMMIT", true, false), (true, MAY_COME));
        assert_eq!(next(MAY_COME, "CREATE INDEX i ON t (a)", false, true), (true, MAY_COME));
    }

    #[test]
    fn what_the_program_runs_next_is_its_own() {
        assert_eq!(next(MAY_COME, "BEGIN", false, false), (false, NONE));
        assert_eq!(next(IN_TRANSACTION, "SELECT 1", false, false), (false, NONE), "it could not begin");
    }

    #[test]
    fn frames_are_known_by_name_and_by_file() {
        let name = "  7: <C as diesel_migrations::migration_harness::MigrationHarness<DB>>::run_migration::{{closure}}";
        let file = "  7: run_migration<A, B>\n   at /x/index-1/diesel_migrations-2.3.2/src/migration_harness.rs:157:9";
        assert!(is_in(name) && is_in(file));
        for other in [
            "  3: app::seed::<diesel_migrations::migration_harness::HarnessWithOutput<C, W>>",
            "  3: <C as diesel_migrations::migration_harness::MigrationHarness<DB>>::applied_migrations",
            "  3: app::run_migration\n   at src/migration_harness.rs:3:1",
        ] {
            assert!(!is_in(other), "{other}");
        }
    }
}
