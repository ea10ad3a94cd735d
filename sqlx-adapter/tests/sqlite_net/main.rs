//! The net under SQLite, whose events come from a thread of sqlx's own: they reach a subscriber of the whole process only,
//! and so have a program of their own. So has the switch of the whole process.
#![cfg(all(feature = "net", feature = "sqlite"))]

use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use osprofiler::{TraceExt as _, profiler};
use osprofiler_sqlx::{SqlxEventLayer, TracedConnection, TracedSqlitePool};
use sqlx::{Executor, SqlStr, Sqlite, SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, MutexGuard};
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::store::{Store, people, records};

#[allow(dead_code, reason = "the other program uses all of it")]
#[path = "../it/store.rs"]
mod store;

/// Longer than the summary of an event, and on two lines.
const LONG: &str = "SELECT count(*)\n  FROM person WHERE id > 1 AND name <> 'nobody at all'";

/// Installs the net, and takes turns: one of the tests turns the whole process off.
async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    let guard = TURN.lock().await;
    // The first one installs it.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(SqlxEventLayer::filtered()));
    guard
}

async fn by_pool(pool: &SqlitePool) -> i64 {
    sqlx::query_scalar(LONG).fetch_one(pool).await.expect("a count")
}

async fn by_connection(connection: &mut SqliteConnection) -> usize {
    sqlx::query("SELECT name FROM person WHERE id > ? AND id < 99")
        .bind(1)
        .fetch_all(connection)
        .await
        .expect("rows")
        .len()
}

async fn by_acquire<'a, A: sqlx::Acquire<'a, Database = Sqlite>>(from: A) {
    let mut connection = from.acquire().await.expect("a connection");
    connection.fetch_all("SELECT 7").await.expect("7");
}

/// What runs around the traced types.
async fn around(pool: &TracedSqlitePool) {
    by_pool(pool).await;
    let mut connection = pool.acquire().await.expect("a connection");
    by_connection(&mut connection).await;
    by_acquire(&mut connection).await;
    // sqlx's own closure; the traced connection's has a traced transaction.
    let closure = sqlx::Connection::transaction(&mut **connection, |transaction| {
        async move { (&mut **transaction).execute("DELETE FROM person WHERE id = 3").await }.boxed()
    });
    closure.await.expect("deleted");
}

#[tokio::test]
async fn what_runs_around_the_traced_types_within_a_span_is_recorded() {
    let _turn = turn().await;
    let pool = people().await;
    let request = async {
        around(&pool).traced("around", ()).instrument(tracing::info_span!("request")).await;
    };
    let ((), points) = Store::new().record(request).await;
    assert_eq!(points[0].name, "around");
    assert_eq!(
        records(&points[1..]),
        [
            "bypassed SELECT count(*) FROM person WHERE id > 1 AND name <> 'nobody at all' → rows 1",
            "bypassed SELECT name FROM person WHERE id > ? AND id < 99 → rows 2",
            "bypassed SELECT 7 → rows 1",
            "bypassed DELETE FROM person WHERE id = 3 → affected 1",
        ]
    );
    assert_eq!(points[1].statement(), Some(LONG));
    for point in &points[1..] {
        assert_eq!(point.start_info["db"]["bypassed"], true);
        assert!(point.start_info["db"].get("params").is_none() && point.start_info["db"]["params_unknown"].is_string());
        assert!(!point.is_unfinished() && point.duration_us().is_some());
    }
}

#[tokio::test]
async fn migrations_within_a_span_are_recorded() {
    let _turn = turn().await;
    let pool = people().await;
    let request = async {
        let migrated = sqlx::migrate!("tests/migrations").run(&pool);
        migrated.instrument(tracing::info_span!("request")).await
    };
    let (result, points) = Store::new().record(request).await;
    result.expect("migrated");
    let records = records(&points);
    assert!(records.iter().all(|record| record.starts_with("bypassed ")), "{records:#?}");
    assert!(records.iter().any(|record| record.contains("CREATE TABLE note")), "{records:#?}");
    assert!(records.iter().any(|record| record.contains("'first'")), "{records:#?}");
}

#[tokio::test]
async fn without_a_span_or_outside_of_a_trace_nothing_is_found() {
    let _turn = turn().await;
    let pool = people().await;
    let ((), points) = Store::new().record(around(&pool)).await;
    assert_eq!(records(&points), [] as [&str; 0]);
    let store = Store::new();
    around(&pool).instrument(tracing::info_span!("no request")).await;
    assert_eq!(store.points(), []);
}

#[tokio::test]
async fn what_the_process_or_the_pool_switches_off_stays_off() {
    let _turn = turn().await;
    let pool = people().await;
    let store = Store::new();
    let request = || async { around(&pool).instrument(tracing::info_span!("request")).await };
    profiler::set_trace_sql(false);
    let ((), points) = store.record(request()).await;
    profiler::set_trace_sql(true);
    assert_eq!(records(&points), [] as [&str; 0]);
    pool.set_trace_sql(false);
    let request = async { everything(&pool).instrument(tracing::info_span!("request")).await };
    let ((), points) = store.record(request).await;
    assert_eq!(records(&points), ["fetch_all SELECT 1 → rows 1"], "a connection of its own is not the pool's");
}

/// Runs something of everything through the traced types.
async fn everything(pool: &TracedSqlitePool) {
    pool.execute("DELETE FROM person WHERE id = 3").await.expect("deleted");
    pool.execute_many("DELETE FROM person WHERE id = 2").try_collect::<Vec<_>>().await.expect("deleted");
    pool.fetch(LONG).try_collect::<Vec<_>>().await.expect("rows");
    pool.fetch_many(LONG).try_collect::<Vec<_>>().await.expect("steps");
    pool.fetch_all(LONG).await.expect("rows");
    pool.fetch_one(LONG).await.expect("a row");
    pool.fetch_optional(LONG).await.expect("a row");
    pool.prepare(SqlStr::from_static(LONG)).await.expect("a statement");
    pool.describe(SqlStr::from_static(LONG)).await.expect("a description");
    pool.fetch("SELECT name FROM person UNION ALL SELECT 'x'").next().await;
    pool.execute("SELEC 1").await.expect_err("no SQL");
    let mut connection = pool.acquire().await.expect("a connection");
    connection.fetch("SELECT name FROM person UNION ALL SELECT 'x'").next().await;
    let mut transaction = connection.begin().await.expect("begin");
    let mut nested = transaction.begin().await.expect("a savepoint");
    nested.fetch_all(LONG).await.expect("rows");
    nested.commit().await.expect("released");
    drop(transaction.begin().await.expect("a savepoint"));
    transaction.commit().await.expect("committed");
    drop(connection.begin().await.expect("begin"));
    drop(connection);
    pool.begin().await.expect("begin").rollback().await.expect("rolled back");
    let mut own = TracedConnection::<Sqlite>::connect_with(&pool.connect_options()).await.expect("a connection");
    own.fetch_all("SELECT 1").await.expect("1");
    own.close().await.expect("closed");
    pool.close().await;
}

#[tokio::test]
async fn what_the_traced_types_run_is_never_recorded_twice() {
    let _turn = turn().await;
    let pool = people().await;
    let request = async { everything(&pool).instrument(tracing::info_span!("request")).await };
    let ((), points) = Store::new().record(request).await;
    let records = records(&points);
    assert!(!records.iter().any(|record| record.starts_with("bypassed ")), "{records:#?}");
    assert_eq!(records.len(), 24, "{records:#?}");
}
