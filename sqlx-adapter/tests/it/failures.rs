//! What fails: the error is the caller's, unchanged, and the point says what the database said.

use std::time::Duration;

use osprofiler::report::Point;
use serde_json::json;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Error, Executor};

use crate::store::{Store, db, people};

/// Runs a statement traced and untraced, checks that the errors are equal, and returns the traced one's point.
async fn failing(statement: &'static str) -> Point {
    let pool = people().await;
    let plain = (*pool).execute(statement).await.expect_err("it fails");
    let (traced, mut points) = Store::new().record(async { pool.execute(statement).await }).await;
    let traced = traced.expect_err("it fails");
    assert_eq!((traced.to_string(), format!("{traced:?}")), (plain.to_string(), format!("{plain:?}")));
    assert_eq!(points.len(), 1);
    points.remove(0)
}

#[tokio::test]
async fn unique_violation_has_code_and_kind() {
    let point = failing("INSERT INTO person VALUES (4, 'Ann', NULL)").await;
    let (etype, message) = point.error().expect("an error");
    assert_eq!(etype, "sqlx::Error::Database");
    assert_eq!(message, "error returned from database: (code: 2067) UNIQUE constraint failed: person.name");
    assert_eq!(point.db_code(), Some("2067"));
    assert_eq!(db(&point)["kind"], json!("unique_violation"));
    assert_eq!(db(&point)["original_exception"], json!("(code: 2067) UNIQUE constraint failed: person.name"));
    assert_eq!(db(&point)["chained_exception"], json!(message));
}

#[tokio::test]
async fn wrong_sql_has_the_databases_message() {
    let point = failing("SELEC 1").await;
    assert_eq!(point.statement(), Some("SELEC 1"));
    assert!(point.error().expect("an error").1.contains("syntax error"));
    assert_eq!(point.db_code(), Some("1"));
    let point = failing("SELECT * FROM nowhere").await;
    assert!(point.error().expect("an error").1.contains("no such table: nowhere"));
}

#[tokio::test]
async fn a_missing_row_is_no_failure_of_the_statement() {
    let pool = people().await;
    let (result, points) =
        Store::new().record(async { pool.fetch_one("SELECT id FROM person WHERE id = 9").await }).await;
    assert!(matches!(result, Err(Error::RowNotFound)));
    assert_eq!((points[0].rows(), points[0].error()), (Some(0), None));
}

#[tokio::test]
async fn a_stream_that_fails_half_way_counts_its_rows() {
    use futures::StreamExt as _;

    let pool = people().await;
    let statement = "SELECT CASE WHEN id < 3 THEN id ELSE abs(-9223372036854775807 - 1) END FROM person ORDER BY id";
    let (results, points) = Store::new().record(async { pool.fetch(statement).collect::<Vec<_>>().await }).await;
    assert_eq!(results.iter().filter(|row| row.is_ok()).count(), 2);
    assert!(points[0].error().expect("an error").1.contains("integer overflow"));
    assert_eq!(db(&points[0])["rows"], json!(2));
}

#[tokio::test]
async fn waiting_in_vain_for_a_connection_is_recorded_where_it_happens() {
    let pool = people().await;
    let _taken = pool.acquire().await.expect("the only one");
    let (result, points) = Store::new().record(async { sqlx::query("SELECT ?").bind(7).fetch_all(&pool).await }).await;
    assert!(matches!(result, Err(Error::PoolTimedOut)));
    assert_eq!(points.len(), 1);
    assert_eq!(points[0].statement(), Some("SELECT ?"));
    assert_eq!(points[0].start_info["db"]["params"], json!([7]));
    assert_eq!(points[0].error().expect("an error").0, "sqlx::Error::PoolTimedOut");
    assert!(points[0].start_info["db"]["acquire_us"].as_u64().expect("a number") >= 200_000);
}

#[tokio::test]
async fn a_closed_pool_is_recorded() {
    let pool = people().await;
    pool.close().await;
    let (result, points) = Store::new().record(async { pool.fetch_all("SELECT 1").await }).await;
    assert!(matches!(result, Err(Error::PoolClosed)));
    assert_eq!(points[0].error().expect("an error").0, "sqlx::Error::PoolClosed");
}

#[tokio::test]
async fn a_value_that_cannot_be_encoded_is_recorded() {
    struct Broken;
    impl sqlx::Type<sqlx::Sqlite> for Broken {
        fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
            <i64 as sqlx::Type<sqlx::Sqlite>>::type_info()
        }
    }
    impl sqlx::Encode<'_, sqlx::Sqlite> for Broken {
        fn encode_by_ref(
            &self,
            _: &mut sqlx::sqlite::SqliteArgumentsBuffer,
        ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
            Err("broken".into())
        }
    }

    let pool = people().await;
    let (result, points) =
        Store::new().record(async { sqlx::query("SELECT ?").bind(Broken).fetch_all(&pool).await }).await;
    assert!(matches!(result, Err(Error::Encode(_))));
    assert_eq!(points[0].statement(), Some("SELECT ?"));
    assert_eq!(points[0].error().expect("an error").0, "sqlx::Error::Encode");
}

#[tokio::test]
async fn a_database_that_does_not_open_fails_as_without_tracing() {
    let open = || {
        SqlitePoolOptions::new()
            .acquire_timeout(Duration::from_millis(200))
            .connect_lazy("sqlite:/nowhere/at/all.db")
            .expect("lazy")
    };
    let plain = open().fetch_all("SELECT 1").await.expect_err("it fails");
    let pool = osprofiler_sqlx::TracedPool::from(open());
    let (traced, points) = Store::new().record(async { pool.fetch_all("SELECT 1").await }).await;
    assert_eq!(traced.expect_err("it fails").to_string(), plain.to_string());
    assert!(points[0].error().is_some());
}
