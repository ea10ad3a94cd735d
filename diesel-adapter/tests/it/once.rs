//! Every start has exactly one stop, whatever happens in between.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use serde_json::json;

use crate::points::{people, person};
use crate::store::{Store, methods, start, stop};

/// A value that cannot be made.
#[derive(Debug, diesel::expression::AsExpression)]
#[diesel(sql_type = Text)]
pub(crate) enum Unmakable {
    Fails,
    Panics,
}

impl ToSql<Text, Sqlite> for Unmakable {
    fn to_sql<'b>(&'b self, _: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        match self {
            Self::Fails => Err("it cannot be made".into()),
            Self::Panics => panic!("it cannot be made"),
        }
    }
}

#[test]
fn a_cursor_that_is_dropped_ends_its_point() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        let rows = person::table.select(person::id).load_iter::<i32, _>(&mut connection).expect("it loads");
        drop(rows);
        let mut rows = person::table.select(person::id).load_iter::<i32, _>(&mut connection).expect("it loads");
        assert!(rows.next().is_some());
        drop(rows);
    });
    store.assert_whole();
    let said: Vec<_> = store.points().iter().map(stop).collect();
    assert_eq!(said, [json!({"rows": 0, "complete": false}), json!({"rows": 1, "complete": false})]);
}

#[test]
fn a_panic_in_a_transaction_leaves_no_point_open() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        let panics = AssertUnwindSafe(|| {
            connection.transaction::<(), diesel::result::Error, _>(|connection| {
                let mut rows = person::table.select(person::id).load_iter::<i32, _>(connection)?;
                rows.next();
                panic!("the program has a mistake")
            })
        });
        catch_unwind(panics).expect_err("it panics");
        drop(connection);
    });
    store.assert_whole();
    let points = store.points();
    assert_eq!(methods(&points), ["begin", "load", "drop"]);
    assert_eq!(points[2].outcome(), Some(("rolled_back", true)));
}

#[test]
fn a_value_that_cannot_be_made_fails_its_point() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        let query = person::table.filter(person::name.eq(Unmakable::Fails)).select(person::id);
        query.load::<i32>(&mut connection).expect_err("no value");
        let update = diesel::update(person::table).set(person::name.eq(Unmakable::Fails));
        update.execute(&mut connection).expect_err("no value");
    });
    store.assert_whole();
    for point in store.points() {
        assert_eq!(point.error(), Some(("diesel::result::Error::SerializationError", "it cannot be made")));
        assert!(start(&point).get("params").is_none());
        assert!(point.statement().is_some_and(|statement| statement.contains("`name` = ?")), "{point:?}");
    }
}

#[test]
fn a_value_that_panics_ends_its_point() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        let query = person::table.filter(person::name.eq(Unmakable::Panics)).select(person::id);
        catch_unwind(AssertUnwindSafe(|| query.load::<i32>(&mut connection))).expect_err("it panics");
        person::table.select(person::id).load::<i32>(&mut connection).expect("the connection is as it was");
    });
    store.assert_whole();
    assert!(store.points()[0].is_cancelled());
}

#[test]
fn an_error_in_the_middle_of_a_result_ends_its_point() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        // SQLite finds the number too large when it comes to the row.
        let numbers = diesel::dsl::sql::<diesel::sql_types::BigInt>(
            "abs(CASE value WHEN 2 THEN -9223372036854775808 ELSE value END) FROM json_each('[1, 2, 3]')",
        );
        diesel::select(numbers).load::<i64>(&mut connection).expect_err("it overflows");
    });
    store.assert_whole();
    let point = &store.points()[0];
    assert_eq!(point.error(), Some(("diesel::result::Error::DatabaseError", "integer overflow")));
    assert_eq!(stop(point)["rows"], 1);
}

#[test]
fn a_query_that_cannot_be_built_fails_its_point() {
    #[derive(AsChangeset)]
    #[diesel(table_name = person)]
    struct Nothing {
        name: Option<String>,
    }

    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        let update = diesel::update(person::table).set(Nothing { name: None });
        update.execute(&mut connection).expect_err("there are no changes");
    });
    for point in store.points() {
        assert_eq!(point.error().map(|error| error.0), Some("diesel::result::Error::QueryBuilderError"));
    }
}
