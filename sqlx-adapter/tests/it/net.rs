//! The net under PostgreSQL and MariaDB: what runs around the traced types is recorded once, and what they run is not
//! recorded again. Their events come in the task that runs the statement, so that each test has a subscriber of its own;
//! SQLite's come from elsewhere, and have a program of their own, `tests/sqlite_net`.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use osprofiler::TraceExt as _;
use osprofiler::report::Point;
use osprofiler_sqlx::{DbOptions, SqlxEventLayer, TracedPgPool};
use serde_json::json;
use sqlx::{Executor, SqlStr};
use tracing::Dispatch;
use tracing::dispatcher::DefaultGuard;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::server;
use crate::store::{Store, records};

/// Longer than the summary of an event, and on two lines.
const LONG: &str = "SELECT count(*) AS n\n  FROM person WHERE id > 1 AND name <> 'nobody at all'";

/// Makes it this thread's subscriber.
pub(crate) fn listen(subscriber: impl Into<Dispatch>) -> DefaultGuard {
    /// While there is only one dispatcher, `tracing` asks none but the thread's own whether anybody wants an event that it
    /// meets for the first time: another test's thread, that has none, would say no for all (tracing-core 0.1.36).
    static OTHERS: LazyLock<[Dispatch; 2]> =
        LazyLock::new(|| std::array::from_fn(|_| tracing_subscriber::registry().into()));
    LazyLock::force(&OTHERS);
    tracing::dispatcher::set_default(&subscriber.into())
}

fn filtered() -> DefaultGuard {
    listen(tracing_subscriber::registry().with(SqlxEventLayer::filtered()))
}

fn unfiltered() -> DefaultGuard {
    listen(tracing_subscriber::registry().with(SqlxEventLayer::new()))
}

/// Checks that a point says that it bypassed the traced types, and no more than is known.
fn assert_bypassed(point: &Point, statement: &str, rows: u64) {
    assert_eq!(
        point.start_info["db"],
        json!({
            "statement": statement,
            "bypassed": true,
            "params_unknown": "not seen: the statement ran around the traced types"
        })
    );
    assert_eq!(point.stop_info["db"], json!({"rows": rows}));
    assert!(!point.is_unfinished() && point.error().is_none() && point.duration_us().is_some());
}

/// A pool like this one, that has one connection, open and idle.
async fn one_connection<DB: sqlx::Database>(pool: sqlx::Pool<DB>) -> sqlx::Pool<DB> {
    let options = (*pool.connect_options()).clone();
    pool.options().clone().max_connections(1).connect_with(options).await.expect("a pool")
}

