//! Futures that are dropped before their end, or never polled, or panic.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use futures::FutureExt as _;
use osprofiler::TraceExt as _;

use crate::schema::{Person, person};
use crate::server::{self, TracedMysql, TracedPg, people};
use crate::store::{Store, records};

const SLEEP: &str = "SELECT pg_sleep(0.5)";

async fn within<T>(future: impl Future<Output = T>) {
    assert!(tokio::time::timeout(Duration::from_millis(50), future).await.is_err(), "it takes longer");
}

async fn postgres(name: &str) -> Option<TracedPg> {
    let url = server::postgres(&format!("cancelled_{name}")).await?;
    Some(TracedPg::establish(&url).await.expect("it was there just now"))
}

#[tokio::test]
async fn statements_that_run_out_of_time_are_cancelled() {
    let Some(mut conn) = postgres("time").await else { return };
    let request = async {
        within(diesel::sql_query(SLEEP).execute(&mut conn)).await;
        conn.batch_execute("SELECT 1").await.expect("the connection lives");
    };
    let ((), points) = Store::new().record(request).await;
    assert_eq!(records(&points), ["execute SELECT pg_sleep(0.5) → cancelled", "batch_execute SELECT 1 → done"]);
}

#[tokio::test]
async fn every_kind_of_call_can_be_cancelled() {
    let Some(mut conn) = postgres("kinds").await else { return };
    let request = async {
        within(conn.batch_execute(SLEEP)).await;
        within(diesel::sql_query(SLEEP).load::<Person>(&mut conn)).await;
        within(diesel::sql_query(SLEEP).execute(&mut &conn)).await;
    };
    let ((), points) = Store::new().record(request).await;
    let expected = ["batch_execute", "load", "execute"].map(|method| format!("{method} {SLEEP} → cancelled"));
    assert_eq!(records(&points), expected);
}

#[tokio::test]
async fn mysql_statements_that_run_out_of_time_are_cancelled() {
    let Some(url) = server::mysql("cancelled").await else { return };
    let mut conn = TracedMysql::establish(&url).await.expect("it was there just now");
    let request = async { within(diesel::sql_query("SELECT SLEEP(1)").execute(&mut conn)).await };
    let ((), points) = Store::new().record(request).await;
    assert_eq!(records(&points), ["execute SELECT SLEEP(1) → cancelled"]);
}

#[tokio::test]
async fn a_future_that_was_never_polled_is_no_point() {
    let Some(mut conn) = postgres("unpolled").await else { return };
    let request = async {
        drop(person::table.load::<Person>(&mut conn));
        drop(diesel::delete(person::table).execute(&mut conn));
        drop(conn.batch_execute("DELETE FROM person"));
        drop(conn.begin_test_transaction());
        person::table.count().get_result::<i64>(&mut conn).await
    };
    let (count, points) = Store::new().record(request).await;
    assert_eq!(count, Ok(3));
    assert_eq!(records(&points), ["load SELECT COUNT(*) FROM person → rows 1 of more"]);
}

#[tokio::test]
async fn a_begin_that_was_cancelled_breaks_the_connection() {
    let Some(mut conn) = postgres("begin").await else { return };
    let request = async {
        assert!(conn.begin_test_transaction().now_or_never().is_none());
        assert!(conn.is_broken(), "as diesel-async has it");
        drop(conn);
    };
    let ((), points) = Store::new().record(request).await;
    assert_eq!(records(&points), ["t1 begin BEGIN → cancelled"]);
}

#[tokio::test]
async fn nothing_is_said_of_a_transaction_whose_commit_was_cancelled() {
    let Some(mut conn) = postgres("commit").await else { return };
    let request = async {
        type Manager = <TracedPg as AsyncConnection>::TransactionManager;
        Manager::begin_transaction(&mut conn).await.expect("it begins");
        assert!(Manager::commit_transaction(&mut conn).now_or_never().is_none());
        assert!(conn.is_broken(), "as diesel-async has it");
        drop(conn);
    };
    let ((), points) = Store::new().record(request).await;
    assert_eq!(records(&points), ["t1 begin BEGIN → done", "t1 commit COMMIT → cancelled"]);
}

#[tokio::test]
async fn a_connection_dropped_within_a_transaction_rolls_it_back() {
    let Some(mut conn) = postgres("drop").await else { return };
    let request = async {
        let transaction = conn.transaction(async |conn| {
            diesel::delete(person::table).execute(conn).await?;
            diesel::sql_query(SLEEP).execute(conn).await
        });
        within(transaction).await;
        assert!(conn.is_broken(), "as diesel-async has it");
        drop(conn);
    };
    let ((), points) = Store::new().record(request).await;
    assert_eq!(
        records(&points),
        [
            "t1 begin BEGIN → done",
            "t1 execute DELETE FROM person → affected 3",
            "t1 execute SELECT pg_sleep(0.5) → cancelled",
            "t1 drop ROLLBACK → rolled back by drop",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_of_sqlite_that_runs_out_of_time_is_cancelled() {
    let mut conn = people().await;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000) SELECT max(i) FROM n";
    let request = async { within(diesel::sql_query(endless).execute(&mut conn)).await };
    let ((), points) = Store::new().record(request).await;
    assert!(points.len() == 1 && points[0].is_cancelled());
    assert_eq!(person::table.count().get_result::<i64>(&mut conn).await, Ok(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_within_a_transaction_leaves_no_point_open() {
    let mut conn = people().await;
    let store = Store::new();
    let task = async move {
        let _: QueryResult<()> = conn
            .transaction(async |conn| {
                diesel::delete(person::table).execute(conn).await?;
                panic!("as it is meant")
            })
            .await;
    };
    let task = task.traced("request", ()).in_trace(&store.profiler());
    assert!(tokio::spawn(task).await.is_err_and(|error| error.is_panic()));
    let points = store.points();
    let records = records(&points.into_iter().filter(|point| point.is_database()).collect::<Vec<_>>());
    assert_eq!(
        records,
        [
            "t1 begin BEGIN → done",
            "t1 execute DELETE FROM person → affected 3",
            "t1 drop ROLLBACK → rolled back by drop"
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_while_a_value_is_made_leaves_no_point_open() {
    #[derive(Debug, diesel::expression::AsExpression)]
    #[diesel(sql_type = diesel::sql_types::Integer)]
    struct Panics;

    impl diesel::serialize::ToSql<diesel::sql_types::Integer, diesel::sqlite::Sqlite> for Panics {
        fn to_sql<'b>(
            &'b self,
            _: &mut diesel::serialize::Output<'b, '_, diesel::sqlite::Sqlite>,
        ) -> diesel::serialize::Result {
            panic!("as it is meant")
        }
    }

    let mut conn = people().await;
    let request = async {
        let query = diesel::select(Panics.into_sql::<diesel::sql_types::Integer>());
        let made = std::panic::AssertUnwindSafe(async { query.get_result::<i32>(&mut conn).await });
        assert!(made.catch_unwind().await.is_err());
        person::table.count().get_result::<i64>(&mut conn).await
    };
    let (count, points) = Store::new().record(request).await;
    assert_eq!(count, Ok(3));
    assert_eq!(records(&points), ["load SELECT COUNT(*) FROM person → rows 1"]);
}
