//! What points say beside statement and values: where, on which connection, how long.

use std::time::Duration;

use futures::StreamExt as _;
use osprofiler::report::Point;
use osprofiler_sqlx::{TracedConnection, TracedMySqlPool, TracedPgPool, TracedSqlitePool};
use serde_json::{Value, json};
use sqlx::{Executor, Postgres, SqlSafeStr, Statement};

use crate::server::{self, mysql_options, postgres_options};
use crate::store::{Store, db, people};

fn start<'a>(point: &'a Point, key: &str) -> &'a Value {
    point.start_info["db"].get(key).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn the_server_is_named_without_credentials() {
    let Some(pool) = server::postgres("points_server").await else { return };
    let pool = TracedPgPool::from(pool);
    let (_, points) = Store::new().record(async { pool.execute("SELECT 1").await }).await;
    let options = postgres_options();
    assert_eq!(start(&points[0], "server"), &json!(format!("{}:{}", options.get_host(), options.get_port())));
    assert_eq!(start(&points[0], "database"), &json!(options.get_database().unwrap_or(options.get_username())));
    assert_eq!(start(&points[0], "system"), "postgresql");
}

#[tokio::test]
async fn mariadb_is_told_by_the_url_or_the_builder() {
    let Some(pool) = server::mysql("points_system").await else { return };
    let system = async |pool: &TracedMySqlPool| {
        let (done, points) = Store::new().record(async { pool.execute("SELECT 1").await }).await;
        done.expect("the statement is right");
        (start(&points[0], "system").clone(), start(&points[0], "server").clone())
    };
    let options = mysql_options();
    let address = json!(format!("{}:{}", options.get_host(), options.get_port()));
    assert_eq!(system(&TracedMySqlPool::from(pool.clone())).await, (json!("mysql"), address.clone()));
    assert_eq!(system(&TracedMySqlPool::builder().system("mariadb").build(pool)).await, (json!("mariadb"), address));
    let url = format!("mariadb://root@{}:{}/test", options.get_host(), options.get_port());
    let named = TracedMySqlPool::connect_lazy(&url).expect("a URL");
    let (_, points) = Store::new().record(async { named.execute("SELECT 1").await }).await;
    assert_eq!(start(&points[0], "system"), "mariadb");
}

#[tokio::test]
async fn statements_on_one_connection_have_its_number() {
    let (pool, store) = (people().await, Store::new());
    let request = async {
        pool.execute("SELECT 1").await?;
        let mut connection = pool.acquire().await?;
        connection.execute("SELECT 2").await?;
        connection.execute("SELECT 3").await?;
        drop(connection);
        let mut transaction = pool.begin().await?;
        transaction.execute("SELECT 4").await?;
        transaction.commit().await
    };
    let (done, points) = store.record(request).await;
    done.expect("the statements are right");
    let numbers: Vec<_> = points.iter().map(|point| start(point, "connection").as_u64()).collect();
    let [None, Some(first), again, Some(second), rest @ ..] = &numbers[..] else { panic!("{numbers:?}") };
    assert!(*again == Some(*first) && rest == [Some(*second); 2] && first != second, "{numbers:?}");
}

#[tokio::test]
async fn a_statement_that_was_certainly_not_prepared_says_so() {
    let Some(pool) = server::postgres("points_prepared").await else { return };
    let pool = TracedPgPool::from(pool);
    let request = async {
        let statement = pool.prepare("SELECT $1 || 'x'".into_sql_str()).await?;
        statement.query().bind("y").execute(&pool).await?;
        sqlx::query("SELECT 1").execute(&pool).await?;
        sqlx::query("SELECT 2").persistent(false).execute(&pool).await?;
        sqlx::raw_sql("SELECT 3").execute(&pool).await
    };
    let (done, points) = Store::new().record(request).await;
    done.expect("the statements are right");
    let prepared: Vec<_> = points.iter().map(|point| start(point, "prepared").clone()).collect();
    assert_eq!(prepared, [json!(null), json!(null), json!(null), json!(false), json!(false)]);
}