macro_rules! net_tests {
    ($database:ident, $traced:ty, $pool:ty, $connection:ty, $one_bound:literal, $around_transaction:expr) => {
        mod $database {
            use super::*;

            async fn pool(name: &str) -> Option<$traced> {
                let pool = server::$database(&format!("net_{name}")).await?;
                pool.execute("CREATE TABLE person (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL)")
                    .await
                    .expect("a new table");
                pool.execute("INSERT INTO person VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cem')").await.expect("people");
                // One connection that is there: what sets up a new one would be recorded where it is opened.
                Some(one_connection(pool).await.into())
            }

            async fn by_pool(pool: &$pool) -> i64 {
                sqlx::query_scalar(LONG).fetch_one(pool).await.expect("a count")
            }

            async fn by_connection(connection: &mut $connection) -> usize {
                sqlx::query($one_bound).bind(1_i64).fetch_all(connection).await.expect("rows").len()
            }

            async fn by_acquire<'a, A: sqlx::Acquire<'a, Database = <$connection as sqlx::Connection>::Database>>(from: A) {
                let mut connection = from.acquire().await.expect("a connection");
                connection.fetch_all("SELECT 7").await.expect("7");
            }

            #[tokio::test]
            async fn functions_typed_for_sqlx_are_recorded_under_what_called_them() {
                let Some(pool) = pool("typed").await else { return };
                let _subscriber = filtered();
                let request = async {
                    by_pool(&pool).traced("by_pool", ()).await;
                    let mut connection = pool.acquire().await.expect("a connection");
                    by_connection(&mut connection).traced("by_connection", ()).await;
                    let mut transaction = connection.begin().await.expect("begin");
                    by_connection(&mut transaction).traced("by_transaction", ()).await;
                    transaction.commit().await.expect("commit");
                };
                let ((), points) = Store::new().record(request).await;
                let names: Vec<_> = points.iter().map(|point| &*point.name).collect();
                assert_eq!(names, ["by_pool", "db", "by_connection", "db", "db", "by_transaction", "db", "db"]);
                for (at, rows) in [(1, 1), (3, 2), (6, 2)] {
                    assert_bypassed(&points[at], if at == 1 { LONG } else { $one_bound }, rows);
                    assert_eq!(points[at].parent_id, points[at - 1].trace_id);
                    assert!(points[at].appeared_us() >= points[at - 1].appeared_us());
                }
            }

            #[tokio::test]
            async fn code_generic_over_acquire_is_recorded() {
                let Some(pool) = pool("acquire").await else { return };
                let _subscriber = unfiltered();
                let request = async {
                    by_acquire(&pool).await;
                    let mut connection = pool.acquire().await.expect("a connection");
                    by_acquire(&mut connection).await;
                    let mut transaction = connection.begin().await.expect("begin");
                    by_acquire(&mut transaction).await;
                    transaction.rollback().await.expect("rollback");
                };
                let ((), points) = Store::new().record(request).await;
                let seven = "bypassed SELECT 7 → rows 1";
                assert_eq!(
                    records(&points),
                    [seven, seven, "t1 begin BEGIN → done", seven, "t1 rollback ROLLBACK → rolled back"]
                );
            }

            #[tokio::test]
            async fn the_closure_of_sqlxs_own_transaction_is_recorded() {
                let Some(pool) = pool("closure").await else { return };
                let _subscriber = filtered();
                let request = async {
                    let mut connection = pool.acquire().await?;
                    // sqlx's own; the traced one gives the closure a traced transaction.
                    sqlx::Connection::transaction(&mut **connection, |transaction| {
                        async move { (&mut **transaction).execute("DELETE FROM person WHERE id < 3").await }.boxed()
                    })
                    .await
                };
                let (deleted, points) = Store::new().record(request).await;
                assert_eq!(deleted.expect("deleted").rows_affected(), 2);
                let around: (&[&str], &[&str]) = $around_transaction;
                let mut expected = around.0.to_vec();
                expected.push("bypassed DELETE FROM person WHERE id < 3 → affected 2");
                expected.extend(around.1);
                assert_eq!(records(&points), expected);
            }

            #[tokio::test]
            async fn migrations_are_recorded() {
                let Some(pool) = pool("migrate").await else { return };
                let _subscriber = filtered();
                let request = async { sqlx::migrate!("tests/migrations").run(&pool).traced("migrate", ()).await };
                let (result, points) = Store::new().record(request).await;
                result.expect("migrated");
                let records = records(&points[1..]);
                assert!(records.iter().all(|record| record.starts_with("bypassed ")), "{records:#?}");
                for statement in [
                    "bypassed CREATE TABLE note (id BIGINT NOT NULL PRIMARY KEY, text VARCHAR(200) NOT NULL); → affected 0",
                    "bypassed INSERT INTO note VALUES (1, 'first'); → affected 1",
                ] {
                    assert_eq!(records.iter().filter(|record| *record == statement).count(), 1, "{records:#?}");
                }
                assert!(points[1..].iter().all(|point| point.parent_id == points[0].trace_id));
            }

            /// Runs something of everything through the traced types.
            async fn everything(pool: &$traced) {
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
                sqlx::query($one_bound).bind(1_i64).fetch_all(&mut *connection).await.expect("rows");
                connection.prepare(SqlStr::from_static($one_bound)).await.expect("a statement");
                let mut transaction = connection.begin().await.expect("begin");
                let mut nested = transaction.begin().await.expect("a savepoint");
                nested.fetch_all(LONG).await.expect("rows");
                nested.commit().await.expect("released");
                transaction.begin().await.expect("a savepoint").rollback().await.expect("rolled back");
                drop(transaction.begin().await.expect("a savepoint"));
                transaction.commit().await.expect("committed");
                drop(connection.begin().await.expect("begin"));
                connection.begin().await.expect("begin").rollback().await.expect("rolled back");
                drop(connection);
                pool.begin().await.expect("begin").commit().await.expect("committed");
                drop(pool.begin().await.expect("begin"));
                // Whatever the rollbacks by drop left to be sent.
                pool.close().await;
            }

            #[tokio::test]
            async fn what_the_traced_types_run_is_never_recorded_twice() {
                for subscriber in [None, Some(filtered as fn() -> DefaultGuard), Some(unfiltered)] {
                    let Some(pool) = pool("twice").await else { return };
                    let _subscriber = subscriber.map(|subscriber| subscriber());
                    let ((), points) = Store::new().record(everything(&pool)).await;
                    let records = records(&points);
                    assert!(!records.iter().any(|record| record.starts_with("bypassed ")), "{records:#?}");
                    assert_eq!(records.len(), 31, "{records:#?}");
                }
            }

            #[tokio::test]
            async fn a_pool_that_is_switched_off_stays_off() {
                let Some(pool) = pool("off").await else { return };
                let _subscriber = unfiltered();
                pool.set_trace_sql(false);
                let ((), points) = Store::new().record(everything(&pool)).await;
                assert_eq!(records(&points), [] as [&str; 0]);
            }

            #[tokio::test]
            async fn outside_of_a_trace_nothing_is_recorded() {
                let Some(pool) = pool("outside").await else { return };
                let _subscriber = unfiltered();
                let store = Store::new();
                assert_eq!(by_pool(&pool).await, 2);
                let task = tokio::spawn(async move { by_pool(&pool).await });
                let (count, points) = store.record(task).await;
                assert_eq!((count.expect("no panic"), points), (2, vec![]));
            }

            #[tokio::test]
            async fn a_log_beside_the_net_shows_what_it_would_show_alone() {
                let Some(pool) = pool("log").await else { return };
                let log = Log::default();
                for (level, lines) in [(LevelFilter::INFO, 0), (LevelFilter::DEBUG, 2)] {
                    let writer = log.clone();
                    let text = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
                    let subscriber = tracing_subscriber::registry()
                        .with(SqlxEventLayer::with_options(DbOptions::default().name("around")).with_filter(
                            osprofiler_sqlx::SqlxEventFilter::default(),
                        ))
                        .with(text.with_filter(level));
                    let _subscriber = listen(subscriber);
                    let request = async {
                        by_pool(&pool).await;
                        pool.fetch_all(LONG).await.expect("rows");
                    };
                    let ((), points) = Store::new().record(request).await;
                    let names: Vec<_> = points.iter().map(|point| &*point.name).collect();
                    assert_eq!(names, ["around", "db"]);
                    assert_eq!(log.take().matches("sqlx::query").count(), lines);
                }
            }
        }
    };
}

