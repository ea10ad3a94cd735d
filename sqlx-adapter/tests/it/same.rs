//! The same program on sqlx's pool, on a traced pool outside of a trace, and in one: same results, errors and error texts,
//! also of what fails, is dropped half way, waits in vain or is killed; and every start has one stop.

use std::fmt::Debug;
use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _};
use osprofiler_sqlx::TracedPool;
use sqlx::{AssertSqlSafe, Executor, MySql, Pool, Postgres, Sqlite};

use crate::server;
use crate::store::Store;

const POSTGRES: &[&str] = &[
    "CREATE TABLE parent (id INT PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> ''), data JSONB, at DATE)",
    "CREATE TABLE child (id INT PRIMARY KEY, parent INT REFERENCES parent DEFERRABLE INITIALLY IMMEDIATE, during INT4RANGE,
     EXCLUDE USING gist (during WITH &&))",
    "CREATE TYPE mood AS ENUM ('good', 'bad')",
    "CREATE TYPE mood AS ENUM ('good', 'bad')",
    "INSERT INTO parent VALUES (1, 'Ann', '{\"a\": [1, null]}', '2026-01-02'), (2, 'Bob', NULL, NULL)",
    "INSERT INTO parent VALUES (1, 'Cem')",
    "INSERT INTO parent VALUES (3, 'Ann')",
    "INSERT INTO parent VALUES (3, NULL)",
    "INSERT INTO parent VALUES (3, '')",
    "INSERT INTO child VALUES (1, 9)",
    "INSERT INTO child VALUES (1, 1, '[1,5)') ON CONFLICT DO NOTHING",
    "INSERT INTO child VALUES (2, 1, '[3,8)')",
    "DELETE FROM parent WHERE id = 1",
    "UPDATE parent SET name = 'Bo' WHERE id = 2 RETURNING *",
    "UPDATE parent SET name = 'Bo' WHERE id = 9 RETURNING *",
    "INSERT INTO parent VALUES (4, 'Dee') ON CONFLICT (id) DO UPDATE SET name = 'Dee 2' RETURNING id",
    "SELECT * FROM parent ORDER BY id",
    "SELECT * FROM child",
    "SELECT * FROM parent WHERE false",
    "SELECT 1 / 0",
    "SELECT 1 / (id - 2) FROM parent ORDER BY id",
    "SELECT 'x'::int",
    "SELECT 9999999999::int",
    "SELECT 1 + 'x'",
    "SELECT '2026-02-30'::date",
    "SELECT * FROM nowhere",
    "SELECT nothing FROM parent",
    "SELECT nothing(1)",
    "SELECT 'good'::mood, 'bad'::mood::text",
    "SELECT 'ugly'::mood",
    "SELEC 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; SELECT 1 / 0; SELECT 3",
    "",
    ";",
    "-- nothing",
    "SELECT",
    "SELECT $1::int",
    "SELECT 'it''s', E'\\t', ''",
    "SELECT NULL, true, 1::smallint, 2::bigint, 1.5::real, 'NaN'::float8, 12.34::numeric, '\\x00ff'::bytea",
    "SELECT now() > '2000-01-01', '1 day'::interval, '{1,2,NULL}'::int[], '(1,2)'::point, '::1'::inet",
    "SELECT row(1, 'x'), ARRAY['good', 'bad']::mood[], '[1,5)'::int4range",
    "SELECT convert_from('\\xff', 'UTF8')",
    "SELECT chr(0)",
    "SELECT length(repeat('x', 3000000))",
    "SELECT repeat('x', 100000)",
    "SELECT generate_series(1, 300)",
    "SELECT sum(n) FROM generate_series(1, 1000) AS n GROUP BY n % 3 ORDER BY 1",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n",
    "VALUES (1, 'a'), (2, 'b')",
    "TABLE parent",
    "EXPLAIN (COSTS OFF) SELECT * FROM parent",
    "SHOW server_encoding",
    "SHOW nothing.at_all",
    "SET statement_timeout = 30",
    "SELECT pg_sleep(5)",
    "SET statement_timeout = 0",
    "SET nothing = 1",
    "DO $$ BEGIN RAISE EXCEPTION 'own text' USING ERRCODE = 'P0099', HINT = 'a hint', DETAIL = 'a detail'; END $$",
    "DO $$ BEGIN RAISE NOTICE 'only a notice'; END $$",
    "CREATE FUNCTION twice(n INT) RETURNS INT LANGUAGE sql AS 'SELECT 2 * n'",
    "SELECT twice(4)",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "EXECUTE q",
    "LISTEN something",
    "NOTIFY something, 'x'",
    "VACUUM parent",
    "COPY parent TO STDOUT",
    "GRANT nothing TO nobody",
    "BEGIN",
    "SELECT 1 / 0",
    "SELECT 1",
    "COMMIT",
    "COMMIT",
    "SAVEPOINT outside",
    "TRUNCATE child",
    "DROP TABLE child",
    "DROP TABLE child",
    "ALTER TABLE parent ADD COLUMN more INT DEFAULT 7",
    "SELECT * FROM parent WHERE id = 1",
];

