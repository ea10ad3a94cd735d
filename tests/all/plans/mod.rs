//! Every `EXPLAIN` that a report offers runs on the real PostgreSQL, MariaDB or MySQL, and SQLite, and changes nothing.
//!
//! After each one the tables are read again, and what else a statement may change: sequences, locks, variables, settings,
//! large objects. What an `EXPLAIN` in front of the same text would have changed is tried too, so that the tests would see it.

mod statements;

use osprofiler::report::sql::{Dialect, explain::explain};
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection, SqliteConnection};
use statements::{NONE, SHARED};

use crate::reached;

macro_rules! check {
    ($check:ident, $connection:ty, $dialect:expr) => {
        struct $check {
            connection: $connection,
            state: &'static str,
        }

        impl $check {
            async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
                sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.connection).await.map(drop)
            }

            async fn state(&mut self) -> String {
                sqlx::query_scalar(self.state).fetch_one(&mut self.connection).await.expect("the state")
            }

            /// Runs what is offered for the statements, which are more than 60; `none` of them get nothing.
            async fn check(&mut self, statements: &[&str], none: &[&str]) {
                let before = self.state().await;
                for sql in none {
                    assert_eq!(explain(sql, $dialect), None, "{sql}");
                }
                for sql in statements {
                    let found = explain(sql, $dialect).unwrap_or_else(|| panic!("nothing is offered for {sql}"));
                    let offered = format!("{}\n{sql}", found.prefix);
                    self.run(&offered).await.unwrap_or_else(|error| panic!("{error}: {offered}"));
                    assert_eq!(self.state().await, before, "{offered}");
                }
                assert!(statements.len() + none.len() >= 60, "{}", statements.len() + none.len());
            }

            /// That the state tells what such a statement changes.
            async fn would_change(&mut self, sql: &str) {
                let before = self.state().await;
                self.run(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
                assert_ne!(self.state().await, before, "{sql}");
            }
        }
    };
}

check!(Postgres, PgConnection, Dialect::Postgres);
check!(Mysql, MySqlConnection, Dialect::Mysql);
check!(Sqlite, SqliteConnection, Dialect::Sqlite);

#[tokio::test]
async fn plans_change_nothing_on_postgresql() {
    let Some(connection) = reached::postgres(PgConnection::connect).await else { return };
    // Of the schema that is this connection's own, all goes with it.
    let state = "SELECT concat_ws('|', (SELECT string_agg(t::text, ',' ORDER BY id) FROM plan_a t), \
        (SELECT string_agg(t::text, ',' ORDER BY id) FROM plan_b t), (SELECT last_value || '/' || is_called FROM plan_s), \
        (SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = pg_my_temp_schema()), \
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()), \
        (SELECT count(*) FROM pg_largeobject_metadata WHERE oid IN (4711, 4712)), \
        current_setting('plan.setting', true), (SELECT count(*) FROM pg_listening_channels()))";
    let mut check = Postgres { connection, state };
    check
        .run(
            "SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE oid IN (4711, 4712); \
             CREATE TEMP TABLE plan_a (id int PRIMARY KEY, n int); CREATE TEMP TABLE plan_b (id int PRIMARY KEY, n int); \
             INSERT INTO plan_a VALUES (1, 1), (2, 2); INSERT INTO plan_b VALUES (1, 1), (2, 2); CREATE TEMP SEQUENCE plan_s; \
             CREATE FUNCTION pg_temp.plan_f(x int) RETURNS int LANGUAGE sql VOLATILE AS \
             'INSERT INTO plan_a VALUES ($1 + 1000, 1) RETURNING id'; SELECT lo_create(4711)",
        )
        .await
        .expect("tables");
    let own = [
        "WITH a AS (WITH b AS (SELECT 1 AS id) DELETE FROM plan_a t USING b WHERE t.id = b.id RETURNING t.id) SELECT count(*) FROM a",
        "WITH a AS (/*+ Hint(a) */ DELETE FROM plan_a RETURNING id) SELECT * FROM a",
        "WITH a AS (-- why\nUPDATE plan_a SET n = 9 RETURNING id) SELECT * FROM a",
        "WITH a AS (INSERT INTO plan_a VALUES (7, 7) RETURNING id) TABLE a",
        "WITH a AS (SELECT 1 AS id) DELETE FROM plan_a USING a WHERE a.id = plan_a.id",
        "SELECT nextval('plan_s')",
        "SELECT pg_catalog.setval('plan_s', 77)",
        "SELECT \"nextval\"('plan_s')",
        "SELECT /* a */ NEXTVAL /* b */ ('plan_s')",
        "SELECT pg_advisory_lock(4711)",
        "SELECT pg_try_advisory_lock(4711) FROM plan_a",
        "SELECT lo_unlink(4711)",
        "SELECT lo_create(4712)",
        "SELECT pg_terminate_backend(pg_backend_pid())",
        "SELECT set_config('plan.setting', 'x', false)",
        "SELECT pg_notify('a', 'b')",
        "SELECT pg_temp.plan_f(1)",
        "SELECT * FROM pg_temp.plan_f(2)",
        "SELECT id FROM plan_a WHERE n = pg_temp.plan_f(n)",
        "SELECT query_to_xml('DELETE FROM plan_a', true, true, '')",
        "SELECT * FROM plan_a FOR UPDATE",
        "SELECT * FROM plan_a FOR NO KEY UPDATE SKIP LOCKED",
        "SELECT * FROM plan_a FOR SHARE",
        "SELECT 1 INTO plan_new",
        "MERGE INTO plan_a USING plan_b ON plan_a.id = plan_b.id WHEN MATCHED THEN DELETE",
        "TABLE plan_a",
        "VALUES (1), (2)",
        "(SELECT 1) UNION (SELECT id FROM plan_a)",
        "SELECT * FROM jsonb_to_recordset('[]') AS a(b int)",
        "SELECT DISTINCT ON (n) upper('a') FROM plan_a",
    ];
    check.check(&[SHARED, &own].concat(), NONE).await;
    for sql in [
        "EXPLAIN ANALYZE SELECT nextval('plan_s')",
        "EXPLAIN ANALYZE SELECT pg_temp.plan_f(1)",
        "EXPLAIN ANALYZE SELECT pg_advisory_lock(4711)",
        "EXPLAIN ANALYZE SELECT set_config('plan.setting', 'x', false)",
        "EXPLAIN ANALYZE SELECT lo_unlink(4711)",
        "EXPLAIN ANALYZE WITH a AS (WITH b AS (SELECT 1) DELETE FROM plan_a RETURNING id) SELECT * FROM a",
        "EXPLAIN UPDATE plan_a SET n = 9; DELETE FROM plan_b",
    ] {
        check.would_change(sql).await;
    }
}

