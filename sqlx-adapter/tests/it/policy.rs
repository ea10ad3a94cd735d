//! What is recorded of values and rows, as a pool's builder says.

use osprofiler::report::Point;
use osprofiler_sqlx::{DbOptions, ParamsPolicy, TracedBuilder, TracedMySqlPool, TracedPgPool, TracedSqlitePool};
use serde_json::{Value, json};
use sqlx::{Executor, Sqlite};

use crate::server;
use crate::store::{Store, db, people};

/// The points of a statement with two values on a pool built so.
async fn recorded(build: impl FnOnce(TracedBuilder<Sqlite>) -> TracedBuilder<Sqlite>) -> Point {
    let inner = (*people().await).clone();
    let pool = build(TracedSqlitePool::builder()).build(inner);
    let statement = "SELECT id, name FROM person WHERE id < ? AND name <> ? ORDER BY id";
    let request = async { sqlx::query(statement).bind(3).bind("Zoe").fetch_all(&pool).await };
    let (rows, mut points) = Store::new().record(request).await;
    assert_eq!(rows.expect("the statement is right").len(), 2);
    assert_eq!(points.len(), 1);
    points.remove(0)
}

fn start(point: &Point, key: &str) -> Value {
    point.start_info["db"][key].clone()
}

#[tokio::test]
async fn everything_but_rows_is_recorded_by_default() {
    let point = recorded(|builder| builder).await;
    assert_eq!(point.name, "db");
    assert_eq!(start(&point, "params"), json!([3, "Zoe"]));
    assert_eq!(db(&point), json!({"rows": 2}));
}

#[tokio::test]
async fn types_or_nothing_are_recorded_where_the_policy_says_so() {
    let types = recorded(|builder| builder.params(ParamsPolicy::Types)).await;
    assert_eq!((start(&types, "params"), start(&types, "param_types")), (Value::Null, json!(["INTEGER", "TEXT"])));
    let off = recorded(|builder| builder.params(ParamsPolicy::Off).hide_result(false)).await;
    // Rows are values too.
    assert_eq!(db(&off), json!({"rows": 2}));
    assert_eq!((start(&off, "params"), start(&off, "param_types")), (Value::Null, Value::Null));
}

#[tokio::test]
async fn values_of_matching_statements_are_replaced_in_parameters_and_rows() {
    let point = recorded(|builder| builder.hide_result(false).redact("(?i)FROM PERSON").expect("a pattern")).await;
    assert_eq!(start(&point, "params"), json!(["[redacted]", "[redacted]"]));
    assert_eq!(db(&point)["result"][0], json!({"id": "[redacted]", "name": "[redacted]"}));
    assert!(TracedSqlitePool::builder().redact("(").is_err());
}

#[tokio::test]
async fn a_function_sees_each_value_and_may_replace_it() {
    let point = recorded(|builder| {
        builder.hide_result(false).redact_with(|recorded| {
            assert!(recorded.statement.starts_with("SELECT id, name"));
            match (recorded.column, recorded.index, recorded.type_name, recorded.value) {
                (None, 1, "TEXT", value) if value == "Zoe" => Some(json!("a name")),
                (Some("name"), 1, "TEXT", value) => Some(json!(value.as_str().map(str::len))),
                _ => None,
            }
        })
    })
    .await;
    assert_eq!(start(&point, "params"), json!([3, "a name"]));
    assert_eq!(db(&point), json!({"rows": 2, "result": [{"id": 1, "name": 3}, {"id": 2, "name": 3}]}));
}

#[tokio::test]
async fn names_caps_and_numbers_of_rows_are_options() {
    let options = DbOptions::default().name("orders").value_cap(2).statement_cap(30).hide_result(false).result_rows(1);
    let point = recorded(|builder| builder.options(options)).await;
    assert_eq!(point.name, "orders");
    assert_eq!(start(&point, "statement"), json!("SELECT id, name FROM person WH…(+36 B)"));
    assert_eq!(start(&point, "params"), json!([3, "Zo…(+1 B)"]));
    assert_eq!(db(&point), json!({"rows": 2, "result": [{"id": 1, "name": "An…(+1 B)"}]}));
}

