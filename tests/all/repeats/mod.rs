//! No `duplicate` is needed: 200 random mixes of reads, writes, volatile functions, locks, cursors, settings and transactions on
//! each of the real databases, through two traced connections. The second run of what a report calls a duplicate has
//! returned the same rows as the first, and has changed nothing.

mod statements;

use osprofiler::TraceExt as _;
use osprofiler::report::Trace;
use osprofiler::report::analysis::{Analysis, AnalysisOptions};
use osprofiler::report::findings::Rule;
use osprofiler_sqlx::{TracedMySqlConnection, TracedPgConnection, TracedSqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection, Row as _, SqliteConnection};

use crate::reached;
use crate::store::Store;

const MIXES: u64 = 200;
const STATEMENTS: usize = 14;

/// What one statement did.
struct Ran {
    sql: &'static str,
    /// The rows, or that it failed.
    rows: Option<Vec<Option<String>>>,
    /// What all sessions see before and after it.
    state: [String; 2],
}

/// What was found in all mixes.
#[derive(Default)]
struct Found {
    /// Runs that a report calls not needed.
    duplicates: usize,
    /// Runs of a text that had run before in the same mix, and now returned something else or changed something.
    needed: usize,
}

impl Found {
    /// Checks what a report says of a mix.
    fn check(&mut self, ran: &[Ran], trace: &Trace, seed: u64) {
        let analysis = Analysis::of(trace, AnalysisOptions::default());
        let place_of: Vec<usize> = analysis.in_order.iter().map(|index| analysis.statements[*index].point).collect();
        assert_eq!(place_of.len(), ran.len(), "mix {seed}: each statement has a point");
        let number_of = |place: &usize| place_of.iter().position(|of| of == place).expect("a statement");
        for (number, again) in ran.iter().enumerate() {
            let before = ran[..number].iter().rev().find(|before| before.sql == again.sql);
            self.needed +=
                usize::from(before.is_some_and(|before| before.rows != again.rows || again.state[0] != again.state[1]));
        }
        for finding in analysis.findings.iter().filter(|finding| finding.rule == Rule::Duplicate) {
            for place in &finding.redundant {
                let number = number_of(place);
                let again = &ran[number];
                let earlier = finding.points.iter().map(number_of).filter(|other| *other < number);
                let first = earlier.filter(|other| ran[*other].sql == again.sql).max().expect("the run before");
                let mix: Vec<&str> = ran.iter().map(|ran| ran.sql).collect();
                assert_eq!(ran[first].rows, again.rows, "mix {seed}: {} and {number} of {mix:#?}", first);
                assert_eq!(again.state[0], again.state[1], "mix {seed}: {number} of {mix:#?}");
                self.duplicates += 1;
            }
        }
    }

    /// The mixes say something: there were duplicates, and there were runs that only looked like some.
    fn is_telling(&self) {
        assert!(self.duplicates >= 20 && self.needed >= 200, "{} {}", self.duplicates, self.needed);
    }
}

macro_rules! mixes {
    ($run:ident, $traced:ty, $plain:ty) => {
        /// Runs the mixes: `set_up` makes the tables anew, `session` is for each connection, and `state` reads what all see.
        async fn $run(
            url: &str,
            set_up: &str,
            session: &'static str,
            state: &'static str,
            pool: &'static [&'static str],
        ) {
            let mut plain = <$plain>::connect(url).await.expect("a connection");
            let mut found = Found::default();
            for seed in 0..MIXES {
                let mut random = fastrand::Rng::with_seed(seed);
                sqlx::raw_sql(AssertSqlSafe(set_up.to_owned())).execute(&mut plain).await.expect("the tables");
                let mut traced = [
                    <$traced>::connect(url).await.expect("a connection"),
                    <$traced>::connect(url).await.expect("a connection"),
                ];
                for connection in &mut traced {
                    sqlx::raw_sql(session).execute(&mut *connection).await.expect("the session");
                }
                // A few texts that come again and again, so that most runs are repeats.
                let few: Vec<&'static str> = (0..6).map(|_| pool[random.usize(..pool.len())]).collect();
                let store = Store::new();
                let profiler = store.profiler();
                let mut ran = Vec::new();
                for _ in 0..STATEMENTS {
                    let from = if random.u8(..4) == 0 { pool } else { &few };
                    let sql = from[random.usize(..from.len())];
                    let connection = &mut traced[usize::from(random.u8(..3) == 0)];
                    let before = sqlx::query_scalar(state).fetch_one(&mut plain).await.expect("the state");
                    let rows = sqlx::query(sql).fetch_all(connection).in_trace(&profiler).await;
                    let rows = rows.ok().map(|rows| {
                        let text = |row: &<<$plain as sqlx::Connection>::Database as sqlx::Database>::Row| {
                            row.try_get(0).ok().flatten()
                        };
                        rows.iter().map(text).collect()
                    });
                    let after = sqlx::query_scalar(state).fetch_one(&mut plain).await.expect("the state");
                    ran.push(Ran { sql, rows, state: [before, after] });
                }
                found.check(&ran, &store.trace(), seed);
                for connection in traced {
                    let _ = connection.close().await;
                }
            }
            found.is_telling();
        }
    };
}