#[tokio::test]
async fn volatile_functions_of_postgresql_are_not_run_for_a_plan() {
    let Some(mut connection) = reached::postgres(PgConnection::connect).await else { return };
    let volatile: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT proname::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND provolatile = 'v'",
    )
    .fetch_all(&mut connection)
    .await
    .expect("functions");
    assert!(volatile.len() > 100, "{}", volatile.len());
    // PostgreSQL 15, chapter 9: clocks, random values, and sizes of what is there.
    let reading = [
        "clock_timestamp",
        "gen_random_uuid",
        "pg_database_size",
        "pg_indexes_size",
        "pg_is_in_recovery",
        "pg_relation_size",
        "pg_table_size",
        "pg_total_relation_size",
        "random",
        "timeofday",
    ];
    for name in volatile.iter().filter(|name| !reading.contains(&name.as_str())) {
        let found = explain(&format!("SELECT {name}()"), Dialect::Postgres).expect("a plan");
        assert_eq!(found.prefix, "EXPLAIN", "{name}");
    }
}

#[tokio::test]
async fn plans_change_nothing_on_mysql() {
    let Some(connection) = reached::mysql(MySqlConnection::connect).await else { return };
    let state = "SELECT CONVERT(CONCAT_WS('|', (SELECT GROUP_CONCAT(id, '/', n ORDER BY id) FROM plan_a), \
        (SELECT GROUP_CONCAT(id, '/', n ORDER BY id) FROM plan_b), \
        (SELECT GROUP_CONCAT(table_name ORDER BY table_name) FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_name LIKE 'plan\\_%'), \
        IFNULL(@plan, '-'), IFNULL(IS_USED_LOCK('plan'), '-'), LAST_INSERT_ID()) USING utf8mb4)";
    let mut check = Mysql { connection, state };
    let drop =
        "DROP TABLE IF EXISTS plan_a, plan_b, plan_c; DROP FUNCTION IF EXISTS plan_f; DROP FUNCTION IF EXISTS plan_d";
    check.run(drop).await.expect("nothing is there");
    check
        .run(
            "CREATE TABLE plan_a (id int PRIMARY KEY, n int); CREATE TABLE plan_b (id int PRIMARY KEY, n int); \
             INSERT INTO plan_a VALUES (1, 1), (2, 2); INSERT INTO plan_b VALUES (1, 1), (2, 2); SET @plan = NULL",
        )
        .await
        .expect("tables");
    for (name, is) in [("plan_f", ""), ("plan_d", "DETERMINISTIC")] {
        let body = "BEGIN INSERT INTO plan_b SELECT MAX(id) + 1, x FROM plan_b; RETURN x; END";
        check
            .run(&format!("CREATE FUNCTION {name}(x int) RETURNS int {is} MODIFIES SQL DATA {body}"))
            .await
            .expect("made");
    }
    let own = [
        "(SELECT 1) UNION (SELECT id FROM plan_a)",
        "SELECT GROUP_CONCAT(n ORDER BY n SEPARATOR ','), IF(1, 2, 3) FROM plan_a USE INDEX (PRIMARY)",
        "SELECT * FROM plan_a WHERE id = 1 FOR UPDATE",
        "SELECT 'it\\'s', \"x\" FROM plan_a # ; DELETE FROM plan_b",
        "INSERT INTO plan_a (id, n) VALUES (1, 2) ON DUPLICATE KEY UPDATE n = VALUES(n)",
        "INSERT IGNORE INTO plan_a (id, n) VALUES (1, 2)",
        "REPLACE INTO plan_a (id, n) VALUES (1, 9)",
        "UPDATE plan_a JOIN plan_b ON plan_a.id = plan_b.id SET plan_a.n = 9",
        "DELETE plan_a FROM plan_a JOIN plan_b ON plan_a.id = plan_b.id",
        "SELECT * FROM (SELECT id FROM plan_a) x WHERE id = (SELECT MAX(id) FROM plan_b)",
    ];
    let none = [
        "SELECT plan_f(1)",
        "SELECT * FROM (SELECT plan_f(1) AS a) x",
        "SELECT * FROM plan_a WHERE id = plan_d(1)",
        "SELECT * FROM plan_a WHERE id = (SELECT plan_d(1))",
        "UPDATE plan_a SET n = 1 WHERE id = plan_d(1)",
        "DELETE FROM plan_a WHERE id = plan_d(1)",
        "SELECT GET_LOCK('plan', 0)",
        "SELECT * FROM plan_a WHERE id = (@plan := 5)",
        "SELECT * FROM plan_a WHERE id = LAST_INSERT_ID(78)",
        "SELECT 1 INTO @plan",
        "SELECT 1 INTO OUTFILE '/nowhere/plan'",
        "SELECT 1 /*!50110 + (@plan := 6) */",
        "/*!50110 DELETE */ FROM plan_b",
        "SELECT 1 /*M!100100 ; DELETE FROM plan_b */",
        "SELECT 'a\\'; DELETE FROM plan_b; -- '",
    ];
    check.check(&[SHARED, &own].concat(), &[NONE, &none].concat()).await;
    let mariadb: String =
        sqlx::query_scalar("SELECT VERSION()").fetch_one(&mut check.connection).await.expect("a version");
    if mariadb.contains("MariaDB") {
        // What planning alone runs.
        for sql in [
            "EXPLAIN SELECT * FROM (SELECT plan_f(1) AS a) x",
            "EXPLAIN SELECT * FROM plan_a WHERE id = plan_d(1)",
            "EXPLAIN UPDATE plan_a SET n = 1 WHERE id = plan_d(1)",
            "EXPLAIN SELECT * FROM plan_a WHERE id = (@plan := 5)",
            "EXPLAIN SELECT * FROM plan_a WHERE id = LAST_INSERT_ID(78)",
        ] {
            check.would_change(sql).await;
        }
    }
    check.would_change("EXPLAIN UPDATE plan_a SET n = 9; DELETE FROM plan_b").await;
    check.run(drop).await.expect("dropped");
}