#[tokio::test]
async fn a_pool_is_switched_off_and_on_with_its_clones_and_connections() {
    let (pool, store) = (people().await, Store::new());
    let clone = pool.clone();
    let request = async {
        let mut connection = pool.acquire().await?;
        clone.set_trace_sql(false);
        connection.execute("SELECT 1").await?;
        drop(connection);
        pool.execute("SELECT 2").await?;
        pool.begin().await?.commit().await?;
        pool.set_trace_sql(true);
        clone.execute("SELECT 3").await
    };
    let (done, points) = store.record(request).await;
    done.expect("the statements are right");
    assert_eq!(crate::store::statements(&points), ["SELECT 3"]);
    let off = recorded_by_a_pool_that_is_off().await;
    assert_eq!(off, 0);
}

async fn recorded_by_a_pool_that_is_off() -> usize {
    let pool = TracedSqlitePool::builder().trace_sql(false).connect_lazy("sqlite::memory:").expect("a URL");
    let (done, points) = Store::new().record(async { pool.execute("SELECT 1").await }).await;
    done.expect("the statement is right");
    points.len()
}

#[tokio::test]
async fn rows_are_recorded_by_column_name_on_every_database() {
    let statement = "SELECT 1 AS a, 'x' AS b, NULL AS c, 1.5 AS a";
    let of = |points: &[Point]| db(&points[0])["result"].clone();
    let sqlite = TracedSqlitePool::builder().hide_result(false).connect("sqlite::memory:").await.expect("it opens");
    let (_, points) = Store::new().record(async { sqlite.fetch_all(statement).await }).await;
    assert_eq!(of(&points), json!([{"a": 1, "b": "x", "c": null, "a#2": 1.5}]));
    /// The result of the statement as it is prepared, and as it is text.
    macro_rules! both {
        ($pool:expr) => {{
            let pool = $pool;
            let query = async { sqlx::query(statement).fetch_optional(&pool).await.map(drop) };
            let (_, prepared) = Store::new().record(query).await;
            let raw = async { sqlx::raw_sql(statement).fetch_all(&pool).await.map(drop) };
            let (_, text) = Store::new().record(raw).await;
            [of(&prepared), of(&text)]
        }};
    }
    // In these databases 1.5 is a decimal.
    let rows = json!([{"a": 1, "b": "x", "c": null, "a#2": "1.5"}]);
    if let Some(pool) = server::postgres("policy_rows").await {
        assert_eq!(both!(TracedPgPool::builder().hide_result(false).build(pool)), [rows.clone(), rows.clone()]);
    }
    if let Some(pool) = server::mysql("policy_rows").await {
        assert_eq!(both!(TracedMySqlPool::builder().hide_result(false).build(pool)), [rows.clone(), rows]);
    }
}

/// What was recorded of a failing insert of `quigley@example.org`, on each database and under each policy that hides values,
/// and the error that the program got.
macro_rules! failures {
    ($builder:expr, $pool:expr, $setup:expr, $statement:expr) => {{
        let mut found = Vec::new();
        let pool = $pool;
        for setup in $setup {
            sqlx::raw_sql(setup).execute(&pool).await.expect("the statement is right");
        }
        for build in 0..5 {
            let builder = match build {
                0 => $builder.params(ParamsPolicy::Types),
                1 => $builder.params(ParamsPolicy::Off),
                2 => $builder.redact("(?i)insert into policy_errors").expect("a pattern"),
                3 => $builder.redact_with(|_| Some(json!("***"))),
                _ => $builder.redact("another statement").expect("a pattern"),
            };
            let traced = builder.build(pool.clone());
            let failing = async { sqlx::query($statement).bind("quigley@example.org").execute(&traced).await };
            let (failed, points) = Store::new().record(failing).await;
            let error = failed.expect_err("it fails").to_string();
            let point = points.into_iter().next().expect("a point");
            found.push((error, point));
        }
        let (_, whole) = found.pop().expect("the last is not hidden");
        (found, whole)
    }};
}