const MYSQL: &[&str] = &[
    "CREATE TABLE parent (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE CHECK (name <> ''), data JSON, at DATE)",
    "CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parent (id))",
    "CREATE TABLE child (id INT)",
    "CREATE TABLE IF NOT EXISTS child (id INT)",
    "INSERT INTO parent VALUES (1, 'Ann', '{\"a\": [1, null]}', '2026-01-02'), (2, 'Bob', NULL, NULL)",
    "INSERT INTO parent (id, name) VALUES (1, 'Cem')",
    "INSERT INTO parent (id, name) VALUES (3, 'Ann')",
    "INSERT INTO parent (id, name) VALUES (3, NULL)",
    "INSERT INTO parent (id) VALUES (3)",
    "INSERT INTO parent (id, name) VALUES (3, '')",
    "INSERT INTO parent (id, name) VALUES (3, 'a name that is too long for it')",
    "INSERT INTO parent (id, name) VALUES ('x', 'x')",
    "INSERT INTO parent VALUES (3, 'x', 'no json', NULL)",
    "INSERT INTO parent VALUES (3, 'x', NULL, '2026-02-30')",
    "INSERT INTO child (parent) VALUES (9)",
    "INSERT INTO child (parent) VALUES (1), (2)",
    "DELETE FROM parent WHERE id = 1",
    "UPDATE parent SET name = 'Bo' WHERE id = 2",
    "UPDATE parent SET name = 'Bo' WHERE id = 2",
    "REPLACE INTO parent (id, name) VALUES (7, 'Gil')",
    "INSERT INTO parent (id, name) VALUES (7, 'x') ON DUPLICATE KEY UPDATE name = 'Hal'",
    "INSERT IGNORE INTO parent (id, name) VALUES (7, 'x')",
    "SELECT * FROM parent ORDER BY id",
    "SELECT * FROM child ORDER BY id",
    "SELECT * FROM parent WHERE false",
    "SELECT 1 / 0",
    "SELECT 1 + 'x'",
    "SELECT CAST('x' AS SIGNED)",
    "SELECT 9223372036854775807 + 1",
    "SELECT 18446744073709551615",
    "SELECT exp(1000)",
    "SELECT * FROM nowhere",
    "SELECT nothing FROM parent",
    "SELECT nothing(1)",
    "SELEC 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; SELECT * FROM nowhere; SELECT 3",
    "-- nothing",
    "SELECT 'it''s', '\\t', ''",
    "SELECT NULL, true, 1.5, 12.340, x'00ff', 1e10, DATE '2026-01-02', TIME '12:34:56', TIMESTAMP '2026-01-02 03:04:05'",
    "SELECT x'ff', CONVERT(x'ff' USING utf8mb4), CAST(x'c328' AS CHAR)",
    "SELECT b'101', JSON_OBJECT('a', 1), INET6_ATON('::1')",
    "SELECT length(repeat('x', 3000000))",
    "SELECT repeat('x', 100000)",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT * FROM n",
    "SELECT name, count(*) FROM parent GROUP BY name ORDER BY 1",
    "VALUES (1, 'a'), (2, 'b')",
    "SHOW TABLES",
    "SHOW VARIABLES LIKE 'character_set_client'",
    "SHOW nothing",
    "DESCRIBE parent",
    "EXPLAIN SELECT 1",
    "SET SESSION max_statement_time = 0.03",
    "SELECT sleep(5)",
    "SET SESSION max_statement_time = 0",
    "SET nothing = 1",
    "SET @one = 1",
    "SELECT @one",
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'own text', MYSQL_ERRNO = 4711",
    "CREATE PROCEDURE twice(n INT) SELECT 2 * n",
    "CALL twice(4)",
    "CALL nothing()",
    "SELECT get_lock('osprofiler_same', 0)",
    "SELECT release_lock('osprofiler_same')",
    "GRANT nothing TO nobody",
    "USE nowhere",
    "SAVEPOINT outside",
    "TRUNCATE child",
    "DROP TABLE child",
    "DROP TABLE child",
    "DROP TABLE IF EXISTS child",
    "ALTER TABLE parent ADD COLUMN more INT DEFAULT 7",
    "SELECT * FROM parent WHERE id = 1",
];

