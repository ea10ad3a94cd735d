//! Facts on what is put before a statement to see its plan. `tests/all/plans` runs it on the databases.

use proptest::prelude::*;

use super::*;
use crate::report::sql::Dialect::{Generic, Mysql, Postgres, Sqlite};

const RUN: &str = "EXPLAIN (ANALYZE, BUFFERS, VERBOSE, FORMAT JSON)";

fn of(text: &str, dialect: Dialect) -> Option<&'static str> {
    explain(text, dialect).map(|explain| explain.prefix)
}

#[test]
fn analyze_is_said_only_of_what_certainly_reads() {
    for text in [
        "SELECT v FROM m WHERE n = $1",
        "SELECT 1 -- trailing",
        "SELECT 1;",
        "/* ping */ SELECT 1; -- done",
        "(SELECT 1) UNION (SELECT count(*) FROM a)",
        "WITH a (x) AS (SELECT 1), b AS MATERIALIZED (SELECT lower(c) FROM d) SELECT * FROM a, b",
        "VALUES (1), (2)",
        "TABLE a",
        "SELECT pg_catalog.lower(a), \"upper\"(b) FROM c WHERE d IN ($1, $2) AND e LIKE ('x') AND f = ANY ($3)",
        "SELECT sum(a) FILTER (WHERE b) OVER (PARTITION BY c ORDER BY (d)), CAST(e AS numeric(10, 2)), f::varchar(3) FROM g",
        "SELECT * FROM jsonb_to_recordset($1) AS a(b int)",
        "SELECT \"update\", 'nextval(1)', a.delete FROM b",
        "SELECT $$ it's; nextval('a') $$",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM b JOIN (SELECT 1) c ON (d)",
    ] {
        assert_eq!(of(text, Postgres), Some(RUN), "{text} {:?}", explain(text, Postgres));
    }
    for text in [
        "SELECT nextval('s')",
        "SELECT pg_catalog.setval('s', 1)",
        "SELECT \"nextval\"('s')",
        "SELECT /* a */ NEXTVAL /* b */ ('s')",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_xact_lock(1)",
        "SELECT lo_unlink(1)",
        "SELECT pg_terminate_backend(1)",
        "SELECT pg_notify('a', 'b')",
        "SELECT set_config('a.b', 'c', true)",
        "SELECT pg_sleep(1)",
        "SELECT * FROM my_function(1)",
        "SELECT app.lower('a')",
        "SELECT \"Lower\"('a') FROM b WHERE is(a)",
        "SELECT release(1)",
        "SELECT DISTINCT ON (a) over(b) FROM c",
        "SELECT 1 FROM a WHERE NOT like('a', 'b')",
        "SELECT by(1)",
        "SELECT * FROM a FOR UPDATE",
        "SELECT * FROM a FOR NO KEY UPDATE SKIP LOCKED",
        "SELECT * FROM a FOR SHARE",
        "SELECT * FROM a FOR KEY SHARE OF a NOWAIT",
        "SELECT 1 INTO b",
        "WITH a AS (WITH b AS (SELECT 1 AS id) DELETE FROM c t USING b WHERE t.id = b.id RETURNING t.id) SELECT count(*) FROM a",
        "WITH a AS (/*+ Hint */ DELETE FROM c RETURNING d) SELECT * FROM a",
        "WITH a AS (/* b */ UPDATE c SET d = 1 RETURNING d) SELECT * FROM a",
        "WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a",
        "WITH a AS (MERGE INTO b USING c ON d WHEN MATCHED THEN DELETE) SELECT 1",
        "INSERT INTO a (b) VALUES (1)",
        "UPDATE a SET b = 1",
        "DELETE FROM a",
        "SELECT 'a\\' OR b = '1'",
    ] {
        let found = explain(text, Postgres);
        assert!(
            found.as_ref().is_some_and(|found| found.prefix == "EXPLAIN" && found.not_run.is_some()),
            "{text} {found:?}"
        );
    }
}

