//! Pools of diesel-async with traced connections.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolableConnection, RecyclingMethod, bb8, deadpool, mobc,
};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use osprofiler::TraceExt as _;
use osprofiler::report::Point;
use osprofiler_diesel::ParamsPolicy;
use serde_json::json;

use crate::schema::{Person, person};
use crate::server::{self, TracedPg, TracedSqlite};
use crate::store::{Store, records, start};

/// What the program ran, and not the pool.
fn of_program(points: &[Point]) -> Vec<String> {
    let points: Vec<_> = points.iter().filter(|point| !point.is_internal()).cloned().collect();
    records(&points).into_iter().filter(|line| !line.starts_with("connect")).collect()
}

const COUNT: &str = "load SELECT COUNT(*) FROM person → rows 1 of more";

/// A request handler as web frameworks want it, here with the pool for its state.
async fn handler(pool: bb8::Pool<TracedPg>) -> Result<i64, Box<dyn std::error::Error + Send + Sync>> {
    let mut conn = pool.get().await?;
    Ok(conn.transaction(async |conn| person::table.count().get_result(conn).await).await?)
}

#[tokio::test]
async fn queries_of_bb8_are_in_the_tasks_trace() {
    let Some(url) = server::postgres("pools_bb8").await else { return };
    let manager = AsyncDieselConnectionManager::<TracedPg>::new(url);
    let pool = bb8::Pool::builder().max_size(1).build(manager).await.expect("a pool");
    let (first, second) = (Store::new(), Store::new());
    for store in [&first, &second, &first] {
        let task = handler(pool.clone()).in_trace(&store.profiler());
        assert_eq!(tokio::spawn(task).await.expect("no panic").expect("a count"), 3);
    }
    let once = ["t1 begin BEGIN → done", &format!("t1 {COUNT}"), "t1 commit COMMIT → committed"];
    assert_eq!(of_program(&second.points()), once);
    let points = first.points();
    let lines = of_program(&points);
    assert_eq!((&lines[..3], lines.len()), (&once.map(str::to_owned)[..], 6));
    let numbers: Vec<_> = points.iter().map(|point| start(point, "connection")).collect();
    assert!(numbers.iter().all(|number| *number == numbers[0]), "{numbers:?}");
}

#[tokio::test]
async fn queries_of_deadpool_are_in_the_tasks_trace() {
    let Some(url) = server::postgres("pools_deadpool").await else { return };
    let manager = AsyncDieselConnectionManager::<TracedPg>::new(url);
    let pool = deadpool::Pool::builder(manager).max_size(1).build().expect("a pool");
    let store = Store::new();
    let request = async {
        for _ in 0..2 {
            let mut conn = pool.get().await.expect("a connection");
            assert_eq!(person::table.count().get_result::<i64>(&mut conn).await, Ok(3));
        }
    };
    let ((), points) = store.record(request).await;
    assert_eq!(of_program(&points), [COUNT, COUNT]);
}

#[tokio::test]
async fn queries_of_mobc_are_in_the_tasks_trace() {
    let Some(url) = server::postgres("pools_mobc").await else { return };
    let pool = mobc::Pool::new(AsyncDieselConnectionManager::<TracedPg>::new(url));
    let store = Store::new();
    let request = async {
        for _ in 0..2 {
            let mut conn = pool.get().await.expect("a connection");
            assert_eq!(person::table.count().get_result::<i64>(&mut conn).await, Ok(3));
        }
    };
    let ((), points) = store.record(request).await;
    assert_eq!(of_program(&points), [COUNT, COUNT]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_of_a_pool_of_sqlite_are_in_the_tasks_trace() {
    let url = server::sqlite("pools").await.expect("there is always one");
    let manager = AsyncDieselConnectionManager::<TracedSqlite>::new(url);
    let pool = deadpool::Pool::builder(manager).build().expect("a pool");
    let request = async {
        let mut conn = pool.get().await.expect("a connection");
        person::table.count().get_result::<i64>(&mut conn).await
    };
    let (count, points) = Store::new().record(request).await;
    assert_eq!(count, Ok(3));
    assert_eq!(of_program(&points).len(), 1);
}

fn check(conn: &mut TracedPg) -> BoxFuture<'_, QueryResult<()>> {
    async { conn.batch_execute("SELECT 3").await }.boxed()
}

#[tokio::test]
async fn pings_are_internal() {
    let Some(url) = server::postgres("pools_pings").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        conn.ping(&RecyclingMethod::Fast).await?;
        conn.ping(&RecyclingMethod::Verified).await?;
        conn.ping(&RecyclingMethod::CustomQuery("SELECT 2".into())).await?;
        conn.ping(&RecyclingMethod::CustomFunction(Box::new(check))).await?;
        conn.batch_execute("SELECT 4").await
    };
    let (done, points) = Store::new().record(request).await;
    done.expect("the connection lives");
    assert_eq!(
        records(&points),
        [
            "internal load SELECT $1 [1] → rows 1 of more",
            "internal execute SELECT 2 → affected 1",
            "internal batch_execute SELECT 3 → done",
            "batch_execute SELECT 4 → done",
        ]
    );
}

