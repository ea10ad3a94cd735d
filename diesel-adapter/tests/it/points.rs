//! What points say of statements, rows, transactions and failures, on SQLite.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{Integer, Text};
use osprofiler_diesel::TracedSqliteConnection;
use serde_json::json;

use crate::store::{Store, methods, start, stop};

diesel::table! {
    person { id -> Integer, name -> Text, photo -> Nullable<Binary>, }
}

/// A database of its own in memory, with three people in it.
pub(crate) fn people() -> TracedSqliteConnection {
    let mut connection = TracedSqliteConnection::establish(":memory:").expect("SQLite opens in memory");
    connection
        .batch_execute(
            "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, photo BLOB);
             INSERT INTO person VALUES (1, 'Ann', x'00ff'), (2, 'Bob', NULL), (3, 'Cem', x'')",
        )
        .expect("the tables are new");
    connection
}

#[test]
fn statement_and_values_are_those_that_diesel_sends() {
    let (store, mut connection) = (Store::new(), people());
    let names: Vec<String> = store.record(|| {
        let some = person::table.filter(person::id.gt(1)).filter(person::name.ne("it's"));
        some.select(person::name).load(&mut connection).expect("it loads")
    });
    assert_eq!(names, ["Bob", "Cem"]);
    let points = store.points();
    let mut said = start(&points[0]).clone();
    let number = said.as_object_mut().expect("an object").remove("connection");
    assert!(number.and_then(|number| number.as_u64()).is_some_and(|number| number > 0));
    assert_eq!(
        said,
        json!({
            "statement": "SELECT `person`.`name` FROM `person` WHERE ((`person`.`id` > ?) AND (`person`.`name` != ?))",
            "params": [1, "it's"], "param_types": ["INTEGER", "TEXT"],
            "system": "sqlite", "database": ":memory:", "method": "load"
        })
    );
    assert_eq!(stop(&points[0]), json!({"rows": 2}));
    assert!(points[0].stop_info["db"]["first_row_us"].is_u64());
}

#[test]
fn one_row_of_many_says_that_there_may_be_more() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        person::table.select(person::name).first::<String>(&mut connection).expect("there is one");
        person::table.find(9).select(person::name).first::<String>(&mut connection).expect_err("there is none");
        let mut rows = person::table.select(person::id).load_iter::<i32, _>(&mut connection).expect("it loads");
        rows.by_ref().take(2).for_each(drop);
    });
    let said: Vec<_> = store.points().iter().map(stop).collect();
    assert_eq!(
        said,
        [json!({"rows": 1, "complete": false}), json!({"rows": 0}), json!({"rows": 2, "complete": false})]
    );
}

#[test]
fn changed_rows_are_counted() {
    let (store, mut connection) = (Store::new(), people());
    store
        .record(|| {
            diesel::update(person::table).set(person::name.eq(person::name.concat("!"))).execute(&mut connection)
        })
        .expect("it updates");
    let points = store.points();
    assert_eq!((methods(&points), stop(&points[0])), (vec!["execute"], json!({"rows_affected": 3})));
}

#[test]
fn a_failure_says_what_diesel_knows() {
    let (store, mut connection) = (Store::new(), people());
    let error = store.record(|| {
        diesel::insert_into(person::table).values(person::name.eq("Ann")).execute(&mut connection).expect_err("twice")
    });
    let point = &store.points()[0];
    assert_eq!(point.error(), Some(("diesel::result::Error::DatabaseError", error.to_string().as_str())));
    let said = json!({
        "original_exception": "UNIQUE constraint failed: person.name",
        "chained_exception": "UNIQUE constraint failed: person.name", "kind": "unique_violation"
    });
    assert_eq!(stop(point), said);
}

#[test]
fn values_of_a_statement_that_is_not_understood_are_known() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        let query = diesel::sql_query("SELECT nothing FROM nowhere WHERE x = ? AND y = ?");
        query.bind::<Integer, _>(7).bind::<Text, _>("y").execute(&mut connection).expect_err("no such table");
        let query = diesel::dsl::sql::<Integer>("nonsense ").bind::<Integer, _>(8);
        diesel::select(query).load::<i32>(&mut connection).expect_err("nonsense");
    });
    let points = store.points();
    assert_eq!((&start(&points[0])["params"], &start(&points[1])["params"]), (&json!([7, "y"]), &json!([8])));
}