#[test]
fn several_statements_and_what_has_no_plan_get_nothing() {
    for text in [
        "UPDATE a SET x = 1; DELETE FROM b",
        "; DELETE FROM b",
        ";; SELECT 1",
        "SELECT 1;; SELECT 2",
        "SELECT 1; /* a */ DELETE FROM b",
        "BEGIN; SELECT 1; COMMIT",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE DELETE FROM a",
        "ANALYZE FORMAT=JSON SELECT 1",
        "DESCRIBE a",
        "SHOW a",
        "FETCH c",
        "COPY a TO STDOUT",
        "CREATE TABLE a AS SELECT 1",
        "DROP TABLE a",
        "CALL p()",
        "DO $$ BEGIN END $$",
        "EXECUTE p",
        "PREPARE p AS DELETE FROM a",
        "DECLARE c CURSOR FOR SELECT 1",
        "PRAGMA user_version = 7",
        "PRAGMA user_version",
        "SET a = 1",
        "BEGIN",
        "COMMIT",
        "TRUNCATE a",
        "VACUUM",
        "-- ping",
        ";",
        "",
        "'SELECT'",
        "{call p()}",
        "SELECT 1 \\gexec",
        "SELECT 1 \\; DELETE FROM a",
        "SELECT 1\0; DELETE FROM a",
        "(DELETE FROM a)",
    ] {
        for dialect in [Postgres, Mysql, Sqlite, Generic] {
            assert_eq!(of(text, dialect), None, "{text} {dialect:?}");
        }
    }
    // Where the text ends depends on settings of the server.
    assert_eq!(of("SELECT 'a\\'; DELETE FROM b; -- '", Postgres), None);
    assert_eq!(of("SELECT 'a\\'; DELETE FROM b; -- '", Mysql), None);
    assert_eq!(of("SELECT E'a\\'; DELETE FROM b; -- '", Postgres), Some(RUN));
}

#[test]
fn mysql_gets_no_explain_that_runs_what_is_not_known() {
    for text in [
        "SELECT * FROM a WHERE b = ?",
        "SELECT COUNT(*), IF(a, 1, 2), REPLACE(b, 'c', 'd'), LEFT(e, 1) FROM f WHERE g LIKE ('h') AND i IN (1)",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "SELECT * FROM a FOR UPDATE",
        "SELECT GROUP_CONCAT(a ORDER BY b SEPARATOR ','), ROW_NUMBER() OVER (ORDER BY c) FROM d USE INDEX (e)",
        "SELECT 'it\\'s' FROM a",
        "SELECT 1 # /* ; */",
    ] {
        assert_eq!(of(text, Mysql), Some("EXPLAIN FORMAT=JSON"), "{text}");
    }
    for text in [
        "INSERT INTO a (b, c) VALUES (?, UPPER(?)) ON DUPLICATE KEY UPDATE b = VALUES(b)",
        "INSERT a (b) VALUES (1)",
        "REPLACE INTO a.b (c) VALUES (1)",
        "UPDATE a SET b = 1",
        "DELETE FROM a WHERE b = 1",
    ] {
        assert_eq!(of(text, Mysql), Some("EXPLAIN"), "{text}");
    }
    for text in [
        "SELECT * FROM (SELECT my_function(1) AS a) b",
        "SELECT GET_LOCK('a', 1)",
        "SELECT RELEASE_LOCK('a')",
        "SELECT SLEEP(1)",
        "SELECT LAST_INSERT_ID(7)",
        "SELECT db.f()",
        "SELECT `f` (1)",
        "SELECT \"f\"(1)",
        "SELECT @a := 1",
        "SELECT NEXTVAL(s)",
        "SELECT NEXT VALUE FOR s",
        "SELECT 1 INTO @a",
        "SELECT 1 INTO OUTFILE '/tmp/a'",
        "SELECT /*!50110 1 */",
        "SELECT 1 /*M!100100 ; DELETE FROM a */",
        "/*! DELETE */ FROM a",
        "SELECT 1 /*!99999 ' */; DELETE FROM a; -- '",
        "UPDATE a SET b = my_function(1)",
        "TABLE a",
        "HANDLER a OPEN",
    ] {
        assert_eq!(of(text, Mysql), None, "{text}");
    }
}

