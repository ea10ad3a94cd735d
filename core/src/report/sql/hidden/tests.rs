//! Facts on texts without what may be a value. What the databases themselves say is in `tests/all/hidden`.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::report::sql::Dialect::{Generic, Mysql, Postgres, Sqlite};

fn of(text: &str, dialect: Dialect) -> String {
    let mut numbers = HashMap::new();
    hidden(text, dialect, |name| {
        let next = numbers.len() + 1;
        *numbers.entry(name).or_insert(next)
    })
}

fn hides(text: &str, dialects: &[Dialect]) {
    for dialect in dialects {
        let shown = of(text, *dialect);
        assert!(!shown.to_lowercase().contains("secret"), "{dialect:?}: {text}: {shown}");
    }
}

#[test]
fn what_is_clear_is_the_fingerprint() {
    for dialect in [Postgres, Mysql, Sqlite, Generic] {
        for text in [
            "SELECT a, `b` FROM t WHERE id IN (1, 2) AND s = 'x' -- it's",
            "INSERT INTO t (a) VALUES ('it''s', 5)",
            "SELECT a - b, c / d FROM t WHERE e LIKE 'x\\y'",
        ] {
            assert_eq!(of(text, dialect), fingerprint(text, dialect).text, "{dialect:?}");
        }
    }
    let json = "SELECT a #>> '{b,c}', d -> 'e' FROM \"T\" WHERE f @> '{}' AND g = %(g)s";
    assert_eq!(of(json, Generic), fingerprint(json, Generic).text);
    assert_eq!(of("SELECT \"A\" FROM t WHERE \"B\" = 1", Postgres), "SELECT \"A\" FROM t WHERE \"B\" = ?");
}

#[test]
fn a_postgres_text_goes_on_in_the_next_line_as_it_began() {
    hides("SELECT E'it\\'s'\n'a\\'s secret'", &[Postgres, Generic]);
    hides("SELECT E'a'  \r\n\t-- it's a comment\n 'b\\' secret '", &[Postgres, Generic]);
    hides("SELECT U&'a'\n'secret' UESCAPE '!'", &[Postgres, Generic]);
    assert_eq!(of("SELECT 'a'\n'b', 'c' 'd'", Postgres), "SELECT ?, ? ?");
}