#[test]
fn transactions_and_savepoints_hold_their_statements() {
    let (store, mut connection) = (Store::new(), people());
    store
        .record(|| {
            connection.transaction(|connection| {
                diesel::delete(person::table.find(1)).execute(connection)?;
                let inner = connection.transaction::<(), _, _>(|connection| {
                    diesel::delete(person::table.find(2)).execute(connection)?;
                    Err(Error::RollbackTransaction)
                });
                assert_eq!(inner, Err(Error::RollbackTransaction));
                diesel::delete(person::table.find(3)).execute(connection)
            })
        })
        .expect("it commits");
    let points = store.points();
    assert_eq!(methods(&points), ["begin", "execute", "begin", "execute", "rollback", "execute", "commit"]);
    let (outer, inner) = (json!(points[0].trace_id), json!(points[2].trace_id));
    let transactions: Vec<_> = points.iter().map(|point| &start(point)["transaction"]).collect();
    assert_eq!(transactions, [&outer, &outer, &inner, &inner, &inner, &outer, &outer]);
    assert!(points[2..5].iter().all(|point| start(point)["savepoint_of"] == outer));
    assert_eq!(points[4].outcome(), Some(("rolled_back", false)));
    assert_eq!(points[6].outcome(), Some(("committed", false)));
}

#[test]
fn a_transaction_that_ends_outside_of_its_trace_is_over() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| connection.batch_execute("BEGIN")).expect("it begins");
    connection.batch_execute("COMMIT").expect("it commits");
    store.record(|| diesel::delete(person::table).execute(&mut connection)).expect("it deletes");
    assert!(start(&store.points()[1]).get("transaction").is_none());
}

#[test]
fn a_transaction_that_sqlite_ended_by_itself_is_over() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        let lost = connection.transaction::<(), Error, _>(|connection| {
            connection.batch_execute("INSERT OR ROLLBACK INTO person VALUES (1, 'Ann', NULL)")
        });
        lost.expect_err("the row is there");
        diesel::delete(person::table).execute(&mut connection).expect("it deletes");
    });
    let points = store.points();
    assert!(start(points.last().expect("there are points")).get("transaction").is_none());
}

#[test]
fn an_open_transaction_is_rolled_back_by_drop() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        connection.batch_execute("BEGIN").expect("it begins");
        drop(connection);
    });
    let points = store.points();
    assert_eq!(methods(&points), ["begin", "drop"]);
    assert_eq!(points[1].outcome(), Some(("rolled_back", true)));
}

#[test]
fn what_runs_around_the_connection_is_recorded_and_says_so() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        person::table
            .filter(person::name.eq("Ann"))
            .select(person::id)
            .load::<i32>(&mut *connection)
            .expect("it loads");
        diesel::insert_into(person::table)
            .values(vec![person::name.eq("Dan"), person::name.eq("Eve")])
            .returning(person::id)
            .get_results::<i32>(&mut *connection)
            .expect("it inserts");
    });
    let points = store.points();
    assert!(points.iter().all(|point| point.is_bypassed() && point.stop.is_some()), "{points:#?}");
    assert_eq!(start(&points[0])["params"], json!(["Ann"]));
    assert_eq!(start(&points[0])["database"], ":memory:");
    assert_eq!(start(&points[1])["params"], json!(["Dan", "Eve"]));
}

#[test]
fn a_connection_that_is_opened_is_a_point() {
    let store = Store::new();
    store.record(|| {
        TracedSqliteConnection::establish(":memory:").map(drop).expect("SQLite opens in memory");
        TracedSqliteConnection::establish("/nowhere/at/all.db").map(drop).expect_err("no such folder");
    });
    let points = store.points();
    assert_eq!(methods(&points), ["connect", "connect"]);
    assert_eq!(points[0].error(), None);
    assert_eq!(points[1].error().map(|error| error.0), Some("diesel::ConnectionError::BadConnection"));
}

#[cfg(feature = "r2d2")]
#[test]
fn a_pool_that_asks_whether_its_connection_lives_is_internal() {
    use diesel::r2d2::R2D2Connection;

    let (store, mut connection) = (Store::new(), people());
    store.record(|| connection.ping()).expect("it lives");
    let points = store.points();
    assert!(points[0].is_internal() && !points[0].runs_statement());
    assert_eq!(methods(&points), ["ping"]);
}
