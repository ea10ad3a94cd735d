//! [`Repeat`]: whether a read gives the same again, as far as its text says.
//!
//! Here: locks, cursors, and what the functions that it calls are known for (`functions`). Not here: whether something was
//! written between two runs (`analysis`).

use super::functions::{calls, has_effect, volatile_use};
use super::significant::Significant;
use super::{Dialect, Kind};

/// What a second run of a statement does, where nothing was written in between.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repeat {
    /// It reads the same rows again.
    Same,
    /// It may read other rows: it reads a clock, random numbers, the session or the state of the server. With what does, such
    /// as `now`.
    MayDiffer(String),
    /// It is not known: it calls a function that is not the database's own. With what is not known, such as its name.
    Unknown(String),
    /// It locks rows, and may leave out those that others have locked. With the words that say so, such as `FOR UPDATE`.
    Locks(String),
    /// It does something again: it moves a cursor, or calls a function that changes something, locks or waits. With what
    /// does, such as `nextval`.
    Acts(String),
    /// It is no read.
    NoRead,
}

impl Repeat {
    /// Whether a run of it may change what other reads find: it does something, or calls a function that is not known.
    #[must_use]
    pub fn may_change(&self) -> bool {
        matches!(self, Self::Locks(_) | Self::Acts(_) | Self::Unknown(_) | Self::NoRead)
    }

    /// The same for a text whose values were taken out, which is now `shown`: what is to blame is named only where it is still
    /// there.
    pub(in crate::report) fn hidden(self, shown: &str) -> Self {
        let shown = shown.to_ascii_lowercase();
        let kept = |what: String| {
            if shown.contains(&what.to_ascii_lowercase()) { what } else { "something in it".to_owned() }
        };
        match self {
            Self::MayDiffer(what) => Self::MayDiffer(kept(what)),
            Self::Unknown(what) => Self::Unknown(kept(what)),
            Self::Locks(what) => Self::Locks(kept(what)),
            Self::Acts(what) => Self::Acts(kept(what)),
            Self::Same | Self::NoRead => self,
        }
    }

    pub(super) fn of(parts: &Significant<'_>, dialect: Dialect, kind: Kind, verb: &str, tables: &[String]) -> Self {
        if kind != Kind::Read {
            return Self::NoRead;
        }
        // `FETCH` moves its cursor: PostgreSQL 15, FETCH. `COPY TO` may fill a file.
        if matches!(verb, "FETCH" | "COPY") {
            return Self::Acts(verb.to_owned());
        }
        if let Some(act) = act(parts) {
            return Self::Acts(act);
        }
        let lock = lock(parts);
        let calls = calls(parts, dialect);
        if let Some(call) = calls.iter().find(|call| has_effect(dialect, &call.name)) {
            return Self::Acts(call.name.clone());
        }
        if let Some(lock) = lock {
            return Self::Locks(lock);
        }
        if let Some(volatile) = volatile_use(parts, dialect, &calls, tables) {
            return Self::MayDiffer(volatile.into_owned());
        }
        match calls.iter().find(|call| !call.is_harmless(dialect)) {
            Some(unknown) => Self::Unknown(unknown.written.to_owned()),
            None => Self::Same,
        }
    }
}

/// Whether it locks rows: PostgreSQL 15, "The Locking Clause"; MySQL 8.4, 17.7.2.4 Locking Reads.
pub(super) fn lock(parts: &Significant<'_>) -> Option<String> {
    let locks = |at: &usize| {
        parts.is(*at, &["FOR"]) && parts.is(at + 1, &["UPDATE", "SHARE", "NO", "KEY"])
            || parts.is(*at, &["LOCK"]) && parts.is(at + 1, &["IN"]) && parts.is(at + 2, &["SHARE"])
    };
    (0..parts.parts.len()).find(locks).map(|at| words(parts, at))
}

/// Assignments and sequences: MySQL 8.4, 11.4 User-Defined Variables, 15.2.13.1 SELECT ... INTO; MariaDB 10.11, "NEXT VALUE
/// FOR".
fn act(parts: &Significant<'_>) -> Option<String> {
    (0..parts.parts.len()).find_map(|at| {
        if at > 0 && parts.word(at - 1) == "." {
            return parts.is(at, &["NEXTVAL"]).then(|| "NEXTVAL".to_owned());
        }
        let acts = parts.is(at, &["NEXT"]) && parts.is(at + 1, &["VALUE"]) && parts.is(at + 2, &["FOR"])
            || parts.is(at, &["INTO"])
            || parts.word(at).starts_with(":=");
        acts.then(|| words(parts, at))
    })
}

