//! [`transaction_verbs`]: what the statements of a text do to the transaction of their connection.
//!
//! Besides `BEGIN`, `COMMIT` and the like these are the statements before which MySQL and MariaDB commit by themselves: MySQL
//! 8.4 "Statements That Cause an Implicit Commit", MariaDB "SQL statements That Cause an Implicit Commit", and what
//! MariaDB 10.11 does. Not here: which transactions there were (`analysis::transactions`).

use std::ops::Range;

use super::Dialect;
use super::significant::Significant;
use super::statements::ranges;

/// What a statement does to the transaction of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum TransactionVerb<'a> {
    Begin,
    /// Whether the next transaction begins at once: `COMMIT AND CHAIN`.
    Commit {
        chain: bool,
    },
    Rollback {
        chain: bool,
    },
    /// `PREPARE TRANSACTION`: it is over for this connection, and what becomes of it is not decided.
    Prepare,
    Savepoint(&'a str),
    Release(&'a str),
    RollbackTo(&'a str),
    /// The database commits what is open before it runs this, or may do so where that is not `certain`.
    CommitsBefore {
        certain: bool,
    },
}

use TransactionVerb::{Begin, Commit, CommitsBefore, Prepare, Release, Rollback, RollbackTo, Savepoint};

/// What the statements of a text do, in their order. Those that leave the transaction alone are left out.
pub(in crate::report) fn transaction_verbs(sql: &str, dialect: Dialect) -> Vec<TransactionVerb<'_>> {
    /// A longer text is data, with a verb at its beginning if at all.
    const MOST: usize = 64 << 10;
    if !may_have(sql) {
        return Vec::new();
    }
    let head = &sql[..sql.floor_char_boundary(MOST)];
    let parts = Significant::of(head, dialect);
    ranges(&parts).into_iter().filter_map(|range| verb(&parts, range, dialect)).collect()
}

/// Whether it is worth a closer look: reads and writes of rows, alone in their text, do nothing to a transaction.
fn may_have(sql: &str) -> bool {
    let of_rows = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES"];
    let sql = sql.trim_start();
    let starts = |word: &str| sql.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    !of_rows.into_iter().any(starts) || sql.trim_end().trim_end_matches(';').contains(';')
}

fn verb<'a>(parts: &Significant<'a>, range: Range<usize>, dialect: Dialect) -> Option<TransactionVerb<'a>> {
    // `/*!50110` and `/*M!100100` open what only MySQL and MariaDB run.
    let at = range.clone().find(|at| !parts.word(*at).starts_with("/*"))?;
    let is = |after: usize, words: &[&str]| at + after < range.end && parts.is(at + after, words);
    let noise = usize::from(is(1, &["WORK", "TRANSACTION", "TRAN"]));
    let chain = is(1 + noise, &["AND"]) && is(2 + noise, &["CHAIN"]);
    match parts.word(at).to_ascii_uppercase().as_str() {
        // MariaDB's block of statements, as in procedures.
        "BEGIN" if is(1, &["NOT"]) => None,
        "BEGIN" => Some(Begin),
        "START" if is(1, &["TRANSACTION"]) => Some(Begin),
        // MySQL has `END` only in bodies.
        "END" if dialect == Dialect::Mysql => None,
        "COMMIT" | "END" => (!is(1, &["PREPARED"])).then_some(Commit { chain }),
        "ROLLBACK" | "ABORT" if is(1 + noise, &["TO"]) => name(parts, at + noise + 2, range.end).map(RollbackTo),
        "ROLLBACK" | "ABORT" => (!is(1, &["PREPARED"])).then_some(Rollback { chain }),
        "PREPARE" if is(1, &["TRANSACTION"]) => Some(Prepare),
        "SAVEPOINT" => name(parts, at + 1, range.end).map(Savepoint),
        "RELEASE" => name(parts, at + 1, range.end).map(Release),
        _ => commits_before(parts, at..range.end, dialect).map(|certain| CommitsBefore { certain }),
    }
}

/// The name of a savepoint, after the word that may stand before it.
fn name<'a>(parts: &Significant<'a>, at: usize, end: usize) -> Option<&'a str> {
    let at = at + usize::from(parts.is(at, &["SAVEPOINT"]) && at + 1 < end);
    (at < end).then(|| parts.word(at))
}

