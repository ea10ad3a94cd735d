//! Facts on fingerprints.

use proptest::prelude::*;

use super::*;
use crate::report::sql::Dialect::{Generic, Mysql, Postgres, Sqlite};

fn of(text: &str, dialect: Dialect) -> String {
    fingerprint(text, dialect).text
}

fn pg(text: &str) -> String {
    of(text, Postgres)
}

#[test]
fn comments_fall_away_and_hints_stay() {
    assert_eq!(pg("/* a */ SELECT/*b*/1 -- c\n FROM t"), "SELECT ? FROM t");
    assert_eq!(pg("SELECT /*+ SeqScan(a) */ 1"), "SELECT /*+ SeqScan(a) */ ?");
    assert_eq!(of("/*!50110 SELECT */ 1 # x", Mysql), "/*!50110 SELECT */ ?");
}

#[test]
fn case_and_white_space_do_not_matter() {
    assert_eq!(pg("select\n\t Id,Name  from \"Users\""), "SELECT id, name FROM \"Users\"");
    assert_eq!(pg("SELECT f( a ,b )"), "SELECT f(a, b)");
}

#[test]
fn values_become_question_marks() {
    assert_eq!(pg("a = 'it''s' AND b = E'\\'' OR c = $$x$$ AND d = $1"), "a = ? AND b = ? OR c = ? AND d = ?");
    assert_eq!(
        pg("a = TRUE AND b = false AND c = null AND d IS NULL AND e IS NOT NULL"),
        "a = ? AND b = ? AND c = ? AND d IS NULL AND e IS NOT NULL"
    );
    assert_eq!(pg("a = -1 AND b - 1 > - .5 AND f(-2) = x[-1]"), "a = ? AND b - ? > ? AND f(?) = x[?]");
    assert_eq!(of("a = \"x\" AND b = @c AND d = 0x1F", Mysql), "a = ? AND b = @c AND d = ?");
    assert_eq!(
        of("a = %s AND b = %(b)s AND c = :c AND d = @d AND e = ?", Generic),
        "a = ? AND b = ? AND c = ? AND d = ? AND e = ?"
    );
    assert_eq!(pg("INTERVAL '1 day'"), "INTERVAL ?");
}

#[test]
fn operators_and_casts_stay() {
    assert_eq!(pg("a::int ?| b ?& c ? 'x' @> d"), "a::int ?| b ?& c ? ? @> d");
}

#[test]
fn lists_shrink() {
    assert_eq!(pg("a IN (1,2, 3)"), "a IN (?+)");
    assert_eq!(pg("a IN($1)"), "a IN (?+)");
    assert_eq!(pg("a IN (SELECT 1)"), "a IN (SELECT ?)");
    assert_eq!(pg("VALUES (1,'a'),(2,'b') , (3,'c')"), "VALUES (?+)");
    assert_eq!(pg("INSERT INTO t (a) VALUES (1), (2) RETURNING a"), "INSERT INTO t (a) VALUES (?+) RETURNING a");
    assert_eq!(pg("VALUES (1, now()), (2, now()), (3, 4)"), "VALUES (?, now()), (?+)");
    assert_eq!(pg("(a, b) IN ((1, 2), (3, 4))"), "(a, b) IN ((?+))");
    assert_eq!(pg("a = ANY(ARRAY[1, 2])"), "a = ANY(ARRAY[?+])");
    assert_eq!(pg("lower('a') = left('b', 2)"), "lower(?) = LEFT(?+)");
    assert_eq!(pg("(1, (2, 3)) AND (4)"), "(?, (?+)) AND (?)");
    assert_eq!(pg("((a), (a)) (a), (a)"), "((a), (a)) (a), (a)");
}

#[test]
fn lists_of_casts_types_and_defaults_shrink_like_others() {
    for element in ["$1::order_status", "CAST($1 AS numeric(10, 2))", "DATE '2026-01-01'", "$1::text[]", "-1::int4"] {
        let one = format!("SELECT a FROM t WHERE b IN ({element})");
        let many = format!("SELECT a FROM t WHERE b IN ({element}, {element}, {element})");
        assert_eq!((pg(&one), pg(&many)), (pg("SELECT a FROM t WHERE b IN (1)"), pg(&one)), "{element}");
        let rows = format!("INSERT INTO t VALUES ({element}, 1), ({element}, 2)");
        assert_eq!(pg(&rows), "INSERT INTO t VALUES (?+)", "{element}");
    }
    assert_eq!(pg("VALUES (DEFAULT, 1), (2, DEFAULT), (DEFAULT, DEFAULT)"), "VALUES (?+)");
    assert_eq!(pg("a IN (ROW(1, 2), ROW(3, 4))"), pg("a IN (ROW(1, 2))"));
    assert_eq!(pg("a = ANY(ARRAY[$1::app.state, $2::app.state])"), "a = ANY(ARRAY[?+])");
    assert_eq!(pg("a IN (TIMESTAMP WITH TIME ZONE '2026-01-01', now())"), "a IN (?+)");
    assert_eq!(of("a IN (UUID_TO_BIN(?), UUID_TO_BIN(?, 1))", Mysql), "a IN (?+)");
    assert_eq!(of("VALUES ROW(1, 'a'), ROW(2, 'b')", Mysql), "VALUES row(?+)");
    assert_eq!(of("a IN (_utf8mb4'x', X'00')", Mysql), "a IN (?+)");
    assert_eq!(of("a IN (CAST(? AS INTEGER), CAST(? AS INTEGER))", Sqlite), "a IN (?+)");
    // What is more than values stays.
    assert_eq!(pg("a IN ($1::int + b, c)"), "a IN (?::int + b, c)");
    assert_eq!(pg("a IN (CAST(b AS int), 1)"), "a IN (CAST(b AS int), ?)");
    assert_eq!(pg("VALUES (lower($1), 1), (lower($2), 2)"), "VALUES (lower(?), ?)");
    assert_eq!(pg("a IN (SELECT 1::int)"), "a IN (SELECT ?::int)");
}