/// A word and the next, as they are shown.
fn words(parts: &Significant<'_>, at: usize) -> String {
    [parts.word(at), parts.word(at + 1)].join(" ").to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sql::Analyzed;
    use crate::report::sql::Dialect::{Generic, Mysql, Postgres, Sqlite};

    fn of(text: &str, dialect: Dialect) -> Repeat {
        Analyzed::of(text, dialect).repeat
    }

    #[test]
    fn plain_reads_give_the_same_again() {
        for (dialect, texts) in [
            (
                Postgres,
                &[
                    "SELECT a, lower(b), count(*) FROM c WHERE d = $1 GROUP BY a ORDER BY e LIMIT 3",
                    "SELECT sum(a) FILTER (WHERE b) OVER (PARTITION BY c) FROM d WHERE e IN ($1, $2) AND f = ANY ($3)",
                    "WITH a AS MATERIALIZED (SELECT coalesce(b, 0) FROM c) SELECT * FROM a JOIN d USING (e)",
                    "SELECT c::numeric(10, 2), CAST(d AS varchar(3)), date_trunc('day', e) FROM f WHERE e > '2026-01-01'",
                    "SELECT a.user, b AS current_date FROM \"user\" a, b",
                ][..],
            ),
            (Mysql, &["SELECT `user`, user FROM user WHERE date_add(a, INTERVAL 1 DAY) > ? AND b IN (?, ?)"]),
            (
                Sqlite,
                &[
                    "SELECT date(a, '-1 day'), strftime('%Y', b), json_extract(c, '$.d'), user FROM e",
                    "SELECT e.value FROM json_each(?) AS e",
                    "SELECT datetime('2026-01-01', 'localtime')",
                ],
            ),
            (Generic, &["SELECT count(*) FROM a WHERE b = %s"]),
        ] {
            for text in texts {
                assert_eq!(of(text, dialect), Repeat::Same, "{text}");
            }
        }
    }

    #[test]
    fn clocks_random_numbers_and_sessions_may_give_something_else() {
        for (dialect, texts) in [
            (
                Postgres,
                &[
                    ("SELECT a FROM b WHERE c > now() - interval '1 hour'", "now"),
                    ("SELECT CURRENT_DATE", "CURRENT_DATE"),
                    ("SELECT a FROM b WHERE c < 'today'::date", "'today'"),
                    ("SELECT a FROM b ORDER BY random()", "random"),
                    ("SELECT pg_catalog.current_setting('a')", "current_setting"),
                    ("SELECT a FROM b TABLESAMPLE SYSTEM (10)", "TABLESAMPLE"),
                    ("SELECT count(*) FROM pg_stat_activity", "pg_stat_activity"),
                ][..],
            ),
            (
                Mysql,
                &[
                    ("SELECT @a", "@a"),
                    ("SELECT @@identity", "@@identity"),
                    ("SELECT UUID()", "uuid"),
                    ("SELECT a FROM b WHERE c < UTC_TIMESTAMP", "UTC_TIMESTAMP"),
                    ("SELECT 1 FROM information_schema.processlist", "information_schema.processlist"),
                ],
            ),
            (
                Sqlite,
                &[
                    ("SELECT date()", "date"),
                    ("SELECT a FROM b WHERE c > datetime('now', '-1 day')", "datetime"),
                    ("SELECT unixepoch(?)", "unixepoch"),
                    ("SELECT strftime('%s')", "strftime"),
                    ("SELECT last_insert_rowid()", "last_insert_rowid"),
                ],
            ),
            (Generic, &[("SELECT current_timestamp", "current_timestamp")]),
        ] {
            for (text, blamed) in texts {
                assert_eq!(of(text, dialect), Repeat::MayDiffer((*blamed).to_owned()), "{text}");
            }
        }
    }

    #[test]
    fn of_other_functions_nothing_is_known() {
        for (dialect, text, function) in [
            (Postgres, "SELECT app.price(1)", "price"),
            (Postgres, "SELECT app.lower('a')", "lower"),
            (Postgres, "SELECT uuid_generate_v4()", "uuid_generate_v4"),
            (Mysql, "SELECT a FROM b WHERE shop.is_open(c)", "is_open"),
            (Sqlite, "SELECT my_function(1)", "my_function"),
            (Generic, "SELECT getdate()", "getdate"),
        ] {
            assert_eq!(of(text, dialect), Repeat::Unknown(function.to_owned()), "{text}");
        }
    }

    #[test]
    fn locks_cursors_and_functions_with_effects_act_again() {
        for (dialect, text, act) in [
            (Postgres, "SELECT nextval('a')", "nextval"),
            (Postgres, "SELECT pg_advisory_xact_lock(42)", "pg_advisory_xact_lock"),
            (Postgres, "SELECT set_config('a', $1, true)", "set_config"),
            (Postgres, "FETCH FORWARD 10 FROM c", "FETCH"),
            (Mysql, "SELECT GET_LOCK('a', 1)", "get_lock"),
            (Mysql, "SELECT FOUND_ROWS()", "found_rows"),
            (Mysql, "SELECT @a := @a + 1", ":= @A"),
            (Mysql, "SELECT a INTO @b FROM c", "INTO @B"),
            (Mysql, "SELECT NEXT VALUE FOR a", "NEXT VALUE"),
            (Mysql, "SELECT a.nextval", "NEXTVAL"),
            (Sqlite, "SELECT load_extension(?)", "load_extension"),
            (Generic, "SELECT get_lock('a', 1)", "get_lock"),
        ] {
            assert_eq!(of(text, dialect), Repeat::Acts(act.to_owned()), "{text}");
        }
        for (dialect, text, lock) in [
            (Postgres, "SELECT a FROM b FOR UPDATE SKIP LOCKED", "FOR UPDATE"),
            (Postgres, "SELECT a FROM b FOR NO KEY UPDATE", "FOR NO"),
            (Mysql, "SELECT a FROM b LOCK IN SHARE MODE", "LOCK IN"),
        ] {
            assert_eq!(of(text, dialect), Repeat::Locks(lock.to_owned()), "{text}");
        }
        assert_eq!(of("UPDATE a SET b = 1", Postgres), Repeat::NoRead);
    }
}