/// Whether MySQL and MariaDB commit before this statement: `Some(true)` where they surely do, `Some(false)` where that depends
/// on what the text does not say, or on the version.
fn commits_before(parts: &Significant<'_>, range: Range<usize>, dialect: Dialect) -> Option<bool> {
    const OBJECTS: &[&str] = &[
        "DATABASE",
        "EVENT",
        "FUNCTION",
        "INDEX",
        "PROCEDURE",
        "ROLE",
        "SCHEMA",
        "SEQUENCE",
        "SERVER",
        "SPATIAL",
        "TABLE",
        "TABLES",
        "TABLESPACE",
        "TRIGGER",
        "USER",
        "VIEW",
    ];
    // A text whose database is not known may be one of MySQL's.
    let is_mysql = match dialect {
        Dialect::Mysql => true,
        Dialect::Postgres | Dialect::Sqlite => return None,
        _ => false,
    };
    let is = |after: usize, words: &[&str]| range.start + after < range.end && parts.is(range.start + after, words);
    let has = |words: &[&str]| range.clone().any(|at| parts.is(at, words));
    // Between the verb and the object stand `OR REPLACE`, `DEFINER = a@b`, `UNIQUE` and the like.
    let object = || (range.start + 1..range.end.min(range.start + 12)).any(|at| parts.is(at, OBJECTS));
    let temporary = is(1, &["TEMPORARY"]) || is(3, &["TEMPORARY"]) && is(1, &["OR"]);
    let certain = match parts.word(range.start).to_ascii_uppercase().as_str() {
        // MariaDB 10.11 commits for temporary sequences, too.
        "CREATE" | "DROP" if temporary && !has(&["SEQUENCE"]) => return None,
        // A function that is loaded from a library.
        "CREATE" if has(&["SONAME"]) => return None,
        "CREATE" | "ALTER" | "DROP" if object() => true,
        "RENAME" if is(1, &["TABLE", "TABLES", "USER"]) => true,
        "TRUNCATE" | "GRANT" | "REVOKE" => true,
        "SET" if is(1, &["PASSWORD"]) => true,
        "SET" if sets_autocommit(parts, &range) => false,
        "ANALYZE" | "CHECK" | "OPTIMIZE" | "REPAIR" if is(1, &["TABLE", "TABLES"]) || is(2, &["TABLE", "TABLES"]) => {
            true
        }
        "FLUSH" => true,
        "RESET" if !is(1, &["PERSIST"]) => is(1, &["QUERY"]),
        "INSTALL" | "UNINSTALL" => true,
        "LOCK" if is(1, &["TABLE", "TABLES"]) => true,
        "BACKUP" => true,
        // The manuals name these, and MariaDB 10.11 does not commit for them.
        "CACHE" => false,
        "LOAD" if is(1, &["INDEX"]) => false,
        "CHANGE" if is(1, &["MASTER", "REPLICATION"]) => false,
        "START" | "STOP" if is(1, &["SLAVE", "REPLICA", "ALL", "GROUP_REPLICATION"]) => false,
        _ => return None,
    };
    Some(certain && is_mysql)
}

