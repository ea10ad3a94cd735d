//! diesel's default instrumentation and connections of diesel-async. It is the whole process's, so this is a program.
#![cfg(all(feature = "async", feature = "mysql", feature = "postgres", feature = "sqlite"))]

#[allow(dead_code, reason = "the other tests need more of it")]
#[path = "asynchronous/schema.rs"]
mod schema;
#[allow(dead_code, reason = "the other tests need more of it")]
#[path = "asynchronous/server.rs"]
mod server;
#[allow(dead_code, reason = "the other tests need more of it")]
#[path = "asynchronous/store.rs"]
mod store;

use diesel::prelude::*;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncMysqlConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use osprofiler_diesel::CarryTrace;

use crate::schema::{Person, fill, person};
use crate::server::{Sqlite, TracedPg, people};
use crate::store::{Store, record, records};

fn instrument() {
    osprofiler_diesel::instrument().expect("nobody holds the default");
}

const COUNT: &str = "SELECT COUNT(*) FROM person → ";

/// What was recorded beside what belongs to connecting.
fn of_program(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().filter(|line| !line.contains("CONNECT") && !line.starts_with("SET ")).collect()
}

#[tokio::test]
async fn traced_connections_are_recorded_once() {
    let Some(url) = server::postgres("default_traced").await else { return };
    instrument();
    let request = async {
        let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
        conn.transaction(async |conn| person::table.count().get_result::<i64>(conn).await).await
    };
    let (_, points) = record(request).await;
    let lines = records(&points);
    assert_eq!(lines.iter().filter(|line| line.contains("CONNECT")).count(), 1, "{lines:#?}");
    assert_eq!(
        of_program(lines),
        ["t1 begin BEGIN → done", &format!("t1 load {COUNT}rows 1 of more"), "t1 commit COMMIT → committed"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traced_wrappers_are_recorded_once_where_the_trace_is_carried_too() {
    instrument();
    type Carried = SyncConnectionWrapper<diesel::SqliteConnection, CarryTrace>;
    let conn = Carried::establish(":memory:").await.expect("SQLite opens in memory");
    let mut conn = osprofiler_diesel::TracedAsyncConnection::new(conn);
    fill(&mut conn).await;
    let (_, points) = record(async { person::table.count().get_result::<i64>(&mut conn).await }).await;
    assert_eq!(records(&points), [format!("load {COUNT}rows 1")]);
}

#[tokio::test]
async fn plain_connections_are_recorded_in_the_tasks_trace() {
    let Some(url) = server::postgres("default_plain").await else { return };
    instrument();
    let request = async {
        let mut conn = AsyncPgConnection::establish(&url).await.expect("it was there just now");
        conn.transaction(async |conn| {
            diesel::update(person::table.find(1)).set(person::age.eq(5)).execute(conn).await?;
            person::table.count().get_result::<i64>(conn).await
        })
        .await
    };
    let (_, points) = record(request).await;
    let lines = records(&points);
    assert!(lines.iter().all(|line| !line.contains("cancelled")), "{lines:#?}");
    assert_eq!(lines[0], "connect CONNECT → done");
    assert_eq!(
        of_program(lines),
        [
            "t1 begin BEGIN → done",
            "t1 UPDATE person SET age = $1 WHERE (person.id = $2) [5,1] → done",
            &format!("t1 {COUNT}done"),
            "t1 commit COMMIT → committed",
        ]
    );
}

#[tokio::test]
async fn plain_pipelines_are_recorded_without_cancelling_each_other() {
    let Some(url) = server::postgres("default_pipeline").await else { return };
    instrument();
    let conn = AsyncPgConnection::establish(&url).await.expect("it was there just now");
    let request = async {
        let slow = diesel::sql_query("SELECT pg_sleep(0.05)").execute(&mut &conn);
        let bad = diesel::sql_query("SELECT * FROM nowhere").load::<Person>(&mut &conn);
        let count = person::table.count().get_result::<i64>(&mut &conn);
        let (slow, bad, count) = futures::join!(slow, bad, count);
        bad.expect_err("no table");
        slow.and(count)
    };
    let (_, points) = record(request).await;
    assert_eq!(
        records(&points),
        ["SELECT pg_sleep(0.05) → done", "SELECT * FROM nowhere → error DatabaseError", &format!("{COUNT}done")]
    );
}

#[tokio::test]
async fn what_a_plain_connection_gave_up_is_cancelled() {
    let Some(url) = server::postgres("default_given_up").await else { return };
    instrument();
    let request = async {
        let mut conn = AsyncPgConnection::establish(&url).await.expect("it was there just now");
        drop(person::table.load::<Person>(&mut conn));
        person::table.count().get_result::<i64>(&mut conn).await?;
        conn.batch_execute("SELECT 2").await
    };
    let ((), points) = record(request).await;
    let lines = of_program(records(&points));
    assert!(lines[0].ends_with("cancelled"), "{lines:#?}");
    assert_eq!(lines[1..], [format!("{COUNT}done"), "SELECT 2 → done".to_owned()]);
}

#[tokio::test]
async fn plain_connections_of_mysql_are_recorded() {
    let Some(url) = server::mysql("default_plain").await else { return };
    instrument();
    let mut conn = AsyncMysqlConnection::establish(&url).await.expect("it was there just now");
    let (_, points) = record(async { person::table.count().get_result::<i64>(&mut conn).await }).await;
    assert_eq!(records(&points), [format!("{COUNT}done")]);
    assert_eq!(points[0].system(), Some("mysql"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_wrappers_run_elsewhere_and_are_not_recorded() {
    instrument();
    let mut conn = Sqlite::establish(":memory:").await.expect("SQLite opens in memory");
    fill(&mut conn).await;
    let (_, points) = record(async { person::table.count().get_result::<i64>(&mut conn).await }).await;
    assert!(points.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_taken_out_is_recorded_by_default_again() {
    let Some(url) = server::postgres("default_out").await else { return };
    instrument();
    let store = Store::new();
    let traced = TracedPg::establish(&url).await.expect("it was there just now");
    let mut conn = traced.into_inner();
    let (_, points) = store.record(async { person::table.count().get_result::<i64>(&mut conn).await }).await;
    assert_eq!(records(&points), [format!("{COUNT}done")]);
    drop(people().await);
}