const SQLITE: &[&str] = &[
    "PRAGMA foreign_keys = ON",
    "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> ''), data BLOB, at REAL)",
    "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent)",
    "CREATE TABLE child (id INTEGER)",
    "CREATE TABLE IF NOT EXISTS child (id INTEGER)",
    "CREATE TABLE strict (n INTEGER, t TEXT) STRICT",
    "INSERT INTO parent VALUES (1, 'Ann', x'00ff', 1.5), (2, 'Bob', NULL, NULL)",
    "INSERT INTO parent VALUES (1, 'Cem', 1, 1)",
    "INSERT INTO parent VALUES (3, 'Ann', 1, 1)",
    "INSERT INTO parent VALUES (3, NULL, 1, 1)",
    "INSERT INTO parent VALUES (3, '', 1, 1)",
    "INSERT INTO parent VALUES ('x', 'x', 1, 1)",
    "INSERT INTO parent VALUES (3)",
    "INSERT INTO strict VALUES ('x', 'x')",
    "INSERT INTO strict VALUES (1, 'x')",
    "INSERT INTO child VALUES (1, 9)",
    "INSERT INTO child VALUES (1, 1)",
    "INSERT OR IGNORE INTO child VALUES (1, 1)",
    "INSERT OR REPLACE INTO child VALUES (1, 2)",
    "DELETE FROM parent WHERE id = 2",
    "UPDATE parent SET name = 'Bo' WHERE id = 2 RETURNING *",
    "UPDATE parent SET name = 'Bo' WHERE id = 9 RETURNING *",
    "INSERT INTO parent (id, name) VALUES (4, 'Dee') ON CONFLICT (id) DO UPDATE SET name = 'Dee 2' RETURNING id",
    "SELECT * FROM parent ORDER BY id",
    "SELECT * FROM child",
    "SELECT * FROM parent WHERE false",
    "SELECT 1 / 0",
    "SELECT abs(-9223372036854775807 - 1)",
    "SELECT CASE WHEN id < 2 THEN id ELSE abs(-9223372036854775807 - 1) END FROM parent ORDER BY id",
    "SELECT 1 + 'x', CAST('x' AS INTEGER), 9223372036854775807 + 1",
    "SELECT * FROM nowhere",
    "SELECT nothing FROM parent",
    "SELECT nothing(1)",
    "SELEC 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; SELECT * FROM nowhere; SELECT 3",
    "",
    ";",
    "-- nothing",
    "SELECT ?",
    "SELECT ?5, :name, @at, $1",
    "SELECT 'it''s', '', char(0), char(9)",
    "SELECT NULL, true, 1.5, 1e300, -0.0, x'', x'00ff', '2026-01-02'",
    "SELECT CAST(x'ff' AS TEXT), CAST(x'c328' AS TEXT)",
    "SELECT typeof(1), typeof(1.0), typeof(''), typeof(x''), typeof(NULL)",
    "SELECT length(hex(zeroblob(1500000)))",
    "SELECT zeroblob(50000)",
    "SELECT zeroblob(2000000000)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT * FROM n",
    "SELECT name, count(*) FROM parent GROUP BY name ORDER BY 1",
    "VALUES (1, 'a'), (2, 'b')",
    "SELECT json('{\"a\": 1}'), json_extract('[1, 2]', '$[1]')",
    "SELECT json('no json')",
    "EXPLAIN QUERY PLAN SELECT * FROM parent",
    "PRAGMA user_version",
    "PRAGMA user_version = 7",
    "PRAGMA table_info(parent)",
    "PRAGMA nothing",
    "PRAGMA query_only = ON",
    "INSERT INTO child VALUES (8, 1)",
    "PRAGMA query_only = OFF",
    "ATTACH ':memory:' AS other",
    "CREATE TABLE other.t (id)",
    "DETACH other",
    "DETACH other",
    "CREATE TRIGGER no BEFORE DELETE ON child BEGIN SELECT RAISE(ABORT, 'own text'); END",
    "DELETE FROM child",
    "CREATE VIEW everybody AS SELECT * FROM parent",
    "INSERT INTO everybody VALUES (1)",
    "SAVEPOINT one",
    "RELEASE one",
    "RELEASE one",
    "COMMIT",
    "ROLLBACK",
    "VACUUM",
    "DROP TABLE child",
    "DROP TABLE child",
    "ALTER TABLE parent ADD COLUMN more INTEGER DEFAULT 7",
    "SELECT * FROM parent WHERE id = 1",
];

