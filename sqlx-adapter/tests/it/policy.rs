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
