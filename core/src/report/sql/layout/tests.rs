//! Facts on line breaks.

use proptest::prelude::*;

use super::*;
use crate::report::sql::Dialect::{Generic, Mysql, Postgres, Sqlite};

/// The text with its breaks, and two spaces for each level.
fn formatted(text: &str, dialect: Dialect) -> String {
    let mut out = String::new();
    let mut at = 0;
    for Break { offset, indent } in breaks(text, dialect) {
        out.push_str(&text[at..offset]);
        out.push('\n');
        out.push_str(&"  ".repeat(indent));
        at = offset;
    }
    out.push_str(&text[at..]);
    out
}

fn lines(text: &str) -> Vec<String> {
    formatted(text, Postgres).lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn clauses_begin_lines() {
    assert_eq!(
        lines(
            "SELECT a, b FROM c LEFT OUTER JOIN d ON e = f AND g WHERE h BETWEEN 1 AND 2 AND i OR j GROUP BY k HAVING l ORDER BY m LIMIT 1 OFFSET 2 FOR UPDATE"
        ),
        [
            "SELECT a, b",
            "FROM c",
            "LEFT OUTER JOIN d ON e = f",
            "  AND g",
            "WHERE h BETWEEN 1 AND 2",
            "  AND i",
            "  OR j",
            "GROUP BY k",
            "HAVING l",
            "ORDER BY m",
            "LIMIT 1",
            "OFFSET 2",
            "FOR UPDATE"
        ]
    );
    assert_eq!(
        lines("INSERT INTO a (b) VALUES (1), (2) ON CONFLICT (b) DO UPDATE SET c = 1 RETURNING d"),
        ["INSERT INTO a (b)", "VALUES (1), (2)", "ON CONFLICT (b) DO UPDATE SET c = 1", "RETURNING d"]
    );
    assert_eq!(lines("UPDATE a SET b = 1 FROM c WHERE d"), ["UPDATE a", "SET b = 1", "FROM c", "WHERE d"]);
    assert_eq!(lines("SELECT 1 UNION ALL SELECT 2; SELECT 3"), ["SELECT 1", "UNION ALL", "SELECT 2;", "SELECT 3"]);
    assert_eq!(lines("DELETE FROM a WHERE b"), ["DELETE FROM a", "WHERE b"]);
}

#[test]
fn subqueries_are_indented() {
    assert_eq!(
        lines("SELECT a FROM (SELECT b FROM c WHERE d) e WHERE f"),
        ["SELECT a", "FROM (", "  SELECT b", "  FROM c", "  WHERE d", ") e", "WHERE f"]
    );
    assert_eq!(lines("WITH a AS (SELECT 1) SELECT 2"), ["WITH a AS (", "  SELECT 1", ")", "SELECT 2"]);
}

#[test]
fn what_is_no_clause_stays_on_its_line() {
    for text in [
        "SELECT EXTRACT(YEAR FROM a), left(b, 1), CASE WHEN c AND d THEN 1 END",
        "SELECT a IS NOT DISTINCT FROM b",
        "SELECT sum(a) OVER (PARTITION BY b ORDER BY c)",
        "SELECT ' FROM ', \" WHERE \" /* FROM */",
        "CREATE TABLE a (b int REFERENCES c ON DELETE SET NULL)",
        "SET a = 1",
        "",
    ] {
        assert_eq!(lines(text).len(), text.len().min(1), "{text}");
    }
    assert_eq!(lines("SELECT a\nFROM b WHERE c"), ["SELECT a", "FROM b WHERE c"]);
    assert_eq!(breaks("SELECT '\n' FROM b", Postgres).len(), 1);
}

#[test]
fn long_texts_break_in_linear_time() {
    for piece in ["(SELECT ", "a AND ", "LEFT ", ") ", "WHERE a "] {
        let found = breaks(&format!("SELECT {}", piece.repeat(1_000_000 / piece.len())), Postgres);
        assert!(found.iter().all(|found| found.indent <= MAX_INDENT + 1));
    }
}

proptest! {
    #[test]
    fn breaks_change_no_token(
        text in any::<String>(),
        sql in "(SELECT|WITH a AS|FROM|WHERE|AND|OR|\\(|\\)|LEFT|JOIN|SET|UPDATE|VALUES|UNION|[a-z,;'\"?=\\-/*]| ){0,40}",
    ) {
        for dialect in [Postgres, Mysql, Sqlite, Generic] {
            for text in [&text, &sql] {
                let formatted = formatted(text, dialect);
                let tokens = |text: &str| {
                    let significant = tokens(text, dialect).filter(|token| token.kind != TokenKind::Space);
                    significant.map(|token| (token.kind, token.of(text).to_owned())).collect::<Vec<_>>()
                };
                prop_assert_eq!(tokens(&formatted), tokens(text));
            }
        }
    }
}