#[tokio::test]
async fn a_stream_says_how_long_the_program_took_for_its_rows() {
    let (pool, store) = (people().await, Store::new());
    let request = async {
        let mut rows = pool.fetch("SELECT id FROM person");
        while let Some(row) = rows.next().await {
            row.expect("a row");
            // Work that blocks, and work that waits.
            std::thread::sleep(Duration::from_millis(10));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let ((), points) = store.record(request).await;
    let stop = &points[0].stop_info["db"];
    let (consumer, first) = (stop["consumer_us"].as_u64().expect("a number"), stop["first_row_us"].as_u64());
    let whole = points[0].duration_us().expect("both ends");
    assert!((60_000..=whole).contains(&consumer), "{consumer} of {whole}");
    assert!(first.expect("a number") < consumer);
}

#[tokio::test]
async fn waiting_for_the_database_is_not_the_programs_time() {
    let Some(pool) = server::postgres("points_waiting").await else { return };
    let pool = TracedPgPool::from(pool);
    let request = async {
        let mut rows = pool.fetch("SELECT pg_sleep(0.2)::text FROM generate_series(1, 2)");
        while let Some(row) = rows.next().await {
            row.expect("a row");
        }
    };
    let ((), points) = Store::new().record(request).await;
    let whole = points[0].duration_us().expect("both ends");
    let consumer = points[0].stop_info["db"]["consumer_us"].as_u64().expect("a number");
    assert!(whole >= 400_000 && consumer < whole / 2, "{consumer} of {whole}");
}

#[tokio::test]
async fn single_connections_are_traced() {
    if server::postgres("points_single").await.is_none() {
        return;
    }
    let request = async {
        let mut connection = TracedConnection::<Postgres>::connect_with(&postgres_options()).await?;
        sqlx::query("SELECT $1::int4").bind(7).execute(&mut connection).await?;
        connection.close().await
    };
    let (done, points) = Store::new().record(request).await;
    done.expect("it connects");
    assert_eq!((start(&points[0], "params"), start(&points[0], "param_types")), (&json!([7]), &json!(["int4"])));
    assert_eq!(db(&points[0]), json!({"rows_affected": 1}));
}

#[tokio::test]
async fn postgres_errors_have_state_constraint_table_and_column() {
    let Some(pool) = server::postgres("points_errors").await else { return };
    let pool = TracedPgPool::from(pool);
    let request = async {
        pool.execute("CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL)").await.expect("a table");
        let missing = sqlx::query("INSERT INTO person VALUES ($1, $2)").bind(1).bind(None::<String>);
        missing.execute(&pool).await.expect_err("a name is missing");
        pool.execute("INSERT INTO person VALUES (1, 'Ann')").await.expect("a person");
        pool.execute("INSERT INTO person VALUES (1, 'Bob')").await.expect_err("the same person");
    };
    let ((), points) = Store::new().record(request).await;
    let missing = db(&points[1]);
    assert_eq!(
        (&missing["sqlstate"], &missing["kind"], &missing["table"], &missing["column"]),
        (&json!("23502"), &json!("not_null_violation"), &json!("person"), &json!("name"))
    );
    let twice = db(&points[3]);
    assert_eq!((&twice["sqlstate"], &twice["constraint"]), (&json!("23505"), &json!("person_pkey")));
    let message = points[3].error().expect("an error").1;
    assert!(message.contains("duplicate key value violates unique constraint \"person_pkey\""), "{message}");
}

#[tokio::test]
async fn mysql_errors_have_state_and_number() {
    let Some(pool) = server::mysql("points_errors").await else { return };
    let pool = TracedMySqlPool::from(pool);
    let request = async { pool.execute("SELECT * FROM nowhere").await };
    let (result, points) = Store::new().record(request).await;
    result.expect_err("there is no such table");
    let stop = db(&points[0]);
    assert_eq!((&stop["sqlstate"], &stop["code"]), (&json!("42S02"), &json!("1146")));
}

#[tokio::test]
async fn a_connection_that_cannot_be_had_is_a_point_where_it_happens() {
    let pool = people().await;
    let _taken = pool.acquire().await.expect("the only one");
    let request = async {
        pool.acquire().await.expect_err("there is no other");
        pool.begin().await.expect_err("there is no other");
        let dropped = tokio::time::timeout(Duration::from_millis(10), pool.acquire()).await;
        assert!(dropped.is_err());
    };
    let ((), points) = Store::new().record(request).await;
    let seen: Vec<_> = points
        .iter()
        .map(|point| (start(point, "method").as_str().expect("a text"), point.error().map(|error| error.0)))
        .collect();
    let failed = Some("sqlx::Error::PoolTimedOut");
    assert_eq!(seen, [("acquire", failed), ("begin", failed), ("acquire", None)]);
    assert!(points[2].is_cancelled());
    assert!(points.iter().all(|point| start(point, "acquire_us").is_u64()));
}

#[tokio::test]
async fn pools_connect_as_sqlxs_do() {
    let options: sqlx::sqlite::SqliteConnectOptions = "sqlite::memory:".parse().expect("a URL");
    TracedSqlitePool::connect("sqlite::memory:").await.expect("a pool");
    TracedSqlitePool::connect_with(options.clone()).await.expect("a pool");
    TracedSqlitePool::connect_lazy("sqlite::memory:").expect("a pool").execute("SELECT 1").await.expect("a row");
    TracedSqlitePool::connect_lazy_with(options).execute("SELECT 1").await.expect("a row");
    let plain = sqlx::SqlitePool::connect("quux:").await.expect_err("no URL of SQLite");
    let traced = TracedSqlitePool::connect("quux:").await.expect_err("no URL of SQLite");
    assert_eq!(plain.to_string(), traced.to_string());
}

#[tokio::test]
async fn a_commit_that_postgres_takes_for_a_rollback_says_so() {
    let Some(pool) = server::postgres("points_aborted").await else { return };
    let pool = TracedPgPool::from(pool);
    let request = async {
        let mut transaction = pool.begin().await?;
        transaction.execute("SELECT 1 / 0").await.expect_err("it divides by zero");
        transaction.commit().await?;
        let mut transaction = pool.begin().await?;
        let mut savepoint = transaction.begin().await?;
        savepoint.execute("SELECT 1 / 0").await.expect_err("it divides by zero");
        savepoint.rollback().await?;
        transaction.commit().await
    };
    let (done, points) = Store::new().record(request).await;
    done.expect("PostgreSQL takes both");
    let outcomes: Vec<_> = points.iter().filter_map(|point| point.outcome().map(|outcome| outcome.0)).collect();
    assert_eq!(outcomes, ["rolled_back", "rolled_back", "committed"]);
}

#[tokio::test]
async fn more_parameters_than_are_shown_are_counted() {
    let Some(pool) = server::postgres("points_many").await else { return };
    let pool = TracedPgPool::from(pool);
    let mut query = sqlx::QueryBuilder::<Postgres>::new("SELECT cardinality(ARRAY[");
    let mut numbers = query.separated(", ");
    (0..30_000).for_each(|number| {
        numbers.push_bind(number);
    });
    query.push("])");
    let query = query.build_query_scalar::<i32>();
    let (count, points) = Store::new().record(async { query.fetch_one(&pool).await }).await;
    assert_eq!(count.expect("the statement is right"), 30_000);
    let shown = start(&points[0], "params").as_array().expect("a list").len() as u64;
    assert!(shown > 10_000, "{shown}");
    assert_eq!(start(&points[0], "params_omitted"), &json!(30_000 - shown));
}
