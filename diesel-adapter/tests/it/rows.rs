//! Rows that the program cannot read: diesel makes its values after the database has done its part.

use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::{Sqlite, SqliteValue};

use crate::points::{people, person};
use crate::store::{Store, stop};

diesel::table! {
    pet { id -> Integer, owner_id -> Integer, name -> Text, }
}

diesel::joinable!(pet -> person (owner_id));
diesel::allow_tables_to_appear_in_same_query!(person, pet);

/// A name that may not be Bob's.
#[derive(Debug, PartialEq, FromSqlRow)]
struct NotBob(String);

impl FromSql<Text, Sqlite> for NotBob {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let name = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        if name == "Bob" { Err("it is Bob".into()) } else { Ok(Self(name)) }
    }
}

fn etype(store: &Store) -> Vec<Option<String>> {
    store.assert_whole();
    let etype = |point: &osprofiler::report::Point| point.error().map(|(etype, message)| format!("{etype}: {message}"));
    store.points().iter().map(etype).collect()
}

const UNREADABLE: &str = "diesel::result::Error::DeserializationError: Error deserializing field 'name'";

#[test]
fn a_value_of_another_form_marks_the_point() {
    let (store, mut connection) = (Store::new(), people());
    let names = || person::table.order(person::id).select((person::id, person::name));
    let errors = store.record(|| {
        [
            names().load::<(i32, NotBob)>(&mut connection).expect_err("it is Bob"),
            names().filter(person::id.eq(2)).get_result::<(i32, NotBob)>(&mut connection).expect_err("it is Bob"),
        ]
    });
    for error in errors {
        // Releases before 2.3.14 add the cause.
        let message = format!("diesel::result::Error::DeserializationError: {error}");
        assert!(message.starts_with(UNREADABLE), "{message}");
    }
    assert_eq!(etype(&store), [Some(UNREADABLE.to_owned()), Some(UNREADABLE.to_owned())]);
    assert_eq!(stop(&store.points()[0])["rows"], 2);
}

#[test]
fn a_null_where_there_is_none_marks_the_point() {
    let (store, mut connection) = (Store::new(), people());
    connection
        .batch_execute("CREATE TABLE pet (id, owner_id, name); INSERT INTO pet VALUES (1, 1, NULL)")
        .expect("new");
    let error = store.record(|| pet::table.select(pet::name).first::<String>(&mut connection).expect_err("it is NULL"));
    assert_eq!(etype(&store), [Some(format!("diesel::result::Error::DeserializationError: {error}"))]);
}

#[test]
fn rows_that_can_be_read_mark_nothing() {
    let (store, mut connection) = (Store::new(), people());
    connection.batch_execute("CREATE TABLE pet (id, owner_id, name); INSERT INTO pet VALUES (1, 1, 'x')").expect("new");
    store.record(|| {
        let joined = person::table.left_join(pet::table).order(person::id.desc());
        let joined = joined.select((person::name, (pet::id, pet::name).nullable()));
        let row = joined.first::<(String, Option<(i32, String)>)>(&mut connection);
        assert_eq!(row, Ok(("Cem".to_owned(), None)));
        let photo = person::table.find(2).select(person::photo).first::<Option<Vec<u8>>>(&mut connection);
        assert_eq!(photo, Ok(None));
        let names: QueryResult<Vec<NotBob>> = person::table.find(1).select(person::name).load(&mut connection);
        assert_eq!(names, Ok(vec![NotBob("Ann".to_owned())]));
    });
    assert_eq!(etype(&store), [None, None, None]);
}

#[test]
fn a_program_that_reads_on_is_told_of_all_the_same() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        let rows = person::table.order(person::id).select(person::name).load_iter::<NotBob, _>(&mut connection);
        let rows: Vec<Result<NotBob, Error>> = rows.expect("it loads").collect();
        assert!(rows[1].is_err() && rows[2].is_ok());
    });
    assert_eq!(etype(&store), [Some(UNREADABLE.to_owned())]);
    assert_eq!(stop(&store.points()[0])["rows"], 3);
}

#[test]
fn errors_of_one_result_are_not_those_of_another() {
    let (store, mut connection) = (Store::new(), people());
    store.record(|| {
        person::table.find(2).select(person::name).first::<NotBob>(&mut connection).expect_err("it is Bob");
        person::table.find(1).select(person::name).first::<NotBob>(&mut connection).expect("it is Ann");
        diesel::select(1.into_sql::<Integer>()).first::<i32>(&mut connection).expect("a number");
    });
    assert_eq!(etype(&store), [Some(UNREADABLE.to_owned()), None, None]);
}
