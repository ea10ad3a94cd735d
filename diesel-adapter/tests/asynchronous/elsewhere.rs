//! Connections that are taken in a trace and used in tasks that are in none; connections that are given away, and what that
//! means for a transaction.

use diesel::IntoSql as _;
use diesel::QueryResult;
use diesel::result::Error;
use diesel::sql_types::Integer;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, bb8, deadpool, mobc};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use osprofiler::TraceExt as _;
use serde_json::json;

use crate::server::{self, TracedPg, people};
use crate::store::{Store, db, records};

async fn one<C: diesel_async::AsyncConnection<Backend = diesel::pg::Pg>>(conn: &mut C) {
    assert_eq!(diesel::select(1.into_sql::<Integer>()).get_result::<i32>(conn).await, Ok(1));
}

/// Takes a connection of a pool three times, in a trace or in none, each for a task of its own that is in none. Gives what the
/// program ran in the trace.
macro_rules! taken {
    ($pool:ident . $get:ident(), $store:expr) => {{
        let store = $store;
        for is_traced in [true, false, true] {
            let get = async { $pool.$get().await.expect("a connection") };
            let mut conn = if is_traced { get.in_trace(&store.profiler()).await } else { get.await };
            tokio::spawn(async move { one(&mut conn).await }).await.expect("no panic");
        }
        store.points().iter().filter(|point| !point.is_internal() && point.statement() != Some("CONNECT")).count()
    }};
}

#[tokio::test]
async fn connections_of_pools_remember_the_trace_in_which_they_were_taken() {
    let Some(url) = server::postgres("elsewhere_pools").await else { return };
    let manager = || AsyncDieselConnectionManager::<TracedPg>::new(&url);
    let pool = deadpool::Pool::builder(manager()).max_size(1).build().expect("a pool");
    assert_eq!(taken!(pool.get(), Store::new()), 2, "deadpool");
    let pool = bb8::Pool::builder().max_size(1).build(manager()).await.expect("a pool");
    assert_eq!(taken!(pool.get_owned(), Store::new()), 2, "bb8");
    let pool = mobc::Pool::builder().max_open(1).build(manager());
    assert_eq!(taken!(pool.get(), Store::new()), 2, "mobc");
}

#[tokio::test]
async fn what_became_of_a_transaction_is_unknown_where_it_was_given_away() {
    let Some(url) = server::postgres("elsewhere_outcome").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        one(conn.inner_mut()).await;
        conn.transaction(async |conn| conn.batch_execute("SELECT 1").await).await?;
        conn.transaction(async |conn| {
            conn.inner_mut().batch_execute("SELECT 1 / 0").await.expect_err("no number");
            QueryResult::Ok(())
        })
        .await?;
        conn.transaction(async |conn| {
            let _ = conn.inner_mut();
            conn.batch_execute("SELECT 1 / 0").await.expect_err("no number");
            QueryResult::Ok(())
        })
        .await?;
        conn.transaction(async |conn| {
            let _ = conn.inner_mut();
            Err::<(), _>(Error::RollbackTransaction)
        })
        .await
        .expect_err("it rolls back");
        conn.transaction(async |conn| conn.batch_execute("SELECT 1").await).await
    };
    let store = Store::new();
    let (result, points) = store.record(request).await;
    result.expect("PostgreSQL says nothing of its rolling back");
    let outcomes: Vec<_> = points.iter().filter_map(|point| db(point).get("outcome").cloned()).collect();
    assert_eq!(outcomes, ["committed", "unknown", "rolled_back", "rolled_back", "committed"]);
    let handed_out = store.handed_out();
    assert_eq!(handed_out.as_array().map(Vec::len), Some(4), "{handed_out}");
    assert_eq!(handed_out[0]["what"], "diesel-async's own connection");
    assert_eq!(handed_out[0]["file"], file!());
}

#[tokio::test]
async fn what_became_of_a_transaction_is_unknown_where_a_query_was_not_traced() {
    let Some(url) = server::postgres("elsewhere_untraced").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        conn.transaction(async |conn| {
            conn.set_trace_sql(false);
            diesel::sql_query("SELECT 1 / 0").execute(conn).await.expect_err("no number");
            conn.set_trace_sql(true);
            QueryResult::Ok(())
        })
        .await
    };
    let (_, points) = Store::new().record(request).await;
    assert_eq!(db(&points[1])["outcome"], "unknown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_of_sqlite_commits_whatever_failed_in_it() {
    let mut conn = people().await;
    let request = async {
        conn.transaction(async |conn| {
            conn.inner_mut().batch_execute("nonsense").await.expect_err("nonsense");
            QueryResult::Ok(())
        })
        .await
    };
    let (_, points) = Store::new().record(request).await;
    assert_eq!(records(&points).last().map(String::as_str), Some("t1 commit COMMIT → committed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_cannot_be_read_mark_the_point() {
    use diesel::QueryDsl as _;

    use crate::schema::person;

    let mut conn = people().await;
    conn.batch_execute("UPDATE person SET name = x'ff' WHERE id = 2").await.expect("SQLite takes it");
    let names = || person::table.order(person::id).select(person::name);
    let request = async {
        RunQueryDsl::load::<String>(names(), &mut conn).await.expect_err("no text");
        RunQueryDsl::first::<String>(names(), &mut conn).await.expect("Ann");
        RunQueryDsl::first::<String>(names().offset(1), &mut conn).await.expect_err("no text");
    };
    let ((), points) = Store::new().record(request).await;
    let message = "Error deserializing field 'name'";
    let error = Some(("diesel::result::Error::DeserializationError", message));
    assert_eq!(points.iter().map(|point| point.error()).collect::<Vec<_>>(), [error, None, error]);
    assert_eq!(db(&points[0]), json!({"rows": 2, "original_exception": message, "chained_exception": message}));
}
