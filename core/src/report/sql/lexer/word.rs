//! Words: names, and those that belong to the language.

use super::{TokenKind, Tokens};

/// Words that the language has for itself, sorted. Words that tables and columns are often called are not among them.
const KEYWORDS: &[&str] = &[
    "ALL",
    "ALTER",
    "ANALYZE",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "ASC",
    "ATTACH",
    "AUTO_INCREMENT",
    "BEGIN",
    "BETWEEN",
    "BY",
    "CALL",
    "CASCADE",
    "CASE",
    "CAST",
    "CHECK",
    "COLLATE",
    "COLUMN",
    "COMMIT",
    "CONCURRENTLY",
    "CONFLICT",
    "CONSTRAINT",
    "COPY",
    "CREATE",
    "CROSS",
    "CURSOR",
    "DATABASE",
    "DEALLOCATE",
    "DECLARE",
    "DEFAULT",
    "DELETE",
    "DESC",
    "DESCRIBE",
    "DETACH",
    "DISTINCT",
    "DROP",
    "DUPLICATE",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXECUTE",
    "EXISTS",
    "EXPLAIN",
    "FALSE",
    "FETCH",
    "FILTER",
    "FOR",
    "FOREIGN",
    "FROM",
    "FULL",
    "FUNCTION",
    "GLOB",
    "GRANT",
    "GROUP",
    "HAVING",
    "IF",
    "IGNORE",
    "ILIKE",
    "IN",
    "INDEX",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTERVAL",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "LATERAL",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LOCK",
    "MATERIALIZED",
    "MERGE",
    "MINUS",
    "NATURAL",
    "NOT",
    "NOTHING",
    "NOTNULL",
    "NOWAIT",
    "NULL",
    "NULLS",
    "OFFSET",
    "ON",
    "ONLY",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "PRAGMA",
    "PREPARE",
    "PRIMARY",
    "PROCEDURE",
    "RECURSIVE",
    "REFERENCES",
    "REGEXP",
    "REINDEX",
    "RELEASE",
    "RENAME",
    "REPLACE",
    "RETURNING",
    "REVOKE",
    "RIGHT",
    "RLIKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "SHOW",
    "SIMILAR",
    "SKIP",
    "SOME",
    "STRAIGHT_JOIN",
    "TABLE",
    "TEMP",
    "TEMPORARY",
    "THEN",
    "TO",
    "TRANSACTION",
    "TRIGGER",
    "TRUE",
    "TRUNCATE",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VACUUM",
    "VALUES",
    "VIEW",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
    "WITHIN",
    "WITHOUT",
];

/// Words that are the language's only where a statement begins, sorted: columns may be called so.
const VERBS: &[&str] = &[
    "ABORT",
    "ANALYSE",
    "CHECKPOINT",
    "CLOSE",
    "CLUSTER",
    "COMMENT",
    "DISCARD",
    "DO",
    "EXEC",
    "FLUSH",
    "HANDLER",
    "IMPORT",
    "KILL",
    "LISTEN",
    "LOAD",
    "MOVE",
    "NOTIFY",
    "OPTIMIZE",
    "REFRESH",
    "REPAIR",
    "RESET",
    "SAVE",
    "START",
    "UNLISTEN",
    "UNLOCK",
    "UPSERT",
    "USE",
    "XA",
];

/// Whether a word may have the byte. Of all other than ASCII it may.
pub(in crate::report::sql) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// Whether a word may begin with the byte.
pub(super) fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

impl Tokens<'_> {
    /// A word, or what is quoted and has a prefix.
    pub(super) fn word(&self) -> (TokenKind, usize) {
        if let Some(prefixed) = self.prefixed() {
            return prefixed;
        }
        let end = self.run(self.at, is_word);
        let is_keyword = upper(&self.text.as_bytes()[self.at..end], &mut [0; 16]).is_some_and(|word| {
            // After a dot follows a name, whatever it is.
            self.before() != b'.'
                && (KEYWORDS.binary_search(&word).is_ok() || self.fresh && VERBS.binary_search(&word).is_ok())
        });
        (if is_keyword { TokenKind::Keyword } else { TokenKind::Ident }, end)
    }
}

/// The word in capital letters; `None` where it is too long, or no word of the language.
fn upper<'a>(word: &[u8], buffer: &'a mut [u8; 16]) -> Option<&'a str> {
    let buffer = buffer.get_mut(..word.len())?;
    buffer.copy_from_slice(word);
    buffer.make_ascii_uppercase();
    std::str::from_utf8(buffer).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted() {
        assert!(KEYWORDS.is_sorted());
        assert!(VERBS.is_sorted());
        assert!(KEYWORDS.iter().chain(VERBS).all(|word| word.len() <= 16));
    }
}
