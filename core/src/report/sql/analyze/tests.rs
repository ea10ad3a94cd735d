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
fn tables_may_be_called_as_words_of_the_language_are() {
    assert_eq!(pg("SELECT amount FROM transaction WHERE account_id = $1").label, "SELECT transaction");
    assert_eq!(
        tables("SELECT * FROM a JOIN release r ON r.a = a.b, view v, public.index"),
        "a release view public.index"
    );
    assert_eq!(tables("SELECT * FROM (transaction t JOIN trigger ON c = d)"), "transaction trigger");
    assert_eq!(pg("INSERT INTO view (a) VALUES (1)").label, "INSERT view");
    assert_eq!(pg("UPDATE index SET a = 1").label, "UPDATE index");
    assert_eq!(pg("DELETE FROM ONLY release").label, "DELETE release");
    assert_eq!(pg("CREATE TABLE IF NOT EXISTS transaction (a int)").label, "CREATE TABLE transaction");
    assert_eq!(pg("LOCK TABLE transaction").tables, ["transaction"]);
    assert_eq!(Analyzed::of("SELECT * FROM replace r", Sqlite).tables, ["replace"]);
    // Where no table stands, they are what they were.
    assert_eq!(tables("SELECT view, a FROM b"), "b");
    assert_eq!(tables("SELECT * FROM a FOR UPDATE SKIP LOCKED"), "a");
    assert_eq!(tables("REINDEX INDEX a"), "");
    assert_eq!(Analyzed::of("UPDATE IGNORE a SET b = 1", Mysql).tables, ["a"]);
    assert_eq!(Analyzed::of("UPDATE OR ROLLBACK a SET b = 1", Sqlite).tables, ["a"]);
    assert_eq!(Analyzed::of("INSERT OR REPLACE INTO a VALUES (1)", Sqlite).tables, ["a"]);
}

#[test]
fn definitions_with_bodies_are_one_statement_that_changes_the_schema() {
    let trigger = "CREATE TRIGGER trg AFTER INSERT ON a BEGIN UPDATE b SET n = CASE WHEN n THEN 1 END; INSERT INTO c VALUES (1); END";
    let found = Analyzed::of(trigger, Sqlite);
    assert_eq!((found.kind, &*found.verb, &*found.label), (Ddl, "CREATE", "CREATE TRIGGER a"));
    assert_eq!(found.tables, ["a"]);
    let of_column =
        pg("CREATE OR REPLACE TRIGGER t BEFORE INSERT OR UPDATE OF x ON s.a FOR EACH ROW EXECUTE FUNCTION f()");
    assert_eq!((of_column.kind, &*of_column.label), (Ddl, "CREATE TRIGGER s.a"));
    for (dialect, text) in [
        (Postgres, "CREATE PROCEDURE p() LANGUAGE SQL BEGIN ATOMIC INSERT INTO a VALUES (1); DELETE FROM b; END"),
        (Postgres, "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;"),
        (
            Mysql,
            "CREATE DEFINER = 'a'@'b' TRIGGER t BEFORE INSERT ON c FOR EACH ROW BEGIN IF 1 THEN DELETE FROM d; END IF; END",
        ),
        (
            Mysql,
            "CREATE PROCEDURE p() BEGIN WHILE 1 DO UPDATE a SET b = 1; END WHILE; CASE 1 WHEN 1 THEN SELECT 1; END CASE; END",
        ),
        (Mysql, "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM a"),
    ] {
        assert_eq!(Analyzed::of(text, dialect).kind, Ddl, "{text}");
    }
    assert_eq!(Analyzed::of(&format!("{trigger}; DELETE FROM d"), Sqlite).kind, Write);
    assert_eq!(Analyzed::of("CREATE TABLE trigger_ (a); DELETE FROM b", Sqlite).kind, Write);
    assert_eq!(pg("BEGIN; DELETE FROM a; END").kind, Write);
    // Tables, indexes and columns may be called so.
    assert_eq!(pg("CREATE TABLE event (id int, function text)").label, "CREATE TABLE event");
    assert_eq!(pg("CREATE TABLE a (trigger int)").tables, ["a"]);
    assert_eq!(pg("CREATE UNIQUE INDEX event ON a (b)").tables, ["a"]);
    assert_eq!(tables("CREATE EVENT TRIGGER a ON ddl_command_start EXECUTE FUNCTION f()"), "");
    assert_eq!(tables("CREATE FUNCTION f() RETURNS trigger LANGUAGE sql AS 'SELECT 1 FROM a'"), "");
}

