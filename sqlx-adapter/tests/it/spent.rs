//! Whose time it is: the database's, the program's between the rows of a stream, or the pool's.

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use osprofiler::report::Point;
use osprofiler::report::analysis::{Analysis, AnalysisOptions};
use osprofiler::report::findings::Rule;
use osprofiler::{TraceExt as _, web};
use osprofiler_sqlx::{TracedMySqlPool, TracedPgPool, TracedPool, TracedSqlitePool};
use sqlx::{Executor, SqlitePool, sqlite::SqlitePoolOptions};

use crate::server;
use crate::store::{Store, db};

/// How long the program works with each row, and with how many.
const WORK: Duration = Duration::from_millis(30);
const ROWS: usize = 4;

/// That much is the program's, and hardly anything the statement's.
#[track_caller]
fn assert_the_programs(point: &Point) {
    let (worked_us, took_us) = (point.consumer_us(), point.statement_us().expect("it stopped"));
    let least_us = (ROWS as u64) * 30_000;
    assert!(worked_us >= least_us, "{point:?}");
    assert_eq!(point.duration_us(), Some(worked_us + took_us));
    // A server may be slow, but not as slow as the program.
    assert!(took_us < least_us, "{point:?}");
}

/// Runs a text of four statements with a row each as a stream of each kind.
macro_rules! streams {
    ($pool:expr) => {
        async {
            let pool = $pool;
            let store = Store::new();
            let request = async {
                let four = || sqlx::raw_sql("SELECT 1; SELECT 2; SELECT 3; SELECT 4");
                let mut rows = pool.fetch(four());
                while rows.try_next().await.expect("a row").is_some() {
                    tokio::time::sleep(WORK).await;
                }
                drop(rows);
                let mut steps = pool.fetch_many(four());
                while let Some(step) = steps.try_next().await.expect("a step") {
                    if step.is_right() {
                        tokio::time::sleep(WORK).await;
                    }
                }
                drop(steps);
                let mut done = pool.execute_many(four());
                while done.try_next().await.expect("a result").is_some() {
                    tokio::time::sleep(WORK).await;
                }
                drop(done);
                let all = pool.fetch_all("SELECT 5").await.expect("rows");
                tokio::time::sleep(WORK).await;
                drop(all);
            };
            let ((), points) = store.record(request).await;
            assert_eq!(points.len(), 4);
            points[..3].iter().for_each(assert_the_programs);
            assert_eq!(points[3].consumer_us(), 0, "all rows at once are no stream");
        }
    };
}

#[tokio::test]
async fn sqlites_streams_do_not_count_the_programs_work() {
    let pool = SqlitePool::connect("sqlite::memory:").await.expect("a pool");
    streams!(TracedSqlitePool::from(pool)).await;
}

/// PostgreSQL 15 sends all rows at once where they are few: what the program does between them is its own time.
#[tokio::test]
async fn postgresqls_streams_do_not_count_the_programs_work() {
    if let Some(pool) = server::postgres("spent").await {
        streams!(TracedPgPool::from(pool)).await;
    }
}

#[tokio::test]
async fn mysqls_streams_do_not_count_the_programs_work() {
    if let Some(pool) = server::mysql("spent").await {
        streams!(TracedMySqlPool::from(pool)).await;
    }
}

/// `pg_sleep` of PostgreSQL 15: the second row comes 200 ms after the first.
#[tokio::test]
async fn what_a_stream_waits_for_between_rows_is_the_databases_time() {
    let Some(pool) = server::postgres("spent_waits").await else { return };
    let pool = TracedPgPool::from(pool);
    // More than the buffer of the server, so that the first rows come before the sleep.
    let slow = "SELECT repeat('x', 20000) FROM generate_series(1, 3) UNION ALL SELECT pg_sleep(0.2)::text";
    let request = async {
        let mut rows = pool.fetch(slow);
        while rows.try_next().await.expect("a row").is_some() {}
    };
    let ((), points) = Store::new().record(request).await;
    assert!(points[0].statement_us() >= Some(190_000), "{:?}", points[0]);
}

