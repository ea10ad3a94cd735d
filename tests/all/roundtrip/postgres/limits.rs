//! Statements with many values, and values that are long, by the options that are the default.

use diesel::sql_types::{self as sql, Array, Binary, Jsonb, Text};
use osprofiler::TraceExt;
use osprofiler::db::DbOptions;
use osprofiler_diesel::TracedPgConnection;
use osprofiler_sqlx::TracedPgPool;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;

use crate::server;
use crate::store::Store;

/// What both record of the same statement, which has to be the same.
async fn recorded(
    name: &str,
    options: DbOptions,
    diesel: impl FnOnce(&mut TracedPgConnection),
    sqlx: impl AsyncFnOnce(&TracedPgPool),
) -> Option<Value> {
    let url = server::postgres(&format!("both_{name}"))?;
    let mut connection = TracedPgConnection::builder().options(options.clone()).establish(&url).expect("a connection");
    let pool = PgPoolOptions::new().max_connections(1).connect(&url).await.expect("a pool");
    let pool = TracedPgPool::builder().options(options).build(pool);
    let store = Store::new();
    let profiler = store.profiler();
    profiler.in_scope(|| diesel(&mut connection));
    sqlx(&pool).in_trace(&profiler).await;
    let points = store.points();
    let db: Vec<&Value> = points.iter().map(|point| &point.start_info["db"]).collect();
    let [ours, theirs] = *db else { panic!("{points:#?}") };
    for (our_param, their_param) in super::params(&points[0]).0.iter().zip(super::params(&points[1]).0) {
        assert_eq!(our_param, their_param);
    }
    for key in ["param_types", "params_omitted", "params_unknown"] {
        assert_eq!(ours.get(key), theirs.get(key), "{key}");
    }
    Some(ours.clone())
}

#[tokio::test]
async fn thousands_of_values_are_recorded_in_order_through_both() {
    let places: Vec<_> = (1..=3000).map(|i| format!("${i}::int4")).collect();
    let sql = format!("SELECT {}", places.chunks(1500).map(|places| places.join(" + ")).collect::<Vec<_>>().join(", "));
    let ours = |connection: &mut TracedPgConnection| {
        let query = diesel::sql_query(sql.clone()).into_boxed();
        let query = (0..3000).fold(query, |query, i| query.bind::<sql::Integer, _>(i));
        diesel::RunQueryDsl::execute(query, connection).expect("it runs");
    };
    let theirs = async |pool: &TracedPgPool| {
        let query = sqlx::query(sqlx::AssertSqlSafe(sql.clone()));
        (0..3000).fold(query, |query, i: i32| query.bind(i)).execute(pool).await.expect("it runs");
    };
    let Some(db) = recorded("thousands", DbOptions::default(), ours, theirs).await else { return };
    assert_eq!(db["params"], json!((0..3000).collect::<Vec<_>>()));
    assert_eq!(db["param_types"][2999], "int4");
}

/// A text, bytes, JSON and a list, each longer than what is recorded of a value. Together they have less than 32 KiB, up
/// to which both keep them whole.
fn long() -> (String, Vec<u8>, Value, Vec<i32>) {
    ("é".repeat(3000), vec![7; 5000], json!({"password": "secret", "rest": "x".repeat(6000)}), (0..1500).collect())
}

fn bind_ours(connection: &mut TracedPgConnection) {
    let (text, bytes, json, list) = long();
    let query = diesel::sql_query("SELECT $1, $2, $3, $4")
        .bind::<Text, _>(text)
        .bind::<Binary, _>(bytes)
        .bind::<Jsonb, _>(json)
        .bind::<Array<sql::Integer>, _>(list);
    diesel::RunQueryDsl::execute(query, connection).expect("it runs");
}

async fn bind_theirs(pool: &TracedPgPool) {
    let (text, bytes, json, list) = long();
    let query = sqlx::query("SELECT $1, $2, $3, $4").bind(text).bind(bytes).bind(json).bind(list);
    query.execute(pool).await.expect("it runs");
}

#[tokio::test]
async fn long_values_are_cut_alike_through_both() {
    let Some(db) = recorded("long", DbOptions::default(), bind_ours, bind_theirs).await else { return };
    assert_eq!(db["params"][0], format!("{}…(+4976 B)", "é".repeat(512)));
    assert_eq!(db["params"][1], format!("\\x{}…(+3976 B)", "07".repeat(1024)));
    assert!(db["params"][3].as_str().is_some_and(|list| list.starts_with("[0,1,2,")), "{}", db["params"][3]);
}

#[tokio::test]
async fn a_redactor_sees_long_objects_and_lists_whole_through_both() {
    let options = DbOptions::default().redact_with(|recorded| {
        let hides = recorded.value.get("password").is_some() || recorded.value.get(1499).is_some();
        hides.then(|| json!("***"))
    });
    let Some(db) = recorded("redacted", options, bind_ours, bind_theirs).await else { return };
    assert_eq!((&db["params"][2], &db["params"][3]), (&json!("***"), &json!("***")));
}
