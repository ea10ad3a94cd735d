//! Facts on kinds, tables and labels.

use proptest::prelude::*;

use super::*;
use crate::report::sql::Dialect::{Generic, Mysql, Postgres, Sqlite};
use crate::report::sql::Kind::{Ddl, Other, Read, Transaction, Write};

fn pg(text: &str) -> Analyzed {
    Analyzed::of(text, Postgres)
}

fn tables(text: &str) -> String {
    pg(text).tables.join(" ")
}

#[test]
fn kinds_follow_from_the_first_words() {
    for (kind, texts) in [
        (
            Read,
            &[
                "SELECT 1",
                "(SELECT 1) UNION (SELECT 2)",
                "WITH a AS (SELECT 1) SELECT 2",
                "SELECT 1 FROM a FOR UPDATE",
                "COPY a TO STDOUT",
                "COPY (SELECT 1 FROM b) TO STDOUT",
                "VALUES (1)",
                "FETCH c",
                "/* c */ select 1",
            ][..],
        ),
        (
            Write,
            &[
                "INSERT INTO a VALUES (1)",
                "WITH a AS (DELETE FROM b RETURNING c) SELECT c FROM a",
                "WITH a AS (SELECT 1) UPDATE b SET c = 1",
                "COPY a (b) FROM STDIN",
                "CALL p()",
                "DO $$ x $$",
                "MERGE INTO a USING b ON c WHEN MATCHED THEN DELETE",
                "TRUNCATE a",
                "SELECT 1 INTO a",
                "BEGIN; UPDATE a SET b = 1; COMMIT",
            ],
        ),
        (Ddl, &["CREATE TABLE a (b int)", "ALTER TABLE a ADD b int", "DROP INDEX a"]),
        (
            Transaction,
            &[
                "BEGIN",
                "START TRANSACTION",
                "COMMIT",
                "END",
                "ROLLBACK TO a",
                "SAVEPOINT a",
                "RELEASE a",
                "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            ],
        ),
        (
            Other,
            &[
                "EXPLAIN SELECT 1",
                "SET a = 1",
                "SHOW a",
                "PRAGMA a",
                "DECLARE c CURSOR FOR SELECT 1",
                "",
                "' ;",
                "?",
                "1 SELECT",
            ],
        ),
    ] {
        for text in texts {
            assert_eq!(pg(text).kind, kind, "{text}");
        }
    }
    assert_eq!(Analyzed::of("SELECT a INTO @b FROM c", Mysql).kind, Read);
    assert_eq!(Analyzed::of("/*!50110 CREATE TABLE a (b int) */", Mysql).kind, Ddl);
}

#[test]
fn verbs_are_those_of_the_main_statement() {
    assert_eq!(pg("with a as (insert into b select 1 returning c) select c from a").verb, "SELECT");
    assert_eq!(pg(" ( select 1)").verb, "SELECT");
    assert_eq!(pg("vacuum a").verb, "VACUUM");
    assert_eq!(pg("").verb, "");
}

#[test]
fn tables_are_found_where_tables_stand() {
    assert_eq!(
        tables("SELECT * FROM Users u JOIN \"Posts\" p ON u.id = p.user, app.tags WHERE a IN (SELECT b FROM c)"),
        "users Posts app.tags c"
    );
    assert_eq!(tables("INSERT INTO a (b, c) SELECT d, e FROM f, g"), "a f g");
    assert_eq!(tables("UPDATE ONLY a SET b = 1, c = 2 FROM d WHERE e IS NOT DISTINCT FROM f"), "a d");
    assert_eq!(tables("DELETE FROM a USING b WHERE c = 1"), "a b");
    assert_eq!(tables("SELECT EXTRACT(YEAR FROM a), trim(both from b) FROM c JOIN d USING (e, f)"), "c d");
    assert_eq!(tables("SELECT * FROM generate_series(1, 2) g, unnest($1) u, LATERAL f(a) x, b"), "b");
    assert_eq!(tables("SELECT * FROM (a JOIN b ON c = d), (SELECT 1, 2 FROM e) f, g"), "a b e g");
    assert_eq!(
        tables(
            "WITH RECURSIVE a AS (SELECT 1 FROM b UNION SELECT 2 FROM a), c (d) AS (SELECT 3) INSERT INTO e SELECT * FROM a, c"
        ),
        "b e"
    );
    assert_eq!(tables("SELECT a FROM b FOR UPDATE OF b SKIP LOCKED"), "b");
    assert_eq!(tables("INSERT INTO a VALUES (1) ON CONFLICT (b) DO UPDATE SET c = excluded.c"), "a");
    assert_eq!(tables("CREATE TABLE IF NOT EXISTS a.b (c int, d int)"), "a.b");
    assert_eq!(tables("CREATE UNIQUE INDEX CONCURRENTLY i ON a (b)"), "a");
    assert_eq!(tables("DROP TABLE IF EXISTS a, b CASCADE"), "a b");
    assert_eq!(tables("TRUNCATE a, b"), "a b");
    assert_eq!(tables("COPY a (b) FROM STDIN"), "a");
    assert_eq!(tables("MERGE INTO a USING b ON c = d WHEN MATCHED THEN UPDATE SET e = 1"), "a b");
    assert_eq!(tables("SELECT 1 UNION SELECT 2 FROM a, b ORDER BY c, d"), "a b");
    assert_eq!(tables("SELECT a, b FROM $1, 'c'"), "");
    assert_eq!(
        Analyzed::of("INSERT IGNORE INTO `a``b` SET c = 1 ON DUPLICATE KEY UPDATE d = 2", Mysql).tables,
        ["a`b"]
    );
    assert_eq!(Analyzed::of("REPLACE INTO a SELECT @b INTO @c FROM [d e]", Sqlite).tables, ["a", "d e"]);
    assert_eq!(Analyzed::of("SELECT * FROM a WHERE b = %s", Generic).tables, ["a"]);
}

#[test]
fn labels_are_verb_and_tables() {
    assert_eq!(pg("SELECT * FROM users WHERE id = $1").label, "SELECT users");
    assert_eq!(pg("SELECT * FROM a, b, c").label, "SELECT a, b, …");
    assert_eq!(pg("CREATE TABLE a (b int)").label, "CREATE TABLE a");
    assert_eq!(pg("SELECT 1").label, "SELECT");
    assert_eq!(pg("ROLLBACK TO SAVEPOINT a").label, "ROLLBACK TO SAVEPOINT ?");
    assert_eq!(pg("SET search_path TO x").label, "SET search_path TO x");
    assert_eq!(pg("SELECT 1 FROM \"a\u{202e}\"").label, "SELECT a⟦RLO⟧");
    assert_eq!(pg("").label, "");
}

#[test]
fn compact_texts_are_on_one_line() {
    assert_eq!(
        pg("SELECT id,\n name, f(SELECT 1 FROM x)\nFROM users -- all\nWHERE id = $1;").compact,
        "SELECT ••• FROM users WHERE id = $1"
    );
    assert_eq!(pg("SELECT DISTINCT a FROM b").compact, "SELECT DISTINCT ••• FROM b");
    assert_eq!(
        pg("WITH a AS (SELECT 1 FROM b) SELECT c FROM a").compact,
        "WITH a AS (SELECT 1 FROM b) SELECT ••• FROM a"
    );
    assert_eq!(pg("SELECT 1").compact, "SELECT 1");
    assert_eq!(pg("UPDATE a SET b = '\u{1b}\n'").compact, "UPDATE a SET b = '␛ '");
    let long = pg(&format!("INSERT INTO a VALUES ('{}')", "é".repeat(100_000)));
    assert_eq!(long.compact.chars().count(), 300);
    assert!(long.compact.ends_with("éé…") && long.truncated);
}

#[test]
fn a_megabyte_of_anything_is_analysed() {
    for piece in ["(", "SELECT ", "FROM a,", "WITH a AS (", "VALUES (1),", "(1),", "'", ";", "INDEX ON "] {
        for dialect in [Postgres, Mysql, Sqlite, Generic] {
            assert!(Analyzed::of(&piece.repeat(1_000_000 / piece.len()), dialect).truncated);
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_analysed(text in any::<String>(), sql in "(SELECT|FROM|WITH|AS|INSERT|INTO|IN|VALUES|[a-z(),.;'\"?=\\-]| ){0,40}") {
        for dialect in [Postgres, Mysql, Sqlite, Generic] {
            for text in [&text, &sql] {
                let analyzed = Analyzed::of(text, dialect);
                prop_assert!(!analyzed.compact.contains('\n') && analyzed.compact.chars().count() <= 300);
            }
        }
    }
}