mixes!(postgres_mixes, TracedPgConnection<'static>, PgConnection);
mixes!(mysql_mixes, TracedMySqlConnection<'static>, MySqlConnection);
mixes!(sqlite_mixes, TracedSqliteConnection<'static>, SqliteConnection);

#[tokio::test]
async fn duplicates_were_not_needed_on_postgresql() {
    let Some((url, mut connection)) =
        reached::postgres(async |url: &str| Ok((url.to_owned(), PgConnection::connect(url).await?))).await
    else {
        return;
    };
    sqlx::raw_sql(
        "DROP SCHEMA IF EXISTS osprofiler_mix CASCADE; CREATE SCHEMA osprofiler_mix; SET search_path TO osprofiler_mix; \
         CREATE TABLE items (id int PRIMARY KEY, n int); CREATE SEQUENCE s; \
         CREATE FUNCTION take_item() RETURNS int LANGUAGE sql VOLATILE AS \
         'UPDATE osprofiler_mix.items SET n = n + 100 WHERE id = 3 RETURNING n'; \
         CREATE VIEW of_tenant AS SELECT * FROM items \
         WHERE n % 2 = coalesce(nullif(current_setting('mix.tenant', true), ''), '0')::int % 2",
    )
    .execute(&mut connection)
    .await
    .expect("the schema");
    let set_up = "SET search_path TO osprofiler_mix; TRUNCATE items; INSERT INTO items VALUES (1, 1), (2, 2), (3, 3), (4, 4); \
        SELECT setval('s', 1)";
    let session = "SET search_path TO osprofiler_mix; SET lock_timeout = '20ms'";
    let state = "SELECT concat_ws('|', (SELECT string_agg(t::text, ',' ORDER BY id) FROM items t), \
        (SELECT last_value || '/' || is_called FROM s), \
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 471121))";
    postgres_mixes(&url, set_up, session, state, statements::POSTGRES).await;
    sqlx::raw_sql("DROP SCHEMA osprofiler_mix CASCADE").execute(&mut connection).await.expect("dropped");
}

#[tokio::test]
async fn duplicates_were_not_needed_on_mysql() {
    let Some((url, mut connection)) =
        reached::mysql(async |url: &str| Ok((url.to_owned(), MySqlConnection::connect(url).await?))).await
    else {
        return;
    };
    sqlx::raw_sql(
        "DROP DATABASE IF EXISTS osprofiler_mix; CREATE DATABASE osprofiler_mix; USE osprofiler_mix; \
         CREATE TABLE items (id int PRIMARY KEY, n int); CREATE SEQUENCE s; \
         CREATE FUNCTION take_item() RETURNS int MODIFIES SQL DATA NOT DETERMINISTIC \
         BEGIN UPDATE items SET n = n + 100 WHERE id = 3; RETURN 1; END",
    )
    .execute(&mut connection)
    .await
    .expect("the database");
    let url = format!("{}/osprofiler_mix", url.rsplit_once('/').expect("a database").0);
    let set_up = "SET innodb_lock_wait_timeout = 1; DELETE FROM items; \
        INSERT INTO items VALUES (1, 1), (2, 2), (3, 3), (4, 4); SET STATEMENT sql_mode = '' FOR SELECT setval(s, 1)";
    let session = "SET innodb_lock_wait_timeout = 0";
    let state = "SELECT concat_ws('|', (SELECT group_concat(id, '/', n ORDER BY id) FROM items), \
        CAST((SELECT next_not_cached_value FROM s) AS CHAR), coalesce(is_used_lock('osprofiler_mix'), ''))";
    mysql_mixes(&url, set_up, session, state, statements::MYSQL).await;
    sqlx::raw_sql("DROP DATABASE osprofiler_mix").execute(&mut connection).await.expect("dropped");
}

#[tokio::test]
async fn duplicates_were_not_needed_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("mix.db").display());
    let set_up = "PRAGMA busy_timeout = 5000; PRAGMA synchronous = OFF; CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, n); \
        DELETE FROM items; INSERT INTO items VALUES (1, 1), (2, 2), (3, 3), (4, 4)";
    let session = "PRAGMA busy_timeout = 0; PRAGMA synchronous = OFF";
    let state = "SELECT coalesce(group_concat(id || '/' || n), '') FROM (SELECT * FROM items ORDER BY id)";
    sqlite_mixes(&url, set_up, session, state, statements::SQLITE).await;
}
