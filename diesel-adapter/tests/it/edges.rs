//! What a program may do and seldom does: tracing changes nothing of it, and says nothing that is wrong.

use std::cell::Cell;
use std::fmt;

use diesel::backend::Backend;
use diesel::connection::{DefaultLoadingMode, InstrumentationEvent, SimpleConnection};
use diesel::mysql::Mysql;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::Error;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::Sqlite;
use osprofiler_diesel::{TracedMysqlConnection, TracedPgConnection, TracedSqliteConnection};
use serde_json::json;

use crate::server;
use crate::store::{Store, methods, start, stop};

diesel::table! {
    tag (id) { id -> Integer, name -> Text, }
}

const PG_TAG: &str = "CREATE TABLE tag (id SERIAL PRIMARY KEY, name TEXT NOT NULL DEFAULT 'none')";

#[derive(Insertable)]
#[diesel(table_name = tag)]
struct NewTag {
    name: Option<&'static str>,
}

/// Has an id, and is another text each time.
#[derive(QueryId)]
struct Number(i32);

impl<DB: Backend> QueryFragment<DB> for Number {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql(&format!("SELECT {}", self.0));
        Ok(())
    }
}

impl Query for Number {
    type SqlType = Integer;
}

impl<C> RunQueryDsl<C> for Number {}

thread_local! {
    static PRINTED: Cell<usize> = const { Cell::new(0) };
}

/// A value that counts how often it is printed, and panics there.
#[derive(diesel::expression::AsExpression)]
#[diesel(sql_type = Text)]
struct Unprintable;

impl fmt::Debug for Unprintable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        PRINTED.set(PRINTED.get() + 1);
        panic!("it cannot be printed")
    }
}

impl ToSql<Text, Sqlite> for Unprintable {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value("[x");
        Ok(IsNull::No)
    }
}

impl ToSql<Text, Mysql> for Unprintable {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
        <str as ToSql<Text, Mysql>>::to_sql("[x", out)
    }
}

fn sqlite() -> TracedSqliteConnection {
    TracedSqliteConnection::establish(":memory:").expect("SQLite opens in memory")
}

fn postgres(name: &str) -> Option<TracedPgConnection> {
    let place = server::postgres(&format!("edges_{name}"), PG_TAG)?;
    Some(TracedPgConnection::establish(&place.url).expect("it was there just now"))
}

#[test]
fn what_may_not_be_cached_runs_as_it_is() {
    let (store, mut connection) = (Store::new(), sqlite());
    store.record(|| {
        assert_eq!(Number(1).get_result::<i32>(&mut connection), Ok(1));
        assert_eq!(Number(2).get_result::<i32>(&mut connection), Ok(2));
    });
    let statements: Vec<_> = store.points().iter().map(|point| start(point)["statement"].clone()).collect();
    assert_eq!(statements, ["SELECT 1", "SELECT 2"]);
}

#[test]
fn arrays_are_inserted_and_recorded_with_their_defaults() {
    let Some(mut connection) = postgres("arrays") else { return };
    let store = Store::new();
    let (named, unnamed) = (|| NewTag { name: Some("a") }, || NewTag { name: None });
    store.record(|| {
        for tags in [[named(), unnamed()], [unnamed(), named()]] {
            diesel::insert_into(tag::table).values(&tags).execute(&mut connection).expect("they are new");
        }
    });
    let names: Vec<String> = tag::table.order(tag::id).select(tag::name).load(&mut connection).expect("it loads");
    assert_eq!(names, ["a", "none", "none", "a"]);
    let statements: Vec<_> = store.points().iter().map(|point| start(point)["statement"].clone()).collect();
    assert_eq!(
        statements,
        [
            "INSERT INTO \"tag\" (\"name\") VALUES ($1), (DEFAULT)",
            "INSERT INTO \"tag\" (\"name\") VALUES (DEFAULT), ($1)"
        ]
    );
}

#[test]
fn arrays_are_inserted_with_their_defaults_by_an_async_connection() {
    use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
    use osprofiler_diesel::TracedAsyncConnection;

    let Some(place) = server::postgres("edges_async_arrays", PG_TAG) else { return };
    let store = Store::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (named, unnamed) = (|| NewTag { name: Some("a") }, || NewTag { name: None });
    let names: Vec<String> = store.record(|| {
        runtime.block_on(async {
            let connection = TracedAsyncConnection::<AsyncPgConnection>::establish(&place.url).await;
            let mut connection = connection.expect("it was there just now");
            for tags in [[named(), unnamed()], [unnamed(), named()]] {
                let insert = diesel::insert_into(tag::table).values(tags);
                RunQueryDsl::execute(insert, &mut connection).await.expect("they are new");
            }
            let names = tag::table.order(tag::id).select(tag::name);
            RunQueryDsl::load(names, &mut connection).await.expect("it loads")
        })
    });
    assert_eq!(names, ["a", "none", "none", "a"]);
}

#[test]
fn a_result_that_ends_after_a_failure_does_not_undo_it() {
    let Some(mut connection) = postgres("late") else { return };
    let store = Store::new();
    store.record(|| {
        let done = connection.transaction::<_, Error, _>(|connection| {
            let rows = tag::table.select(tag::id).load_iter::<i32, DefaultLoadingMode>(connection)?;
            connection.batch_execute("SELECT 1 / 0").expect_err("no number");
            drop(rows);
            Ok(())
        });
        done.expect("PostgreSQL says nothing of its rolling back");
    });
    let points = store.points();
    assert_eq!(points.last().and_then(osprofiler::report::Point::outcome), Some(("rolled_back", false)));
    assert!(points[1].stop_info["db"].get("first_row_us").is_none(), "there was no row");
}

