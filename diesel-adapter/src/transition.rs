//! [`Transition`]: statements that begin or end transactions, told by their text.

use osprofiler::db::Outcome;

/// What a statement does to its connection's transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition<'a> {
    Begin,
    Savepoint(&'a str),
    Commit,
    Rollback,
    Release(&'a str),
    RollbackTo(&'a str),
}

impl<'a> Transition<'a> {
    /// What a single statement does; `None` for everything else, several statements at once included.
    pub(crate) fn of(sql: &'a str) -> Option<Self> {
        // Most statements are neither.
        if !matches!(sql.trim_ascii_start().as_bytes().first()?.to_ascii_uppercase(), b'B' | b'S' | b'C' | b'E' | b'R')
        {
            return None;
        }
        let sql = sql.trim().trim_end_matches(';');
        if sql.contains(';') {
            return None;
        }
        let mut words = sql.split_ascii_whitespace();
        let (first, rest) = (words.next()?, words.clone());
        let is = |word: Option<&str>, expected: &[&str]| {
            word.is_some_and(|word| expected.iter().any(|expected| word.eq_ignore_ascii_case(expected)))
        };
        // `WORK` and `TRANSACTION` say nothing.
        let mut rest = rest.skip_while(|word| is(Some(word), &["work", "transaction"]));
        let first = Some(first);
        if is(first, &["begin"]) || is(first, &["start"]) && is(words.next(), &["transaction"]) {
            return Some(Self::Begin);
        }
        let mut second = rest.next();
        if is(first, &["commit", "end"]) {
            return second.is_none().then_some(Self::Commit);
        }
        if is(first, &["savepoint"]) {
            return second.map(Self::Savepoint);
        }
        let rolls_back = is(first, &["rollback"]);
        if rolls_back && second.is_none() {
            return Some(Self::Rollback);
        }
        if rolls_back && is(second, &["to"]) {
            second = rest.next();
        } else if !is(first, &["release"]) {
            return None;
        }
        let name = if is(second, &["savepoint"]) { rest.next() } else { second }?;
        Some(if rolls_back { Self::RollbackTo(name) } else { Self::Release(name) })
    }

    /// The point's method, by the names that the sqlx adapter has.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Begin | Self::Savepoint(_) => "begin",
            Self::Commit | Self::Release(_) => "commit",
            Self::Rollback | Self::RollbackTo(_) => "rollback",
        }
    }

    /// What becomes of the transaction or savepoint, where it ends and where that goes well.
    pub(crate) fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Begin | Self::Savepoint(_) => None,
            Self::Commit | Self::Release(_) => Some(Outcome::Committed),
            Self::Rollback | Self::RollbackTo(_) => Some(Outcome::RolledBack),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_diesel_and_people_write_is_known() {
        for (sql, expected) in [
            ("BEGIN", Transition::Begin),
            ("begin immediate;", Transition::Begin),
            ("BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY", Transition::Begin),
            ("START TRANSACTION", Transition::Begin),
            ("SAVEPOINT diesel_savepoint_1", Transition::Savepoint("diesel_savepoint_1")),
            ("COMMIT", Transition::Commit),
            ("commit work", Transition::Commit),
            ("END", Transition::Commit),
            ("ROLLBACK", Transition::Rollback),
            ("ROLLBACK TRANSACTION", Transition::Rollback),
            ("ROLLBACK TO SAVEPOINT a", Transition::RollbackTo("a")),
            ("ROLLBACK WORK TO a", Transition::RollbackTo("a")),
            ("RELEASE SAVEPOINT a", Transition::Release("a")),
            ("RELEASE a", Transition::Release("a")),
        ] {
            assert_eq!(Transition::of(sql), Some(expected), "{sql}");
        }
    }

    #[test]
    fn everything_else_is_none() {
        for sql in [
            "",
            " ",
            "SELECT 1",
            "BEGIN; INSERT INTO t VALUES (1); COMMIT",
            "COMMIT PREPARED 'x'",
            "ROLLBACK PREPARED 'x'",
            "COMMIT AND CHAIN",
            "START SLAVE",
            "SAVEPOINT",
            "RELEASE",
            "ROLLBACK TO",
            "REINDEX",
            "éa",
        ] {
            assert_eq!(Transition::of(sql), None, "{sql}");
        }
    }
}