#[tokio::test]
async fn a_stream_of_which_postgresqls_rows_were_taken_partly_is_not_cancelled() {
    let Some(pool) = server::postgres("spent_taken").await else { return };
    let pool = TracedPgPool::from(pool);
    let store = Store::new();
    let request = async {
        let rows: Vec<_> = pool.fetch("SELECT generate_series(1, 500)").take(3).try_collect().await.expect("rows");
        assert_eq!(rows.len(), 3);
        pool.fetch_all("SELECT 1").await.expect("the connection goes on");
    };
    let ((), points) = store.record(request).await;
    assert_eq!((points[0].rows(), points[0].is_cancelled(), points[0].is_incomplete()), (Some(3), false, true));
    assert!(found(&store).iter().all(|(rule, _)| *rule != Rule::Cancelled), "{:?}", found(&store));
}

fn found(store: &Store) -> Vec<(Rule, String)> {
    let trace = store.trace();
    let analysis = Analysis::of(&trace, AnalysisOptions::default());
    analysis.findings.iter().map(|found| (found.rule, found.text.clone())).collect()
}

/// Every way to ask a pool whose connections are all taken.
async fn exhaust<DB: osprofiler_sqlx::TracedDatabase>(pool: TracedPool<DB>)
where
    for<'p> &'p TracedPool<DB>: Executor<'p, Database = DB>,
{
    let store = Store::new();
    let request = async {
        let _taken = pool.acquire().await.expect("the only one");
        (&pool).execute("SELECT 7").await.err().expect("none is left");
        (&pool).fetch_one("SELECT 7").await.err().expect("none is left");
        (&pool).fetch("SELECT 7").next().await.expect("an error").err().expect("none is left");
        pool.begin().await.expect_err("none is left");
        pool.acquire().await.expect_err("none is left");
        web::server_timing().expect("a trace")
    };
    let (timing, points) = store.record(request.traced("handler", ())).await;
    let failed: Vec<&Point> = points.iter().filter(|point| point.error().is_some()).collect();
    assert_eq!(failed.len(), 5);
    for point in &failed {
        assert!(point.is_pool_timeout() && !point.runs_statement(), "{point:?}");
        let db = db(point);
        assert_eq!((&db["pool_size"], &db["pool_max"]), (&1.into(), &1.into()));
    }
    assert!(failed[..4].iter().all(|point| point.is_unsent() && point.statement_us().is_none()));
    let trace = store.trace();
    let totals = trace.totals();
    assert_eq!((totals.statements, totals.transactions, totals.database_us, totals.errors), (0, 0, 0, 5));
    assert!(totals.pool_us >= 5 * 40_000, "{totals:?}");
    assert!(timing.ends_with("db;dur=0.000;desc=\"0 queries\""), "{timing}");
    let found = found(&store);
    let [(rule, text)] = found.as_slice() else { panic!("one: {found:?}") };
    assert_eq!(*rule, Rule::PoolTimeout);
    assert!(text.starts_with("The pool had no connection for 5 calls, which waited up to "), "{text}");
    assert!(
        text.contains("with 1 of at most 1 connection open; the first was for `SELECT 7`, which was never sent"),
        "{text}"
    );
}

#[tokio::test]
async fn what_got_no_connection_is_no_statement_on_sqlite() {
    let options = SqlitePoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(50));
    exhaust(TracedSqlitePool::from(options.connect("sqlite::memory:").await.expect("a pool"))).await;
}

#[tokio::test]
async fn what_got_no_connection_is_no_statement_on_postgresql() {
    let Some(pool) = server::postgres("spent_pool").await else { return };
    let options = (*pool.connect_options()).clone();
    let small = sqlx::postgres::PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(400));
    exhaust(TracedPgPool::from(small.connect_with(options).await.expect("a pool"))).await;
}
