//! Each executor method, on each executor: one point, with what it ran and what came back.

use futures::TryStreamExt as _;
use osprofiler::report::Point;
use osprofiler_sqlx::TracedConnection;
use serde_json::json;
use sqlx::{Either, Executor, Row, SqlStr, Sqlite, Statement};

use crate::store::{Store, db, people, statements};

const SELECT: &str = "SELECT name FROM person ORDER BY id";

fn only(points: &[Point]) -> &Point {
    assert_eq!(points.len(), 1, "{points:#?}");
    &points[0]
}

/// Method and `db` of the stop info.
fn outcome(points: &[Point]) -> (serde_json::Value, serde_json::Value) {
    let point = only(points);
    assert_eq!(point.name, "db");
    (point.start_info["db"]["method"].clone(), db(point))
}

#[tokio::test]
async fn start_info_says_what_runs_where() {
    let (pool, store) = (people().await, Store::new());
    let (rows, points) = store
        .record(async {
            sqlx::query("SELECT id FROM person WHERE id = ? AND name <> ? AND photo IS NOT ? AND 1.5 < ? AND ? IS NULL")
                .bind(1)
                .bind("Bob")
                .bind(vec![1_u8, 255])
                .bind(2.5)
                .bind(None::<String>)
                .fetch_all(&pool)
                .await
        })
        .await;
    assert_eq!(rows.expect("the query is right").len(), 1);
    let point = only(&points);
    let start = &point.start_info["db"];
    assert_eq!(start["params"], json!([1, "Bob", "\\x01ff", 2.5, null]));
    assert_eq!(start["param_types"], json!(["INTEGER", "TEXT", "BLOB", "REAL", "NULL"]));
    assert_eq!(
        point.statement(),
        Some("SELECT id FROM person WHERE id = ? AND name <> ? AND photo IS NOT ? AND 1.5 < ? AND ? IS NULL")
    );
    assert_eq!((&start["system"], &start["database"]), (&json!("sqlite"), &json!(":memory:")));
    assert!(start["acquire_us"].is_u64());
    assert_eq!((point.rows(), point.parent_id.to_string().as_str()), (Some(1), "b"));
}

#[tokio::test]
async fn every_method_of_the_pool_is_one_point() {
    let pool = people().await;

    let (result, points) = Store::new().record(async { pool.execute("UPDATE person SET photo = NULL").await }).await;
    assert_eq!(result.expect("update").rows_affected(), 3);
    assert_eq!(outcome(&points), (json!("execute"), json!({"rows_affected": 3})));

    let two = "DELETE FROM person WHERE id = 3; DELETE FROM person WHERE id = 9";
    let (results, points) = Store::new().record(async { pool.execute_many(two).try_collect::<Vec<_>>().await }).await;
    assert_eq!(results.expect("deletes").len(), 2);
    assert_eq!(outcome(&points), (json!("execute_many"), json!({"rows_affected": 1})));

    let (rows, points) = Store::new().record(async { pool.fetch(SELECT).try_collect::<Vec<_>>().await }).await;
    assert_eq!(rows.expect("rows").len(), 2);
    assert_eq!(outcome(&points), (json!("fetch"), json!({"rows": 2})));

    let (steps, points) = Store::new().record(async { pool.fetch_many(SELECT).try_collect::<Vec<_>>().await }).await;
    assert_eq!(steps.expect("steps").iter().filter(|step| matches!(step, Either::Right(_))).count(), 2);
    assert_eq!(outcome(&points).0, json!("fetch_many"));
    assert_eq!(points[0].rows(), Some(2));

    let (rows, points) = Store::new().record(async { pool.fetch_all(SELECT).await }).await;
    assert_eq!(rows.expect("rows").len(), 2);
    assert_eq!(outcome(&points), (json!("fetch_all"), json!({"rows": 2})));

    let (row, points) = Store::new().record(async { pool.fetch_one(SELECT).await }).await;
    assert_eq!(row.expect("a row").get::<String, _>(0), "Ann");
    assert_eq!(outcome(&points), (json!("fetch_one"), json!({"rows": 1})));

    let (row, points) = Store::new().record(async { pool.fetch_optional("SELECT 1 WHERE 0").await }).await;
    assert!(row.expect("no row").is_none());
    assert_eq!(outcome(&points), (json!("fetch_optional"), json!({"rows": 0})));

    let (statement, points) = Store::new().record(async { pool.prepare(SqlStr::from_static(SELECT)).await }).await;
    assert_eq!(statement.expect("a statement").columns().len(), 1);
    assert_eq!(outcome(&points), (json!("prepare"), json!({})));
    assert_eq!(points[0].statement(), Some(SELECT));

    let (described, points) = Store::new().record(async { pool.describe(SqlStr::from_static(SELECT)).await }).await;
    assert_eq!(described.expect("a description").columns.len(), 1);
    assert_eq!(outcome(&points), (json!("describe"), json!({})));
}

#[tokio::test]
async fn connections_and_transactions_are_traced_however_they_are_borrowed() {
    let (pool, store) = (people().await, Store::new());
    let request = async {
        let mut connection = pool.acquire().await?;
        sqlx::query("SELECT 1").execute(&mut connection).await?;
        sqlx::query("SELECT 2").execute(&mut *connection).await?;
        drop(connection);
        let mut transaction = pool.begin().await?;
        sqlx::query("SELECT 3").execute(&mut *transaction).await?;
        sqlx::query("SELECT 4").execute(&mut transaction).await?;
        let mut nested = transaction.begin().await?;
        sqlx::query("SELECT 5").execute(&mut nested).await?;
        nested.rollback().await?;
        transaction.commit().await?;
        let mut own = TracedConnection::<Sqlite>::connect("sqlite::memory:").await?;
        own.fetch_optional("SELECT 6").await?;
        own.close().await
    };
    let (result, points) = store.record(request).await;
    result.expect("all of it is right");
    assert_eq!(
        statements(&points),
        [
            "SELECT 1",
            "SELECT 2",
            "BEGIN",
            "SELECT 3",
            "SELECT 4",
            "SAVEPOINT _sqlx_savepoint_1",
            "SELECT 5",
            "ROLLBACK TO SAVEPOINT _sqlx_savepoint_1",
            "COMMIT",
            "SELECT 6"
        ]
    );
    // The first call on a connection of the pool says how long it was waited for.
    let waited = |point: &&Point| point.start_info["db"].as_object().expect("an object").contains_key("acquire_us");
    let waited: Vec<_> = points.iter().filter(waited).filter_map(Point::statement).collect();
    assert_eq!(waited, ["SELECT 1", "BEGIN"]);
}

#[tokio::test]
async fn two_queries_at_once_are_siblings() {
    let pool = people().await;
    let (results, points) =
        Store::new().record(async { futures::join!(pool.fetch_all("SELECT 1"), pool.fetch_all("SELECT 2")) }).await;
    assert!(results.0.is_ok() && results.1.is_ok());
    assert_eq!(points.iter().map(|point| point.depth).collect::<Vec<_>>(), [0, 0]);
}

#[tokio::test]
async fn without_a_trace_nothing_is_recorded() {
    let (pool, store) = (people().await, Store::new());
    pool.fetch_all(SELECT).await.expect("rows");
    assert_eq!(store.points(), []);
}