#[tokio::test]
async fn plans_change_nothing_on_sqlite() {
    let connection = SqliteConnection::connect("sqlite::memory:").await.expect("memory");
    let state = "SELECT (SELECT group_concat(id || '/' || n) FROM plan_a) || '|' || ifnull((SELECT group_concat(id || '/' || n) \
        FROM plan_b), '-') || '|' || (SELECT group_concat(name) FROM sqlite_master) || '|' || \
        (SELECT user_version FROM pragma_user_version)";
    let mut check = Sqlite { connection, state };
    check
        .run(
            "CREATE TABLE plan_a (id INTEGER PRIMARY KEY, n int); CREATE TABLE plan_b (id INTEGER PRIMARY KEY, n int); \
             INSERT INTO plan_a VALUES (1, 1), (2, 2); INSERT INTO plan_b VALUES (1, 1), (2, 2); \
             CREATE TRIGGER plan_t AFTER INSERT ON plan_a BEGIN DELETE FROM plan_b; END",
        )
        .await
        .expect("tables");
    let own = [
        "REPLACE INTO plan_a VALUES (1, 9)",
        "INSERT OR REPLACE INTO plan_a VALUES (1, 9) RETURNING id",
        "WITH a AS (SELECT 1 AS id) DELETE FROM plan_b WHERE id IN (SELECT id FROM a)",
        "VALUES (1), (2)",
        "SELECT * FROM [plan_a] WHERE `n` = \"id\"",
        "SELECT 'a\\' FROM plan_a",
        "SELECT random(), last_insert_rowid(), changes()",
        "SELECT * FROM pragma_table_info('plan_a')",
        "INSERT INTO plan_a (id, n) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = 3",
        "SELECT * FROM plan_a /* open",
    ];
    let none = ["SELECT 'a\\'; DELETE FROM plan_b; -- '", "ATTACH ':memory:' AS other"];
    check.check(&[SHARED, &own].concat(), &[NONE, &none].concat()).await;
    check.would_change("EXPLAIN QUERY PLAN INSERT INTO plan_a VALUES (7, 7); DELETE FROM plan_b").await;
    check.would_change("EXPLAIN QUERY PLAN SELECT 1; PRAGMA user_version = 7").await;
}
