//! Connections that are taken in a trace and used on threads that are in none; connections that are given away.

use std::thread;

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sql_types::Integer;
use osprofiler_diesel::TracedSqliteConnection;

use crate::points::people;
use crate::store::{Store, methods};

fn one(connection: &mut impl diesel::connection::LoadConnection<Backend = diesel::sqlite::Sqlite>) {
    let one = diesel::select(1.into_sql::<Integer>()).get_result::<i32>(connection);
    assert_eq!(one, Ok(1));
}

#[test]
fn a_connection_of_a_pool_remembers_the_trace_in_which_it_was_taken() {
    let pool = Pool::builder().max_size(1).build(ConnectionManager::<TracedSqliteConnection>::new(":memory:"));
    let pool = pool.expect("a pool");
    let store = Store::new();
    let mut connection = store.record(|| pool.get().expect("a connection"));
    thread::spawn(move || {
        connection.transaction(|connection| connection.batch_execute("SELECT 2")).expect("it runs");
        one(&mut **connection);
        drop(connection);
    })
    .join()
    .expect("no panic");
    store.assert_whole();
    let points: Vec<_> = store.points().into_iter().filter(|point| !point.is_internal()).collect();
    assert_eq!(methods(&points), ["begin", "batch_execute", "commit", "-"]);
    assert!(points[3].is_bypassed());

    let recorded = store.points().len();
    let mut connection = pool.get().expect("a connection");
    one(&mut connection);
    assert_eq!(store.points().len(), recorded, "it was taken in no trace");
}

#[test]
fn the_trace_that_is_active_comes_first() {
    let (taken, active) = (Store::new(), Store::new());
    let mut connection = people();
    taken.record(|| connection.remember_trace());
    active.record(|| one(&mut connection));
    assert_eq!((taken.points().len(), active.points().len()), (0, 1));
    one(&mut connection);
    assert_eq!((taken.points().len(), active.points().len()), (1, 1));
    connection.remember_trace();
    one(&mut connection);
    assert_eq!((taken.points().len(), active.points().len()), (1, 1));
}

#[test]
fn statements_outside_of_all_traces_are_counted_while_there_are_some() {
    let (store, mut connection) = (Store::new(), people());
    let before = store.outside_traces();
    store.record(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                one(&mut connection);
                connection.batch_execute("SELECT 1").expect("it runs");
            });
        });
    });
    assert!(store.outside_traces() >= before + 2, "other tests count too");
}

#[test]
fn a_connection_that_is_given_away_unheard_is_counted() {
    let mut inner = SqliteConnection::establish(":memory:").expect("SQLite opens in memory");
    inner.set_instrumentation(|_: InstrumentationEvent<'_>| {});
    let (store, mut unheard, mut heard) = (Store::new(), TracedSqliteConnection::new(inner), people());
    let line = store.record(|| {
        one(&mut *heard);
        for _ in 0..2 {
            one(&mut *unheard);
        }
        let line = line!() - 2;
        one(&mut unheard);
        line
    });
    let mut handed_out = store.handed_out();
    // A number of its own each time.
    handed_out[0].as_object_mut().expect("one place").remove("counter");
    assert_eq!(
        handed_out,
        serde_json::json!([{"what": "diesel's own connection", "count": 2, "file": file!(), "line": line}])
    );
}