#[test]
fn a_transaction_outlives_a_begin_that_failed() {
    let (store, mut connection) = (Store::new(), sqlite());
    store.record(|| {
        connection.batch_execute("BEGIN").expect("there is none");
        connection.batch_execute("BEGIN").expect_err("there is one");
        connection.batch_execute("SELECT 1").expect("it runs");
        connection.batch_execute("COMMIT").expect("there is one");
    });
    let points = store.points();
    let of = |index: usize| start(&points[index])["transaction"].clone();
    assert!(of(0).is_string());
    assert_eq!((of(2), of(3)), (of(0), of(0)));
}

#[test]
fn a_transaction_that_fails_while_it_is_not_traced_is_not_mistaken() {
    let Some(mut connection) = postgres("untraced") else { return };
    let store = Store::new();
    store.record(|| {
        connection.batch_execute("BEGIN").expect("there is none");
        connection.set_trace_sql(false);
        connection.batch_execute("SELECT 1 / 0").expect_err("no number");
        connection.set_trace_sql(true);
        connection.batch_execute("COMMIT").expect("it rolls back");
    });
    assert_eq!(store.points()[1].outcome(), Some(("rolled_back", false)));

    let store = Store::new();
    let unique = "CREATE TEMPORARY TABLE once (id INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED)";
    connection.batch_execute(unique).expect("it is new");
    store.record(|| {
        connection.batch_execute("BEGIN").expect("there is none");
        connection.batch_execute("INSERT INTO once VALUES (1), (1)").expect("it is checked later");
        connection.set_trace_sql(false);
        connection.batch_execute("COMMIT").expect_err("twice");
        connection.batch_execute("BEGIN").expect("there is none");
        connection.set_trace_sql(true);
        connection.batch_execute("SELECT 1").expect("it runs");
    });
    assert!(start(&store.points()[2]).get("transaction").is_none(), "nobody saw it begin");
}

#[test]
fn a_value_that_cannot_be_printed_is_sent_all_the_same() {
    let (store, mut connection) = (Store::new(), sqlite());
    let select = || diesel::select(Unprintable.into_sql::<Text>());
    store.record(|| assert_eq!(select().get_result::<String>(&mut *connection).as_deref(), Ok("[x")));
    store.assert_whole();
    let Some(place) = server::mysql("edges_print", "SELECT 1") else { return };
    let mut connection = TracedMysqlConnection::establish(&place.url).expect("it was there just now");
    store.record(|| assert_eq!(select().get_result::<String>(&mut connection).as_deref(), Ok("[x")));
    store.assert_whole();
}

#[test]
fn a_connection_that_is_switched_off_prints_nothing() {
    let (store, mut connection) = (Store::new(), sqlite());
    connection.set_trace_sql(false);
    let printed = PRINTED.get();
    let select = diesel::select(Unprintable.into_sql::<Text>());
    store.record(|| select.get_result::<String>(&mut connection).expect("it runs"));
    assert_eq!(PRINTED.get(), printed);
}

#[test]
fn what_was_given_up_does_not_end_with_what_is_not_traced() {
    let (store, mut connection) = (Store::new(), sqlite());
    store.record(|| {
        let query = diesel::select(crate::once::Unmakable::Fails.into_sql::<Text>());
        query.get_result::<String>(&mut *connection).expect_err("no value");
    });
    connection.batch_execute("SELECT 1").expect("it runs");
    diesel::sql_query("SELECT 1").execute(&mut *connection).expect("it runs");
    store.assert_whole();
    assert_eq!(store.points()[0].stop_info["cancelled"], true);
}

#[test]
fn copy_is_recorded_beside_an_instrumentation_of_the_program() {
    let Some(place) = server::postgres("edges_copy", PG_TAG) else { return };
    let mut inner = PgConnection::establish(&place.url).expect("it was there just now");
    inner.set_instrumentation(|_: InstrumentationEvent<'_>| {});
    let (store, mut connection) = (Store::new(), TracedPgConnection::new(inner));
    store.record(|| {
        let copy = diesel::copy_from(tag::table).from_raw_data(tag::table, |copy| {
            writeln!(copy, "1\ta").expect("it is in memory");
            QueryResult::Ok(())
        });
        assert_eq!(copy.execute(&mut connection), Ok(1));
    });
    let points = store.points();
    assert_eq!(methods(&points), ["copy_from"]);
    assert_eq!(stop(&points[0]), json!({"rows_affected": 1}));
}

#[derive(diesel::MultiConnection)]
enum AnyConnection {
    Pg(TracedPgConnection),
    Mysql(TracedMysqlConnection),
    Sqlite(TracedSqliteConnection),
}

#[test]
fn a_password_is_told_nowhere_whatever_takes_the_url_for_its_own() {
    let store = Store::new();
    store.record(|| {
        for scheme in ["mysql", "postgres", "postgis"] {
            for end in ["", "?x", "#x", "/x", "%20x"] {
                let url = format!("{scheme}://ada:hunter2{end}@127.0.0.1:1/db");
                assert!(AnyConnection::establish(&url).is_err(), "{url}");
            }
        }
    });
    store.assert_whole();
    for point in store.points() {
        let said = format!("{:?} {:?}", point.start_info, point.stop_info);
        assert!(!said.contains("hunter2"), "{said}");
    }
}
