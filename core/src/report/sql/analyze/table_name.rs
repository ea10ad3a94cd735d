//! Names of tables, their parts and aliases, and which words are such names.

use crate::report::sql::lexer::TokenKind;
use crate::report::sql::significant::Significant;

/// Words that may stand between `FROM` and a table.
pub(super) const BETWEEN: &[&str] = &[
    "ONLY",
    "LATERAL",
    "IF",
    "NOT",
    "EXISTS",
    "TABLE",
    "IGNORE",
    "CONCURRENTLY",
    "INTO",
    "LOW_PRIORITY",
    "DELAYED",
    "HIGH_PRIORITY",
    "QUICK",
    "OR",
    "ROLLBACK",
    "ABORT",
    "REPLACE",
    "FAIL",
];

/// Words of the language that one of the databases takes for a table's name without quotes: PostgreSQL 15, appendix C
/// ("non-reserved"); MySQL 8.4, "Keywords and Reserved Words"; SQLite's `parse.y`, `%fallback`.
const NAMES: &[&str] = &[
    "ATTACH",
    "AUTO_INCREMENT",
    "BEGIN",
    "CALL",
    "CASCADE",
    "COLUMN",
    "COMMIT",
    "CONFLICT",
    "COPY",
    "CURSOR",
    "DATABASE",
    "DEALLOCATE",
    "DECLARE",
    "DESCRIBE",
    "DETACH",
    "DUPLICATE",
    "ESCAPE",
    "EXECUTE",
    "EXPLAIN",
    "FILTER",
    "FUNCTION",
    "GLOB",
    "IGNORE",
    "INDEX",
    "LOCK",
    "MATERIALIZED",
    "MERGE",
    "MINUS",
    "NOTHING",
    "NOWAIT",
    "NULLS",
    "OVER",
    "PARTITION",
    "PRAGMA",
    "PREPARE",
    "PROCEDURE",
    "RECURSIVE",
    "REGEXP",
    "REINDEX",
    "RELEASE",
    "RENAME",
    "REPLACE",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SHOW",
    "SKIP",
    "TEMP",
    "TEMPORARY",
    "TRANSACTION",
    "TRIGGER",
    "TRUNCATE",
    "VACUUM",
    "VIEW",
    "WITHIN",
    "WITHOUT",
];

/// Whether a table's name stands here although it looks like a word of the language: `FROM transaction`.
pub(super) fn is_table_name(parts: &Significant<'_>, at: usize) -> bool {
    let after: &[&str] = &[
        "FROM",
        "JOIN",
        "STRAIGHT_JOIN",
        "INTO",
        "UPDATE",
        "TABLE",
        "ONLY",
        "VIEW",
        "EXISTS",
        "TRUNCATE",
        "LOCK",
        "COPY",
        "USING",
        "ON",
        ",",
        "(",
    ];
    // Of these, some are parts of the statement: `UPDATE IGNORE a`, `INTO TEMP a`.
    let goes_on = || {
        parts.is(at - 1, &["UPDATE", "INTO", "TABLE"])
            && parts.is(at, &["IGNORE", "REPLACE", "ROLLBACK", "TEMP", "TEMPORARY"])
            && (parts.is_name(at + 1) || parts.is(at + 1, &["INTO", "TABLE"]))
    };
    at > 0 && parts.kind(at) == Some(TokenKind::Keyword) && parts.is(at, NAMES) && parts.is(at - 1, after) && !goes_on()
}

/// Whether the word stands between the verb and a table's name: after `FROM` that are fewer words than after others.
pub(super) fn is_between(parts: &Significant<'_>, at: usize) -> bool {
    let reads = at > 0 && parts.is(at - 1, &["FROM", "JOIN", ","]);
    parts.is(at, if reads { &["ONLY", "LATERAL"] } else { BETWEEN })
}

/// The name that a table has in its statement: `a AS b`, `a b`.
pub(super) fn alias(parts: &Significant<'_>, at: usize) -> Option<String> {
    let at = if parts.is(at, &["AS"]) { at + 1 } else { at };
    parts.is_name(at).then(|| part_of_name(parts, at))
}

/// Whether a query's name stands here: `a AS (`, `a (b) AS (`.
pub(super) fn is_query(parts: &Significant<'_>, at: usize) -> bool {
    parts.is_name(at) && parts.is(at + 1, &["AS", "("]) && !parts.is(at, &["ORDINALITY"])
}

/// A name with all its parts, and the place after it.
pub(super) fn name(parts: &Significant<'_>, at: usize) -> (String, usize) {
    let (mut name, mut end) = (part_of_name(parts, at), at + 1);
    while parts.word(end) == "." && matches!(parts.kind(end + 1), Some(TokenKind::Ident | TokenKind::QuotedIdent)) {
        name.push('.');
        name.push_str(&part_of_name(parts, end + 1));
        end += 2;
    }
    (name, end)
}

/// A name without quotes; in small letters where it had none.
pub(super) fn part_of_name(parts: &Significant<'_>, at: usize) -> String {
    let word = parts.word(at);
    let quoted = |open: char, close: char| word.strip_prefix(open).map(|word| word.strip_suffix(close).unwrap_or(word));
    if let Some(name) = quoted('"', '"') {
        name.replace("\"\"", "\"")
    } else if let Some(name) = quoted('`', '`') {
        name.replace("``", "`")
    } else if let Some(name) = quoted('[', ']') {
        name.to_owned()
    } else {
        word.to_ascii_lowercase()
    }
}
