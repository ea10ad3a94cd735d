//! Call sites: the recorded file and line are those of the program's call, through whatever lies between.

use std::future::Future;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use futures::TryStreamExt;
use osprofiler::{TraceExt, testing};
use osprofiler_diesel::{TracedAsyncConnection, TracedSqliteConnection};
use osprofiler_sqlx::TracedSqlitePool;
use sqlx::sqlite::SqlitePoolOptions;

type Wrapped = SyncConnectionWrapper<SqliteConnection>;

async fn pool() -> TracedSqlitePool {
    let pool = SqlitePoolOptions::new().max_connections(1);
    TracedSqlitePool::builder().caller(true).pool_options(pool).connect("sqlite::memory:").await.expect("a database")
}

fn connection() -> TracedSqliteConnection {
    TracedSqliteConnection::builder().caller(true).establish(":memory:").expect("a database")
}

async fn async_connection() -> TracedAsyncConnection<Wrapped> {
    TracedAsyncConnection::<Wrapped>::builder().caller(true).establish(":memory:").await.expect("a database")
}

/// The statement's line in this file, and the function.
fn site(trace: &testing::Trace) -> (u64, String) {
    let queries = trace.queries();
    let [query] = queries[..] else { panic!("one query, not\n{trace}") };
    let caller = query.caller().unwrap_or_else(|| panic!("no caller in {:?}", query.start_info));
    let (file, line) = caller.place.expect("this build has line tables");
    // The tests run in the directory of their package, and paths below that are relative.
    assert_eq!(file, "all/caller.rs");
    (line, caller.function.to_owned())
}

async fn site_of(future: impl Future<Output = u32>) -> (u64, u32, String) {
    let (expected, trace) = testing::capture_output(future).await;
    let (line, function) = site(&trace);
    (line, expected, function)
}

#[tokio::test]
async fn sqlx_queries_are_those_of_the_async_function_that_awaits_them() {
    async fn list(pool: &TracedSqlitePool) -> u32 {
        let line = line!() + 1;
        sqlx::query("SELECT 1").fetch_all(pool).await.expect("a row");
        line
    }
    async fn outer(pool: &TracedSqlitePool) -> u32 {
        middle(pool).await
    }
    async fn middle(pool: &TracedSqlitePool) -> u32 {
        inner(pool).await
    }
    async fn inner(pool: &TracedSqlitePool) -> u32 {
        let line = line!() + 1;
        let _: i64 = sqlx::query_scalar("SELECT 1").fetch_one(pool).await.expect("a row");
        line
    }
    let pool = pool().await;
    let (line, expected, function) = site_of(list(&pool)).await;
    assert_eq!(line, u64::from(expected));
    assert!(function.ends_with("::list"), "{function}");
    let (line, expected, function) = site_of(outer(&pool)).await;
    assert_eq!(line, u64::from(expected));
    assert!(function.ends_with("::inner"), "{function}");
}

#[tokio::test]
async fn sqlx_queries_in_tasks_and_streams_and_transactions_have_the_line_of_the_call() {
    let pool = pool().await;
    let (line, expected, _) = site_of(async {
        let pool = pool.clone();
        let task = async move {
            let line = line!() + 1;
            sqlx::query("SELECT 1").execute(&pool).await.expect("it runs");
            line
        };
        tokio::spawn(task.in_current_trace()).await.expect("no panic")
    })
    .await;
    assert_eq!(line, u64::from(expected));

    let (line, expected, _) = site_of(async {
        let line = line!() + 1;
        let mut rows = sqlx::query("SELECT 1 UNION SELECT 2").fetch(&pool);
        // sqlx makes the call with the first poll, which stands below.
        while rows.try_next().await.expect("rows").is_some() {}
        line
    })
    .await;
    assert!((u64::from(expected)..=u64::from(expected) + 2).contains(&line), "{line}, not {expected}");

    let (line, expected, _) = site_of(async {
        let mut transaction = pool.begin().await.expect("a transaction");
        let line = line!() + 1;
        sqlx::query("SELECT 1").execute(&mut *transaction).await.expect("it runs");
        transaction.commit().await.expect("it is committed");
        line
    })
    .await;
    assert_eq!(line, u64::from(expected));
}

#[test]
fn diesel_queries_have_the_line_of_the_call_also_within_transactions() {
    fn two(connection: &mut TracedSqliteConnection) -> u32 {
        let line = line!() + 1;
        diesel::select(diesel::dsl::sql::<Integer>("1 + 1")).get_result::<i32>(connection).expect("2");
        line
    }
    let mut connection = connection();
    let (expected, trace) = testing::capture_blocking(|| two(&mut connection));
    let (line, function) = site(&trace);
    assert_eq!(line, u64::from(expected));
    assert!(function.ends_with("::two"), "{function}");

    let (expected, trace) = testing::capture_blocking(|| {
        let body = |connection: &mut TracedSqliteConnection| {
            let line = line!() + 1;
            connection.batch_execute("CREATE TABLE t (id INTEGER)")?;
            Ok::<u32, diesel::result::Error>(line)
        };
        connection.transaction(body).expect("it is committed")
    });
    assert_eq!(site(&trace).0, u64::from(expected));
}

#[tokio::test]
async fn diesel_async_queries_have_the_line_of_the_call() {
    async fn two(connection: &mut TracedAsyncConnection<Wrapped>) -> u32 {
        let query = diesel::select(diesel::dsl::sql::<Integer>("1 + 1"));
        let line = line!() + 1;
        diesel_async::RunQueryDsl::get_result::<i32>(query, connection).await.expect("2");
        line
    }
    async fn outer(connection: &mut TracedAsyncConnection<Wrapped>) -> u32 {
        two(connection).await
    }
    let mut connection = async_connection().await;
    let (line, expected, function) = site_of(outer(&mut connection)).await;
    assert_eq!(line, u64::from(expected));
    assert!(function.ends_with("::two"), "{function}");

    let (line, expected, _) = site_of(async {
        let query = diesel::select(diesel::dsl::sql::<Integer>("1 + 1"));
        let line = line!() + 1;
        let rows = diesel_async::RunQueryDsl::load_stream::<i32>(query, &mut connection);
        rows.await.expect("rows").try_collect::<Vec<_>>().await.expect("2");
        line
    })
    .await;
    assert_eq!(line, u64::from(expected));
}

#[tokio::test]
async fn without_the_option_there_is_no_caller() {
    let pool: TracedSqlitePool =
        SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.expect("a database").into();
    let trace = testing::capture(sqlx::query("SELECT 1").execute(&pool)).await;
    assert_eq!(trace.queries()[0].caller(), None);
}
