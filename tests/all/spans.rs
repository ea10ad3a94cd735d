//! Spans of `tracing` as points, with the real adapters and the pools that enter spans on other threads.

use deadpool::Runtime;
use deadpool_sync::SyncWrapper;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use osprofiler::report::Trace;
use osprofiler::{ProfilerLayer, TraceExt, testing};
use osprofiler_diesel::TracedSqliteConnection;
use osprofiler_sqlx::TracedSqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use tracing::subscriber::DefaultGuard;
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;

/// The layer in this thread, and through their spans wherever those are entered.
fn layer() -> DefaultGuard {
    tracing::subscriber::set_default(tracing_subscriber::registry().with(ProfilerLayer::new()))
}

/// The points that are no part of a pool's work, indented below each other.
fn tree(trace: &Trace) -> String {
    let shown = trace.points().iter().filter(|point| !point.is_database() || point.runs_statement());
    let line = |point: &osprofiler::report::Point| {
        format!("{}{} {}", "  ".repeat(point.depth), point.name, point.statement().unwrap_or_default())
    };
    shown.map(line).map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

async fn wrapped() -> SyncWrapper<TracedSqliteConnection> {
    SyncWrapper::new(Runtime::Tokio1, || TracedSqliteConnection::establish(":memory:")).await.expect("a database")
}

fn two(connection: &mut TracedSqliteConnection) -> i32 {
    diesel::select(diesel::dsl::sql::<Integer>("1 + 1")).get_result(connection).expect("a number")
}

async fn pool() -> TracedSqlitePool {
    SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.expect("a database").into()
}

async fn ask(pool: &TracedSqlitePool, sql: &'static str) {
    sqlx::query(sql).execute(pool).await.expect("it runs");
}

#[tokio::test]
async fn a_query_in_a_deadpool_closure_lies_under_the_span_though_nothing_was_carried() {
    let _layer = layer();
    let connection = wrapped().await;
    let trace = testing::capture(async {
        let two = connection.interact(two).instrument(info_span!("interact")).await.expect("no panic");
        assert_eq!(two, 2);
        // Without a span the closure is in no trace.
        connection
            .interact(|connection| connection.batch_execute("SELECT 'lost'"))
            .await
            .expect("no panic")
            .expect("it runs");
    })
    .await;
    assert_eq!(tree(&trace), "interact\n  db SELECT 1 + 1");
    connection
        .interact(|_| assert!(osprofiler::profiler::get().is_none()))
        .await
        .expect("the trace is not left behind");
}

#[tokio::test]
async fn queries_of_sqlx_lie_under_the_span_of_their_future_also_where_futures_are_joined() {
    let _layer = layer();
    let (left, right) = (pool().await, pool().await);
    let trace = testing::capture(
        async {
            let branch = |pool, sql, name| {
                async move {
                    ask(pool, sql).await;
                    async { ask(pool, sql).await }.traced("traced", ()).await;
                }
                .instrument(info_span!("branch", name))
            };
            tokio::join!(branch(&left, "SELECT 'left'", "left"), branch(&right, "SELECT 'right'", "right"));
            ask(&left, "SELECT 'after'").await;
        }
        .traced("request", ()),
    )
    .await;
    let branch = |side: &str| format!("  branch\n    db SELECT '{side}'\n    traced\n      db SELECT '{side}'\n");
    assert_eq!(tree(&trace), format!("request\n{}{}  db SELECT 'after'", branch("left"), branch("right")));
    assert_eq!(trace.queries()[0].start_info["db"]["method"], "execute");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instrumented_task_brings_its_trace_wherever_it_is_polled() {
    let pool = pool().await;
    let trace = testing::capture(async {
        // On this thread alone: the tasks' threads know the subscriber by the span.
        let span = tracing::subscriber::with_default(tracing_subscriber::registry().with(ProfilerLayer::new()), || {
            info_span!("task")
        });
        let pool = pool.clone();
        let task = async move {
            for _ in 0..10 {
                ask(&pool, "SELECT 1").await;
                tokio::task::yield_now().await;
            }
        };
        tokio::spawn(task.instrument(span)).await.expect("no panic");
    })
    .await;
    trace.assert_queries(10);
    assert!(trace.queries().iter().all(|query| query.parent == Some(0)), "{trace}");
    tokio::spawn(async { assert!(osprofiler::profiler::get().is_none()) }).await.expect("no trace is left behind");
}