net_tests!(
    postgres,
    osprofiler_sqlx::TracedPgPool,
    sqlx::PgPool,
    sqlx::PgConnection,
    "SELECT name FROM person WHERE id > $1 AND id < 99",
    (&[], &["bypassed COMMIT → affected 0"])
);
net_tests!(
    mysql,
    osprofiler_sqlx::TracedMySqlPool,
    sqlx::MySqlPool,
    sqlx::MySqlConnection,
    "SELECT name FROM person WHERE id > ? AND id < 99",
    (&["bypassed BEGIN → affected 0"], &["bypassed COMMIT → affected 0"])
);

/// Where a log is written.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().expect("no panic"))).expect("text")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn what_postgresqls_pool_runs_in_hooks_is_internal() {
    let Some(pool) = server::postgres("hooks").await else { return };
    let hooks = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .after_connect(|connection, _| Box::pin(async { connection.execute("SET TIME ZONE 'UTC'").await.map(drop) }));
    let options = (*pool.connect_options()).clone();
    let pool = TracedPgPool::builder().pool_options(hooks).connect_lazy_with(options);
    let _subscriber = filtered();
    let (done, points) = Store::new().record(async { pool.execute("SELECT 1").await }).await;
    done.expect("done");
    let told: Vec<_> =
        points.iter().map(|point| (point.statement().unwrap_or_default(), point.is_internal())).collect();
    assert_eq!(told, [("SET TIME ZONE 'UTC'", true), ("SELECT 1", false)]);
}

#[tokio::test]
async fn migrations_on_a_traced_connection_are_no_statements_of_the_program() {
    let Some(pool) = server::postgres("direct").await else { return };
    let pool = TracedPgPool::from(pool);
    let _subscriber = filtered();
    let store = Store::new();
    let request = async {
        let mut connection = pool.acquire().await.expect("a connection");
        sqlx::migrate!("tests/migrations").run_direct(None, &mut *connection, false).await
    };
    request.in_trace(&store.profiler()).await.expect("migrated");
    let trace = store.trace();
    assert!(trace.points().len() > 3, "{:?}", crate::store::statements(trace.points()));
    assert!(trace.points().iter().all(|point| point.is_internal() || point.statement().is_none()));
    assert_eq!(trace.handed_out(), []);
}