/// What a program sees of a result, but for the numbers that PostgreSQL gives to what a test makes.
fn seen<T: Debug>(result: Result<T, sqlx::Error>) -> String {
    let text = match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{error} | {error:?}"),
    };
    let mut parts = text.split("Oid(");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "Oid(" + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// Written once, for either kind of pool.
macro_rules! program {
    ($database:ty, $statements:expr, $pool:expr) => {{
        let pool = $pool;
        let mut lines: Vec<String> = Vec::new();
        let mut line = |what: &str, value: String| lines.push(format!("{what}: {value}"));

        let mut connection = pool.acquire().await.expect("a connection");
        for statement in $statements.iter().copied() {
            line(statement, seen(sqlx::query(statement).fetch_all(&mut *connection).await));
            line("fetch_one", seen(sqlx::query(statement).fetch_one(&mut *connection).await));
            line("fetch_optional", seen(sqlx::raw_sql(statement).fetch_optional(&mut *connection).await));
            line("execute", seen(connection.execute(statement).await));
            let steps: Vec<_> = connection.fetch_many(sqlx::query(statement)).collect().await;
            line("fetch_many", steps.into_iter().map(seen).collect::<Vec<_>>().join(" "));
            line("prepare", seen(connection.prepare(AssertSqlSafe(statement).into_sql_str()).await.map(|_| ())));
            let described = connection.describe(AssertSqlSafe(statement).into_sql_str()).await;
            line("describe", seen(described.map(|description| (description.columns, description.nullable))));
        }
        // A statement that left a transaction open is not to be the next program's trouble.
        let _ = connection.execute("ROLLBACK").await;

        for bound in [40_000, 70_000] {
            let mut builder = sqlx::QueryBuilder::<$database>::new("SELECT id FROM parent WHERE id IN (");
            let mut ids = builder.separated(", ");
            for id in 0..bound {
                ids.push_bind(id);
            }
            line("many", seen(builder.push(") ORDER BY id").build().fetch_all(&mut *connection).await));
        }
        // After a wrong number of values, sqlx-mysql 0.9 waits for ever for the next statement's answer.
        if <$database as sqlx::Database>::NAME != "MySQL" {
            let one_too_many = sqlx::query("SELECT name FROM parent WHERE id = 1").bind("x").bind("y");
            line("one too many", seen(one_too_many.fetch_all(&mut *connection).await));
        }
        line(
            "wrong",
            seen(sqlx::query_as::<_, (String, i64)>("SELECT id, name FROM parent").fetch_all(&mut *connection).await),
        );
        line(
            "column",
            seen(sqlx::query_scalar::<_, Vec<u8>>("SELECT id FROM parent").fetch_one(&mut *connection).await),
        );

        // Dropped half way: the connection is to be where it was.
        line(
            "first",
            seen(sqlx::query("SELECT name FROM parent ORDER BY id").fetch(&mut *connection).next().await.transpose()),
        );
        line("second", seen(connection.fetch_all("SELECT name FROM parent ORDER BY id").await));
        // Whether the server has answered by then is chance.
        let _ = connection.fetch_all("SELECT name FROM parent").now_or_never();
        line("polled once", seen(connection.fetch_all("SELECT count(*) FROM parent").await));
        drop(connection.fetch_all("SELECT name FROM parent"));
        line("never polled", seen(connection.fetch_all("SELECT count(*) FROM parent").await));
        let mut transaction = connection.begin().await.expect("begin");
        line("in transaction", seen(transaction.execute("INSERT INTO parent (id, name) VALUES (50, 'x')").await));
        drop(transaction.fetch("SELECT name FROM parent").next().await);
        line("in transaction", seen(transaction.fetch_all("SELECT count(*) FROM parent").await));
        drop(transaction);
        line("rolled back", seen(connection.fetch_all("SELECT count(*) FROM parent").await));
        line("begin", seen(connection.begin_with("SELECT 1").await.map(|_| ())));
        line("after begin", seen(connection.fetch_all("SELECT count(*) FROM parent").await));
        drop(connection);

        // Nothing left to have, and then nothing at all.
        let mut all = Vec::new();
        while pool.options().get_max_connections() as usize > all.len() {
            all.push(pool.acquire().await.expect("a connection"));
        }
        line("exhausted", seen(pool.fetch_all("SELECT 1").await));
        line("exhausted", seen(sqlx::query("SELECT 1").fetch_one(pool).await));
        line("exhausted", seen(pool.execute("SELECT 1").await));
        let steps: Vec<_> = pool.fetch("SELECT 1").collect().await;
        line("exhausted", steps.into_iter().map(seen).collect());
        line("exhausted", seen(pool.acquire().await.map(|_| ())));
        line("exhausted", seen(pool.begin().await.map(|_| ())));
        line(
            "exhausted",
            format!("{} {}", pool.try_acquire().is_none(), seen(pool.try_begin().await.map(|none| none.is_none()))),
        );
        drop(all);
        pool.close().await;
        line("closed", seen(pool.fetch_all("SELECT 1").await));
        line("closed", seen(pool.acquire().await.map(|_| ())));
        line("closed", seen(pool.begin().await.map(|_| ())));
        line("closed", seen(pool.begin_with("BEGIN").await.map(|_| ())));
        line(
            "closed",
            format!("{} {}", pool.try_acquire().is_none(), seen(pool.try_begin().await.map(|none| none.is_none()))),
        );
        lines
    }};
}