#[test]
fn labels_name_what_is_changed_and_not_what_is_read() {
    for (text, label) in [
        ("INSERT INTO a SELECT * FROM b JOIN c ON d", "INSERT a"),
        ("UPDATE a SET b = 1 FROM c WHERE d = (SELECT e FROM f)", "UPDATE a"),
        ("DELETE FROM a USING b WHERE c = 1", "DELETE a"),
        ("MERGE INTO a USING b ON c WHEN MATCHED THEN UPDATE SET d = 1", "MERGE a"),
        ("WITH a AS (SELECT 1 FROM b) UPDATE c SET d = 1 FROM a", "UPDATE c"),
        ("WITH gone AS (DELETE FROM a RETURNING b) SELECT * FROM gone JOIN c ON d", "DELETE a"),
        ("WITH x AS (WITH y AS (SELECT 1) DELETE FROM a USING y RETURNING b) SELECT * FROM x, c", "DELETE a"),
        ("CREATE TABLE a AS SELECT * FROM b", "CREATE TABLE a"),
        ("CREATE VIEW a AS SELECT * FROM b, c", "CREATE VIEW a"),
        ("SELECT 1 INTO a FROM b", "SELECT a"),
        ("DROP TABLE a, b", "DROP TABLE a, b"),
        ("SELECT * FROM a, b", "SELECT a, b"),
        ("SELECT 1 FROM a; DELETE FROM b USING c", "DELETE b; …"),
        ("BEGIN; UPDATE a SET b = 1; COMMIT", "UPDATE a; …"),
        ("WITH a AS (INSERT INTO b VALUES (1) RETURNING c) UPDATE d SET e = 1", "UPDATE d"),
    ] {
        assert_eq!(pg(text).label, label, "{text}");
    }
    for (text, label) in [
        ("DELETE p FROM posts p JOIN users u ON u.id = p.user WHERE u.gone", "DELETE posts"),
        ("DELETE FROM a USING a JOIN b ON c WHERE d", "DELETE a"),
        ("UPDATE a JOIN b ON a.x = b.x SET a.y = b.y", "UPDATE a"),
        ("UPDATE a JOIN b ON a.x = b.x SET b.y = a.y, b.z = 1", "UPDATE b"),
        ("INSERT INTO a SELECT * FROM b ON DUPLICATE KEY UPDATE c = 1", "INSERT a"),
        ("REPLACE INTO a SELECT * FROM b", "REPLACE a"),
    ] {
        assert_eq!(Analyzed::of(text, Mysql).label, label, "{text}");
    }
}

#[test]
fn writes_within_queries_are_found_behind_hints_and_queries_of_their_own() {
    for text in [
        "WITH a AS (WITH b AS (SELECT 1) DELETE FROM c RETURNING d) SELECT * FROM a",
        "WITH a AS (/*+ Hint */ DELETE FROM c RETURNING d) SELECT * FROM a",
        "WITH a AS (WITH b AS (SELECT 1) UPDATE c SET d = 1 RETURNING d) TABLE a",
    ] {
        assert_eq!(pg(text).kind, Write, "{text}");
    }
    assert_eq!(pg("SELECT * FROM (SELECT 1) a FOR UPDATE").kind, Read);
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
