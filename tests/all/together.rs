//! One request that uses both libraries: its statements lie under one root, and say the same things of themselves.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use diesel_async::AsyncConnection;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use osprofiler::{TraceExt, profiler};
use osprofiler_diesel::{TracedAsyncConnection, TracedSqliteConnection};
use osprofiler_sqlx::TracedSqlitePool;
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::sqlite::SqlitePoolOptions;

use crate::report::{self, children, info};
use crate::store::Store;

/// How many people the file has, and the statement that is asked for one.
const PEOPLE: &str = "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
    INSERT INTO person VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cem')";
const FIND: &str = "SELECT id, name FROM person WHERE id >= ? AND name <> ? ORDER BY id";
const ADD: &str = "INSERT INTO person (name) VALUES (?)";

#[derive(Debug, PartialEq, QueryableByName)]
struct Person {
    #[diesel(sql_type = Integer)]
    id: i32,
    #[diesel(sql_type = Text)]
    name: String,
}

/// One connection of each kind, to the same file.
struct Service {
    diesel: TracedSqliteConnection,
    diesel_async: TracedAsyncConnection<SyncConnectionWrapper<SqliteConnection>>,
    sqlx: TracedSqlitePool,
}

impl Service {
    async fn new(file: &str) -> Self {
        let mut diesel = TracedSqliteConnection::establish(file).expect("a file");
        diesel::connection::SimpleConnection::batch_execute(&mut *diesel, PEOPLE).expect("the table is new");
        let diesel_async = TracedAsyncConnection::establish(file).await.expect("a file");
        let pool = SqlitePoolOptions::new().max_connections(1).connect(&format!("sqlite://{file}")).await;
        Self { diesel, diesel_async, sqlx: pool.expect("a file").into() }
    }

    /// The same two statements three times over; the second fails.
    async fn handle(&mut self) {
        let find = || diesel::sql_query(FIND).bind::<Integer, _>(2).bind::<Text, _>("Cem");
        let add = || diesel::sql_query(ADD).bind::<Text, _>("Ann");
        let by_diesel: Vec<Person> = find().load(&mut self.diesel).expect("the table is there");
        add().execute(&mut self.diesel).expect_err("there is one");
        let by_async: Vec<Person> =
            diesel_async::RunQueryDsl::load(find(), &mut self.diesel_async).await.expect("the table is there");
        diesel_async::RunQueryDsl::execute(add(), &mut self.diesel_async).await.expect_err("there is one");
        let by_sqlx = sqlx::query(FIND).bind(2).bind("Cem").fetch_all(&self.sqlx).await.expect("the table is there");
        sqlx::query(ADD).bind("Ann").execute(&self.sqlx).await.expect_err("there is one");
        let by_sqlx: Vec<Person> =
            by_sqlx.iter().map(|row| Person { id: row.get("id"), name: row.get("name") }).collect();
        assert_eq!(by_diesel, [Person { id: 2, name: "Bob".to_owned() }]);
        assert_eq!((&by_async, &by_sqlx), (&by_diesel, &by_diesel));
    }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().into_iter().flat_map(|members| members.keys()).map(String::as_str).collect()
}

/// Without what says how long something took, or which connection it was.
fn steady(mut db: Value) -> Value {
    if let Some(db) = db.as_object_mut() {
        for key in ["acquire_us", "connection", "first_row_us", "consumer_us"] {
            db.remove(key);
        }
    }
    db
}

#[tokio::test]
async fn one_request_that_uses_both_libraries_has_one_root_and_points_with_the_same_keys() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("people.db");
    let file = file.to_str().expect("a path");
    let mut service = Service::new(file).await;
    let store = Store::new();
    let request = async {
        let root = profiler::Trace::new("wsgi", ());
        service.handle().await;
        drop(root);
    };
    request.in_trace(&store.profiler()).await;

    let report = report::json(&store.trace());
    let root = report::only_child(&report, "wsgi");
    let statements: Vec<&Value> =
        children(root).iter().filter(|node| info(node, "db-start")["db"]["method"] != "acquire").collect();
    assert_eq!(statements.len(), 6, "{root:#}");
    for node in &statements {
        assert_eq!(node["info"]["name"], "db");
        assert_eq!(node["parent_id"], root["trace_id"]);
        assert_eq!(children(node).len(), 0);
    }
    let [found, refused, async_found, async_refused, sqlx_found, sqlx_refused] = statements[..] else {
        unreachable!("there are six")
    };
    let start = |node: &Value| steady(info(node, "db-start")["db"].clone());
    let stop = |node: &Value| steady(info(node, "db-stop")["db"].clone());
    assert_eq!(start(found)["params"], json!([2, "Cem"]));
    assert_eq!(start(found)["param_types"], json!(["INTEGER", "TEXT"]));
    for (node, theirs) in
        [(found, sqlx_found), (async_found, sqlx_found), (refused, sqlx_refused), (async_refused, sqlx_refused)]
    {
        let (ours, theirs_start) = (start(node), start(theirs));
        for key in ["system", "statement", "params", "param_types"] {
            assert_eq!(ours[key], theirs_start[key], "{key}");
        }
        assert_eq!(keys(&ours), keys(&theirs_start));
        assert_eq!(keys(info(node, "db-start")), keys(info(theirs, "db-start")));
        assert_eq!(keys(info(node, "db-stop")), keys(info(theirs, "db-stop")));
        // Diesel does not tell the database's code of an error.
        let mut theirs_stop = stop(theirs);
        theirs_stop.as_object_mut().and_then(|stop| stop.remove("code"));
        assert_eq!(keys(&stop(node)), keys(&theirs_stop), "{:#} {:#}", stop(node), stop(theirs));
    }
    assert_eq!((stop(found), stop(async_found)), (stop(sqlx_found), stop(sqlx_found)));
}