/// Nothing of the value was recorded, and the rest was.
fn has_no_value((found, whole): (Vec<(String, Point)>, Point), message: &str, code: &str) {
    for (error, point) in found {
        assert_eq!(point.stop_info["etype"], "sqlx::Error::Database");
        assert_eq!(point.stop_info["message"], message, "{error}");
        assert_eq!(point.stop_info["message"], db(&point)["chained_exception"]);
        assert_eq!(point.db_code(), Some(code));
        let recorded = format!("{:?} {:?}", point.start, point.stop);
        assert!(!recorded.contains("quigley"), "{recorded}");
        // The program's own error is as it was.
        assert_eq!(whole.stop_info["message"], error);
    }
}

#[tokio::test]
async fn errors_repeat_no_value_that_is_not_recorded() {
    let table = "CREATE TABLE policy_errors (email VARCHAR(99) UNIQUE, n INTEGER)";
    let row = "INSERT INTO policy_errors (email) VALUES ('quigley@example.org')";
    // One connection: its temporary tables are gone with it.
    let memory = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let pool = memory.connect("sqlite::memory:").await.expect("it opens");
    let trigger = "CREATE TRIGGER policy_raises BEFORE INSERT ON policy_errors WHEN NEW.n = 1 \
        BEGIN SELECT RAISE(ABORT, 'no credit for quigley'); END";
    let insert = "INSERT INTO policy_errors (email) VALUES (?)";
    let failed = failures!(TracedSqlitePool::builder(), pool.clone(), [table, row, trigger], insert);
    let message = "error returned from database: (code: 2067) UNIQUE constraint failed: policy_errors.email";
    has_no_value(failed, message, "2067");
    // What a trigger raises may be anything.
    let raised = "INSERT INTO policy_errors (email, n) VALUES (? || 'x', 1)";
    let failed = failures!(TracedSqlitePool::builder(), pool, [""; 0], raised);
    has_no_value(failed, "error returned from database: (code: 1811) [redacted]", "1811");
    if let Some(pool) = server::mysql("policy_errors").await {
        let setup = ["DROP TABLE IF EXISTS policy_errors", table, row];
        let failed = failures!(TracedMySqlPool::builder(), pool.clone(), setup, insert);
        let message = "error returned from database: 1062 (23000): Duplicate entry '[redacted]' for key 'email'";
        has_no_value(failed, message, "23000");
        let cut = "INSERT INTO policy_errors (n) VALUES (?)";
        let failed = failures!(TracedMySqlPool::builder(), pool, [""; 0], cut);
        let message = "error returned from database: 1366 (22007): Incorrect integer value: '[redacted]' for column \
            `osprofiler_policy_errors`.`policy_errors`.`n` at row 1";
        has_no_value(failed, message, "22007");
    }
    if let Some(pool) = server::postgres("policy_errors").await {
        let setup = ["DROP TABLE IF EXISTS policy_errors", table, row];
        let insert = "INSERT INTO policy_errors (email) VALUES ($1)";
        let ((found, whole), own) =
            (failures!(TracedPgPool::builder(), pool.clone(), setup, insert), "policy_errors_email_key");
        // The line is that of the server's source.
        let line = whole.stop_info["message"]
            .as_str()
            .and_then(|text| text.rsplit_once(" at line "))
            .expect("a line")
            .1
            .to_owned();
        let message = format!(
            "error returned from database: duplicate key value violates unique constraint \"{own}\" at line {line}"
        );
        has_no_value((found, whole), &message, "23505");
        let cast = "INSERT INTO policy_errors (n) VALUES (($1::text)::int)";
        let (found, whole) = failures!(TracedPgPool::builder(), pool, [""; 0], cast);
        let line = whole.stop_info["message"]
            .as_str()
            .and_then(|text| text.rsplit_once(" at line "))
            .expect("a line")
            .1
            .to_owned();
        let message =
            format!("error returned from database: invalid input syntax for type integer: [redacted] at line {line}");
        has_no_value((found, whole), &message, "22P02");
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_not_repeated() {
    let pool =
        TracedSqlitePool::builder().params(ParamsPolicy::Types).connect("sqlite::memory:").await.expect("it opens");
    let read = async { sqlx::query_scalar::<_, sqlx::types::Uuid>("SELECT ?").bind("quigley").fetch_one(&pool).await };
    let (read, points) = Store::new().record(read).await;
    assert!(read.is_err());
    let recorded = format!("{:?} {:?}", points[0].start, points[0].stop);
    assert!(!recorded.contains("quigley"), "{recorded}");
}