#[test]
fn sqlite_runs_nothing_for_a_plan() {
    for text in [
        "SELECT f(1)",
        "INSERT INTO a VALUES (1)",
        "WITH a AS (SELECT 1) DELETE FROM b",
        "VALUES (1)",
        "REPLACE INTO a VALUES (1)",
    ] {
        assert_eq!(of(text, Sqlite), Some("EXPLAIN QUERY PLAN"), "{text}");
    }
    for text in ["CREATE TRIGGER a AFTER INSERT ON b BEGIN DELETE FROM c; END", "ATTACH 'a' AS b", "(SELECT 1)"] {
        assert_eq!(of(text, Sqlite), None, "{text}");
    }
}

#[test]
fn of_another_database_only_what_holds_for_all() {
    assert_eq!(of("SELECT lower(a) FROM b WHERE c = ?", Generic), Some("EXPLAIN"));
    for text in [
        "SELECT f(1)",
        "SELECT 1 /*! ; DELETE FROM a */",
        "TABLE a",
        "SELECT 1 -- '\n; DELETE FROM a",
        "SELECT `;`, 1 FROM a",
    ] {
        assert_eq!(of(text, Generic), None, "{text}");
    }
}

#[test]
fn psql_gets_whole_statements_with_values() {
    assert_eq!(before_bind("SELECT $1", Postgres), Some(" "));
    assert_eq!(before_bind("SELECT $1 -- a", Postgres), Some("\n"));
    for text in ["SELECT $1;", "SELECT $1; SELECT 2", "-- $1", "SELECT $1 \\gx", ""] {
        assert_eq!(before_bind(text, Postgres), None, "{text}");
    }
    assert_eq!(before_bind("SELECT ?", Sqlite), None);
}

#[test]
fn a_megabyte_of_anything_is_decided() {
    for piece in
        ["(", "f(", "SELECT ", "f() OVER (", ") OVER (", "CREATE TRIGGER ", "BEGIN ", "'\\'", ";", "a.", "/*! "]
    {
        for dialect in [Postgres, Mysql, Sqlite, Generic] {
            let _ = explain(&format!("SELECT {}", piece.repeat(1_000_000 / piece.len())), dialect);
        }
    }
}

#[test]
fn what_is_handed_out_to_be_run_only_reads() {
    for (dialect, text) in [
        (Postgres, "SELECT a, lower(b) FROM c WHERE d = $1"),
        (Postgres, "SELECT now()"),
        (Postgres, "SELECT a FROM b FOR UPDATE"),
        (Postgres, "TABLE a;"),
        (Mysql, "SHOW TABLES"),
        (Sqlite, "SELECT date('now')"),
        (Generic, "SELECT a FROM b WHERE c = %s"),
    ] {
        assert!(only_reads(text, dialect), "{text}");
    }
    for (dialect, text) in [
        (Postgres, "DELETE FROM a"),
        (Postgres, "SELECT 1; DELETE FROM a"),
        (Postgres, "SELECT nextval('a')"),
        (Postgres, "SELECT app.f()"),
        (Postgres, "WITH a AS (DELETE FROM b RETURNING c) SELECT c FROM a"),
        (Postgres, "COPY a TO PROGRAM 'x'"),
        (Postgres, "SELECT 1 \\gexec"),
        (Postgres, "COMMIT"),
        (Postgres, "EXPLAIN ANALYZE DELETE FROM a"),
        (Postgres, "CREATE TABLE a (b int)"),
        (Mysql, "SELECT 1 /*! INTO OUTFILE 'x' */"),
        (Mysql, "SELECT a INTO OUTFILE 'x' FROM b"),
        (Mysql, "SELECT '\\'; DELETE FROM a; -- '"),
        (Sqlite, "PRAGMA user_version = 1"),
        (Generic, "SELECT getdate()"),
    ] {
        assert!(!only_reads(text, dialect), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_decided(text in any::<String>(), sql in "(SELECT|FROM|WITH|AS|DELETE|nextval|[a-z(),.;'\"?=\\-\\\\]| ){0,40}") {
        for dialect in [Postgres, Mysql, Sqlite, Generic] {
            for text in [&text, &sql] {
                let found = explain(text, dialect);
                prop_assert!(found.is_none() || found.is_some_and(|found| found.prefix.starts_with("EXPLAIN")));
                let _ = before_bind(text, dialect);
            }
        }
    }
}