#[tokio::test]
async fn a_ping_that_was_given_up_is_over() {
    let Some(url) = server::postgres("pools_ping_given_up").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        assert!(conn.ping(&RecyclingMethod::Verified).now_or_never().is_none());
        conn.batch_execute("SELECT 4").await
    };
    let (done, points) = Store::new().record(request).await;
    done.expect("the connection lives");
    assert_eq!(records(&points), ["internal load SELECT $1 [1] → cancelled", "batch_execute SELECT 4 → done"]);
}

#[tokio::test]
async fn a_pools_connections_have_the_options_of_its_setup() {
    let Some(url) = server::postgres("pools_options").await else { return };
    let builder = Arc::new(TracedPg::builder().name("orders").params(ParamsPolicy::Off));
    let mut config = ManagerConfig::<TracedPg>::default();
    config.custom_setup = Box::new(move |url| {
        let (builder, url) = (Arc::clone(&builder), url.to_owned());
        async move { builder.establish(&url).await }.boxed()
    });
    let manager = AsyncDieselConnectionManager::new_with_config(url, config);
    let pool = deadpool::Pool::builder(manager).build().expect("a pool");
    let request = async {
        let mut conn = pool.get().await.expect("a connection");
        person::table.find(1).load::<Person>(&mut conn).await
    };
    let (people, points) = Store::new().record(request).await;
    assert_eq!(people.expect("rows").len(), 1);
    assert!(points.iter().all(|point| point.name == "orders" && point.params().is_none()), "{points:?}");
    assert_eq!(start(points.last().expect("a query"), "database"), &json!("postgres"));
}

#[tokio::test]
async fn connections_with_an_open_transaction_are_replaced() {
    let Some(url) = server::postgres("pools_broken").await else { return };
    let manager = AsyncDieselConnectionManager::<TracedPg>::new(url);
    let pool = deadpool::Pool::builder(manager).max_size(1).build().expect("a pool");
    let store = Store::new();
    let request = async {
        let mut conn = pool.get().await.expect("a connection");
        let transaction = conn.transaction(async |conn| {
            diesel::delete(person::table).execute(conn).await?;
            futures::future::pending::<()>().await;
            Err::<(), Error>(Error::RollbackTransaction)
        });
        let limit = std::time::Duration::from_millis(100);
        tokio::time::timeout(limit, transaction).await.expect_err("it takes for ever");
        drop(conn);
        let mut conn = pool.get().await.expect("another connection");
        person::table.count().get_result::<i64>(&mut conn).await
    };
    let (count, points) = store.record(request).await;
    assert_eq!(count, Ok(3));
    assert_eq!(
        of_program(&points),
        [
            "t1 begin BEGIN → done",
            "t1 execute DELETE FROM person → affected 3",
            "t1 drop ROLLBACK → rolled back by drop",
            COUNT,
        ]
    );
    let numbers: Vec<_> = points.iter().map(|point| start(point, "connection")).collect();
    assert_ne!(numbers[0], numbers[numbers.len() - 1]);
}
