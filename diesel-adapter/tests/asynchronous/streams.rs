//! Results that are read in part, or not at all.

use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::json;

use crate::schema::{Person, person};
use crate::server::{self, TracedMysql, TracedPg, people};
use crate::store::{Store, db, record};

#[tokio::test]
async fn a_stream_that_is_dropped_says_how_many_rows_it_gave() {
    let Some(url) = server::postgres("streams").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        let mut stream = person::table.load_stream::<Person>(&mut conn).await?;
        stream.try_next().await?;
        stream.try_next().await?;
        drop(stream);
        person::table.count().get_result::<i64>(&mut conn).await
    };
    let (count, points) = record(request).await;
    assert_eq!(count, 3);
    assert_eq!(db(&points[0]), json!({"rows": 2, "complete": false}));
    assert!(!points[0].is_cancelled(), "the program had enough");
}

#[tokio::test]
async fn a_stream_that_is_dropped_while_it_waits_was_cancelled() {
    let Some(url) = server::postgres("streams_waiting").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let query = "SELECT i AS id, CASE i WHEN 2000 THEN pg_sleep(60)::text ELSE repeat('x', 50) END AS name, 1 AS age \
        FROM generate_series(1, 3000) i";
    let request = async {
        let mut stream = diesel::sql_query(query).load_stream::<Person>(&mut conn).await?;
        let mut rows = 0;
        while tokio::time::timeout(std::time::Duration::from_millis(300), stream.try_next()).await.is_ok() {
            rows += 1;
        }
        QueryResult::Ok(rows)
    };
    let (rows, points) = record(request).await;
    assert!(points[0].is_cancelled());
    assert_eq!(db(&points[0]), json!({"rows": rows, "complete": false, "awaited": true}));
}

#[tokio::test]
async fn a_stream_that_nobody_reads_gave_no_rows() {
    let Some(url) = server::mysql("streams").await else { return };
    let mut conn = TracedMysql::establish(&url).await.expect("it was there just now");
    let request = async {
        drop(person::table.load_stream::<Person>(&mut conn).await?);
        person::table.count().get_result::<i64>(&mut conn).await
    };
    let (count, points) = record(request).await;
    assert_eq!(count, 3);
    assert_eq!(db(&points[0]), json!({"rows": 0, "complete": false}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_that_was_there_as_a_whole_is_known_to_be_read_as_a_whole() {
    let mut conn = people().await;
    let request = async {
        let stream = person::table.load_stream::<Person>(&mut conn).await?;
        stream.take(3).try_collect::<Vec<_>>().await?;
        let stream = person::table.load_stream::<Person>(&mut conn).await?;
        stream.take(2).try_collect::<Vec<_>>().await
    };
    let (_, points) = record(request).await;
    assert_eq!((db(&points[0]), db(&points[1])), (json!({"rows": 3}), json!({"rows": 2, "complete": false})));
}

#[tokio::test]
async fn an_error_within_the_rows_ends_the_stream() {
    let Some(url) = server::postgres("streams_error").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let query = "SELECT i AS id, 'x' AS name, 10 / (3 - i) AS age FROM generate_series(1, 5) i";
    let request = async { diesel::sql_query(query).load::<Person>(&mut conn).await };
    let (result, points) = Store::new().record(request).await;
    result.expect_err("a division by zero");
    assert_eq!(points.len(), 1);
    assert_eq!(points[0].stop_info["db"]["rows"], 2);
    assert!(points[0].error().is_some_and(|(_, message)| message.contains("division by zero")));
}
