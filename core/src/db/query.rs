//! [`is_query`]: whether a text is one of the statements that everything counts: reports, lists and `Server-Timing`.
//!
//! What begins or ends a transaction is not counted, nor is a text of comments alone, such as a ping. It is asked on the
//! query path, so that of a usual statement only the first bytes are looked at. Not here: what statements do, which
//! `report::sql` says; a test of `report::analysis` holds the two together.

/// Whether the text runs something else than the beginning or end of a transaction.
#[must_use]
pub(crate) fn is_query(text: &str) -> bool {
    let mut rest = text.as_bytes();
    loop {
        rest = without_space(rest);
        let Some(first) = rest.first() else { return false };
        if *first == b';' {
            rest = &rest[1..];
            continue;
        }
        if !speaks_of_transactions(rest) {
            return true;
        }
        match behind_statement(rest) {
            Some(next) => rest = next,
            None => return false,
        }
    }
}

/// Whether the statement begins, ends or marks a transaction.
fn speaks_of_transactions(statement: &[u8]) -> bool {
    let (verb, rest) = word(statement);
    let is = |words: &[&str]| words.iter().any(|word| verb.eq_ignore_ascii_case(word.as_bytes()));
    match verb.first().map(u8::to_ascii_uppercase) {
        Some(b'B' | b'C' | b'E' | b'R' | b'A' | b'X') => {
            is(&["BEGIN", "COMMIT", "END", "ROLLBACK", "ABORT", "RELEASE", "XA"])
        }
        Some(b'S' | b'P') => {
            is(&["SAVEPOINT"])
                || is(&["START", "PREPARE", "SAVE"]) && starts_with(rest, &["TRANSACTION", "TRAN"])
                || is(&["SET"]) && sets_transaction(rest)
        }
        _ => false,
    }
}

/// What follows the statement's semicolon, which no comment and no text in quotes has.
fn behind_statement(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        text = without_space(text);
        text = match text.split_first()? {
            (b';', rest) => return Some(rest),
            (quote @ (b'\'' | b'"' | b'`'), rest) => &rest[rest.iter().position(|byte| byte == quote)? + 1..],
            (_, rest) => rest,
        };
    }
}

/// `SET TRANSACTION`, `SET SESSION CHARACTERISTICS AS TRANSACTION`: among the four words after `SET`.
fn sets_transaction(mut rest: &[u8]) -> bool {
    (0..4).any(|_| {
        let (next, behind) = word(without_space(rest));
        rest = behind;
        next.eq_ignore_ascii_case(b"TRANSACTION")
    })
}

fn starts_with(rest: &[u8], words: &[&str]) -> bool {
    let (next, _) = word(without_space(rest));
    words.iter().any(|word| next.eq_ignore_ascii_case(word.as_bytes()))
}

/// The word that the text begins with, and what follows.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..);
    text.split_at(text.iter().position(|byte| !is_word(byte)).unwrap_or(text.len()))
}

/// The text without white space and comments at its beginning. What MySQL runs (`/*! ... */`) is no comment.
fn without_space(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.trim_ascii_start();
        let line = text.starts_with(b"--") || text.starts_with(b"#");
        let block = text.starts_with(b"/*") && !text.starts_with(b"/*!") && !text.starts_with(b"/*M!");
        let end = match (line, block) {
            (true, _) => text.iter().position(|byte| *byte == b'\n'),
            (_, true) => end_of_block(text),
            _ => return text,
        };
        text = end.map_or(&[], |end| &text[end + 1..]);
    }
}

/// The last byte of a comment, which may hold others.
fn end_of_block(text: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < text.len() {
        match &text[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" if depth == 1 => return Some(at + 1),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_and_pings_are_no_queries() {
        for text in [
            "BEGIN",
            "begin;",
            "START TRANSACTION READ ONLY",
            "-- ping",
            "/* ping */",
            ";",
            "",
            " \n",
            "/* a */ COMMIT AND CHAIN",
            "ROLLBACK TO SAVEPOINT a",
            "SAVEPOINT a",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "PREPARE TRANSACTION 'x'",
            "XA START 'x'",
            "COMMIT; BEGIN",
            "END",
        ] {
            assert!(!is_query(text), "{text:?}");
        }
    }

    #[test]
    fn everything_else_is_one() {
        for text in [
            "SELECT 1",
            "/* ping */ SELECT 1",
            "-- a\nSELECT 1",
            "BEGIN; SELECT 1; COMMIT",
            "SELECT 1; COMMIT",
            "SET search_path TO a",
            "PREPARE a AS SELECT 1",
            "EXPLAIN SELECT 1",
            "CALL begin()",
            "(SELECT 1)",
            "CREATE TABLE a (b int)",
            "begin_work()",
        ] {
            assert!(is_query(text), "{text:?}");
        }
        assert!(is_query("/*! SELECT 1 */"));
    }
}