/// Two connections, and no patience.
async fn impatient<DB: sqlx::Database>(pool: Option<Pool<DB>>) -> Option<Pool<DB>> {
    let pool = pool?;
    let options = (*pool.connect_options()).clone();
    let impatient = pool.options().clone().max_connections(2).acquire_timeout(Duration::from_millis(300));
    Some(impatient.connect_with(options).await.expect("a pool"))
}

/// Compares line by line: a list of hundreds is not to be read.
fn assert_same(raw: &[String], other: &[String]) {
    for (raw, other) in raw.iter().zip(other) {
        assert_eq!(raw, other);
    }
    assert_eq!(raw.len(), other.len());
}

macro_rules! same {
    ($test:ident, $database:ty, $statements:expr, $pool:expr) => {
        #[tokio::test]
        async fn $test() {
            use sqlx::SqlSafeStr as _;

            let Some(pool) = impatient($pool.await).await else { return };
            let raw = {
                use sqlx::Connection as _;
                program!($database, $statements, &pool)
            };
            let pool = TracedPool::from(impatient($pool.await).await.expect("it was there just now"));
            let off = program!($database, $statements, &pool);
            let pool = TracedPool::from(impatient($pool.await).await.expect("it was there just now"));
            let store = Store::new();
            let (on, points) = store.record(async { program!($database, $statements, &pool) }).await;
            assert_same(&raw, &off);
            assert_same(&raw, &on);
            store.assert_whole();
            assert!(points.len() > $statements.len() * 7, "{} points", points.len());
        }
    };
}

same!(postgres_is_the_same_raw_off_and_on, Postgres, POSTGRES, server::postgres("same"));
same!(mysql_is_the_same_raw_off_and_on, MySql, MYSQL, server::mysql("same"));
same!(sqlite_is_the_same_raw_off_and_on, Sqlite, SQLITE, server::sqlite("same"));