#[test]
fn session_names_become_question_marks() {
    assert_eq!(pg("SAVEPOINT _sqlx_savepoint_1"), "SAVEPOINT ?");
    assert_eq!(
        pg("RELEASE SAVEPOINT \"a\"; ROLLBACK TO SAVEPOINT b; ROLLBACK TO c; RELEASE d"),
        "RELEASE SAVEPOINT ?; ROLLBACK TO SAVEPOINT ?; ROLLBACK TO ?; RELEASE ?"
    );
    assert_eq!(pg("DECLARE c CURSOR FOR SELECT 1"), "DECLARE ? CURSOR FOR SELECT ?");
    assert_eq!(pg("FETCH FORWARD 10 FROM c"), "FETCH forward ? FROM ?");
    assert_eq!(pg("FETCH c; FETCH ALL IN c; CLOSE c; CLOSE ALL"), "FETCH ?; FETCH ALL IN ?; CLOSE ?; CLOSE ALL");
    assert_eq!(
        pg("PREPARE s AS SELECT $1; EXECUTE s (1); DEALLOCATE PREPARE s"),
        "PREPARE ? AS SELECT ?; EXECUTE ? (?); DEALLOCATE PREPARE ?"
    );
}

#[test]
fn semicolons_at_the_end_fall_away() {
    assert_eq!(pg(" SELECT 1 ; ; "), "SELECT ?");
    assert_eq!(pg("BEGIN ;COMMIT;"), "BEGIN; COMMIT");
    assert_eq!(pg(";"), "");
    assert_eq!(pg(""), "");
}

#[test]
fn long_and_cut_texts_are_fingerprinted_by_their_beginning() {
    let ids = |count: usize| vec!["'67e55044-10b1-426f-9247-bb680e5fe0c8'"; count].join(", ");
    let many = fingerprint(&format!("SELECT * FROM t WHERE id IN ({})", ids(10_000)), Postgres);
    assert_eq!(many, Fingerprint { text: "SELECT * FROM t WHERE id IN (?+".to_owned(), truncated: true });
    assert!(!fingerprint(&format!("SELECT * FROM t WHERE id IN ({})", ids(1000)), Postgres).truncated);
    let cut = fingerprint("INSERT INTO t VALUES (1, 2), (3, 4), (5, 'x…(+120 B)", Postgres);
    assert_eq!(cut, Fingerprint { text: "INSERT INTO t VALUES (?+)".to_owned(), truncated: true });
    assert!(fingerprint(&"(".repeat(1 << 20), Postgres).truncated);
}

#[test]
fn the_hash_never_changes() {
    assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
    assert_eq!(hash("SELECT ?"), hash(&pg("select 1")));
}

fn twice(text: &str) {
    for dialect in [Postgres, Mysql, Sqlite, Generic] {
        let once = of(text, dialect);
        assert_eq!(of(&once, dialect), once, "{dialect:?} {text:?}");
    }
}

#[test]
fn what_could_become_another_token_stays_apart() {
    for text in [
        "1--/**/b",
        "1:a",
        "%S",
        "%( a )s",
        "%(a 'x' )s",
        "1@b",
        "@5 $'a'",
        "E 'a'",
        "a--1",
        "- - -1",
        "1|2",
        "%/**/s",
        "?/**/?",
        "(1'a')",
        "/*!5'a'*/",
        "*/**/ /",
        "VALUES (?, ?), (?, ?)",
        "IN (?+), (?+)",
        "SAVEPOINT a b",
        "FETCH a b c",
    ] {
        twice(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_fingerprint_is_its_own(text in any::<String>(), sql in "(IN|VALUES|ROW|CAST|AS|DEFAULT|DATE|::|int|NOT|NULL|IS|TRUE|SAVEPOINT|FETCH|ARRAY|[a-zE\\-/*+!'\"`$:@%?()\\[\\]\\\\0-9.,;#|&<>=~ \n\r]|/\\*|\\*/|--|\\(1,|''| ){0,30}") {
        twice(&text);
        twice(&sql);
    }
}