/// Whether `SET autocommit = 1` stands here, which commits where it was 0 before.
fn sets_autocommit(parts: &Significant<'_>, range: &Range<usize>) -> bool {
    const NAMES: &[&str] = &["autocommit", "@@autocommit"];
    const ON: &[&str] = &["1", "ON", "TRUE", "DEFAULT"];
    range.clone().any(|at| {
        let value = at + 1 + usize::from(parts.is(at + 1, &["=", ":="]));
        (parts.is(at, NAMES) || parts.is(at, &["@@session.autocommit"])) && value < range.end && parts.is(value, ON)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_are_told_by_the_first_words_of_statements() {
        for (sql, verbs) in [
            ("BEGIN", vec![Begin]),
            ("begin immediate", vec![Begin]),
            ("/* app */ START TRANSACTION READ ONLY;", vec![Begin]),
            ("START SLAVE", vec![]),
            ("COMMIT;", vec![Commit { chain: false }]),
            ("END TRANSACTION", vec![Commit { chain: false }]),
            ("COMMIT PREPARED 'x'", vec![]),
            ("-- no\nROLLBACK WORK", vec![Rollback { chain: false }]),
            ("ROLLBACK PREPARED 'x'", vec![]),
            ("PREPARE TRANSACTION 'x'", vec![Prepare]),
            ("SAVEPOINT a", vec![Savepoint("a")]),
            ("RELEASE SAVEPOINT a", vec![Release("a")]),
            ("release a;", vec![Release("a")]),
            ("ROLLBACK TRANSACTION TO SAVEPOINT a", vec![RollbackTo("a")]),
            ("ROLLBACK TO a", vec![RollbackTo("a")]),
            // PostgreSQL 15, MySQL 8.4 and MariaDB 10.11.
            ("COMMIT AND CHAIN", vec![Commit { chain: true }]),
            ("COMMIT WORK AND CHAIN NO RELEASE", vec![Commit { chain: true }]),
            ("COMMIT AND NO CHAIN RELEASE", vec![Commit { chain: false }]),
            ("commit release", vec![Commit { chain: false }]),
            ("END AND CHAIN", vec![Commit { chain: true }]),
            ("ROLLBACK AND CHAIN", vec![Rollback { chain: true }]),
            ("ABORT", vec![Rollback { chain: false }]),
            ("ABORT TRANSACTION AND CHAIN", vec![Rollback { chain: true }]),
            ("BEGIN NOT ATOMIC SELECT 1; END", vec![Commit { chain: false }]),
            ("BEGIN; INSERT INTO t VALUES (';'); COMMIT", vec![Begin, Commit { chain: false }]),
            ("SELECT 1; COMMIT; BEGIN", vec![Commit { chain: false }, Begin]),
            ("INSERT INTO t VALUES ('a;COMMIT;')", vec![]),
            ("ALTER TABLE t ADD a INT", vec![]),
            ("SELECT 1", vec![]),
            ("", vec![]),
            ("/* BEGIN", vec![]),
        ] {
            assert_eq!(transaction_verbs(sql, Dialect::Postgres), verbs, "{sql}");
        }
    }

    fn on_mysql(sql: &str) -> Option<bool> {
        match transaction_verbs(sql, Dialect::Mysql).as_slice() {
            [CommitsBefore { certain }] => Some(*certain),
            [] => None,
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// MySQL 8.4 "Statements That Cause an Implicit Commit", MariaDB "SQL statements That Cause an Implicit Commit"; the
    /// adapter's tests ask a real server.
    #[test]
    fn mysql_commits_before_these() {
        for sql in [
            "ALTER TABLE t ADD a INT",
            "alter database d character set utf8mb4",
            "CREATE TABLE t (a INT)",
            "CREATE OR REPLACE TABLE t (a INT)",
            "CREATE UNIQUE INDEX i ON t (a)",
            "CREATE DEFINER = 'a'@'b' SQL SECURITY INVOKER VIEW v AS SELECT 1",
            "CREATE USER IF NOT EXISTS u",
            "DROP TABLE IF EXISTS t",
            "DROP TRIGGER t",
            "RENAME TABLE a TO b",
            "TRUNCATE t",
            "GRANT SELECT ON d.* TO u",
            "REVOKE SELECT ON d.* FROM u",
            "SET PASSWORD FOR u = PASSWORD('')",
            "ANALYZE TABLE t",
            "ANALYZE LOCAL TABLE t",
            "CHECK TABLE t",
            "OPTIMIZE NO_WRITE_TO_BINLOG TABLE t",
            "REPAIR TABLE t",
            "FLUSH TABLES",
            "LOCK TABLES t READ",
            "INSTALL PLUGIN p SONAME 's'",
            "/* why */ ALTER TABLE t ADD a INT",
            "/*!50000 ALTER TABLE t ADD a INT */",
            "CREATE TEMPORARY SEQUENCE s",
        ] {
            assert_eq!(on_mysql(sql), Some(true), "{sql}");
        }
    }

    #[test]
    fn mysql_may_commit_before_these() {
        for sql in [
            "SET autocommit = 1",
            "SET SESSION autocommit=ON",
            "SET @@autocommit = TRUE",
            "START SLAVE",
            "CACHE INDEX t IN c",
            "LOAD INDEX INTO CACHE t",
            "RESET SLAVE",
        ] {
            assert_eq!(on_mysql(sql), Some(false), "{sql}");
        }
        let unknown = Dialect::of_system(None);
        assert_eq!(transaction_verbs("DROP TABLE t", unknown), [CommitsBefore { certain: false }]);
    }

    #[test]
    fn mysql_goes_on_with_the_transaction_after_these() {
        for sql in [
            "CREATE TEMPORARY TABLE t (a INT)",
            "CREATE OR REPLACE TEMPORARY TABLE t (a INT)",
            "DROP TEMPORARY TABLE t",
            "CREATE FUNCTION f RETURNS STRING SONAME 'f.so'",
            "DROP PREPARE p",
            "SET autocommit = 0",
            "SET @a = 1",
            "SET ROLE NONE",
            "ANALYZE SELECT 1",
            "CHECKSUM TABLE t",
            "UNLOCK TABLES",
            "LOCK INSTANCE FOR BACKUP",
            "SELECT 'DROP TABLE t'",
            "INSERT INTO t VALUES ('; DROP TABLE t')",
            "LOAD DATA LOCAL INFILE 'x' INTO TABLE t",
            "RESET PERSIST",
            "USE d",
            "SHOW TABLES",
            "EXPLAIN SELECT 1",
            "UPDATE t SET a = 1",
        ] {
            assert_eq!(on_mysql(sql), None, "{sql}");
        }
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            assert_eq!(transaction_verbs("ALTER TABLE t ADD a INT", dialect), []);
        }
    }
}
