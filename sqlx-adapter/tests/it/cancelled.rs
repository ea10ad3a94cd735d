//! Queries whose future or stream is dropped before its end.

use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _};
use osprofiler::TraceExt as _;
use osprofiler_sqlx::TracedConnection;
use serde_json::json;
use sqlx::{Executor, Sqlite};

use crate::store::{Store, db, people};

#[tokio::test]
async fn a_stream_of_which_the_program_took_its_rows_is_not_cancelled() {
    let pool = people().await;
    let request = async {
        let mut rows = pool.fetch("SELECT id FROM person");
        rows.next().await.expect("a row").expect("a row");
    };
    let ((), points) = Store::new().record(request).await;
    assert!(!points[0].is_cancelled() && points[0].is_incomplete());
    assert_eq!(db(&points[0]), json!({"rows": 1, "complete": false}));
}

#[tokio::test]
async fn a_stream_that_is_dropped_while_it_waits_for_a_row_is_cancelled() {
    let pool = people().await;
    // The second row takes long.
    let slow = "SELECT 1 UNION ALL SELECT max(i) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT \
                30000000) SELECT i FROM n)";
    let request = async {
        let mut rows = pool.fetch(slow);
        rows.next().await.expect("a row").expect("a row");
        tokio::time::timeout(Duration::from_millis(20), rows.next()).await.expect_err("it runs");
    };
    let ((), points) = Store::new().record(request).await;
    assert!(points[0].is_cancelled() && !points[0].is_incomplete());
    assert_eq!(db(&points[0]), json!({"rows": 1, "awaited": true}));
}

#[tokio::test]
async fn a_query_dropped_while_it_waits_for_a_connection_is_cancelled() {
    let pool = people().await;
    let _taken = pool.acquire().await.expect("the only one");
    let request = async {
        let query = sqlx::query("SELECT ?").bind("x").fetch_all(&pool);
        tokio::time::timeout(Duration::from_millis(20), query).await.expect_err("it waits")
    };
    let (_, points) = Store::new().record(request).await;
    assert_eq!(points.len(), 1);
    assert!(points[0].is_cancelled() && points[0].is_unsent() && !points[0].runs_statement());
    assert_eq!((points[0].statement(), &points[0].start_info["db"]["params"]), (Some("SELECT ?"), &json!(["x"])));
}

#[tokio::test]
async fn a_query_dropped_while_it_runs_is_cancelled() {
    let pool = people().await;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30000000) SELECT max(i) FROM n";
    let request = async {
        let query = pool.fetch_one(endless);
        tokio::time::timeout(Duration::from_millis(20), query).await.expect_err("it runs")
    };
    let (_, points) = Store::new().record(request).await;
    assert_eq!(points.len(), 1);
    assert!(points[0].is_cancelled() && !points[0].is_unfinished());
}

#[tokio::test]
async fn a_query_that_was_never_polled_is_no_point() {
    let (pool, store) = (people().await, Store::new());
    async { drop(pool.fetch_all("SELECT 1")) }.in_trace(&store.profiler()).await;
    let mut connection = TracedConnection::<Sqlite>::connect("sqlite::memory:").await.expect("a connection");
    async { drop(connection.fetch_all("SELECT 1")) }.in_trace(&store.profiler()).await;
    let _taken = pool.acquire().await.expect("the only one");
    async { assert!(pool.fetch_all("SELECT 1").now_or_never().is_none()) }.in_trace(&store.profiler()).await;
    let points = store.points();
    assert_eq!(points.len(), 1, "the one that was polled");
    assert!(points[0].is_cancelled());
}

#[tokio::test]
async fn the_parent_is_taken_when_the_query_is_made() {
    let (pool, store) = (people().await, Store::new());
    let request = async {
        let mut query = None;
        async { query = Some(pool.fetch_all("SELECT 1")) }.traced("makes", ()).await;
        let query = query.expect("made");
        query.traced("runs", ()).await.expect("rows");
    };
    let ((), points) = store.record(request).await;
    let query = points.iter().find(|point| point.name == "db").expect("the query");
    let maker = points.iter().find(|point| point.name == "makes").expect("its maker");
    assert_eq!(query.parent_id, maker.trace_id);
}
