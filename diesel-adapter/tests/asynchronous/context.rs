//! In which trace the work of another thread is recorded.

use diesel::SqliteConnection;
use diesel::prelude::*;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use osprofiler::profiler;
use osprofiler_diesel::{CarryTrace, TracedAsyncConnection, TracedSqliteConnection};

use crate::schema::{Person, fill, person};
use crate::server::Sqlite;
use crate::store::{Store, record, records};

type Carried<C> = SyncConnectionWrapper<C, CarryTrace>;

const EXPECTED: [&str; 3] = [
    "t1 begin BEGIN → done",
    "t1 load SELECT person.id, person.name, person.age FROM person WHERE (person.id = ?) LIMIT ? [1,1] → rows 1",
    "t1 commit COMMIT → committed",
];

/// What is recorded of a transaction with a query, on a connection with three people.
async fn recorded<C>(mut conn: C) -> Vec<String>
where
    C: AsyncConnection<Backend = diesel::sqlite::Sqlite>,
{
    fill(&mut conn).await;
    let request = async { conn.transaction(async |conn| person::table.find(1).first::<Person>(conn).await).await };
    let (_, points) = record(request).await;
    records(&points)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_traced_wrapper_records_in_the_tasks_trace() {
    let conn = TracedAsyncConnection::<Sqlite>::establish(":memory:").await.expect("SQLite opens in memory");
    assert_eq!(recorded(conn).await, EXPECTED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrapper_of_a_traced_connection_needs_the_trace_carried() {
    let carried = Carried::<TracedSqliteConnection>::establish(":memory:").await.expect("SQLite opens in memory");
    assert_eq!(recorded(carried).await, EXPECTED);
    let alone = SyncConnectionWrapper::<TracedSqliteConnection>::establish(":memory:").await;
    assert!(recorded(alone.expect("SQLite opens in memory")).await.is_empty());
}

#[diesel::declare_sql_function]
extern "SQL" {
    fn traced() -> diesel::sql_types::Bool;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_within_sqlite_see_a_trace_that_is_carried() {
    let is_traced = |conn: &mut SqliteConnection| traced_utils::register_impl(conn, || profiler::get().is_some());
    let conn = Carried::<SqliteConnection>::establish(":memory:").await.expect("SQLite opens in memory");
    let mut conn = TracedAsyncConnection::new(conn);
    conn.inner_mut().spawn_blocking(is_traced).await.expect("a function");
    let (seen, points) = record(async { diesel::select(traced()).get_result::<bool>(&mut conn).await }).await;
    assert!(seen);
    assert_eq!(points.len(), 1);
    assert_eq!(diesel::select(traced()).get_result::<bool>(&mut conn).await, Ok(false), "no trace is active");

    let mut conn = TracedAsyncConnection::<Sqlite>::establish(":memory:").await.expect("SQLite opens in memory");
    conn.inner_mut().spawn_blocking(is_traced).await.expect("a function");
    let (seen, _) = record(async { diesel::select(traced()).get_result::<bool>(&mut conn).await }).await;
    assert!(!seen, "nobody carried it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_have_a_trace_each() {
    use osprofiler::TraceExt as _;

    let tasks = (0..8).map(|number| {
        tokio::spawn(async move {
            let mut conn = crate::server::people().await;
            let store = Store::new();
            let request = async {
                for _ in 0..20 {
                    conn.batch_execute(&format!("SELECT {number}")).await?;
                    tokio::task::yield_now().await;
                }
                QueryResult::Ok(())
            };
            request.in_trace(&store.profiler()).await.expect("the statements are right");
            (number, records(&store.points()))
        })
    });
    for task in futures::future::join_all(tasks).await {
        let (number, records) = task.expect("no panic");
        assert_eq!(records, vec![format!("batch_execute SELECT {number} → done"); 20]);
    }
}
