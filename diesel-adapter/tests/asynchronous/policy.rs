//! What is recorded of values and rows, as a builder says.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use osprofiler::report::Point;
use osprofiler_diesel::{ParamsPolicy, TracedBuilder};
use serde_json::{Value, json};

use crate::schema::{Person, person};
use crate::server::{self, TracedMysql, TracedPg, TracedSqlite, people};
use crate::store::{Store, db, record, start};

/// The point of a query with two values on a connection built so.
async fn recorded(build: impl FnOnce(TracedBuilder<TracedSqlite>) -> TracedBuilder<TracedSqlite>) -> Point {
    let mut conn = build(TracedSqlite::builder()).build(people().await.into_inner());
    let query = person::table.filter(person::id.lt(3)).filter(person::name.ne("Zoe")).order(person::id);
    let (_, mut points) = record(async { query.load::<Person>(&mut conn).await }).await;
    assert_eq!(points.len(), 1);
    points.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_but_rows_is_recorded_by_default() {
    let point = recorded(|builder| builder).await;
    assert_eq!(start(&point, "params"), &json!([3, "Zoe"]));
    assert_eq!(db(&point), json!({"rows": 2}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn types_or_nothing_are_recorded_where_the_policy_says_so() {
    let types = recorded(|builder| builder.params(ParamsPolicy::Types)).await;
    assert_eq!((start(&types, "params"), start(&types, "param_types")), (&Value::Null, &json!(["INTEGER", "TEXT"])));
    let off = recorded(|builder| builder.params(ParamsPolicy::Off).hide_result(false)).await;
    // Rows are values too.
    assert_eq!(db(&off), json!({"rows": 2}));
    assert_eq!((start(&off, "params"), start(&off, "param_types")), (&Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_of_matching_statements_are_replaced_in_parameters_and_rows() {
    let point = recorded(|builder| builder.hide_result(false).redact("(?i)FROM .?PERSON").expect("a pattern")).await;
    assert_eq!(start(&point, "params"), &json!(["[redacted]", "[redacted]"]));
    assert_eq!(db(&point)["result"][0]["name"], "[redacted]");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_recorded_where_the_builder_says_so() {
    let rows = json!([{"id": 1, "name": "Ann", "age": 30}, {"id": 2, "name": "Bob", "age": null}]);
    let point = recorded(|builder| builder.hide_result(false)).await;
    assert_eq!(db(&point), json!({"rows": 2, "result": rows}));
    let point = recorded(|builder| builder.hide_result(false).result_rows(1).name("orders")).await;
    assert_eq!((db(&point), &*point.name), (json!({"rows": 2, "result": [rows[0]]}), "orders"));
    let query = || person::table.filter(person::id.lt(3)).order(person::id);
    if let Some(url) = server::postgres("policy").await {
        let conn = TracedPg::builder().hide_result(false).establish(&url).await;
        let mut conn = conn.expect("it was there just now");
        let (_, points) = record(async { query().load::<Person>(&mut conn).await }).await;
        assert_eq!(db(&points[0]), json!({"rows": 2, "result": rows}));
    }
    let Some(url) = server::mysql("policy").await else { return };
    let conn = TracedMysql::builder().hide_result(false).system("mariadb").establish(&url).await;
    let mut conn = conn.expect("it was there just now");
    let (_, points) = record(async { query().load::<Person>(&mut conn).await }).await;
    assert_eq!((db(&points[0]), start(&points[0], "system")), (json!({"rows": 2, "result": rows}), &json!("mariadb")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_are_traced_where_the_connection_says_so() {
    let inner = people().await.into_inner();
    let mut conn = TracedSqlite::builder().trace_sql(false).build(inner);
    let store = Store::new();
    let (_, points) = store.record(async { person::table.load::<Person>(&mut conn).await }).await;
    assert!(points.is_empty());
    conn.set_trace_sql(true);
    let (_, points) = store.record(async { person::table.load::<Person>(&mut conn).await }).await;
    assert_eq!(points.len(), 1);
    conn.set_trace_sql(false);
    let (_, points) = store.record(async { person::table.load::<Person>(&mut conn).await }).await;
    assert_eq!(points.len(), 1);
    conn.set_options(&TracedSqlite::builder().name("renamed"));
    let (_, points) = store.record(async { person::table.load::<Person>(&mut conn).await }).await;
    assert_eq!(points[1].name, "renamed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_there_already_gets_its_place_from_the_builder() {
    let mut conn = TracedSqlite::builder().url("place.db").build(people().await.into_inner());
    let (_, points) = record(async { person::table.load::<Person>(&mut conn).await }).await;
    assert_eq!(start(&points[0], "database"), "place.db");
    let shown = format!("{conn:?}");
    assert!(shown.contains("place.db"), "{shown}");
}