#[test]
fn backslashes_and_quotes_are_read_both_ways() {
    hides(r"SELECT 'a\' secret ', 'b'", &[Mysql, Postgres, Generic]);
    hides(r"SELECT 'a\', secret ' ', 1", &[Mysql, Generic]);
    hides(r#"SELECT "a\", 'secret'"#, &[Mysql, Generic]);
    hides("SELECT `it's`, 'secret", &[Mysql, Sqlite]);
    hides("SELECT q'[it's secret]', nq'{it's secret}'", &[Generic]);
}

#[test]
fn a_comment_by_any_reading_is_hidden() {
    hides("SELECT 1 # secret's\n, 2", &[Mysql, Generic]);
    hides("SELECT /* a /* b */ secret */ 1", &[Postgres, Generic]);
    hides("SELECT 1 /*!99999 it's */, ' secret'", &[Mysql, Generic]);
    hides("SELECT /*+ secret */ 1", &[Mysql, Postgres, Sqlite, Generic]);
    hides("SELECT 1 --'secret'\n", &[Mysql, Postgres, Sqlite, Generic]);
}

#[test]
fn words_in_double_quotes_are_shown_where_only_names_can_stand() {
    for dialect in [Sqlite, Generic] {
        assert_eq!(of("SELECT id FROM people WHERE name = \"Ann\"", dialect), "SELECT id FROM people WHERE name = ‹1›");
        assert_eq!(of("SELECT \"A\", \"a\", \"A\" FROM \"B\"", dialect), "SELECT ‹1›, ‹2›, ‹1› FROM \"B\"");
        assert_eq!(
            of("SELECT \"t\".\"c\", COUNT(\"d\") FROM \"t\" JOIN \"s\".\"u\" ON \"e\" = 1", dialect),
            "SELECT \"t\".\"c\", count(‹1›) FROM \"t\" JOIN \"s\".\"u\" ON ‹2› = ?"
        );
        assert_eq!(
            of("INSERT INTO \"t\" (\"a\", b) VALUES (\"c\", ?) RETURNING \"d\"", dialect),
            "INSERT INTO \"t\" (\"a\", b) VALUES (‹1›, ?) RETURNING ‹2›"
        );
        assert_eq!(
            of("UPDATE \"t\" SET \"a\" = \"x\", \"b\" = f(\"y\", \"z\" = 1) WHERE \"c\" = 1", dialect),
            "UPDATE \"t\" SET \"a\" = ‹1›, \"b\" = f(‹2›, ‹3› = ?) WHERE ‹4› = ?"
        );
        hides("SELECT a IS NOT DISTINCT FROM \"secret\" FROM t", &[dialect]);
        hides("INSERT INTO t (SELECT 1, \"secret\", 2)", &[dialect]);
    }
    assert_eq!(of("SELECT a AS \"A\" FROM t", Sqlite), "SELECT a AS \"A\" FROM t");
    hides("CREATE USER u IDENTIFIED WITH p AS \"secret\"", &[Generic]);
    hides("SELECT TRIM(\"x\" FROM \"secret\") FROM t", &[Generic]);
    hides("PREPARE s FROM \"SELECT secret\"", &[Generic, Mysql]);
    hides("SELECT 1 FROM \"a\\\".b, secret \"", &[Generic]);
}

#[test]
fn words_that_are_values_of_settings_are_hidden() {
    hides("SET app.user TO secret", &[Postgres, Generic]);
    hides("SET app.user = 'a', Secret, \"secret\"", &[Postgres, Generic]);
    hides("PRAGMA key = secret; PRAGMA key(secret); PRAGMA key = \"secret\"", &[Sqlite, Generic]);
    hides("CREATE USER 'a'@'secret'; SET @'secret' = 1", &[Mysql, Generic]);
    assert_eq!(of("SET a = ON, b = f(c)", Mysql), "SET a = ON, b = f(c)");
    assert_eq!(of("UPDATE t SET a = b", Mysql), "UPDATE t SET a = b");
}

#[test]
fn different_names_stay_different() {
    assert_ne!(of("SELECT \"a\", \"b\"", Sqlite), of("SELECT \"a\", \"a\"", Sqlite));
    // What follows the quote that may have ended or not is one name, and its literals do not matter.
    assert_eq!(of(r"SELECT 'a\' || 1, a", Mysql), of(r"SELECT 'b\' || 2, a", Mysql));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// What a server reads as a text is not shown, whatever surrounds it.
    #[test]
    fn no_reading_finds_a_text_in_what_is_shown(
        sql in "(SELECT|FROM|SET|AS|E'|U&'|N'|/\\*!|/\\*|\\*/|--|\\$\\$|y|\\.| |\n|,|\\(|\\)|=|'|''|\"|`|\\\\|#|@){0,24}"
    ) {
        for dialect in [Postgres, Mysql, Sqlite, Generic] {
            for reading in Reading::others(dialect).into_iter().chain([Reading::usual(dialect)]) {
                // Each text of this reading gets a word of its own, in place of its `y`.
                let mut marked = String::new();
                for token in read(&sql, reading) {
                    let word = token.of(&sql);
                    let is_text = matches!(token.kind, TokenKind::Text | TokenKind::Comment) && !word.starts_with('"');
                    marked.push_str(&if is_text { word.replace('y', "secret") } else { word.to_owned() });
                }
                hides(&marked, &[dialect]);
            }
        }
    }

    #[test]
    fn what_is_hidden_stays_so(sql in "(SELECT|FROM|SET|E'|/\\*!|a|[0-9]| |\n|,|\\(|=|'|\"|\\\\|#|@){0,24}") {
        for dialect in [Postgres, Mysql, Sqlite, Generic] {
            let once = of(&sql, dialect);
            prop_assert_eq!(fingerprint(&once, dialect).text, once.clone(), "{:?} {}", dialect, sql);
        }
    }
}
